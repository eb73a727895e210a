"""A manager's week: their people's book, how warm the principals are, what is late and what moved.

What a row of a list is asked with is the same as on the pages; only whose rows they are is decided by a book
(`queries.books`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from crm import clock
from crm.db import db
from crm.enums import OpportunityStage
from crm.models import (
    Interaction,
    Opportunity,
    OpportunityPrincipal,
    OpportunityStageChange,
    Organization,
)
from crm.queries import books, firm, follow_ups, principals, standings
from crm.queries.books import Book, Kind
from crm.queries.promises import Promise
from crm.queries.standings import Standing

EVERYTHING = 100_000
"""More rows than a firm has of anything that a digest lists."""


@dataclass(frozen=True)
class Move:
    """An opportunity that stands at another stage than before the period."""

    opportunity_id: int
    name: str
    from_stage: OpportunityStage
    to_stage: OpportunityStage
    on: date
    principals: tuple[str, ...]
    owner_id: int | None = None
    second_owner_id: int | None = None


def standing(book: Book, *, on: date) -> list[Standing]:
    """Where the principals of `book` stand on the firm's day `on`, by name."""
    rows = db.session.execute(_standing(book.kind), {"today": on} | book.asked)
    return [standings.read(row) for row in rows]


@cache
def _standing(kind: Kind) -> sa.Select[Any]:
    today = sa.bindparam("today", type_=sa.Date)
    covered = books.covers(kind, Organization.owner_id, Organization.second_owner_id)
    theirs = standings.select(today, where=covered)
    return sa.select(theirs).order_by(theirs.c.name_key, theirs.c.principal_id)


def going_cold(among: Collection[Standing], *, on: date) -> list[Standing]:
    """Those of them that grow cold, as `principals.going_cold` has it; those that fell come first."""
    cold = [
        (one, one.last_at)
        for one in among
        if one.days is not None
        and one.last_at is not None
        and any(first <= one.days <= last for first, last in principals.COLD_DAYS)
    ]
    cold.sort(key=lambda pair: (not has_fallen(pair[0], on=on), pair[1], pair[0].name_key))
    return [one for one, _ in cold]


def has_fallen(cold: Standing, *, on: date) -> bool:
    """True if its level fell in the last week, False if it will in the next one."""
    return cold.falls_on is None or cold.falls_on > on + timedelta(days=7)


def late(book: Book, *, on: date) -> list[Promise]:
    """The promises of `book` whose day is before `on`, the oldest first."""
    return follow_ups.read_overdue(_late(book.kind), today=on, asked=book.asked)


@cache
def _late(kind: Kind) -> sa.Select[int]:
    return follow_ups.overdue_where(books.covers(kind, Interaction.owner_id))


def moves(book: Book, *, first_on: date, last_on: date) -> list[Move]:
    """Opportunities that the firm's days `first_on` to `last_on` left at another stage than before."""
    zone = firm.time_zone()
    days = {"first_at": clock.at(zone, first_on), "before": clock.at(zone, last_on + timedelta(days=1))}
    changes = db.session.execute(_moves(book.kind), days | book.asked).all()
    firsts: dict[int, OpportunityStage] = {}
    lasts: dict[int, sa.Row[Any]] = {}
    for row in changes:
        firsts.setdefault(row.opportunity_id, row.from_stage or row.to_stage)
        lasts[row.opportunity_id] = row
    makers = _principals_of(list(lasts))
    moved = [
        Move(
            number, last.name, firsts[number], last.to_stage,
            clock.today_for(zone, last.changed_at), makers.get(number, ()),
            last.owner_id, last.second_owner_id,
        )
        for number, last in lasts.items()
        if last.to_stage != firsts[number]
    ]  # fmt: skip
    return sorted(moved, key=lambda move: (move.on, move.name))


@cache
def _moves(kind: Kind) -> "sa.Select[int, Any, OpportunityStage, datetime, str, int | None, int | None]":
    first_at, before = (
        sa.bindparam(name, type_=sa.DateTime(timezone=True)) for name in ("first_at", "before")
    )
    return (
        sa.select(
            OpportunityStageChange.opportunity_id,
            OpportunityStageChange.from_stage,
            OpportunityStageChange.to_stage,
            OpportunityStageChange.changed_at,
            Opportunity.name,
            Opportunity.owner_id,
            Opportunity.second_owner_id,
        )
        .join(Opportunity, Opportunity.opportunity_id == OpportunityStageChange.opportunity_id)
        .where(
            OpportunityStageChange.from_stage.is_not(None),
            OpportunityStageChange.changed_at >= first_at,
            OpportunityStageChange.changed_at < before,
            Opportunity.deleted_at.is_(None),
            books.covers(kind, Opportunity.owner_id, Opportunity.second_owner_id),
        )
        .order_by(OpportunityStageChange.changed_at, OpportunityStageChange.opportunity_stage_change_id)
    )


def _principals_of(opportunity_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    if not opportunity_ids:
        return {}
    rows = db.session.execute(_makers(), {"opportunities": list(opportunity_ids)})
    return {number: tuple(sorted(names)) for number, names in rows}


@cache
def _makers() -> "sa.Select[int, Sequence[str]]":
    opportunities = sa.bindparam("opportunities", type_=ARRAY(sa.BigInteger))
    return (
        sa.select(OpportunityPrincipal.opportunity_id, sa.func.array_agg(Organization.name))
        .join(Organization, Organization.organization_id == OpportunityPrincipal.principal_id)
        .where(OpportunityPrincipal.opportunity_id == sa.any_(opportunities))
        .group_by(OpportunityPrincipal.opportunity_id)
    )
