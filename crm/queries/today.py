"""What a person sees first: how their week goes with each principal, how fast it goes, what they did last.

Weeks are the firm's, Monday to Sunday; `today` is the firm's day. Counts of a week come from what is kept
(`principal_weeks` and the deltas not folded yet), never from the history.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm import clock
from crm.db import db
from crm.enums import InteractionType, Sentiment
from crm.models import (
    ActivityGoal,
    Contact,
    Interaction,
    InteractionPrincipal,
    Opportunity,
    Organization,
    principal_touches,
)
from crm.queries import happenings
from crm.queries.limits import LIMIT
from crm.queries.promises import Named, last_line, named, principals_of_interaction

# Statements are built once and told the person and the day when they run: building costs more than running.
_USER = sa.bindparam("user_id", type_=sa.BigInteger)
_TODAY = sa.bindparam("today", type_=sa.Date)


@dataclass(frozen=True)
class WeekWith:
    """A principal and how often one person was in touch for it in a week of the firm."""

    principal_id: int
    name: str
    level: str | None
    """An `EngagementLevel`, None = not contacted yet."""
    days: int | None
    """Days of the firm since anybody's last touch."""
    done: int
    goal: int
    """What this person is asked for: their own goal, else that of the principal (`queries.goals`)."""


@dataclass(frozen=True)
class Week:
    """The first few of the principals, busiest first, and how many there are in all."""

    principals: list[WeekWith]
    total: int

    @property
    def goal(self) -> int | None:
        """The goal that all of them have; None where they differ."""
        goals = {one.goal for one in self.principals}
        return goals.pop() if len(goals) == 1 else None


@dataclass(frozen=True)
class Pace:
    """How many interactions a person had this week, and how many by the same weekday of last week."""

    so_far: int
    by_then: int
    today: dict[InteractionType, int] = field(default_factory=dict)
    """Those of today by what they were; what there was none of is not in it."""


@dataclass(frozen=True)
class Logged:
    """An interaction as the short list of the latest ones shows it."""

    interaction_id: int
    interaction_type: InteractionType
    interaction_date: datetime
    sentiment: Sentiment | None
    last_line: str
    contact: Named | None
    organization: Named | None
    opportunity: Named | None
    principals: list[Named]

    @property
    def whom(self) -> str:
        """With whom it was: the person, else the place, else what it was about."""
        known = self.contact or self.organization or self.opportunity
        return known.name if known else ""


def week(user_id: int, *, today: date, limit: int = 12) -> Week:
    """The week of `today` for the principals this person looks after or was in touch for, busiest first.

    Looking after means owner or second owner of the principal. Interactions are this person's own.
    """
    asked = {"user_id": user_id, "monday": clock.week_of(today), "today": today, "limit": limit}
    rows = db.session.execute(_week(), asked).all()
    return Week([WeekWith(*row[:6]) for row in rows], total=rows[0][6] if rows else 0)


@cache
def _week() -> sa.Select[Any]:
    done = _touches(sa.bindparam("monday", type_=sa.Date))
    last_touch = (
        sa.select(InteractionPrincipal.interaction_date)
        .where(InteractionPrincipal.principal_id == Organization.organization_id, InteractionPrincipal.counts)
        .order_by(InteractionPrincipal.interaction_date.desc())
        .limit(1)
        .lateral("last_touch")
    )
    touched_at = last_touch.c.interaction_date
    own, of_all = aliased(ActivityGoal), aliased(ActivityGoal)
    return (
        sa.select(
            Organization.organization_id,
            Organization.name,
            sa.case((touched_at.is_not(None), sa.func.calculate_engagement_level(touched_at, _TODAY))),
            _TODAY - sa.func.firm_day(touched_at, type_=sa.Date),
            sa.func.coalesce(done.c.done, 0),
            sa.func.coalesce(own.per_week, of_all.per_week, ActivityGoal.DEFAULT),
            sa.func.count().over(),
        )
        .outerjoin(done, done.c.principal_id == Organization.organization_id)
        .outerjoin(last_touch, sa.true())
        .outerjoin(own, sa.and_(own.principal_id == Organization.organization_id, own.user_id == _USER))
        .outerjoin(
            of_all, sa.and_(of_all.principal_id == Organization.organization_id, of_all.user_id.is_(None))
        )
        .where(
            Organization.is_principal,
            Organization.deleted_at.is_(None),
            sa.or_(Organization.owner_id == _USER, Organization.second_owner_id == _USER, done.c.done > 0),
        )
        .order_by(
            sa.func.coalesce(done.c.done, 0).desc(),
            touched_at.desc().nulls_last(),
            Organization.name_key,
            Organization.organization_id,
        )
        .limit(LIMIT)
    )


