"""What a book depends on: its seed, its day, its zone and its size. Nothing else is random or now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")
K = TypeVar("K")

DAYS: Final = 364
"""How far back the book reaches: fifty-two weeks before its day."""


@dataclass(frozen=True)
class Size:
    """How many rows of each kind. `organizations` counts principals and distributors, too."""

    name: str
    principals: int
    products: int
    distributors: int
    organizations: int
    contacts: int
    opportunities: int
    interactions: int

    @property
    def operators(self) -> int:
        return self.organizations - self.principals - self.distributors


SIZES: Final = {
    "small": Size("small", 8, 16, 2, 20, 14, 12, 29),
    "broker": Size("broker", 16, 305, 30, 1600, 1000, 640, 8000),
}
"""`small` is a hundred records with the nine people of the firm."""


@dataclass(frozen=True)
class Frame:
    """One book to be: the same frame makes the same rows."""

    seed: int
    today: date
    time_zone: str
    size: Size

    @property
    def first_day(self) -> date:
        return self.today - timedelta(days=DAYS)

    def ago(self, days: int) -> date:
        """The day `days` before the day of the book; a negative number lies ahead."""
        return self.today - timedelta(days=days)

    def days_ago(self, day: date) -> int:
        return (self.today - day).days

    def moment(self, day: date, minute: int) -> datetime:
        """The moment (UTC) `minute` minutes into `day` by the clocks of the firm."""
        wall = datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(self.time_zone))
        return wall.astimezone(UTC)

    def chance(self, part: str) -> Random:
        """The stream of chance of one part of the book: what another part draws does not move it.

        It does not depend on the day, so firms and people are the same ones tomorrow.
        """
        return Random(f"{self.seed}/{part}")  # noqa: S311 - guards nothing  # nosec B311


def weighted(chance: Random, weights: Mapping[K, float]) -> K:
    """One of the keys, drawn by weight."""
    return chance.choices(list(weights), list(weights.values()))[0]


def shares(total: int, weights: Mapping[K, float]) -> dict[K, int]:
    """`total` divided among the keys by weight in whole numbers, the largest remainders served first."""
    whole = sum(weights.values())
    exact = {key: total * weight / whole for key, weight in weights.items()}
    given = {key: int(value) for key, value in exact.items()}
    for key in sorted(exact, key=lambda k: given[k] - exact[k])[: total - sum(given.values())]:
        given[key] += 1
    return given


def dealt(chance: Random, total: int, weights: Mapping[K, float]) -> list[K]:
    """`total` keys in the proportion of their weights, shuffled."""
    deck = [key for key, count in shares(total, weights).items() for _ in range(count)]
    chance.shuffle(deck)
    return deck


def sometimes(chance: Random, share: float, options: Sequence[T]) -> T | None:
    """One of `options` in the given share of cases, else None."""
    return chance.choice(options) if chance.random() < share else None
