"""What happened with a principal, and what is still promised about it."""

import textwrap
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, aliased

from crm.db import db
from crm.enums import InteractionType, Sentiment
from crm.models import (
    Contact,
    Interaction,
    InteractionPrincipal,
    Opportunity,
    Organization,
    PrincipalWeek,
    User,
)
from crm.queries import follow_ups, promises
from crm.queries.keys import read_moment, read_number
from crm.queries.limits import LIMIT, at_most
from crm.queries.promises import Promise
from crm.queries.spans import begins

PAGE = 20

GLANCE = 420
"""Characters of notes that a timeline shows at once."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One interaction as a timeline tells it. Names are None where it was about no such thing."""

    interaction_id: int
    interaction_type: InteractionType
    activity: str | None
    at: datetime
    is_touch: bool
    subject: str | None
    notes: str | None
    sentiment: Sentiment | None
    contact_id: int | None
    contact_name: str | None
    organization_id: int | None
    organization_name: str | None
    opportunity_id: int | None
    opportunity_name: str | None
    author_name: str | None
    promised_on: date | None
    """The day of its follow-up, kept or open; None = nothing was promised."""
    promise: str | None
    is_open: bool
    completed_at: datetime | None
    snoozed_until_on: date | None
    owner_name: str | None

    kind: ClassVar = "interaction"
    rank: ClassVar = 2
    """Its place among things of the same moment, see `Place`."""

    @property
    def number(self) -> int:
        return self.interaction_id

    @property
    def is_long(self) -> bool:
        """True if the notes are too long to be read at a glance."""
        return len(self.notes or "") > GLANCE

    @property
    def glance(self) -> str:
        """The notes, or their beginning up to a word's end where they are long."""
        return (
            textwrap.shorten(self.notes or "", GLANCE, placeholder=" …") if self.is_long else self.notes or ""
        )


class Place(NamedTuple):
    """The place in a timeline of several kinds of things below which an older part begins: moment, rank of
    the kind, number. Written `2026-11-06T15:00:00+00:00~2~204`.
    """

    at: datetime
    rank: int
    number: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.rank}~{self.number}"

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """The place that `text` names, or None if it is none."""
        moment, _, rest = text.partition("~")
        rank, _, number = rest.partition("~")
        at, parts = read_moment(moment), (read_number(rank[:2]), read_number(number))
        return cls(at, *parts) if at and None not in parts else None  # type: ignore[arg-type]


class Key(NamedTuple):
    """The place in a timeline below which an older part begins. Written `2026-11-06T15:00:00+00:00~204`."""

    at: datetime
    interaction_id: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.interaction_id}"

    @classmethod
    def parse(cls, text: str) -> "Key | None":
        """The key that `text` names, or None if it is none."""
        moment, _, number = text.partition("~")
        at, interaction_id = read_moment(moment), read_number(number)
        return cls(at, interaction_id) if at and interaction_id is not None else None


@dataclass(frozen=True, kw_only=True)
class Narrow:
    """Which interactions of a principal; None = any. Days are the firm's, both included."""

    interaction_type: InteractionType | None = None
    author_id: int | None = None
    sentiment: Sentiment | None = None
    since: date | None = None
    until: date | None = None
    is_counted: bool = False
    """Only real contact, as the summary counts it."""

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """True, all of them, for those links of a principal."""
        link = InteractionPrincipal
        asked: list[tuple[object, sa.ColumnElement[bool]]] = [
            (self.interaction_type, link.interaction_type == self.interaction_type),
            (self.author_id, link.author_id == self.author_id),
            (self.sentiment, Interaction.sentiment == self.sentiment),
            (self.since, link.interaction_date >= begins(self.since or date.min)),
            (self.until, link.interaction_date < begins((self.until or date.min) + timedelta(days=1))),
            (self.is_counted or None, link.counts == sa.true()),
        ]
        return [condition for word, condition in asked if word is not None]


def authors_of_principal(principal_id: int) -> list[tuple[int, str]]:
    """Who ever logged anything that counted for a principal, by name. Read from the weeks that are kept."""
    week = PrincipalWeek
    theirs = sa.select(week.author_id).where(week.principal_id == principal_id)
    people = sa.select(User.user_id, User.full_name).where(User.user_id.in_(theirs))
    return [(row[0], row[1]) for row in db.session.execute(people.order_by(User.full_name, User.user_id))]


def of_principal(
    principal_id: int, *, narrow: Narrow | None = None, before: Key | None = None, limit: int = PAGE
) -> tuple[list[Entry], Key | None]:
    """Interactions that name a principal or are about an opportunity of it, mere promises too, newest first;
    of those only what `narrow` asks for.

    Left out is what was archived, itself or with its opportunity.
    """
    link = InteractionPrincipal
    query = (
        _entries()
        .join(link, link.interaction_id == Interaction.interaction_id)
        .where(link.principal_id == principal_id, *_live(), *(narrow.conditions() if narrow else ()))
        .order_by(link.interaction_date.desc(), link.interaction_id.desc())
        .limit(at_most(limit + 1))
    )
    if before is not None:
        query = query.where(
            sa.tuple_(link.interaction_date, link.interaction_id)
            < sa.tuple_(before.at, before.interaction_id)
        )
    entries = [_entry(row) for row in db.session.execute(query)]
    if len(entries) <= limit:
        return entries, None
    last = entries[limit - 1]
    return entries[:limit], Key(last.at, last.interaction_id)


