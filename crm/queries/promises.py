"""One promise as lists and mails show it: what it reads, and how a row becomes one.

`queries.follow_ups` asks which ones; this module reads what is known of each, in one statement, however many
principals it names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import aliased

from crm.clock import week_of
from crm.db import db
from crm.enums import InteractionType
from crm.models import Contact, Interaction, InteractionPrincipal, Opportunity, Organization, User
from crm.queries import limits
from crm.queries.keys import read_day, read_number

LINE = 160
"""The longest line of notes that a list shows, in characters."""


class When(StrEnum):
    """The groups of a list of promises, in their order; weeks end on Sunday."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"
    LATER = "later"
    SNOOZED = "snoozed"


class Key(NamedTuple):
    """Where a page ends and the next one begins. Written `2026-11-16.204` in addresses."""

    follow_up_date: date
    interaction_id: int

    def __str__(self) -> str:
        return f"{self.follow_up_date.isoformat()}.{self.interaction_id}"

    @classmethod
    def parse(cls, text: str) -> "Key | None":
        """The key that `text` names, or None if it is none."""
        day, _, number = text.partition(".")
        follow_up_date, interaction_id = read_day(day), read_number(number)
        if follow_up_date is None or interaction_id is None:
            return None
        return cls(follow_up_date, interaction_id)


@dataclass(frozen=True)
class Named:
    """A record by its number and name."""

    number: int
    name: str


@dataclass(frozen=True)
class Promise:
    """One promise with everything that a row of a list or of a mail shows."""

    interaction_id: int
    version: int
    follow_up_date: date
    snoozed_until_on: date | None
    times_rescheduled: int
    completed_at: datetime | None
    completed_with: int | None
    """The interaction that kept it."""
    note: str
    subject: str
    last_line: str
    """The end of the notes: their last line with something on it, cut to `LINE` characters."""
    interaction_type: InteractionType
    interaction_date: datetime
    owner: Named | None
    completer: Named | None
    contact: Named | None
    organization: Named | None
    opportunity: Named | None
    phone: str | None
    email: str | None
    prefers_email: bool
    principals: list[Named]

    @property
    def what(self) -> str:
        """The promise in words: its own, or else what it came from."""
        about = self.opportunity or self.contact or self.organization
        return self.note or self.subject or (f"Follow up on {about.name}" if about else "Follow up")

    @property
    def whom(self) -> list[str]:
        """Who is waiting: the person and the place, as far as they are known."""
        return [known.name for known in (self.contact, self.organization) if known]

    @property
    def dial(self) -> str:
        """The phone number as a telephone takes it, "" without one."""
        return dial(self.phone)

    @property
    def way(self) -> Literal["call", "email", ""]:
        """How to reach them: as they like it if that is known, else by phone, else by mail."""
        if self.email and (self.prefers_email or not self.dial):
            return "email"
        return "call" if self.dial else ""

    @property
    def key(self) -> Key:
        return Key(self.follow_up_date, self.interaction_id)

    def is_snoozed(self, today: date) -> bool:
        """Hidden until a later day than `today`."""
        return self.snoozed_until_on is not None and self.snoozed_until_on > today

    def when(self, today: date) -> When:
        """The group in which a list of `today` shows it."""
        if self.is_snoozed(today):
            return When.SNOOZED
        if self.follow_up_date < today:
            return When.OVERDUE
        if self.follow_up_date == today:
            return When.TODAY
        return When.WEEK if self.follow_up_date <= sunday(today) else When.LATER


def dial(phone: str | None) -> str:
    """A number as a telephone takes it: digits, a leading plus, an extension; "" for nothing to dial."""
    number, _, extension = re.sub(r"(?i)\s*(?:ext\.?|x)\s*", ";", phone or "").partition(";")
    digits = re.sub(r"[^+\d]", "", number)
    ext = re.sub(r"\D", "", extension)
    return f"{digits};ext={ext}" if digits and ext else digits


def sunday(today: date) -> date:
    """The last day of the week that `today` is in."""
    return week_of(today) + timedelta(days=6)


def read(chosen: sa.Select[int], asked: dict[str, Any] | None = None) -> list[Promise]:
    """The promises whose numbers `chosen` selects, by day and number, in one statement. `asked` holds what
    the bound parameters of `chosen` stand for.
    """
    return run(statement(chosen), asked or {})


def statement(chosen: sa.Select[int]) -> sa.Select[Any]:
    """What `read` runs, for those who keep it.

    The rows are chosen before anything is joined to them, so the cost is that of the rows shown.
    """
    return _rows().where(Interaction.interaction_id.in_(chosen))


def read_these(numbers: list[int]) -> list[Promise]:
    """The promises with these numbers, by day and number; none without asking the database."""
    return run(_these(), {"numbers": numbers}) if numbers else []


@cache
def _these() -> sa.Select[Any]:
    numbers = sa.bindparam("numbers", type_=ARRAY(sa.BigInteger))
    return _rows().where(Interaction.interaction_id == sa.any_(numbers))


def run(statement: sa.Select[Any], asked: dict[str, Any]) -> list[Promise]:
    """The promises that a kept `statement` finds for what is `asked`."""
    return [_promise(row) for row in db.session.execute(statement, asked)]


