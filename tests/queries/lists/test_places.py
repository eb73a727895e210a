"""Where a page begins, as text in an address that anybody may have written."""

import json
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from crm.enums import Priority
from crm.queries.lists import places
from crm.queries.lists.listing import Sort

SORT = Sort(
    name="any",
    label="Any",
    backwards="Any, backwards",
    columns=(
        sa.column("is_last", sa.Boolean),
        sa.column(
            "priority", sa.Enum(Priority, values_callable=lambda words: [word.value for word in words])
        ),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("day", sa.Date),
        sa.column("name", sa.Text),
        sa.column("number", sa.BigInteger),
    ),
    index="none",
)
PLACE = (True, "A+", datetime(2026, 11, 24, 8, 30, 0, 1, UTC), date(2026, 11, 24), 'crème "~" ü', 12)


def test_a_place_comes_back_from_its_text_as_it_was() -> None:
    assert places.read(places.write(PLACE), SORT) == PLACE


@pytest.mark.slow
@given(st.text(), st.integers(min_value=-(2**63) + 1, max_value=2**63 - 1))
def test_any_text_that_a_row_can_hold_survives_the_address(name: str, number: int) -> None:
    place = (*PLACE[:4], name, number)
    holds = "\x00" not in name and len(places.write(place)) <= places.LONGEST
    assert places.read(places.write(place), SORT) == (place if holds else None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "{}",
        "null",
        "12",
        "[" * 5000,
        '["a",1]',
        json.dumps([True, "A+"]),
        "\x00",
        "'; drop --",
    ],
)
def test_what_is_no_place_of_this_order_is_none(text: str) -> None:
    assert places.read(text, SORT) is None


@pytest.mark.parametrize(
    ("n", "part"),
    [
        (0, 1), (0, "true"), (1, "Z"), (1, 3), (2, "2026-11-24"), (2, "9999-12-31T00:00:00+00:00"),
        (3, "soon"), (3, 5), (4, "a\x00b"), (4, "\ud800"), (4, 1), (4, None), (5, 2**63), (5, 1.5),
        (5, True), (5, "1"),
    ],
)  # fmt: skip
def test_a_part_of_the_wrong_kind_makes_it_none(n: int, part: object) -> None:
    parts = json.loads(places.write(PLACE))
    parts[n] = part
    assert places.read(json.dumps(parts), SORT) is None
