"""What scripts read and write, made from what the house knows already: the columns of a model, the fields of
what a service takes.

Every field keeps the name of its column. What a person types is cleaned as the forms clean it.
"""

from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from datetime import date
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from crm.db import Base
from crm.forms import fields as typed
from crm.queries.lists import Listing

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
"""The number of a record."""


class Reading(BaseModel):
    """Something that is answered."""

    model_config = ConfigDict(from_attributes=True, defer_build=True)


class Writing(BaseModel):
    """Something that is sent; a field that there is not is an error."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class Asking(BaseModel):
    """What the address of a list asks; a name that means nothing here is an error."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, defer_build=True)


def _known_day(on: date) -> date:
    if not 1900 <= on.year <= 2200:
        raise ValueError("Check the year.")
    return on


def _monday(on: date) -> date:
    if on.weekday():
        raise ValueError("A week is named by its Monday.")
    return on


def _name(text: str) -> str:
    cleaned = typed.clean_line(text)
    if cleaned is None:
        raise ValueError("Give it a name.")
    return cleaned


def _phone(text: str | None) -> str | None:
    cleaned = typed.clean_line(text)
    return cleaned and typed.clean_phone(cleaned)


def _email(text: str | None) -> str | None:
    cleaned = typed.clean_line(text)
    try:
        return cleaned and validate_email(cleaned, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError(typed.NO_EMAIL) from None


def _website(text: str | None) -> str | None:
    cleaned = typed.clean_line(text)
    if cleaned is not None and not typed.WEBSITE.match(cleaned):
        raise ValueError(typed.NO_WEBSITE)
    return cleaned


def _tags(words: list[str]) -> list[str]:
    tags = typed.clean_tags(words)
    if problem := typed.too_much(tags):
        raise ValueError(problem)
    return tags


def line(most: int = typed.MOST_LINE) -> Any:
    """One line of text or nothing."""
    return Annotated[Annotated[str, Field(max_length=most)] | None, AfterValidator(typed.clean_line)]


Name = Annotated[str, Field(min_length=1, max_length=typed.MOST_LINE), AfterValidator(_name)]
Part = Annotated[
    str, Field(max_length=typed.MOST_LINE), AfterValidator(lambda text: typed.clean_line(text) or "")
]
"""A part of a name, empty where there is none."""
Notes = Annotated[Annotated[str, Field(max_length=typed.MOST_NOTES)] | None, AfterValidator(typed.clean_text)]
Phone = Annotated[Annotated[str, Field(max_length=typed.MOST_LINE)] | None, AfterValidator(_phone)]
Email = Annotated[Annotated[str, Field(max_length=typed.MOST_LINE)] | None, AfterValidator(_email)]
Website = Annotated[Annotated[str, Field(max_length=typed.MOST_LINE)] | None, AfterValidator(_website)]
Tags = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=100), AfterValidator(_tags)]
Day = Annotated[date, AfterValidator(_known_day)]
Monday = Annotated[date, AfterValidator(_known_day), AfterValidator(_monday)]
Ids = Annotated[list[Id], Field(max_length=500)]

TYPES: Mapping[str, Any] = {
    "name": Name,
    "notes": Notes,
    "description": Notes,
    "feedback": Notes,
    "phone": Phone,
    "second_phone": Phone,
    "mobile_phone": Phone,
    "other_phone": Phone,
    "email": Email,
    "website": Website,
    "linkedin": Website,
    "postal_code": line(20),
    "category": line(100),
    "context": line(100),
    "unit_size": line(100),
    "manufacturer_code": line(100),
    "item_number": line(100),
    "follow_up_note": line(200),
    "weekly_focus_on": Monday | None,
    "cases_per_week": Annotated[int, Field(ge=0, le=1_000_000)] | None,
    "duration_minutes": Annotated[int, Field(ge=0, le=1440)] | None,
}
"""Fields that are more than their Python type says, by name."""


