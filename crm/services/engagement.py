"""Engagement, kept: appended counts folded into summaries, and the periodic recount that mends what drifted.

The work is set-based and stands in SQL, each function one statement a table (migrations/sql/functions).
"""

from datetime import date
from typing import Final

import sqlalchemy as sa

from crm.db import db

A_ROUND: Final = 50_000


def fold(most: int = A_ROUND) -> bool:
    """Fold up to `most` appended deltas; True if there may be more. Two folds at once share the work."""
    folded = db.session.execute(sa.select(sa.func.fold_principal_deltas(most))).scalar_one()
    return int(folded) >= most


def recompute(*, today: date) -> dict[str, int]:
    """Recount everything from the history, mend what differs, and record the level changes of the firm's day.

    Returns how much was mended and how many changes were recorded; on an unchanged day all are 0.
    """
    links = db.session.execute(sa.select(sa.func.recompute_interaction_principals())).scalar_one()
    summaries = db.session.execute(sa.text("select * from recompute_principal_summaries()")).one()
    weeks = db.session.execute(sa.text("select * from recompute_principal_weeks()")).one()
    changes = db.session.execute(sa.select(sa.func.record_engagement_changes(today))).scalar_one()
    return {
        "links mended": links,
        "principals mended": summaries.principals,
        "opportunities off": summaries.opportunities,
        "interactions off": summaries.interactions,
        "weeks mended": weeks.weeks,
        "level changes": changes,
    }
