"""When a broker works: working days, holidays, quiet weeks, and which principal rests when."""

from datetime import date, timedelta
from functools import cache

from crm.clock import week_of
from crm.services.demo.frame import Frame
from crm.services.demo.words import world

_WEEKDAYS = (0.9, 1.15, 1.15, 1.05, 0.75, 0.03, 0.01)
"""How busy a Monday, Tuesday ... is. On Saturdays and Sundays a text or a note at most."""


@cache
def holidays(year: int) -> frozenset[date]:
    """The days of a year on which nobody calls on a kitchen."""
    thanksgiving = _nth(year, 11, 3, 4)
    return frozenset(
        {
            date(year, 1, 1),
            _nth(year, 6, 0, 1) - timedelta(days=7),  # the last Monday of May
            date(year, 7, 4),
            _nth(year, 9, 0, 1),
            thanksgiving,
            thanksgiving + timedelta(days=1),
            date(year, 12, 24),
            date(year, 12, 25),
            date(year, 12, 31),
        }
    )


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def is_workday(day: date) -> bool:
    return day.weekday() < 5 and day not in holidays(day.year)


def workday_by(day: date) -> date:
    """`day`, or the last working day before it."""
    while not is_workday(day):
        day -= timedelta(days=1)
    return day


def workday_from(day: date) -> date:
    """`day`, or the next working day after it."""
    while not is_workday(day):
        day += timedelta(days=1)
    return day


def pace(day: date) -> float:
    """How busy the firm is on a day; 1 is an ordinary one."""
    if day in holidays(day.year):
        return 0.0
    return _WEEKDAYS[day.weekday()] * _season(day)


def _season(day: date) -> float:
    at = (day.month, day.day)
    if at >= (12, 20) or at <= (1, 3):
        return 0.15
    if (6, 29) <= at <= (7, 6):
        return 0.4
    if (8, 8) <= at <= (8, 21):
        return 0.6
    if day.month in (3, 4, 9, 10):
        return 1.15
    return 1.0


def weeks_off(frame: Frame, rep: str) -> frozenset[date]:
    """The Mondays of the weeks in which a rep is away: three a year, none in the last four weeks."""
    chance = frame.chance(f"weeks off {rep}")
    monday = week_of(frame.today)
    return frozenset(monday - timedelta(weeks=week) for week in chance.sample(range(4, 52), 3))


def last_touch_on(frame: Frame, maker: world.Maker) -> date | None:
    """The working day of a principal's newest touch, None if there is none.

    It is the one before its day, or the one after when a row of holidays would cost it its level.
    """
    return None if maker.quiet_days is None else _workday_near(frame.today, maker.quiet_days)


@cache
def _workday_near(today: date, ago: int) -> date:
    day = today - timedelta(days=ago)
    before, after = workday_by(day), workday_from(day)
    keeps_level = _level((today - before).days) == _level(ago)
    return before if keeps_level or after >= today else after


def _level(days: int) -> int:
    """0 for High to 3 for Inactive (schema.md §1)."""
    return sum(days > limit for limit in (7, 14, 30))


def is_awake(frame: Frame, maker: world.Maker, day: date) -> bool:
    """Whether a principal was in touch on `day`: no touch may fall on a day when it was not.

    A principal that was in touch yesterday may be so today.
    """
    last_on = last_touch_on(frame, maker)
    if last_on is None or maker.quiet_days is None:
        return False
    ago = frame.days_ago(day)
    if maker.joined_days_ago is not None and ago >= maker.joined_days_ago:
        return False
    if maker.quiet_days > 1 and day > last_on:
        return False
    return not any(first >= ago > first - length for first, length in maker.silences)
