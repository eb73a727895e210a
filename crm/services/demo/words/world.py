"""Towns, distributors and principals as the texts describe them."""

from functools import cache
from typing import NamedTuple

from crm.services.demo import words


class Town(NamedTuple):
    """A town. Numbers made with its area code end in 555-01xx, to ring nowhere."""

    name: str
    state: str
    area_code: str


class House(NamedTuple):
    """A distributor, and the weight with which operators name it as their usual one."""

    name: str
    town: Town
    weight: int
    notes: str


class Maker(NamedTuple):
    """A principal.

    `quiet_days` since its last touch, None = never; `share` is the weight with which touches fall to it;
    `silences` are earlier stretches without one, as (days ago, how many days); `joined_days_ago` is None for
    a principal that was represented before the year of the book began.
    """

    name: str
    makes: str
    rep: str
    town: Town
    quiet_days: int | None
    share: float
    silences: tuple[tuple[int, int], ...]
    joined_days_ago: int | None
    notes: str


class Item(NamedTuple):
    """One line of a line card."""

    name: str
    category: str


@cache
def towns(rep: str) -> tuple[Town, ...]:
    """The towns of a rep's territory."""
    return tuple(Town(*words.fields(line)) for line in words.lines("towns", rep))


@cache
def houses() -> tuple[House, ...]:
    """All distributors, the one most operators buy from first."""
    found = []
    for line in words.lines("distributors", "distributors"):
        name, town, state, area_code, weight, notes = words.fields(line)
        found.append(House(name, Town(town, state, area_code), int(weight), notes))
    return tuple(found)


@cache
def makers() -> tuple[Maker, ...]:
    """All principals."""
    return tuple(_maker(name, lines) for name, lines in words.sections("principals").items())


def _maker(name: str, lines: list[str]) -> Maker:
    told: dict[str, str] = {}
    silences = []
    for line in lines:
        key, _, value = line.partition(": ")
        if key == "silence":
            ago, length = value.removesuffix(" days").split(" days ago for ")
            silences.append((int(ago), int(length)))
        else:
            told[key] = value
    return Maker(
        name=name,
        makes=told["makes"],
        rep=told["rep"],
        town=Town(*words.fields(told["town"])),
        quiet_days=None if told["quiet days"] == "-" else int(told["quiet days"]),
        share=float(told["share"]),
        silences=tuple(silences),
        joined_days_ago=int(told["joined days ago"]) if "joined days ago" in told else None,
        notes=told["notes"],
    )


@cache
def line_card(maker: str) -> tuple[Item, ...]:
    """What the principal of this name makes; every size of a product is an item."""
    items = []
    for line in words.lines("line_cards", maker):
        category, _, products = line.partition(": ")
        for product in products.split(" | "):
            name, _, sizes = product.rstrip(")").partition(" (")
            items += [
                Item(f"{name}, {size}" if size else name, category) for size in (sizes or "").split(", ")
            ]
    return tuple(items)


@cache
def uses(maker: str) -> tuple[str, ...]:
    """What operators want with the products of the principal of this name."""
    return tuple(words.lines("uses", maker))
