"""How each principal stands and which way it goes: what the gauges and the momentum are made of."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, TypeAlias

import sqlalchemy as sa

from crm.db import db
from crm.enums import EngagementLevel
from crm.models import InteractionPrincipal
from crm.queries import principals, standings
from crm.queries.principals import Share
from crm.queries.spans import Span
from crm.queries.standings import Book

Whose: TypeAlias = int | Literal["everyone"]

STEADY = 5
"""A change of less than one in so many is none."""


class Momentum(StrEnum):
    """Which way a principal goes, best first."""

    RISING = "rising"
    STEADY = "steady"
    FALLING = "falling"
    QUIET = "quiet"


@dataclass(frozen=True)
class Pulse:
    """One principal: its level (None = not contacted yet), and its touches this week and the week before."""

    principal_id: int
    name: str
    level: EngagementLevel | None
    days: int | None
    now: int
    before: int

    @property
    def momentum(self) -> Momentum:
        """This week against last, where this week is the seven days up to and including today and last week
        the seven days before: a Monday is judged as fairly as a Friday.

        Quiet: no touch this week. Steady: as many as last week, or less than a fifth of those more or fewer.
        Otherwise rising or falling.
        """
        if not self.now:
            return Momentum.QUIET
        change = self.now - self.before
        if change == 0 or abs(change) * STEADY < self.before:
            return Momentum.STEADY
        return Momentum.RISING if change > 0 else Momentum.FALLING


def weeks(today: date) -> tuple[Span, Span]:
    """The two weeks of a momentum: the seven days up to and including `today`, and the seven before."""
    last = today - timedelta(days=7)
    return Span(last + timedelta(days=1), today), Span(last - timedelta(days=6), last)


def book_of(whose: Whose) -> Book:
    """The principals that this person looks after, or all of them."""
    return Book() if whose == "everyone" else Book(owners=(whose,))


def of(whose: Whose, *, today: date) -> list[Pulse]:
    """All principals of a book, the coldest first, those never contacted before all others.

    A principal costs one probe for its last touch and a walk along the index over the touches of two weeks.
    """
    standing = standings.select(today, book=book_of(whose))
    link, (this_week, last_week) = InteractionPrincipal, weeks(today)
    at = link.interaction_date
    touches = (
        sa.select(
            sa.func.count().filter(this_week.counts(at)).label("now"),
            sa.func.count().filter(last_week.counts(at)).label("before"),
        )
        .where(
            link.principal_id == standing.c.principal_id,
            link.counts,
            Span(last_week.since, this_week.until).holds(at),
        )
        .lateral("touches")
    )
    rows = db.session.execute(
        sa.select(
            standing.c.principal_id,
            standing.c.name,
            standing.c.level,
            standing.c.days,
            touches.c.now,
            touches.c.before,
        )
        .join(touches, sa.true())
        .order_by(standing.c.last_at.nulls_first(), standing.c.name_key, standing.c.principal_id)
    )
    return [
        Pulse(number, name, EngagementLevel(level) if level else None, days, now, before)
        for number, name, level, days, now, before in rows
    ]


def shares(found: Sequence[Pulse]) -> list[Share]:
    """How many of them are at each level, as the list of principals counts them."""
    return principals.shares(Counter(pulse.level for pulse in found))
