"""A page of a list costs the same wherever it lies: the index of its order finds where the last page
ended.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from crm.db import db
from crm.models import User
from crm.queries.lists import LISTS, Asker, Listing, Wanted, page
from crm.queries.lists.listing import Sort
from crm.queries.lists.places import order
from tests.queries.lists.book import ROWS, TODAY, fill

Act = Callable[[User], None]

TWINS = {"ix_interactions_date": "idx_interactions_date"}
"""Indexes of the founding schema over the same first column: as good, and sometimes chosen."""

MOST_DROPPED = 4 * 51
"""Rows that what is joined to a page may read and throw away: a few for each row, never the way to it."""


@contextmanager
def plans(connection: sa.Connection) -> Iterator[list[str]]:
    """The plan of each statement that the block sends, run once more with the same values."""
    sent: list[tuple[str, object]] = []
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "select set_config")):
            sent.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(connection, "before_cursor_execute", note)
    for statement, values in sent:
        lines = connection.exec_driver_sql(f"explain (analyze, timing off, costs off) {statement}", values)
        found.append("\n".join(lines.scalars()))


def place_at(listing: Listing, sort: Sort, *, is_descending: bool, offset: int) -> tuple[object, ...]:
    """The place after so many rows of the list."""
    rows = sa.select(*sort.columns).where(listing.scope)
    return tuple(
        db.session.execute(
            rows.order_by(*order(sort.columns, is_descending=is_descending)).offset(offset).limit(1)
        ).one()
    )


def rows_dropped(plan: str) -> int:
    """Rows that were read and thrown away."""
    return sum(int(n) for n in re.findall(r"Rows Removed by \w+(?: \w+)*: (\d+)", plan))


@pytest.mark.slow
@pytest.mark.parametrize("listing", LISTS.values(), ids=LISTS.keys())
def test_a_page_at_90_percent_is_found_by_the_index_of_its_order_and_costs_what_page_one_costs(
    listing: Listing, database: sa.Connection, nell: User, acting_as: Act
) -> None:
    fill(database, listing.name)
    acting_as(nell)
    for sort in listing.sorts:
        for is_descending in (False, True):
            after = place_at(listing, sort, is_descending=is_descending, offset=ROWS * 9 // 10)
            wanted = Wanted(asker=Asker(nell.user_id, TODAY), sort=sort, is_descending=is_descending)
            with plans(database) as found:
                first, _ = page(listing, wanted)
                deep, _ = page(listing, wanted, after=after)
            assert len(first) == len(deep) == 50
            at_first, at_90 = found
            name = f"{listing.name} by {sort.name}, descending: {is_descending}\n{at_90}"
            index = f"({sort.index}|{TWINS.get(sort.index, sort.index)})"
            assert re.search(rf"using {index} ", at_first), name
            assert re.search(rf"using {index} .*\n\s+Index Cond: ", at_90), name
            assert rows_dropped(at_90) <= MOST_DROPPED, name


@pytest.mark.parametrize("listing", LISTS.values(), ids=LISTS.keys())
def test_following_the_pages_visits_each_row_once_in_order_both_ways(
    listing: Listing, database: sa.Connection, nell: User, acting_as: Act
) -> None:
    fill(database, listing.name, rows=90)
    acting_as(nell)
    key = listing.key.key
    for sort in listing.sorts:
        ways = []
        for is_descending in (False, True):
            wanted = Wanted(asker=Asker(nell.user_id, TODAY), sort=sort, is_descending=is_descending)
            seen: list[int] = []
            rows, following = page(listing, wanted, limit=7)
            seen += [getattr(row, key) for row in rows]
            while following is not None:
                rows, following = page(listing, wanted, after=following, limit=7)
                seen += [getattr(row, key) for row in rows]
            ways.append(seen)
        assert len(set(ways[0])) == len(ways[0]) >= 90
        assert ways[0] == ways[1][::-1]


@pytest.mark.parametrize("listing", LISTS.values(), ids=LISTS.keys())
def test_the_index_that_an_order_names_is_there(listing: Listing, nell: User, acting_as: Act) -> None:
    acting_as(nell)
    there = set(db.session.scalars(sa.text("select indexname from pg_indexes where schemaname = 'public'")))
    assert {sort.index for sort in listing.sorts} <= there
