"""Principals: the list of them, how many are how warm, and which grow cold. `today` is the firm's day."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from crm.db import db
from crm.enums import EngagementLevel, RecordKind
from crm.models import EngagementChange, Organization
from crm.queries import merges, standings
from crm.queries.keys import read_moment, read_number
from crm.queries.standings import ALL, LASTS, Book, Standing

NOT_CONTACTED = "Not contacted yet"
"""What people call a principal without any touch; to the database it is Inactive like one that went quiet."""

PAGE = 24

COLD_DAYS = tuple(
    (last + 1 if level is EngagementLevel.HIGH else last - 6, last + 7) for level, last in LASTS.items()
)
"""Spans of days since the last touch in which a principal grows cold, see `going_cold`."""

_NEVER = sa.text("timestamptz '-infinity'")


@dataclass(frozen=True)
class Record:
    """A principal by its number; `standing` is None once it was archived, on the firm's day `archived_on`."""

    principal_id: int
    name: str
    archived_on: date | None
    standing: Standing | None
    high_since: date | None = None
    """The day of the last recorded change, if that was one to High."""

    @property
    def since(self) -> date | None:
        """The first day of the level that it has now; None where there was no touch yet."""
        if self.standing is None or self.standing.last_on is None:
            return None
        if self.standing.level is EngagementLevel.HIGH:
            return self.high_since or self.standing.last_on
        above = {EngagementLevel.MEDIUM: 7, EngagementLevel.LOW: 14, EngagementLevel.INACTIVE: 30}
        return self.standing.last_on + timedelta(
            days=above[self.standing.level or EngagementLevel.INACTIVE] + 1
        )


@dataclass(frozen=True)
class Share:
    """How many principals are at one level (None = not contacted yet), and their rounded share in percent."""

    level: EngagementLevel | None
    principals: int
    percent: int


class Sort(StrEnum):
    """The orders in which the list can be read."""

    COLDEST = "coldest"
    RECENT = "recent"
    NAME = "name"


class Key(NamedTuple):
    """The place in the list after which a page begins: what its last row was sorted by.

    Written `2026-11-06T15:00:00.000000+00:00~12~amberfold bakery co.` in addresses, without a moment where
    there was no touch yet.
    """

    last_at: datetime | None
    principal_id: int
    name_key: str

    def __str__(self) -> str:
        return f"{self.last_at.isoformat() if self.last_at else ''}~{self.principal_id}~{self.name_key}"

    @classmethod
    def parse(cls, text: str) -> "Key | None":
        """The key that `text` names, or None if it is none."""
        moment, _, rest = text.replace("\x00", "").partition("~")
        number, _, name_key = rest.partition("~")
        last_at, principal_id = read_moment(moment), read_number(number)
        if principal_id is None or (last_at is None and moment):
            return None
        return cls(last_at, principal_id, name_key)


def page(
    *,
    today: date,
    words: Collection[str] = (),
    book: Book = ALL,
    level: str | None = None,
    sort: Sort = Sort.COLDEST,
    after: Key | None = None,
    limit: int = PAGE,
) -> tuple[list[Standing], Key | None]:
    """One page of the principals that hold each of `words`, and where the next begins (None = the end).

    A word is found in the name, or in the name or category of a product, without regard to case and accents.
    `level` is a text of EngagementLevel or `NOT_CONTACTED`; None = any.
    """
    standing = standings.select(today, words=words, book=book)
    query = sa.select(standing).order_by(*_order(standing.c, sort)).limit(limit + 1)
    if level is not None:
        query = query.where(sa.func.coalesce(standing.c.level, NOT_CONTACTED) == level)
    if after is not None:
        query = query.where(_beyond(standing.c, sort, after))
    rows = [standings.read(row) for row in db.session.execute(query)]
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], Key(last.last_at, last.principal_id, last.name_key)


def numbers(
    *, today: date, words: Collection[str] = (), book: Book = ALL, level: str | None = None, limit: int
) -> list[int]:
    """The principals of all pages of `page`, by number; no more than `limit`."""
    standing = standings.select(today, words=words, book=book)
    query = sa.select(standing.c.principal_id).limit(limit)
    if level is not None:
        query = query.where(sa.func.coalesce(standing.c.level, NOT_CONTACTED) == level)
    return list(db.session.scalars(query))


def levels(
    *,
    today: date,
    words: Collection[str] = (),
    owner_ids: Collection[int] | None = None,
    book: Book = ALL,
) -> list[Share]:
    """How many principals are at each level: all five, warmest first, those not contacted yet last.

    `words` and `book` as in `page`; `owner_ids` narrows to principals that one of these users looks after.
    """
    standing = standings.select(today, words=words, owner_ids=owner_ids, book=book)
    rows = db.session.execute(sa.select(standing.c.level, sa.func.count()).group_by(standing.c.level))
    return shares({row[0]: row[1] for row in rows})


