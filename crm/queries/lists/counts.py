"""How many rows of a list are asked for, and how many each of its chips would show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.queries.lists import searching
from crm.queries.lists.listing import Case, Condition, Listing
from crm.queries.lists.wanted import Wanted, answers, but_words, conditions

MOST_COUNTED = 10_000
"""Up to here a count is exact; beyond it is "10,000+" (rulings, Web)."""


@dataclass(frozen=True)
class Count:
    """How many rows; not exact means at least so many."""

    n: int
    is_exact: bool = True

    def __str__(self) -> str:
        return f"{self.n:,}{'' if self.is_exact else '+'}"


@dataclass(frozen=True)
class Counts:
    """How many rows there are, and how many for each chip ("" = all of them); no chips where it is not
    exact.
    """

    total: Count
    chips: Mapping[str, int]


def count(listing: Listing, wanted: Wanted) -> Counts:
    """How many rows are asked for, and how many each chip would show with all else the same."""
    one: list[Any] = [sa.literal_column("1")]
    chips = marks(listing, wanted)
    words = searching.holding(listing, wanted.words, is_forgiving=wanted.is_forgiving)
    rows = _some([*but_words(listing, wanted, but=listing.chips), *words], chips or one)
    total: sa.ColumnElement[int] = sa.func.count()
    if listing.chips in answers(listing, wanted):
        some = _some(conditions(listing, wanted), one)
        total = sa.select(sa.func.count()).select_from(some).scalar_subquery()
    query = sa.select(total.label("n_total"), *sums(listing, rows)).select_from(rows)
    n_total, *others = db.session.execute(query).one()
    return counted(listing, n_total, others)


def marks(listing: Listing, wanted: Wanted) -> list[sa.Label[Any]]:
    """Of a row, whether each chip would show it."""
    return [
        sa.func.coalesce(case.where(wanted.asker), sa.false()).label(f"is_{n}")
        for n, case in enumerate(_cases(listing).values())
    ]


def sums(listing: Listing, rows: sa.FromClause) -> list[sa.Label[int]]:
    """How many there are of `rows`, and how many of them each chip would show, by their `marks`."""
    marked = [f"is_{n}" for n in range(len(_cases(listing)))]
    return [
        sa.func.count().label("n_others"),
        *(sa.func.count().filter(rows.c[name]).label(f"n_{name}") for name in marked),
    ]


def counted(listing: Listing, total: int, others: Sequence[int]) -> Counts:
    """The counts of the rows that are asked for and of `sums`."""
    cases = _cases(listing)
    is_told = bool(cases) and others[0] <= MOST_COUNTED
    told = Count(min(total, MOST_COUNTED), is_exact=total <= MOST_COUNTED)
    return Counts(told, dict(zip(("", *cases), others, strict=True)) if is_told else {})


def _cases(listing: Listing) -> Mapping[str, Case]:
    chips = listing.filter(listing.chips)
    return chips.cases if chips else {}


def _some(conditions: Sequence[Condition], columns: Sequence[Any]) -> sa.Subquery:
    """No more rows than are counted."""
    return sa.select(*columns).where(*conditions).limit(MOST_COUNTED + 1).subquery()
