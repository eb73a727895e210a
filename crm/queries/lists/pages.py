"""One page of a list, how many there are, and what can be chosen in its filters: one statement each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.queries.lists import places, searching
from crm.queries.lists.listing import Asker, Condition, Filter, Listing, Select, Sort
from crm.queries.lists.places import Place

PAGE = 50
MOST_COUNTED = 10_000
"""Up to here a count is exact; beyond it is "10,000+" (rulings, Web)."""
MOST_CHOICES = 500


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


@dataclass(frozen=True)
class Choice:
    """One answer that a filter offers."""

    value: str
    text: str


def page(
    listing: Listing,
    wanted: Wanted,
    *,
    after: Place | None = None,
    limit: int = PAGE,
    are_few: bool = False,
) -> tuple[list[sa.Row[Any]], Place | None]:
    """The rows after a place, with the columns of `listing.details`, and where the next page begins (None
    = the end).

    The keys of the page come from the index of its order first; only they are joined to anything. Where it
    is known that `are_few`, all of them are found first and then sorted: PostgreSQL takes rare words for
    frequent ones, and would walk the order through the whole book to meet them.
    """
    names, chosen = _placed(listing, wanted)
    if after is not None:
        chosen = chosen.where(places.beyond(after, wanted.sort, is_descending=wanted.is_descending))
    by: Sequence[Any] = wanted.sort.columns
    if are_few:
        few = chosen.cte("few").prefix_with("MATERIALIZED")
        chosen, by = sa.select(few), [few.c[name] for name in names]
    keys = (
        chosen.order_by(*places.order(by, is_descending=wanted.is_descending))
        .limit(limit + 1)
        .subquery("keys")
    )
    here = [keys.c[name] for name in names]
    found = db.session.execute(
        listing.details.add_columns(*here)
        .join(keys, keys.c.key == listing.key)
        .order_by(*places.order(here, is_descending=wanted.is_descending))
    ).all()
    if len(found) <= limit:
        return list(found), None
    last = found[limit - 1]
    return list(found[:limit]), tuple(getattr(last, name) for name in names)


def _placed(listing: Listing, wanted: Wanted) -> tuple[list[str], Select]:
    """The keys of all rows that are asked for, and under these names what they are sorted by."""
    names = [f"place_{n}" for n in range(len(wanted.sort.columns))]
    by = (column.label(name) for column, name in zip(wanted.sort.columns, names, strict=True))
    return names, _chosen(listing, wanted, listing.key.label("key"), *by)


def stream(listing: Listing, wanted: Wanted, *, at_once: int = 1_000) -> Iterator[Sequence[sa.Row[Any]]]:
    """All rows as they are at one moment, a part at a time, through a cursor of the server: however many
    there are, no more than a part is in memory.
    """
    if wanted.is_forgiving:
        searching.forgive()
    names, chosen = _placed(listing, wanted)
    keys = chosen.subquery("keys")
    query = (
        listing.details.join(keys, keys.c.key == listing.key)
        .order_by(*places.order([keys.c[name] for name in names], is_descending=wanted.is_descending))
        .execution_options(yield_per=at_once)
    )
    # All of it will be read: a plan for the first rows would be the wrong one.
    db.session.execute(sa.text("select set_config('cursor_tuple_fraction', '1', true)"))
    yield from db.session.execute(query).partitions()


def numbered(listing: Listing, wanted: Wanted, *, most: int) -> Select:
    """The rows that are asked for, no more than `most`: `place`, from 1 on in their order, and `key`."""
    if wanted.is_forgiving:
        searching.forgive()
    columns = wanted.sort.columns
    order = places.order(columns, is_descending=wanted.is_descending)
    place = sa.func.row_number().over(order_by=order)
    return (
        _chosen(listing, wanted, place.label("place"), listing.key.label("key")).order_by(*order).limit(most)
    )


def every(listing: Listing, wanted: Wanted, *, most: int, at_once: int = 1_000) -> Iterator[sa.Row[Any]]:
    """The rows from the first on, no more than `most`, fetched a part at a time."""
    after: Place | None = None
    left = most
    while left > 0:
        rows, after = page(listing, wanted, after=after, limit=min(at_once, left))
        yield from rows
        left -= len(rows)
        if after is None:
            return


def keys(listing: Listing, wanted: Wanted, *, most: int) -> list[int]:
    """The primary keys of all rows that are asked for, no more than `most`."""
    return list(db.session.scalars(_chosen(listing, wanted, listing.key).limit(most)))


def existing(listing: Listing, numbers: Sequence[int]) -> list[tuple[int, str]]:
    """Those of the numbers that stand in the list at all, with their names, by name."""
    rows = db.session.execute(
        listing.details.where(listing.key.in_(numbers), listing.scope).order_by(*listing.sorts[0].columns)
    )
    key = listing.key.key
    return [(getattr(row, key), str(listing.head.text(row))) for row in rows]


@dataclass(frozen=True)
class Found:
    """One page of what was asked, and how many there are in all."""

    rows: list[sa.Row[Any]]
    following: Place | None
    counts: Counts
    is_near: bool
    """Whether misspelled words were forgiven to find these."""


def look(listing: Listing, wanted: Wanted, *, after: Place | None = None) -> Found:
    """A page and its counts, in two statements. A search that finds nothing is forgiven its slips."""
    counts = count(listing, wanted)
    if counts.total.n or not searching.can_forgive(wanted.words):
        are_few = bool(wanted.words) and counts.total.is_exact
        return Found(*page(listing, wanted, after=after, are_few=are_few), counts, is_near=False)
    rows, following = page(listing, _forgiving(wanted), after=after, are_few=True)
    if not rows:
        return Found(rows, following, counts, is_near=False)
    total = Count(len(rows), is_exact=following is None and after is None)
    return Found(rows, following, Counts(total, {}), is_near=True)


def all_of(listing: Listing, wanted: Wanted) -> tuple[Wanted, Count]:
    """The question that finds all rows of which `look` shows a page, and their number."""
    plain = count(listing, wanted).total
    if plain.n or not searching.can_forgive(wanted.words):
        return wanted, plain
    forgiving = _forgiving(wanted)
    return forgiving, count(listing, forgiving).total


def _forgiving(wanted: Wanted) -> Wanted:
    searching.forgive()
    return replace(wanted, is_forgiving=True)


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


def _chosen(listing: Listing, wanted: Wanted, *columns: Any) -> Select:
    return sa.select(*columns).where(
        listing.scope,
        *_only(listing, wanted),
        *_answers(listing, wanted).values(),
        *_searched(listing, wanted),
    )


def _only(listing: Listing, wanted: Wanted) -> list[Condition]:
    return [] if wanted.numbers is None else [listing.key.in_(wanted.numbers)]


def _answers(listing: Listing, wanted: Wanted) -> dict[str, Condition]:
    """What is asked of each filter, by its name."""
    asked = ((known, wanted.filters.get(known.name)) for known in listing.filters)
    conditions = (
        (known, known.condition(value, wanted.asker)) for known, value in asked if value is not None
    )
    return {known.name: condition for known, condition in conditions if condition is not None}


def _searched(listing: Listing, wanted: Wanted) -> list[Condition]:
    return searching.holding(listing, wanted.words, is_forgiving=wanted.is_forgiving)


def count(listing: Listing, wanted: Wanted) -> Counts:
    """How many rows are asked for, and how many each chip would show with all else the same."""
    answers, searched = _answers(listing, wanted), _searched(listing, wanted)
    chips = listing.filter(listing.chips)
    marks = [
        sa.func.coalesce(case.where(wanted.asker), sa.false()).label(f"is_{n}")
        for n, case in enumerate(chips.cases.values() if chips else ())
    ]
    only = _only(listing, wanted)
    if not marks:
        some = _some(listing, [*only, *answers.values()], searched, sa.literal_column("1"))
        n = db.session.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
        return Counts(_told(n), {})
    others = [condition for name, condition in answers.items() if name != listing.chips]
    rows = _some(listing, [*only, *others], searched, *marks)
    total: sa.ColumnElement[int] = sa.func.count()
    if listing.chips in answers:
        some = _some(listing, [*only, *answers.values()], searched, sa.literal_column("1"))
        total = sa.select(sa.func.count()).select_from(some).scalar_subquery()
    found = db.session.execute(
        sa.select(
            total.label("total"),
            sa.func.count().label("others"),
            *(sa.func.count().filter(rows.c[mark.name]).label(f"n_{mark.name}") for mark in marks),
        ).select_from(rows)
    ).one()
    names = ("", *(chips.cases if chips else ()))
    is_exact = found[1] <= MOST_COUNTED
    return Counts(_told(found[0]), dict(zip(names, found[1:], strict=True)) if is_exact else {})


def _told(n: int) -> Count:
    return Count(min(n, MOST_COUNTED), is_exact=n <= MOST_COUNTED)


def _some(
    listing: Listing, answers: Iterable[Condition], searched: Iterable[Condition], *columns: Any
) -> sa.Subquery:
    """No more rows than are counted."""
    return sa.select(*columns).where(listing.scope, *answers, *searched).limit(MOST_COUNTED + 1).subquery()


def conditions(listing: Listing, wanted: Wanted) -> list[Condition]:
    """True for the rows that are asked for, for those who read them in another way than in pages."""
    return [listing.scope, *_answers(listing, wanted).values(), *_searched(listing, wanted)]