def chosen(
    whose: sa.ColumnElement[bool],
    *,
    is_further: bool,
    is_archived_too: bool = False,
    has_ways: bool = False,
) -> sa.Select[Any]:
    """Selects, for `read`, interactions for which `whose` holds, mere promises too, newest first: as many as
    it is told as `limit`, and those beyond a place (see `beyond`) if it is a further part.

    Left out is what was archived, itself or with its opportunity; with `is_archived_too` only the former.
    Where an interaction `has_ways` to belong there, all that do are found before the newest are taken: else
    PostgreSQL hopes to meet them soon on its way back through all of history.
    """
    theirs = (
        sa.select(Interaction.interaction_id, Interaction.interaction_date)
        .outerjoin(Opportunity, Opportunity.opportunity_id == Interaction.opportunity_id)
        .where(whose, *(_live()[:1] if is_archived_too else _live()))
    )
    if is_further:
        theirs = theirs.where(
            beyond(Interaction.interaction_date, sa.literal(Entry.rank), Interaction.interaction_id)
        )
    held = theirs.cte("held").prefix_with("MATERIALIZED") if has_ways else theirs.subquery()
    number, at = held.c.interaction_id, held.c.interaction_date
    found = sa.select(number).order_by(at.desc(), number.desc()).limit(LIMIT).subquery()
    return (
        _entries()
        .join(found, found.c.interaction_id == Interaction.interaction_id)
        .order_by(Interaction.interaction_date.desc(), Interaction.interaction_id.desc())
    )


def read(statement: sa.Select[Any], asked: Mapping[str, Any]) -> list[Entry]:
    """The interactions that a statement of `chosen` selects, told what it stands for."""
    return [_entry(row) for row in db.session.execute(statement, asked)]


def beyond(*place: sa.ColumnElement[Any] | InstrumentedAttribute[Any]) -> sa.ColumnElement[bool]:
    """True for what lies, by moment, rank and number, further down than the place that a statement is told:
    its parts under their own names.
    """
    below = (
        sa.bindparam("at", type_=sa.DateTime(timezone=True)),
        sa.bindparam("rank", type_=sa.Integer),
        sa.bindparam("number", type_=sa.BigInteger),
    )
    return sa.tuple_(*place) < sa.tuple_(*below)


def promises_of_principal(principal_id: int, *, today: date, at_most: int = 24) -> tuple[list[Promise], int]:
    """Open promises on the interactions of a principal, whoever keeps them, soonest first; and how many.

    The predicate is that of every list of promises; `today` is the reader's day. What is open is found first,
    in its index: there is little of it beside all that ever happened with a principal.
    """
    link = InteractionPrincipal
    of_all = (
        sa.select(Interaction.interaction_id)
        .where(follow_ups.is_open("everyone"))
        .cte("open_promises")
        .prefix_with("MATERIALIZED")
    )
    theirs = (
        sa.select(link.interaction_id)
        .join(of_all, of_all.c.interaction_id == link.interaction_id)
        .where(link.principal_id == principal_id)
    )
    chosen = (
        sa.select(Interaction.interaction_id)
        .where(follow_ups.is_awake(today), Interaction.interaction_id.in_(theirs))
        .order_by(Interaction.follow_up_date, Interaction.interaction_id)
    )
    return promises.read_first(chosen, at_most)


def next_promises(principal_ids: Collection[int], *, today: date) -> dict[int, date]:
    """The day of the next open promise about each of these principals; one without any is left out."""
    link = InteractionPrincipal
    rows = db.session.execute(
        sa.select(link.principal_id, sa.func.min(Interaction.follow_up_date))
        .join(link, link.interaction_id == Interaction.interaction_id)
        .where(
            follow_ups.is_open("everyone"), follow_ups.is_awake(today), link.principal_id.in_(principal_ids)
        )
        .group_by(link.principal_id)
    )
    return {row[0]: row[1] for row in rows if row[1] is not None}


def _live() -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Interaction.deleted_at.is_(None),
        sa.or_(Interaction.opportunity_id.is_(None), Opportunity.deleted_at.is_(None)),
    )


@cache
def _entries() -> sa.Select[Any]:
    """Interactions with the names of everything they are about; columns as in `Entry`."""
    author, owner = aliased(User), aliased(User)
    contact_name = sa.func.btrim(Contact.first_name + " " + Contact.last_name)
    return (
        sa.select(
            Interaction.interaction_id,
            Interaction.interaction_type,
            Interaction.activity,
            Interaction.interaction_date.label("at"),
            Interaction.is_touch,
            Interaction.subject,
            Interaction.notes,
            Interaction.sentiment,
            Contact.contact_id,
            contact_name.label("contact_name"),
            Organization.organization_id,
            Organization.name.label("organization_name"),
            Opportunity.opportunity_id,
            Opportunity.name.label("opportunity_name"),
            author.full_name.label("author_name"),
            Interaction.follow_up_date.label("promised_on"),
            Interaction.follow_up_note.label("promise"),
            follow_ups.is_open("everyone").label("is_open"),
            Interaction.completed_at,
            Interaction.snoozed_until_on,
            owner.full_name.label("owner_name"),
        )
        .select_from(Interaction)
        .outerjoin(Opportunity, Opportunity.opportunity_id == Interaction.opportunity_id)
        .outerjoin(Contact, Contact.contact_id == Interaction.contact_id)
        .outerjoin(
            Organization,
            Organization.organization_id
            == sa.func.coalesce(
                Interaction.organization_id, Contact.organization_id, Opportunity.organization_id
            ),
        )
        .outerjoin(author, author.user_id == Interaction.author_id)
        .outerjoin(owner, owner.user_id == Interaction.owner_id)
    )


_FIELDS = tuple(field.name for field in fields(Entry))


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(**{name: getattr(row, name) for name in _FIELDS})
