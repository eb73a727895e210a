"""A page of a list: what stands in it, how many there are in all, and all of them for those who read on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.queries.lists import counts, places, searching
from crm.queries.lists.counts import Count, Counts, count
from crm.queries.lists.listing import Listing, Select
from crm.queries.lists.places import Place
from crm.queries.lists.wanted import Wanted, answers, but_words, chosen, place_names, placed

PAGE = 50


@dataclass(frozen=True)
class Found:
    """One page of what was asked, and how many there are in all."""

    rows: list[sa.Row[Any]]
    following: Place | None
    counts: Counts
    is_near: bool
    """Whether misspelled words were forgiven to find these."""


def look(listing: Listing, wanted: Wanted, *, after: Place | None = None) -> Found:
    """A page and its counts, in two statements; what words find in one, unless it is more than is counted. A
    search that finds nothing is forgiven its slips.
    """
    if not wanted.words:
        told = count(listing, wanted)
        return Found(*_walk(listing, wanted, after, PAGE), told, is_near=False)
    searching.plan_for_these_words()
    found = _search(listing, wanted, after, PAGE)
    if found.counts.total.n or not searching.can_forgive(wanted.words):
        return found
    near = _search(listing, _forgiving(wanted), after, PAGE)
    return replace(near, is_near=True) if near.counts.total.n else found


def page(
    listing: Listing, wanted: Wanted, *, after: Place | None = None, limit: int = PAGE
) -> tuple[list[sa.Row[Any]], Place | None]:
    """The rows after a place, with the columns of `listing.details`, and where the next page begins (None
    = the end).
    """
    if not wanted.words:
        return _walk(listing, wanted, after, limit)
    searching.plan_for_these_words()
    found = _search(listing, wanted, after, limit)
    return found.rows, found.following


def _walk(
    listing: Listing, wanted: Wanted, after: Place | None, limit: int
) -> tuple[list[sa.Row[Any]], Place | None]:
    """The keys of the page come from the index of its order; only they are joined to anything."""
    conditions = [
        *but_words(listing, wanted),
        *searching.passing(listing, wanted.words, is_forgiving=wanted.is_forgiving),
    ]
    rows = sa.select(*placed(listing, wanted)).where(*conditions)
    shown = _shown(listing, wanted, rows, wanted.sort.columns, after=after, limit=limit)
    return _cut(db.session.execute(shown).all(), wanted, limit)


def _search(
    listing: Listing, wanted: Wanted, after: Place | None, limit: int, *, is_one_chip: bool = False
) -> Found:
    """What holds the words, found once for the page and for all counts: to find it costs more than the rest.

    PostgreSQL takes rare words for frequent ones, and would walk the order through the whole book to meet
    them. Only where there is more than is counted does the page walk, for it meets one soon. `is_one_chip`
    looks only for what the chip that is on shows, and counts nothing else.
    """
    names = place_names(wanted)
    found = _found(listing, wanted, but="" if is_one_chip else listing.chips)
    by = [found.c[name] for name in names]
    # Where the page will walk, nothing is sorted for it here.
    are_few = sa.select(sa.func.count() <= counts.MOST_COUNTED).select_from(found).scalar_subquery()
    asked = sa.select(found.c.key, *by).where(found.c.is_answer, are_few)
    shown = _shown(listing, wanted, asked, by, after=after, limit=limit).subquery("shown")
    n_total = sa.func.count().filter(found.c.is_answer).label("n_total")
    sums = sa.select(n_total, *counts.sums(listing, found)).select_from(found).subquery("sums")
    rows = db.session.execute(
        sa.select(sums, shown, shown.c[names[0]].is_not(None).label("is_row"))
        .select_from(sums.outerjoin(shown, sa.true()))
        .order_by(*places.order([shown.c[name] for name in names], is_descending=wanted.is_descending))
    ).all()
    n_shown, *n_marked = rows[0][: len(sums.c)]
    if n_marked[0] <= counts.MOST_COUNTED:
        told = counts.counted(listing, n_shown, n_marked)
        return Found(*_cut([row for row in rows if row.is_row], wanted, limit), told, is_near=False)
    has_chip = listing.chips in wanted.filters
    told = count(listing, wanted) if has_chip else counts.counted(listing, n_shown, n_marked)
    if told.total.is_exact:  # few of one chip, among many of all
        return replace(_search(listing, wanted, after, limit, is_one_chip=True), counts=told)
    return Found(*_walk(listing, wanted, after, limit), told, is_near=False)


def _found(listing: Listing, wanted: Wanted, *, but: str) -> sa.CTE:
    """Rows that hold the words, whatever is asked of the filter `but`, no more than are counted: their key,
    what they are sorted by, whether they answer the chip that is on, and the marks of all chips.
    """
    is_answer = sa.func.coalesce(answers(listing, wanted).get(listing.chips, sa.true()), sa.false())
    columns = (*placed(listing, wanted), is_answer.label("is_answer"), *counts.marks(listing, wanted))
    others = but_words(listing, wanted, but=but)
    parts = searching.parts(listing, wanted.words, is_forgiving=wanted.is_forgiving)
    rows = sa.union_all(*(sa.select(*columns).where(*others, *part) for part in parts))
    return rows.limit(counts.MOST_COUNTED + 1).cte("found").prefix_with("MATERIALIZED")


def _shown(
    listing: Listing,
    wanted: Wanted,
    found: Select,
    by: Sequence[Any],
    *,
    after: Place | None,
    limit: int,
) -> Select:
    """The first rows of `found` after a place, with their details and what they are sorted by;
    one more than the limit where there are more.
    """
    if after is not None:
        found = found.where(places.beyond(after, wanted.sort, by, is_descending=wanted.is_descending))
    keys = (
        found.order_by(*places.order(by, is_descending=wanted.is_descending))
        .limit(limit + 1)
        .subquery("keys")
    )
    here = [keys.c[name] for name in place_names(wanted)]
    return (
        listing.details.add_columns(*here)
        .join(keys, keys.c.key == listing.key)
        .order_by(*places.order(here, is_descending=wanted.is_descending))
    )


def _cut(found: Sequence[sa.Row[Any]], wanted: Wanted, limit: int) -> tuple[list[sa.Row[Any]], Place | None]:
    """The rows of the page, and where the next one begins (None = there is none)."""
    if len(found) <= limit:
        return list(found), None
    last = found[limit - 1]
    return list(found[:limit]), tuple(getattr(last, name) for name in place_names(wanted))


def all_of(listing: Listing, wanted: Wanted) -> tuple[Wanted, Count]:
    """The question that finds all rows of which `look` shows a page, and their number."""
    if wanted.words:
        searching.plan_for_these_words()
    plain = count(listing, wanted).total
    if plain.n or not searching.can_forgive(wanted.words):
        return wanted, plain
    forgiving = _forgiving(wanted)
    return forgiving, count(listing, forgiving).total


def _forgiving(wanted: Wanted) -> Wanted:
    searching.forgive()
    return replace(wanted, is_forgiving=True)


def stream(listing: Listing, wanted: Wanted, *, at_once: int = 1_000) -> Iterator[Sequence[sa.Row[Any]]]:
    """All rows as they are at one moment, a part at a time, through a cursor of the server: however many
    there are, no more than a part is in memory.
    """
    if wanted.is_forgiving:
        searching.forgive()
    names = place_names(wanted)
    keys = chosen(listing, wanted, *placed(listing, wanted)).subquery("keys")
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
        chosen(listing, wanted, place.label("place"), listing.key.label("key")).order_by(*order).limit(most)
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
    return list(db.session.scalars(chosen(listing, wanted, listing.key).limit(most)))


def existing(listing: Listing, numbers: Sequence[int]) -> list[tuple[int, str]]:
    """Those of the numbers that stand in the list at all, with their names, by name."""
    rows = db.session.execute(
        listing.details.where(listing.key.in_(numbers), listing.scope).order_by(*listing.sorts[0].columns)
    )
    key = listing.key.key
    return [(getattr(row, key), str(listing.head.text(row))) for row in rows]
