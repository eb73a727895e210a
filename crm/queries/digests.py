"""A manager's week: their people's book, how warm the principals are, what is late and what moved.

What a row of a list is asked with is the same as on the pages; only whose rows they are is decided here: a
book is a set of user ids, None = the firm's. Rows of nobody stand in every book (rulings, People and access).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from crm import clock
from crm.db import db
from crm.enums import OpportunityStage, Role
from crm.models import (
    Opportunity,
    OpportunityPrincipal,
    OpportunityStageChange,
    Organization,
    User,
)
from crm.queries import firm, follow_ups, principals, standings, users
from crm.queries.promises import Promise, When
from crm.queries.standings import Standing

EVERYTHING = 100_000
"""More rows than a firm has of anything that a digest lists."""

Book = Collection[int] | None


@dataclass(frozen=True)
class Move:
    """An opportunity that stands at another stage than before the period."""

    opportunity_id: int
    name: str
    from_stage: OpportunityStage
    to_stage: OpportunityStage
    on: date
    principals: tuple[str, ...]


def book_of(manager: User) -> Book:
    """Whose rows this person's digest tells of: theirs and their team's, one level down.

    A manager nobody reports to and an admin see the firm.
    """
    team = users.team(manager.user_id)
    return None if len(team) == 1 or manager.role == Role.ADMIN else team


def standing(book: Book, *, on: date) -> list[Standing]:
    """Where the principals of `book` stand on the firm's day `on`, by name."""
    everyone = standings.select(on)
    rows = db.session.execute(
        sa.select(everyone)
        .join(Organization, Organization.organization_id == everyone.c.principal_id)
        .where(_in_book(book, Organization.owner_id, Organization.second_owner_id))
        .order_by(everyone.c.name_key, everyone.c.principal_id)
    )
    return [standings.read(row) for row in rows]


def going_cold(among: Collection[Standing], *, on: date) -> list[Standing]:
    """Those of them that grow cold, as `principals.going_cold` has it; those that fell come first."""
    mine = {one.principal_id for one in among}
    cold = [one for one in principals.going_cold(today=on, limit=EVERYTHING) if one.principal_id in mine]
    return sorted(cold, key=lambda one: not has_fallen(one, on=on))


def has_fallen(cold: Standing, *, on: date) -> bool:
    """True if its level fell in the last week, False if it will in the next one."""
    return cold.falls_on is None or cold.falls_on > on + timedelta(days=7)


def late(book: Book, *, on: date) -> list[Promise]:
    """The promises of `book` and of nobody whose day is before `on`, the oldest first."""
    overdue, _ = follow_ups.page("everyone", today=on, when=When.OVERDUE, limit=EVERYTHING)
    return [one for one in overdue if book is None or one.owner is None or one.owner.number in book]


def moves(book: Book, *, first_on: date, last_on: date) -> list[Move]:
    """Opportunities that the firm's days `first_on` to `last_on` left at another stage than before."""
    zone = firm.time_zone()
    changes = db.session.execute(
        sa.select(OpportunityStageChange, Opportunity.name)
        .join(Opportunity, Opportunity.opportunity_id == OpportunityStageChange.opportunity_id)
        .where(
            OpportunityStageChange.from_stage.is_not(None),
            OpportunityStageChange.changed_at >= clock.at(zone, first_on),
            OpportunityStageChange.changed_at < clock.at(zone, last_on + timedelta(days=1)),
            Opportunity.deleted_at.is_(None),
            _in_book(book, Opportunity.owner_id, Opportunity.second_owner_id),
        )
        .order_by(OpportunityStageChange.changed_at, OpportunityStageChange.opportunity_stage_change_id)
    ).all()
    firsts: dict[int, OpportunityStage] = {}
    lasts: dict[int, tuple[OpportunityStageChange, str]] = {}
    for change, name in changes:
        firsts.setdefault(change.opportunity_id, change.from_stage or change.to_stage)
        lasts[change.opportunity_id] = (change, name)
    makers = _principals_of(list(lasts))
    moved = [
        Move(
            number, name, firsts[number], change.to_stage,
            clock.today_for(zone, change.changed_at), makers.get(number, ()),
        )
        for number, (change, name) in lasts.items()
        if change.to_stage != firsts[number]
    ]  # fmt: skip
    return sorted(moved, key=lambda move: (move.on, move.name))


def _in_book(
    book: Book, owner: "InstrumentedAttribute[int | None]", second: "InstrumentedAttribute[int | None]"
) -> sa.ColumnElement[bool]:
    if book is None:
        return sa.true()
    return sa.or_(owner.in_(book), second.in_(book), sa.and_(owner.is_(None), second.is_(None)))


def _principals_of(opportunity_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    rows = db.session.execute(
        sa.select(OpportunityPrincipal.opportunity_id, sa.func.array_agg(Organization.name))
        .join(Organization, Organization.organization_id == OpportunityPrincipal.principal_id)
        .where(OpportunityPrincipal.opportunity_id.in_(opportunity_ids))
        .group_by(OpportunityPrincipal.opportunity_id)
    )
    return {number: tuple(sorted(names)) for number, names in rows}
