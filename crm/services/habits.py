"""What a person has at hand: favourites, and what they looked at last."""

from datetime import datetime
from functools import cache
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm.db import db
from crm.enums import RecordKind
from crm.models import Favorite, RecentItem

KEPT = 50
"""Records that are remembered as looked at."""


def visit(kind: RecordKind, record_id: int, *, by: int, now: datetime) -> bool:
    """Note that user `by` looks at a record `now`. Returns whether it is a favourite of theirs."""
    row = {"user_id": by, "kind": kind, "record_id": record_id, "seen_at": now}
    return bool(db.session.execute(_visiting(), row).scalar_one())


@cache
def _visiting() -> sa.Executable:
    """Keeps that a record was looked at, and returns whether it is a favourite; built once, as every page of
    a record runs it.
    """
    table = cast("sa.Table", RecentItem.__table__)
    seen, favorite = table.c, Favorite.__table__.c
    told = {
        name: sa.bindparam(name, type_=seen[name].type)
        for name in ("user_id", "kind", "record_id", "seen_at")
    }
    is_favorite = sa.exists().where(
        *(favorite[name] == told[name] for name in ("user_id", "kind", "record_id"))
    )
    return (
        insert(table)
        .values(told)
        .on_conflict_do_update(
            index_elements=[seen.user_id, seen.kind, seen.record_id], set_={"seen_at": told["seen_at"]}
        )
        .returning(is_favorite)
    )


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
