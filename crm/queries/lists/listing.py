"""What a noun says of its list, so that searching, filtering, sorting, paging and showing need no more
code.

A `Listing` is written once for each noun (`organizations.py`, `contacts.py` beside this file). Everything
it holds is an expression over its own table, so that a page costs the same wherever it lies.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeAlias

import sqlalchemy as sa

from crm.db import Base
from crm.queries.keys import read_day
from crm.queries.spans import Span, begins

Condition: TypeAlias = sa.ColumnElement[bool]
Select: TypeAlias = sa.Select[*tuple[Any, ...]]
"""A SELECT of any columns."""


@dataclass(frozen=True)
class Asker:
    """Who asks, and the firm's day on which they do: "mine" and "this week" depend on it."""

    user_id: int
    today: date


@dataclass(frozen=True)
class Case:
    """One answer of a filter that is always the same, and the rows it is true for."""

    text: str
    where: Callable[[Asker], Condition]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One question by which a list is narrowed; `name` stands in addresses.

    Its answers are its `cases`, then what `choices` selects: two columns, the value as text and what
    people call it. `read` makes of a text in an address what `where` compares, and None of junk. Where an
    answer is no choice, `called` selects what people call it.
    """

    name: str
    label: str
    cases: Mapping[str, Case] = field(default_factory=dict)
    choices: Select | None = None
    read: Callable[[str], Any] = str
    where: Callable[[Any], Condition] | None = None
    called: Callable[[Any], Select | None] | None = None
    is_day: bool = False
    is_organization: bool = False
    """People pick the answer among the organizations of the book, or type a part of a name."""
    is_for_links: bool = False
    """Other pages lead here with it; nobody is asked for it."""
    is_span: bool = False

    def condition(self, value: str, asker: Asker) -> Condition | None:
        """True for the rows that `value` asks for; None if it is no answer to this question."""
        if value in self.cases:
            return self.cases[value].where(asker)
        if self.where is None:
            return None
        known = self.read(value)
        return None if known is None else self.where(known)


def day(name: str, label: str, where: Callable[[Any], Condition]) -> Filter:
    """A filter by a day, written 2026-11-30 in addresses."""
    return Filter(name=name, label=label, read=read_day, where=where, is_day=True)


def days(column: Any) -> tuple[Filter, Filter]:
    """The two filters by the first and the last day of the firm on which the moments of `column` may lie."""
    return (
        day("since", "From", lambda on: column >= begins(on)),
        day("until", "Until", lambda on: column < begins(on + timedelta(days=1))),
    )


def span(name: str, label: str, where: Callable[[Any], Condition]) -> Filter:
    """A filter by days of the firm from one to another, written 2026-11-23.2026-11-29 in addresses: what
    happened in them stands behind a figure, so figures lead here with it.
    """
    return Filter(name=name, label=label, read=Span.parse, where=where, is_span=True, is_for_links=True)


@dataclass(frozen=True, kw_only=True)
class Sort:
    """One order of the list. `columns` end with the primary key and are, in this order, those of the index
    `index`; none of them is ever NULL, and all run in one direction, so that one index serves both.
    """

    name: str
    label: str
    columns: tuple[Any, ...]
    index: str
    backwards: str
    """What people call it the other way round."""
    is_descending: bool = False
    """The direction in which people want it first."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the table. How a cell looks is the macro `name` of the noun's `_cells.html`; what it
    says in a file is `text(row)`.
    """

    name: str
    label: str
    text: Callable[[Any], object]
    sort: str = ""
    """The order that its head leads to, by the name of a `Sort`."""
    css: str = ""
    """Classes of design, section 6: `num`, `wide`, and `p1` to `p3` for when it leaves a narrow table."""
    is_default: bool = True


@dataclass(frozen=True, kw_only=True)
class SearchKey:
    """A folded text with a trigram index in which the words of a search are looked for.

    Where `column` stands in another table, `keys` selects from that one what the column `of` of the list's
    own rows refers to.
    """

    column: Any
    of: Any = None
    keys: Select | None = None


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The list of one noun.

    `name` is the plural in addresses and templates, `noun` and `nouns` what people say. `head` is the
    column that names the row and is always shown. `details` selects what the cells show and joins what it
    needs; the kit joins it to the keys of one page, so nothing in it may drop or double a row.
    """

    name: str
    noun: str
    nouns: str
    title: str
    model: type[Base]
    key: Any
    scope: Condition
    search: tuple[SearchKey, ...]
    placeholder: str
    head: Column
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...]
    sorts: tuple[Sort, ...]
    details: Select
    chips: str = ""
    """The filter whose cases stand above the table as counted chips."""
    changes: tuple[str, ...] = ()
    """The names of what can be done with many rows at once (`crm.services.bulk.CHANGES`)."""
    owners: tuple[Any, ...] = ()
    """The columns that say who may change a row (`crm.policy.may_change`)."""

    def filter(self, name: str) -> Filter | None:
        """The filter of this name."""
        return next((known for known in self.filters if known.name == name), None)

    def sort(self, name: str) -> Sort | None:
        """The order of this name."""
        return next((known for known in self.sorts if known.name == name), None)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Every column there is, the head first."""
        return (self.head, *self.columns)