def _touches(monday: sa.ColumnElement[date]) -> sa.Subquery:
    """(principal_id, done): of one author in one week."""
    touches = principal_touches.c
    return (
        sa.select(touches.principal_id, sa.func.sum(touches.n).label("done"))
        .where(touches.author_id == _USER, touches.week_on == monday)
        .group_by(touches.principal_id)
        .subquery("touches")
    )


def pace(user_id: int, *, today: date, zone: str) -> Pace:
    """This week against last week, each up to the end of `today`'s weekday in `zone`, the firm's.

    Kept counters are of whole weeks, so this reads two weeks of this person's interactions by their index.
    """
    monday = clock.week_of(today)
    days = {
        "last_week": monday - timedelta(days=7),
        "then": today - timedelta(days=6),
        "this_week": monday,
        "today": today,
        "tomorrow": today + timedelta(days=1),
    }
    asked = {"user_id": user_id} | {name: clock.at(zone, day) for name, day in days.items()}
    so_far, by_then, *of_type = db.session.execute(_pace(), asked).one()
    return Pace(so_far, by_then, {kind: n for kind, n in zip(InteractionType, of_type, strict=True) if n})


@cache
def _pace() -> sa.Select[Any]:
    on, moment = Interaction.interaction_date, sa.DateTime(timezone=True)
    last_week, then, this_week, begins, tomorrow = (
        sa.bindparam(name, type_=moment) for name in ("last_week", "then", "this_week", "today", "tomorrow")
    )
    of_type = [
        sa.func.count().filter(on >= begins, Interaction.interaction_type == kind) for kind in InteractionType
    ]
    counts: list[Any] = [sa.func.count().filter(on >= this_week), sa.func.count().filter(on < then), *of_type]
    return sa.select(*counts).where(
        Interaction.author_id == _USER, on >= last_week, on < tomorrow, happenings.is_touch()
    )


def lately(user_id: int, *, limit: int = 4) -> list[Logged]:
    """The latest interactions of this person, newest first."""
    rows = db.session.execute(_lately(), {"user_id": user_id, "limit": limit})
    return [
        Logged(
            row.interaction_id,
            row.interaction_type,
            row.interaction_date,
            row.sentiment,
            last_line(row.end_of_notes or ""),
            named(row.contact_id, row.contact_name),
            named(row.organization_id, row.organization_name),
            named(row.opportunity_id, row.opportunity_name),
            [Named(*principal) for principal in row.principals or ()],
        )
        for row in rows
    ]


@cache
def _lately() -> sa.Select[Any]:
    return (
        sa.select(
            Interaction.interaction_id,
            Interaction.interaction_type,
            Interaction.interaction_date,
            Interaction.sentiment,
            sa.func.right(Interaction.notes, 640).label("end_of_notes"),
            Contact.contact_id,
            sa.func.btrim(Contact.first_name + " " + Contact.last_name).label("contact_name"),
            Organization.organization_id,
            Organization.name.label("organization_name"),
            Opportunity.opportunity_id,
            Opportunity.name.label("opportunity_name"),
            principals_of_interaction().label("principals"),
        )
        .outerjoin(Contact, Contact.contact_id == Interaction.contact_id)
        .outerjoin(Organization, Organization.organization_id == Interaction.organization_id)
        .outerjoin(Opportunity, Opportunity.opportunity_id == Interaction.opportunity_id)
        .where(Interaction.author_id == _USER, Interaction.is_touch, Interaction.deleted_at.is_(None))
        .order_by(Interaction.interaction_date.desc(), Interaction.interaction_id.desc())
        .limit(LIMIT)
    )
