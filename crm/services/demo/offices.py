"""A firm of many offices: the book of one office, told once more for each of the others under other names.

Everything that has a name gets one of its own: towns, the people of the firm, firms (their town is added) and
family names. Talks and days are those of the model, so an office is as believable as that is.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

from crm.services.demo import names, staff, words
from crm.services.demo.frame import Frame, Size
from crm.services.demo.words import world


@dataclass(frozen=True)
class Spread:
    """Books of several sizes, each told for so many offices."""

    name: str
    models: tuple[Size, ...]
    offices: int


SPREADS: Final = {
    "medium": Spread(
        "medium",
        (
            Size("medium 1", 16, 305, 10, 2_750, 2_250, 1_600, 2_250),
            Size("medium 2", 16, 305, 10, 3_500, 4_000, 2_400, 4_000),
        ),
        offices=16,
    ),
    "large": Spread(
        "large",
        (
            Size("large 1", 16, 305, 10, 2_750, 2_250, 1_600, 22_500),
            Size("large 2", 16, 305, 10, 3_500, 4_000, 2_400, 40_000),
        ),
        offices=16,
    ),
}
"""`large` has 100,000 organizations and 1,000,000 interactions of 512 principals; `medium` is the same
firm after a tenth of the talks."""


@dataclass(frozen=True)
class Office:
    """One of the offices of a model, counted from 1. The very first of a firm has the names of the model."""

    number: int
    domain: str | None
    """What stands between a firm's name and `.example` in its addresses; None: nothing does."""
    families: int
    """By how many places family names move in their list."""
    towns: dict[str, str]
    """New names of the model's towns."""
    people: tuple[tuple[str, str], ...]
    """Full name and address of each of the people of `staff.STAFF`."""


def build(frame: Frame, spread: Spread, model: int) -> list[Office]:
    """The offices of the model with that place among the models."""
    chance = frame.chance("offices")
    given_out = names.Names(chance)
    towns = sorted(_towns())
    places = iter(_places(chance, (len(towns) + 1) * spread.offices * len(spread.models)))
    found = []
    for of_model, number in ((m, n) for m in range(len(spread.models)) for n in range(1, spread.offices + 1)):
        place, renamed = next(places), {town: next(places) for town in towns}
        strangers = tuple(given_out.person() for _ in staff.STAFF)
        shift = chance.randrange(1, len(words.words("people", "family")))
        if of_model != model:
            continue
        if (of_model, number) == (0, 1):
            found.append(Office(number, None, 0, {}, _known_people()))
        else:
            people = tuple((f"{a} {b}", names.address(a, b, "pantry.example")) for a, b in strangers)
            found.append(Office(number, place.lower().replace(" ", ""), shift, renamed, people))
    return found


def _known_people() -> tuple[tuple[str, str], ...]:
    return tuple((person.full_name, staff.address_of(person.key)) for person in staff.STAFF)


def _towns() -> set[str]:
    """Every town that a firm of a book can be in."""
    at_reps = {town.name for rep in staff.REPS for town in world.towns(rep)}
    elsewhere = {maker.town.name for maker in world.makers()} | {house.town.name for house in world.houses()}
    return at_reps | elsewhere


def _places(chance: Random, count: int) -> list[str]:
    """That many coined names of towns, none twice."""
    heads, tails = words.words("operators", "place heads"), words.words("operators", "place tails")
    return chance.sample([head + tail for head in heads for tail in tails], count)
