"""Engagement, kept: appended counts folded into summaries, and the periodic recount that mends what drifted.

The work is set-based and stands in SQL, one statement for each table (migrations/sql/functions). Everything
here is the system's: call it with `act_as(SYSTEM)`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa

from crm.db import db

A_ROUND: Final = 50_000


@dataclass(frozen=True, kw_only=True)
class Recount:
    """What a recompute found and mended; all zero on an unchanged day."""

    links: int
    """Rows of `interaction_principals` that were missing, too many, or copies of something outdated."""
    principals: int
    """Principals whose counts were wrong, ..."""
    opportunities: int
    """... by how many opportunities in sum ..."""
    interactions: int
    """... and by how many interactions."""
    weeks: int
    """Rows of `principal_weeks` that were wrong, ..."""
    interactions_in_weeks: int
    """... by how many interactions in sum."""
    level_changes: int
    """Level changes recorded for the day; no drift, but what the day brought."""

    @property
    def is_drift(self) -> bool:
        """True when something was wrong that triggers should have kept right."""
        return bool(self.links or self.principals or self.weeks)


def fold(most: int = A_ROUND) -> bool:
    """Fold up to `most` appended deltas; True if there may be more.

    While another fold or a recompute runs it folds nothing and does not wait; the next tick comes soon.
    """
    folded = db.session.execute(sa.select(sa.func.fold_principal_deltas(most))).scalar_one()
    return int(folded) >= most


def recompute(*, today: date) -> Recount:
    """Recount everything from the history, mend what differs, and record the level changes of the firm's day.

    Readers and writers go on meanwhile and lose nothing. Calling it again for the same day changes nothing
    (rulings.md, Recompute). `today` is a day of the firm.
    """
    links = db.session.execute(sa.select(sa.func.recompute_interaction_principals())).scalar_one()
    summaries = db.session.execute(sa.text("select * from recompute_principal_summaries()")).one()
    weeks = db.session.execute(sa.text("select * from recompute_principal_weeks()")).one()
    changes = db.session.execute(sa.select(sa.func.record_engagement_changes(today))).scalar_one()
    return Recount(
        links=links,
        principals=summaries.principals,
        opportunities=summaries.opportunities,
        interactions=summaries.interactions,
        weeks=weeks.weeks,
        interactions_in_weeks=weeks.interactions,
        level_changes=changes,
    )
