"""What can be chosen in the filters of a list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.queries.lists.listing import Filter, Listing, Select

MOST_CHOICES = 500


@dataclass(frozen=True)
class Choice:
    """One answer that a filter offers."""

    value: str
    text: str


def choices(
    listing: Listing, asked: Mapping[str, str] | None = None, *, only_answered: bool = False
) -> dict[str, list[Choice]]:
    """What the filters offer beside their fixed cases, by the filters' names, in the order of their words;
    and what the answers in `asked` are called that are none of those. `only_answered` filters offer: no
    statement where there is none.
    """
    answers = asked or {}
    filters = [known for known in listing.filters if known.name in answers or not only_answered]
    offers = [(known, known.choices) for known in filters]
    offers += [(known, _called(known, answers.get(known.name, ""))) for known in filters]
    parts = [
        sa.select(sa.literal(known.name).label("name"), *_value_and_text(offer))
        for known, offer in offers
        if offer is not None
    ]
    offered: dict[str, list[Choice]] = {known.name: [] for known in listing.filters}
    if parts:
        for name, value, text in db.session.execute(sa.union_all(*parts).order_by("name", "text", "value")):
            offered[name].append(Choice(value, text))
    return offered


def _called(known: Filter, value: str) -> Select | None:
    """Selects value and name of an answer, where the filter has no list to choose from."""
    if not value or known.called is None or value in known.cases:
        return None
    return known.called(known.read(value))


def _value_and_text(choice: Select) -> list[sa.ColumnElement[Any]]:
    value, text = choice.limit(MOST_CHOICES).subquery().c
    return [value.label("value"), text.label("text")]
