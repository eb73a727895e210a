"""The ledger of promises: which fell due, which were kept, and what happened to each on the way.

A promise counts for the day that it was promised for last, in a span of days up to today; a day is the
firm's. The shares and the list stand on one predicate, so a figure never disagrees with the rows it leads to,
and both read that slice of days by its index, never the history.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from crm.clock import today_for
from crm.db import db
from crm.models import Interaction, InteractionPrincipal, Organization, User
from crm.queries import promises
from crm.queries.promises import Key, Named, Promise

PAGE = 30
MOST_SHARES = 25
MOVES_TOLD = 40
"""Changes of one promise that are told; the history of its interaction keeps all."""

_ZONE = sa.select(sa.func.firm_zone()).scalar_subquery()
"""Of the firm, asked for once: `firm_day` would ask for it with each of the promises of a firm's month."""


class End(StrEnum):
    """How a promise ended, or that it did not yet."""

    KEPT = "kept"
    """Completed on its day or before."""
    LATE = "late"
    """Completed after its day."""
    OPEN = "open"
    """Its day has passed and nobody completed it."""
    WAITING = "waiting"
    """Due today, and there is time left."""


@dataclass(frozen=True)
class Asked:
    """Which promises: due from `since` to `today`, of one keeper, for one principal; None = of all."""

    since: date
    today: date
    keeper: int | None = None
    principal: int | None = None


@dataclass(frozen=True)
class Share:
    """What became of the promises of one keeper, or for one principal. `of` None = nobody keeps them."""

    of: Named | None
    ends: dict[End, int]

    @property
    def due(self) -> int:
        """Those that ended or should have: what the share is taken of."""
        return sum(self.ends.values()) - self.ends[End.WAITING]

    @property
    def percent(self) -> int | None:
        """Kept in time, of those due; None where none was."""
        return round(100 * self.ends[End.KEPT] / self.due) if self.due else None


@dataclass(frozen=True)
class Move:
    """One thing that happened to a promise. `what` is made, moved, snoozed, woken, handed, completed or
    reopened; `before` and `after` are the days or the names it changed from and to.
    """

    at: datetime
    by_name: str | None
    what: str
    before: date | str | None
    after: date | str | None


def shares(asked: Asked) -> list[Share]:
    """One share for each keeper, by name; those that nobody keeps come last."""
    ends = _ends(asked)
    rows = db.session.execute(
        sa.select(User.user_id, User.full_name, *ends)
        .select_from(Interaction)
        .outerjoin(User, User.user_id == Interaction.owner_id)
        .where(*_is_asked(asked))
        .group_by(User.user_id, User.full_name)
        .order_by(sa.func.fold(User.full_name).nulls_last(), User.user_id)
    )
    return [_share(row) for row in rows]


def shares_of_principals(asked: Asked, *, limit: int = MOST_SHARES) -> list[Share]:
    """One share for each principal, the least kept first; at most `limit`."""
    link = InteractionPrincipal
    # Promise by promise, whatever the planner thinks: few of all that ever happened were promised lately.
    about = (
        sa.select(link.principal_id)
        .where(link.interaction_id == Interaction.interaction_id)
        .offset(0)
        .lateral("about")
    )
    ends = _ends(asked)
    kept, late, left_open, _ = ends
    due = kept + late + left_open
    rows = db.session.execute(
        sa.select(Organization.organization_id, Organization.name, *ends)
        .select_from(Interaction)
        .join(about, sa.true())
        .join(Organization, Organization.organization_id == about.c.principal_id)
        .where(*_is_asked(asked))
        .group_by(Organization.organization_id)
        .order_by(
            (sa.cast(kept, sa.Numeric) / sa.func.nullif(due, 0)).nulls_last(),
            due.desc(),
            Organization.name_key,
            Organization.organization_id,
        )
        .limit(limit)
    )
    return [_share(row) for row in rows]