def read_first(chosen: sa.Select[int], at_most: int) -> tuple[list[Promise], int]:
    """The first `at_most` of the promises whose numbers `chosen` selects, in its order, and how many it
    selects in all, in one statement.
    """
    first = _with_total(chosen, at_most).subquery()
    rows = db.session.execute(
        _rows().add_columns(first.c.total).where(Interaction.interaction_id == first.c.interaction_id)
    ).all()
    return [_promise(row) for row in rows], rows[0].total if rows else 0


def _with_total(chosen: sa.Select[int], at_most: int) -> sa.Select[int, int]:
    return chosen.add_columns(sa.func.count().over().label("total")).limit(limits.at_most(at_most))


def read_parts(
    chosen: Mapping[str, sa.Select[int]], at_most: int, asked: dict[str, Any]
) -> dict[str, tuple[list[Promise], int]]:
    """`read_first` for several selections under their names, all in one statement. One promise may stand in
    several of them.
    """
    parts = [
        sa.select(sa.literal(name).label("part"), first.c.interaction_id, first.c.total)
        for name, select in chosen.items()
        for first in (_with_total(select, at_most).subquery(name),)
    ]
    first = sa.union_all(*parts).subquery("first")
    found: dict[str, tuple[list[Promise], int]] = {name: ([], 0) for name in chosen}
    rows = db.session.execute(
        _rows()
        .add_columns(first.c.part, first.c.total)
        .where(Interaction.interaction_id == first.c.interaction_id),
        asked,
    )
    for row in rows:
        found[row.part] = ([*found[row.part][0], _promise(row)], row.total)
    return found


@cache
def _rows() -> sa.Select[Any]:
    """Select what `_promise` needs of interactions; made once, for it is long."""
    owner, completer = aliased(User), aliased(User)
    place = aliased(Organization)
    return (
        sa.select(
            Interaction.interaction_id,
            Interaction.version,
            Interaction.follow_up_date,
            Interaction.snoozed_until_on,
            Interaction.times_rescheduled,
            Interaction.completed_at,
            Interaction.completed_with,
            Interaction.follow_up_note,
            Interaction.subject,
            sa.func.right(Interaction.notes, 4 * LINE).label("end_of_notes"),
            Interaction.interaction_type,
            Interaction.interaction_date,
            owner.user_id.label("owner_id"),
            owner.full_name.label("owner_name"),
            completer.user_id.label("completer_id"),
            completer.full_name.label("completer_name"),
            Contact.contact_id,
            sa.func.btrim(Contact.first_name + " " + Contact.last_name).label("contact_name"),
            place.organization_id.label("place_id"),
            place.name.label("place_name"),
            Opportunity.opportunity_id,
            Opportunity.name.label("opportunity_name"),
            sa.func.coalesce(Contact.mobile_phone, Contact.phone, place.phone).label("phone"),
            sa.func.coalesce(Contact.email, place.email).label("email"),
            sa.func.lower(Contact.preferred_channel).in_(("e-mail", "email")).label("prefers_email"),
            principals_of_interaction().label("principals"),
        )
        .outerjoin(owner, owner.user_id == Interaction.owner_id)
        .outerjoin(completer, completer.user_id == Interaction.completed_by)
        .outerjoin(Contact, Contact.contact_id == Interaction.contact_id)
        .outerjoin(Opportunity, Opportunity.opportunity_id == Interaction.opportunity_id)
        .outerjoin(
            place,
            place.organization_id
            == sa.func.coalesce(
                Interaction.organization_id, Contact.organization_id, Opportunity.organization_id
            ),
        )
        .order_by(Interaction.follow_up_date, Interaction.interaction_id)
    )


def principals_of_interaction() -> sa.ScalarSelect[Any]:
    """[[id, name] …] of the principals that the `Interaction` of the statement around it counts for."""
    named = sa.func.json_build_array(Organization.organization_id, Organization.name)
    return (
        sa.select(sa.func.json_agg(aggregate_order_by(named, Organization.name_key)))
        .join(InteractionPrincipal, InteractionPrincipal.principal_id == Organization.organization_id)
        .where(InteractionPrincipal.interaction_id == Interaction.interaction_id)
        .correlate(Interaction)
        .scalar_subquery()
    )


def _promise(row: sa.Row[Any]) -> Promise:
    return Promise(
        interaction_id=row.interaction_id,
        version=row.version,
        follow_up_date=row.follow_up_date,
        snoozed_until_on=row.snoozed_until_on,
        times_rescheduled=row.times_rescheduled,
        completed_at=row.completed_at,
        completed_with=row.completed_with,
        note=(row.follow_up_note or "").strip(),
        subject=(row.subject or "").strip(),
        last_line=last_line(row.end_of_notes or ""),
        interaction_type=row.interaction_type,
        interaction_date=row.interaction_date,
        owner=named(row.owner_id, row.owner_name),
        completer=named(row.completer_id, row.completer_name),
        contact=named(row.contact_id, row.contact_name),
        organization=named(row.place_id, row.place_name),
        opportunity=named(row.opportunity_id, row.opportunity_name),
        phone=row.phone,
        email=row.email,
        prefers_email=bool(row.prefers_email),
        principals=[Named(*principal) for principal in row.principals or ()],
    )


def named(number: int | None, name: str | None) -> Named | None:
    """The record, or None where an outer join found none."""
    return None if number is None else Named(number, name or "")


def last_line(notes: str) -> str:
    """The last line of `notes` with something on it, cut to `LINE` characters; "" if there is none."""
    lines = [line.strip() for line in notes.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    return last if len(last) <= LINE else last[: LINE - 1].rstrip() + "…"
