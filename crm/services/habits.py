"""What a person has at hand: favourites, and what they looked at last."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm.db import db
from crm.enums import RecordKind
from crm.models import Favorite, RecentItem

KEPT = 50
"""Records that are remembered as looked at."""


def visit(kind: RecordKind, record_id: int, *, by: int, now: datetime) -> bool:
    """Note that user `by` looks at a record `now`. Returns whether it is a favourite of theirs."""
    is_favorite = (
        sa.select(Favorite.record_id)
        .where(Favorite.user_id == by, Favorite.kind == kind, Favorite.record_id == record_id)
        .exists()
    )
    seen = insert(RecentItem).values(user_id=by, kind=kind, record_id=record_id, seen_at=now)
    seen = seen.on_conflict_do_update(
        index_elements=[RecentItem.user_id, RecentItem.kind, RecentItem.record_id], set_={"seen_at": now}
    )
    return bool(db.session.execute(seen.returning(is_favorite)).scalar_one())


def favor(kind: RecordKind, record_id: int, *, by: int) -> bool:
    """Make a record a favourite of user `by`, or none any more. Returns what it is now."""
    gone = db.session.execute(
        sa.delete(Favorite)
        .where(Favorite.user_id == by, Favorite.kind == kind, Favorite.record_id == record_id)
        .returning(Favorite.record_id)
    ).first()
    if gone is None:
        made = insert(Favorite).values(user_id=by, kind=kind, record_id=record_id)
        db.session.execute(made.on_conflict_do_nothing())
    return gone is None