def page(
    asked: Asked, *, end: End | None = None, after: Key | None = None, limit: int = PAGE
) -> tuple[list[Promise], Key | None]:
    """One page of the promises that are asked for, latest day first, and where the next one begins."""
    chosen = (
        sa.select(Interaction.interaction_id)
        .where(*_is_asked(asked), _is_end(end, asked.today) if end else sa.true())
        .order_by(Interaction.follow_up_date.desc(), Interaction.interaction_id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        chosen = chosen.where(
            sa.tuple_(Interaction.follow_up_date, Interaction.interaction_id)
            < sa.tuple_(sa.literal(after.follow_up_date), sa.literal(after.interaction_id))
        )
    found = sorted(promises.read(chosen), key=lambda promise: promise.key, reverse=True)
    return found[:limit], found[limit - 1].key if len(found) > limit else None


def moves(interaction_ids: Collection[int]) -> dict[int, list[Move]]:
    """How each of these promises was made and what happened to it since, oldest first, in one statement."""
    if not interaction_ids:
        return {}
    numbers = sa.cast(sorted(interaction_ids), sa.ARRAY(sa.BigInteger))
    asked = sa.func.unnest(numbers).table_valued("number", name="asked").render_derived()
    log = (
        sa.func.row_history(sa.cast(["interactions"], sa.ARRAY(sa.Text)), asked.c.number, MOVES_TOLD)
        .table_valued(
            sa.column("audit_log_id", sa.BigInteger),
            sa.column("row_id", sa.BigInteger),
            sa.column("user_id", sa.BigInteger),
            sa.column("changed_at", sa.DateTime(timezone=True)),
            sa.column("before", JSONB),
            sa.column("after", JSONB),
            name="log",
        )
        .lateral("log")
    )
    by, was, is_now = (aliased(User) for _ in range(3))
    rows = db.session.execute(
        sa.select(
            log, by.full_name.label("by_name"), was.full_name.label("was"), is_now.full_name.label("now")
        )
        .select_from(asked)
        .join(log, sa.true())
        .outerjoin(by, by.user_id == log.c.user_id)
        .outerjoin(was, was.user_id == sa.cast(log.c.before.op("->>")("owner_id"), sa.BigInteger))
        .outerjoin(is_now, is_now.user_id == sa.cast(log.c.after.op("->>")("owner_id"), sa.BigInteger))
        .order_by(log.c.audit_log_id)
    )
    told: dict[int, list[Move]] = {number: [] for number in interaction_ids}
    for row in rows:
        told[row.row_id] += _moves(row)
    return told


def _moves(row: sa.Row[Any]) -> list[Move]:
    """What one change of the row says of the promise; a change of its notes says nothing."""
    before, after = row.before or {}, row.after or {}
    found: list[tuple[str, date | str | None, date | str | None]] = []
    if after.get("follow_up_date"):
        was = _day(before.get("follow_up_date"))
        found.append(("moved" if was else "made", was, _day(after["follow_up_date"])))
    elif "snoozed_until_on" in after and row.before is not None:
        until = _day(after["snoozed_until_on"])
        found.append(("snoozed" if until else "woken", _day(before.get("snoozed_until_on")), until))
    if "owner_id" in before or ("owner_id" in after and row.before is not None):
        found.append(("handed", row.was, row.now))
    if "completed_at" in after and row.before is not None:
        found.append(("completed" if after["completed_at"] else "reopened", None, None))
    return [Move(row.changed_at, row.by_name, *one) for one in found]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _is_asked(asked: Asked) -> tuple[sa.ColumnElement[bool], ...]:
    conditions: list[sa.ColumnElement[bool]] = [
        Interaction.follow_up_required == sa.true(),  # `is true` would not be the predicate of the index
        Interaction.deleted_at.is_(None),
        Interaction.follow_up_date.between(asked.since, asked.today),
    ]
    if asked.keeper is not None:
        conditions.append(Interaction.owner_id == asked.keeper)
    if asked.principal is not None:
        link = InteractionPrincipal
        named = sa.select(link.interaction_id).where(link.principal_id == asked.principal)
        conditions.append(Interaction.interaction_id.in_(named))
    return tuple(conditions)


def _is_end(end: End, today: date) -> sa.ColumnElement[bool]:
    completed, day = Interaction.completed_at, Interaction.follow_up_date
    completed_on = sa.cast(sa.func.timezone(_ZONE, completed), sa.Date)
    return {
        End.KEPT: sa.and_(completed.is_not(None), completed_on <= day),
        End.LATE: sa.and_(completed.is_not(None), completed_on > day),
        End.OPEN: sa.and_(completed.is_(None), day < today),
        End.WAITING: sa.and_(completed.is_(None), day >= today),
    }[end]


def _ends(asked: Asked) -> list[sa.ColumnElement[int]]:
    return [sa.func.count().filter(_is_end(end, asked.today)) for end in End]


def _share(row: Sequence[Any]) -> Share:
    number, name, *ends = row
    return Share(promises.named(number, name), dict(zip(End, ends, strict=True)))


def end_of(promise: Promise, *, today: date, zone: str) -> End:
    """How this promise ended, as the figures count it; `zone` is the firm's."""
    if promise.completed_at is None:
        return End.OPEN if promise.follow_up_date < today else End.WAITING
    return End.KEPT if today_for(zone, promise.completed_at) <= promise.follow_up_date else End.LATE
