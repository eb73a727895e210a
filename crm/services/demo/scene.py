"""Nell's own days as `words/scene.txt` tells them: people, promises and opportunities of the design pages.

Days are told as days before the day of the book; a negative number lies ahead of it.
"""

from functools import cache
from typing import NamedTuple

from crm.enums import AdvocacyStatus, InteractionType, OpportunityStage, Priority, Sentiment
from crm.services.demo import words
from crm.services.demo.words.world import Town


class Place(NamedTuple):
    """An operator of the scene."""

    name: str
    segment: str
    priority: Priority
    town: Town
    notes: str


class Face(NamedTuple):
    """A contact of the scene, at an operator, a distributor or a principal."""

    first: str
    last: str
    at: str
    position: str
    stand: AdvocacyStatus
    is_key: bool
    notes: str | None


class Deal(NamedTuple):
    """An opportunity; `ages` are the days since each of its stages began."""

    name: str
    at: str
    person: str | None
    products: tuple[str, ...]
    ages: tuple[tuple[OpportunityStage, int], ...]
    context: str
    notes: str | None


class Moment(NamedTuple):
    """Something that happened `ago` days ago, about an opportunity or else about the principals named.

    `due` belongs to the promise, `hidden_until` to a snoozed one.
    """

    ago: int
    minute: int
    kind: InteractionType
    activity: str | None
    rep: str
    person: str
    deal: str | None
    principals: tuple[str, ...]
    feeling: Sentiment
    notes: str
    promise: str | None
    due: int | None
    hidden_until: int | None


@cache
def places() -> tuple[Place, ...]:
    """The operators of the scene."""
    found = []
    for line in words.lines("scene", "places"):
        name, segment, priority, town, state, area_code, notes = words.fields(line)
        found.append(Place(name, segment, Priority(priority), Town(town, state, area_code), notes))
    return tuple(found)


@cache
def people() -> tuple[Face, ...]:
    """The contacts of the scene."""
    found = []
    for line in words.lines("scene", "people"):
        first, last, at, position, stand, key, notes = words.fields(line)
        told = None if notes == "-" else notes
        found.append(Face(first, last, at, position, AdvocacyStatus(stand), key == "key", told))
    return tuple(found)


@cache
def deals() -> tuple[Deal, ...]:
    """The opportunities of the scene."""
    return tuple(
        Deal(
            name=section.removeprefix("deal: "),
            at=told["at"],
            person=told.get("with"),
            products=tuple(told["products"].split(" | ")),
            ages=tuple(_age(text) for text in told["stages"].split(", ")),
            context=told["context"],
            notes=told.get("notes"),
        )
        for section, told in _told("deal: ")
    )


@cache
def moments() -> tuple[Moment, ...]:
    """What happened, newest first."""
    return tuple(_moment(told) for _, told in _told("moment "))


def _moment(told: dict[str, str]) -> Moment:
    hour, minute = told["at"].split(":")
    return Moment(
        ago=int(told["ago"]),
        minute=int(hour) * 60 + int(minute),
        kind=InteractionType(told["what"]),
        activity=told.get("activity"),
        rep=told.get("by", "nell"),
        person=told["with"],
        deal=told.get("deal"),
        principals=tuple(told["principals"].split(" | ")) if "principals" in told else (),
        feeling=Sentiment(told["feeling"]),
        notes=told["notes"],
        promise=told.get("promise"),
        due=int(told["due"]) if "due" in told else None,
        hidden_until=int(told["hidden until"]) if "hidden until" in told else None,
    )


def _told(kind: str) -> list[tuple[str, dict[str, str]]]:
    return [
        (section, dict(line.split(": ", 1) for line in lines))
        for section, lines in words.sections("scene").items()
        if section.startswith(kind)
    ]


def _age(text: str) -> tuple[OpportunityStage, int]:
    stage, _, days = text.rpartition(" ")
    return OpportunityStage(stage), int(days)
