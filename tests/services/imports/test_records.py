"""Records are what a spreadsheet would show; disorder in the quotes costs one row, never the rest."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.errors import Refused
from crm.services.imports import records

CELLS = st.lists(
    st.lists(
        st.text(st.characters(exclude_characters="\0\r", exclude_categories=("Cs",))), min_size=2, max_size=4
    ),
    min_size=1,
)


def read(text: str, delimiter: str = ",") -> list[records.Record]:
    return list(records.read(io.StringIO(text, newline=""), delimiter))


def cells(text: str) -> list[tuple[str, ...]]:
    return [record.cells for record in read(text)]


@given(CELLS)
def test_what_a_spreadsheet_wrote_is_read_back(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    found = read(out.getvalue())
    if not any(record.broken for record in found):  # a cell whose lines all look like rows is taken for rows
        assert [list(record.cells) for record in found] == rows


@given(st.text(alphabet='a,";\n\r\t', max_size=60))
def test_no_disorder_of_quotes_stops_the_reading(text: str) -> None:
    found = read(text)
    assert [record.number for record in found] == list(range(1, len(found) + 1))


def test_a_quote_that_never_closes_costs_its_own_row_only() -> None:
    found = read('Organization,Notes\nOne,fine\nTwo,"never ends\nThree,there\nFour,there too\n')
    assert [(record.number, record.cells[0], bool(record.broken)) for record in found] == [
        (1, "Organization", False),
        (2, "One", False),
        (3, "Two", True),
        (4, "Three", False),
        (5, "Four", False),
    ]


def test_the_opening_quote_of_a_later_row_does_not_close_an_earlier_one() -> None:
    found = read('a,b\nOne,"never ends\nTwo,x\nThree,"legit, note"\nFour,y\n')
    assert [(r.cells[0], bool(r.broken)) for r in found] == [
        ("a", False),
        ("One", True),
        ("Two", False),
        ("Three", False),
        ("Four", False),
    ]
    assert found[3].cells == ("Three", "legit, note")


def test_an_inch_mark_in_a_later_row_does_not_hide_the_rows_between() -> None:
    rows = "".join(f"Row {n},x,y\n" for n in range(20))
    found = read(f'a,b,c\nOne,"never ends,z\n{rows}Pan,12",y\nLast,x,y\n')
    assert [r.cells[0] for r in found if not r.broken] == [
        "a",
        *(f"Row {n}" for n in range(20)),
        "Pan",
        "Last",
    ]
    assert [r.number for r in found if r.broken] == [2]


def test_quotes_inside_a_cell_are_kept_whether_they_were_doubled_or_not() -> None:
    assert cells('a,"needs 12"" rolls, 3/8"" cut"\n') == [("a", 'needs 12" rolls, 3/8" cut')]
    assert cells('a,"needs 12" rolls, 3/8" cut",b\n') == [("a", 'needs 12" rolls, 3/8" cut', "b")]
    assert cells('a,12" rolls,b\n') == [("a", '12" rolls', "b")]


def test_a_cell_of_several_lines_is_one_cell() -> None:
    assert cells('a,"two lines\r\nin one cell",b\r\nc,d,e\r\n') == [
        ("a", "two lines\r\nin one cell", "b"),
        ("c", "d", "e"),
    ]


def test_blank_rows_count_so_that_numbers_agree_with_the_spreadsheet() -> None:
    assert [(r.number, r.cells) for r in read("a\n\n,,\nb\n")] == [
        (1, ("a",)),
        (2, ()),
        (3, ("", "", "")),
        (4, ("b",)),
    ]


def test_zero_bytes_are_dropped_and_told() -> None:
    (record,) = read("Elk\0hollow,x\n")
    assert record.cells == ("Elkhollow", "x")
    assert record.had_zero_bytes


@pytest.mark.slow
def test_a_table_of_broken_quotes_is_refused_and_soon() -> None:
    with pytest.raises(Refused, match="never close"):
        read('a,"b\n' * 200_001)


def test_width_is_counted_to_the_last_filled_cell() -> None:
    assert len(read("a" + "," * 5_000 + "\n")) == 1
    with pytest.raises(Refused, match="600 columns"):
        read("x," * 599 + "x\n")


def test_more_rows_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_RECORDS", 8)
    monkeypatch.setattr(records, "MOST_ABOVE", 2)
    assert len(read("a\n" * 10)) == 10
    with pytest.raises(Refused, match="more than 8 rows"):
        read("a\n" * 11)