def shares(counts: Mapping[str | None, int]) -> list[Share]:
    """The shares of all five levels, from how many principals are at each."""
    total = sum(counts.values())
    return [
        Share(level, counts.get(level, 0), round(100 * counts.get(level, 0) / (total or 1)))
        for level in (*EngagementLevel, None)
    ]


def going_cold(
    *, today: date, limit: int, owner_id: int | None = None, owner_ids: Collection[int] | None = None
) -> list[Standing]:
    """Principals whose level fell in the last seven days, today included, or will in the next; coldest first.

    One that will fall from High is left out: High lasts a week, so that is everybody who was touched in it,
    and a list of everybody warns of nobody. `owner_id` narrows to principals that this user looks after,
    `owner_ids` to those that one of several does.
    """
    standing = standings.select(today, owner_ids=owner_ids if owner_id is None else [owner_id])
    near = [standing.c.days.between(*span) for span in COLD_DAYS]
    query = sa.select(standing).where(sa.or_(*near)).order_by(*_order(standing.c, Sort.COLDEST)).limit(limit)
    return [standings.read(row) for row in db.session.execute(query)]


def get(principal_id: int, *, today: date) -> Record:
    """One principal. Raises `sqlalchemy.exc.NoResultFound` for a number that is no principal's, `MovedOn` for
    one that was merged into another one.
    """
    row = db.session.execute(_record(), {"principal": principal_id, "today": today}).one()
    if row.archived_on is not None:
        merges.follow(RecordKind.ORGANIZATION, principal_id)
    return Record(
        row.organization_id,
        row.known_as,
        row.archived_on,
        standings.read(row) if row.principal_id is not None else None,
        row.high_since,
    )


@cache
def _record() -> sa.Select[Any]:
    """What `get` reads of the one whose number it is told as `principal`, on the day `today`."""
    number = sa.bindparam("principal", type_=sa.BigInteger)
    standing = standings.select(
        sa.bindparam("today", type_=sa.Date), where=Organization.organization_id == number
    )
    return (
        sa.select(
            Organization.organization_id,
            Organization.name.label("known_as"),
            sa.func.firm_day(Organization.deleted_at, type_=sa.Date).label("archived_on"),
            _high_since(number).label("high_since"),
            standing,
        )
        .outerjoin(standing, standing.c.principal_id == Organization.organization_id)
        .where(Organization.organization_id == number, Organization.is_principal)
    )


def _high_since(principal_id: sa.ColumnElement[int]) -> Any:
    """The day of the last recorded change of a level, if it became High."""
    change = EngagementChange
    return (
        sa.select(sa.case((change.to_level == EngagementLevel.HIGH.value, change.changed_on)))
        .where(change.principal_id == principal_id)
        .order_by(change.changed_on.desc())
        .limit(1)
        .scalar_subquery()
    )


def _order(row: Any, sort: Sort) -> list[sa.ColumnElement[Any]]:
    """The columns of the order; the last one decides every tie."""
    last_at = sa.func.coalesce(row.last_at, _NEVER)
    first = {Sort.COLDEST: [last_at.asc()], Sort.RECENT: [last_at.desc()], Sort.NAME: []}
    return [*first[sort], row.name_key, row.principal_id]


def _beyond(row: Any, sort: Sort, after: Key) -> sa.ColumnElement[bool]:
    """True for the rows that `_order` puts after the place `after`."""
    later = sa.tuple_(row.name_key, row.principal_id) > sa.tuple_(
        sa.literal(after.name_key), sa.literal(after.principal_id)
    )
    last_at = sa.func.coalesce(row.last_at, _NEVER)
    was = _NEVER if after.last_at is None else sa.literal(after.last_at)
    tied = sa.and_(last_at == was, later)
    return {
        Sort.COLDEST: sa.or_(last_at > was, tied),
        Sort.RECENT: sa.or_(last_at < was, tied),
        Sort.NAME: later,
    }[sort]


def changes(principal_id: int, *, before: date | None = None, limit: int = PAGE) -> list[EngagementChange]:
    """How a principal went from level to level, the latest day first; `before` is the last day seen."""
    change = EngagementChange
    query = sa.select(change).where(change.principal_id == principal_id).order_by(change.changed_on.desc())
    if before is not None:
        query = query.where(change.changed_on < before)
    return list(db.session.scalars(query.limit(limit)))
