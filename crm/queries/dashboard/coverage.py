"""Touches of each principal in each of the last weeks, from what is kept; one statement."""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from crm import clock
from crm.db import db
from crm.models import principal_touches
from crm.queries import standings
from crm.queries.dashboard.pulses import Whose, book_of

WEEKS = 13


@dataclass(frozen=True)
class Covered:
    """One principal: its weekly goal, and its touches week by week, the running week last."""

    principal_id: int
    name: str
    goal: int
    touches: list[int]


def mondays(today: date) -> list[date]:
    """The Mondays of the weeks that are shown, oldest first."""
    return [clock.week_of(today) - timedelta(weeks=n) for n in range(WEEKS - 1, -1, -1)]


def of(whose: Whose, *, today: date, at_most: int) -> tuple[list[Covered], int]:
    """The principals of a book, the coldest first, no more than `at_most`; and how many there are."""
    weeks = mondays(today)
    standing = standings.select(today, book=book_of(whose))
    shown = (
        sa.select(standing, sa.func.count().over().label("total"))
        .order_by(standing.c.last_at.nulls_first(), standing.c.name_key, standing.c.principal_id)
        .limit(at_most)
        .cte("shown")
    )
    touches = (
        sa.select(
            principal_touches.c.principal_id,
            principal_touches.c.week_on,
            sa.func.sum(principal_touches.c.n).label("n"),
        )
        .where(
            principal_touches.c.principal_id.in_(sa.select(shown.c.principal_id)),
            principal_touches.c.week_on >= weeks[0],
        )
        .group_by(principal_touches.c.principal_id, principal_touches.c.week_on)
        .subquery("touches")
    )
    by_week = (
        sa.select(
            touches.c.principal_id, sa.func.json_object_agg(touches.c.week_on, touches.c.n).label("weeks")
        )
        .group_by(touches.c.principal_id)
        .subquery("by_week")
    )
    rows = db.session.execute(
        sa.select(shown.c.principal_id, shown.c.name, shown.c.goal, by_week.c.weeks, shown.c.total)
        .outerjoin(by_week, by_week.c.principal_id == shown.c.principal_id)
        .order_by(shown.c.last_at.nulls_first(), shown.c.name_key, shown.c.principal_id)
    ).all()
    found = [
        Covered(number, name, goal, [int((said or {}).get(week.isoformat(), 0)) for week in weeks])
        for number, name, goal, said, _ in rows
    ]
    return found, rows[0].total if rows else 0
