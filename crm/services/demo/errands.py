"""Who is where when: food shows, days on a distributor's truck, and ordinary days at desks and doors."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from itertools import count

from crm.clock import week_of
from crm.services.demo import rhythm, staff
from crm.services.demo.firms import Firms
from crm.services.demo.frame import DAYS, Frame, shares
from crm.services.demo.words import world

_SHOWS = (
    (1, 21), (2, 11), (3, 4), (3, 18), (3, 31), (4, 15), (4, 28), (5, 13), (6, 9), (8, 26),
    (9, 10), (9, 23), (10, 6), (10, 14), (10, 28), (11, 11),
)  # fmt: skip
"""When distributors hold their shows, every year about the same days."""
_SHOW_TALKS = (34, 78)
_STOPS = (7, 14)
_RIDES_A_YEAR = 9
_MAKERS_AT_A_SHOW = 3


class Kind(Enum):
    """What a rep is at."""

    DESK = "desk"
    SHOW = "food show"
    RIDE = "ride-with"
    MORNING = "morning round"


@dataclass(frozen=True, order=True)
class Errand:
    """One interaction to come: when, by whom, and where if that is fixed. Ordered by time."""

    day: date
    minute: int
    number: int
    rep: str
    kind: Kind
    house: int | None = None
    makers: tuple[int, ...] = ()


def plan(frame: Frame, firms: Firms, errands: int) -> list[Errand]:
    """That many errands in the order of time. A small book has ordinary days only."""
    special = list(_special(frame, firms)) if frame.size.interactions >= 1000 else []
    return sorted([*special, *_ordinary(frame, firms, errands - len(special), first=len(special))])


def _special(frame: Frame, firms: Firms) -> Iterator[Errand]:
    numbers = count(0)
    for day, house, makers, reps, talks in _shows(frame, firms):
        chance = frame.chance(f"show {day}")
        for _ in range(talks):
            yield Errand(
                day, chance.randrange(600, 905), next(numbers), chance.choice(reps), Kind.SHOW, house, makers
            )
    for day, house, rep, stops in _rides(frame, firms):
        chance = frame.chance(f"ride {day} {rep}")
        for stop in range(stops):
            minute = 500 + stop * 33 + chance.randrange(12)
            yield Errand(day, minute, next(numbers), rep, Kind.RIDE, house)
    for number, maker in firms.makers.items():
        if (last_on := rhythm.last_touch_on(frame, maker)) is not None:
            yield Errand(last_on, 700, next(numbers), maker.rep, Kind.DESK, None, (number,))
    for rep, makers in _morning(frame, firms):
        number = next(numbers)
        minute = 365 + number % 8 * 9
        yield Errand(frame.today, minute, number, rep, Kind.MORNING, None, makers)


def _shows(frame: Frame, firms: Firms) -> Iterator[tuple[date, int, tuple[int, ...], list[str], int]]:
    chance = frame.chance("shows")
    houses = list(firms.houses)[:8]
    for year in (frame.first_day.year, frame.first_day.year + 1):
        for month, day_of_month in _SHOWS:
            day = rhythm.workday_from(date(year, month, day_of_month))
            awake = [n for n, maker in firms.makers.items() if rhythm.is_awake(frame, maker, day)]
            if not 8 <= frame.days_ago(day) <= DAYS - 3 or not awake:
                continue
            house = chance.choice(houses)
            makers = tuple(chance.sample(awake, min(_MAKERS_AT_A_SHOW, len(awake))))
            yield day, house, makers, chance.sample(staff.REPS, 4), chance.randrange(*_SHOW_TALKS)


def _rides(frame: Frame, firms: Firms) -> Iterator[tuple[date, int, str, int]]:
    for rep in staff.REPS:
        chance = frame.chance(f"rides {rep}")
        houses = [n for n, house in firms.houses.items() if house.town in world.towns(rep)] or [
            min(firms.houses)
        ]
        for ago in chance.sample(range(10, DAYS - 5), _RIDES_A_YEAR):
            day = rhythm.workday_by(frame.ago(ago))
            if not _is_away(frame, rep, day):
                yield day, chance.choice([*houses, min(firms.houses)]), rep, chance.randrange(*_STOPS)


def _is_away(frame: Frame, rep: str, day: date) -> bool:
    return week_of(day) in rhythm.weeks_off(frame, rep)


def _morning(frame: Frame, firms: Firms) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Mails sent before breakfast on the day of the book, most on a Monday, for the warm principals."""
    if not rhythm.is_workday(frame.today):
        return
    warm = [number for number, maker in firms.makers.items() if maker.quiet_days == 1]
    for number in warm:
        maker = firms.makers[number]
        for _ in range(round(maker.share * (8 if frame.today.weekday() == 0 else 2))):
            yield maker.rep, (number,)


def _ordinary(frame: Frame, firms: Firms, errands: int, *, first: int) -> Iterator[Errand]:
    """Errands spread over reps and days as busy as those are, until the day before the book's."""
    chance = frame.chance("ordinary days")
    days = [frame.ago(ago) for ago in range(DAYS, 0, -1)]
    off = {rep: rhythm.weeks_off(frame, rep) for rep in staff.REPS}
    weights = {
        (day, rep): _voice(frame, firms, day) * rhythm.pace(day) * _haste(frame, day)
        for day in days
        for rep in staff.REPS
        if rhythm.pace(day) and week_of(day) not in off[rep]
    }
    numbers = count(first)
    for (day, rep), much in _spread(frame, weights, errands).items():
        for _ in range(much):
            yield Errand(day, chance.randrange(465, 1045), next(numbers), rep, Kind.DESK)


def _spread(
    frame: Frame, weights: dict[tuple[date, str], float], errands: int
) -> dict[tuple[date, str], int]:
    """How many errands fall on whom and when: half by plan, half by chance."""
    much = shares(errands // 2, weights)
    drawn = frame.chance("busy days").choices(list(weights), list(weights.values()), k=errands - errands // 2)
    for slot in drawn:
        much[slot] += 1
    return much


def _voice(frame: Frame, firms: Firms, day: date) -> float:
    """The part of all principals, by weight, that is in touch on a day."""
    whole = sum(maker.share for maker in firms.makers.values())
    awake = sum(m.share for m in firms.makers.values() if rhythm.is_awake(frame, m, day))
    return awake / whole


def _haste(frame: Frame, day: date) -> float:
    """Days of the running week are busier the fewer of them are over: a Tuesday has a week to show, too."""
    monday = week_of(frame.today)
    over = sum(1 for n in range(5) if monday + timedelta(days=n) < frame.today)
    return min(1.8, 3.2 / over) if day >= monday and over else 1.0
