"""What is asked of a list, and the conditions that say so to PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from crm.queries.lists import searching
from crm.queries.lists.listing import Asker, Condition, Listing, Select, Sort


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked of a list: words that all must be found, an answer to some filters, an order.

    `filters` holds only answers that their filters understand.
    """

    asker: Asker
    sort: Sort
    is_descending: bool
    words: Sequence[str] = ()
    filters: Mapping[str, str] = field(default_factory=dict)
    is_forgiving: bool = False
    numbers: Sequence[int] | None = None
    """Only rows with these keys, if they are what is asked for besides; None = no matter which."""

    def kept(self) -> dict[str, Any]:
        """The question as JSON keeps it, for `read`: the same rows whoever asks it again and when."""
        return {
            "user_id": self.asker.user_id,
            "today": self.asker.today.isoformat(),
            "sort": self.sort.name,
            "is_descending": self.is_descending,
            "words": list(self.words),
            "filters": dict(self.filters),
            "is_forgiving": self.is_forgiving,
            "numbers": None if self.numbers is None else list(self.numbers),
        }

    @classmethod
    def read(cls, listing: Listing, kept: Mapping[str, Any]) -> "Wanted":
        """The question that `kept` keeps; an order that is no longer there becomes the list's own."""
        return cls(
            asker=Asker(kept["user_id"], date.fromisoformat(kept["today"])),
            sort=listing.sort(kept["sort"]) or listing.sorts[0],
            is_descending=kept["is_descending"],
            words=kept["words"],
            filters=kept["filters"],
            is_forgiving=kept["is_forgiving"],
            numbers=kept["numbers"],
        )


def conditions(listing: Listing, wanted: Wanted) -> list[Condition]:
    """True for the rows that are asked for."""
    return [
        *but_words(listing, wanted),
        *searching.holding(listing, wanted.words, is_forgiving=wanted.is_forgiving),
    ]


def but_words(listing: Listing, wanted: Wanted, *, but: str = "") -> list[Condition]:
    """The same without the words, and without the answer to the filter `but`."""
    answered = (condition for name, condition in answers(listing, wanted).items() if name != but)
    numbers = [] if wanted.numbers is None else [listing.key.in_(wanted.numbers)]
    return [listing.scope, *numbers, *answered]


def answers(listing: Listing, wanted: Wanted) -> dict[str, Condition]:
    """What is asked of each filter, by its name."""
    asked = ((known, wanted.filters.get(known.name)) for known in listing.filters)
    found = ((known, known.condition(value, wanted.asker)) for known, value in asked if value is not None)
    return {known.name: condition for known, condition in found if condition is not None}


def chosen(listing: Listing, wanted: Wanted, *columns: Any) -> Select:
    """These columns of the rows that are asked for."""
    return sa.select(*columns).where(*conditions(listing, wanted))


def place_names(wanted: Wanted) -> list[str]:
    """Under which names a statement tells what its rows are sorted by."""
    return [f"place_{n}" for n in range(len(wanted.sort.columns))]


def placed(listing: Listing, wanted: Wanted) -> list[Any]:
    """The key of a row as `key`, and what it is sorted by."""
    names = place_names(wanted)
    by = (column.label(name) for column, name in zip(wanted.sort.columns, names, strict=True))
    return [listing.key.label("key"), *by]