def reading(name: str, model: type[Base], *, leave: Collection[str] = (), **more: Any) -> type[Reading]:
    """What is answered of a record: its columns but for those in `leave`, and what `more` adds."""
    found: dict[str, Any] = {
        column.key: (_of_column(column), ...)
        for column in model.__table__.columns
        if column.key not in leave and not column.key.endswith("_key")
    }
    found |= {field: (kind, ...) for field, kind in more.items()}
    return create_model(name, __base__=Reading, __doc__=_first_line(model), **found)


def _of_column(column: Any) -> Any:
    kind = column.type
    if isinstance(kind, sa.Enum) and kind.enum_class is not None:
        found: Any = kind.enum_class
    elif isinstance(kind, sa.ARRAY):
        found = list[str]
    else:
        found = kind.python_type
    return found | None if column.nullable else found


def writing(
    name: str, source: type[Any], *, leave: Collection[str] = (), is_partial: bool = False, **more: Any
) -> type[Writing]:
    """What is sent to make a record: the fields of what its service takes, but for those in `leave`, and what
    `more` adds. To change one (`is_partial`) each may be missing, and then stays as it is.
    """
    hints = get_type_hints(source)
    found: dict[str, Any] = {}
    for one in fields(source):
        if one.name not in leave:
            found[one.name] = (_of_hint(one.name, hints[one.name]), _default(one, is_partial=is_partial))
    return create_model(name, __base__=Writing, **found | more)


def missing() -> Any:
    """The default of a field that may be missing without that meaning anything."""
    return Field(default_factory=lambda: None)


def _default(one: Any, *, is_partial: bool) -> Any:
    if is_partial:
        return missing()
    if one.default_factory is not MISSING:
        return Field(default_factory=one.default_factory)
    return ... if one.default is MISSING else one.default


def _of_hint(name: str, hint: Any) -> Any:
    if name in TYPES:
        return TYPES[name]
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    is_optional = type(None) in parts
    kind = next(part for part in parts if part is not type(None))
    found: Any = kind
    if kind is str:
        return line()
    if kind is int:
        found = Id
    elif kind is date:
        found = Day
    elif name.endswith("_ids"):
        found = Ids
    elif get_origin(kind) is not None:
        found = Tags
    return found | None if is_optional else found


def page_of(name: str, items: type[BaseModel]) -> type[Reading]:
    """One page of a list."""
    return create_model(
        name,
        __base__=Reading,
        items=(list[items], ...),  # type: ignore[valid-type]
        next_cursor=(str | None, Field(description="Where the next page begins; null on the last one.")),
    )


LIMIT = Annotated[int, Field(ge=1, le=200, description="How many at most.")]
CURSOR = Annotated[str, Field(max_length=2000, description="The `next_cursor` of the page before.")]


def asking(listing: Listing, *, leave: Collection[str] = ()) -> type[Asking]:
    """What the address of a list can ask: the words, filters and orders that its page has."""
    orders = [word for sort in listing.sorts for word in (sort.name, f"-{sort.name}")]
    found: dict[str, Any] = {
        "q": (str, Field(default="", max_length=100, description="Words that must all be found.")),
        "sort": (
            _one_of(orders),
            Field(default=orders[0], description="The order; with - the other way round."),
        ),
        "limit": (LIMIT, 50),
        "cursor": (CURSOR, ""),
    }
    for known in listing.filters:
        if known.name in leave:
            continue
        if known.where is None:
            kind: Any = _one_of(list(known.cases))
        else:
            kind = Annotated[str, Field(min_length=1, max_length=255)]
        answers = [f"`{case}`" for case in known.cases]
        if known.where is not None:
            answers.append("a day, as 2026-11-30" if known.is_day else "a value")
        told = f"{known.label}: {', '.join(answers)}."
        found[known.name.replace("-", "_")] = (kind, Field(default=None, alias=known.name, description=told))
    return create_model(f"{listing.title.replace(' ', '')}Asked", __base__=Asking, **found)


def _one_of(words: list[str]) -> Any:
    """One of these words, as a union of them."""
    return Literal[tuple(words)]


def _first_line(model: type[Base]) -> str:
    return " ".join((model.__doc__ or "").partition("\n\n")[0].split())
