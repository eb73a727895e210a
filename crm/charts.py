"""Where the shapes of small drawings stand (floor 5): pure arithmetic, so that templates only place them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from flask import Flask

BASE = 82
"""Pixels from the top to the foot of the bars of the weekly strip."""
TOP = 4
"""Pixels left free above the tallest bar."""
FOOT = 111
"""Pixels from the top to the foot of the band of levels."""
PER_WEEK = 96 / 26
"""Width of a week in per cent; the last 4 % hold the goal's figure."""
MOST_NOTCHES = 20
"""Notches that a tally finds room for beside a name."""
BAND = {"High Engagement": 21, "Medium Engagement": 14, "Low Engagement": 7, "Inactive": 3}
"""Height of the band by level, in pixels."""


class Week(Protocol):
    """One week of the strip: its Monday, how many touches, the level at its end (None = never)."""

    @property
    def monday(self) -> date: ...
    @property
    def interactions(self) -> int: ...
    @property
    def level(self) -> str | None: ...


@dataclass(frozen=True)
class Bar:
    """One week as drawn: x in per cent, y and heights in pixels from the top of the drawing."""

    week: Week
    x: str
    y: float
    height: float
    kind: str
    """`met`, `under`, or `now` for the week still running."""
    band_y: int
    band_height: int
    band_width: str
    month: str | None
    """The month's short name where a new one begins."""


@dataclass(frozen=True)
class Strip:
    """The whole drawing: the bars from the oldest week to this one, and the height of the goal's line."""

    bars: list[Bar]
    goal_y: float


def strip(weeks: Sequence[Week], goal: int) -> Strip:
    """Place weeks (oldest first, this week last) so that the tallest bar and the goal's line both fit.

    A goal of 0 is none: no line, and nothing that could be met.
    """
    scale = (BASE - TOP) / max([goal * 1.3, 1, *(week.interactions for week in weeks)])
    bars = [_bar(weeks, i, goal, scale) for i in range(len(weeks))]
    return Strip(bars, round(BASE - goal * scale, 1))


def _bar(weeks: Sequence[Week], i: int, goal: int, scale: float) -> Bar:
    week, is_last = weeks[i], i == len(weeks) - 1
    height = round(week.interactions * scale, 1) or 1.5
    band = BAND[week.level] if week.level else 0
    starts_month = _starts_month(weeks, i)
    return Bar(
        week=week,
        x=f"{i * PER_WEEK:.2f}%",
        y=BASE - height,
        height=height,
        kind="now" if is_last else "met" if 0 < goal <= week.interactions else "under",
        band_y=FOOT - band,
        band_height=band,
        band_width=f"{2.85 if is_last else PER_WEEK + 0.05:.2f}%",
        month=f"{week.monday:%b}" if starts_month else None,
    )


def _starts_month(weeks: Sequence[Week], i: int) -> bool:
    """True where a month's name belongs: its first Monday, or the first week if that name finds room."""
    if i == 0:
        return all(week.monday.month == weeks[0].monday.month for week in weeks[:3])
    return weeks[i].monday.month != weeks[i - 1].monday.month


@dataclass(frozen=True)
class Notches:
    """A tally as drawn: each notch with its x and whether it is lit, and whether the goal is met."""

    notches: list[tuple[float, bool]]
    width: float
    is_met: bool


def tally(done: int, goal: int) -> Notches:
    """One notch for each interaction of the goal, a gap after every five, lit from the left. A goal above
    `MOST_NOTCHES` is shared out among so many; one of 0 is none and has no notch.
    """
    shown = min(goal, MOST_NOTCHES)
    notches = [(i * 8.5 + 3 * (i // 5), (i + 1) * goal <= done * shown) for i in range(shown)]
    return Notches(notches, width=notches[-1][0] + 5.5 if notches else 0, is_met=0 < goal <= done)


def heat(n: int, goal: int) -> int:
    """How warm a week of a heatmap is: 0 without a touch, then a step for each third of the goal, 4 where it
    is met. Without a goal (0) a week with a touch is at 1.
    """
    if n <= 0 or not goal:
        return min(max(n, 0), 1)
    return 4 if n >= goal else 1 + 3 * n // goal


def register(app: Flask) -> None:
    """Offer the drawings to the components as `draw_strip`, `draw_tally` and `draw_heat`."""
    app.jinja_env.globals.update(draw_strip=strip, draw_tally=tally, draw_heat=heat)
