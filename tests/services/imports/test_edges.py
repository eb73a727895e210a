"""Files that must be refused or survived: each with a reason that a person understands, none with a crash."""

import tracemalloc
from pathlib import Path

import pytest

from crm import queries
from crm.enums import ImportState
from crm.services.imports import decoding, records
from crm.services.imports.plans import desk
from tests.services.imports.bringing import SAMPLES, Bringing, reasons

EDGE = SAMPLES / "edge"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../not-a-spreadsheet.xlsx", "neither text nor a workbook"),
        ("header-only.csv", "nothing to import"),
        ("wide.csv", "600 columns"),
        ("password-protected.xlsx", "old format, or one with a password"),
        ("cut-off.xlsx", "damaged workbook"),
        ("entity-expansion.xlsx", "declares entities"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_reason(bringing: Bringing, name: str, why: str) -> None:
    session = bringing.session(bringing.bring(EDGE / name))
    assert session.state is ImportState.REFUSED
    assert why in (session.problem or "")


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("unclosed-quote.csv", None),
        ("nul-byte.csv", 2),
        ("duplicate-headers.csv", 2),
        ("semicolon.csv", 2),
        ("csv-named.xlsx", 1),
        ("huge-dimension.xlsx", 3),
        ("far-cell.xlsx", 3),
        ("inflating.xlsx", 3),
        ("path-escape.xlsx", 3),
        ("odd-stylesheet.xlsx", 3),
        ("formula-without-value.xlsx", 3),
    ],
)
def test_what_can_be_read_is_read(bringing: Bringing, name: str, rows: int | None, tmp_path: Path) -> None:
    number = bringing.bring(EDGE / name)
    assert bringing.session(number).state is ImportState.CHECKED, bringing.session(number).problem
    if rows is not None:
        assert bringing.sheet(number).figures["rows"]["with content"] == rows
    assert [path.name for path in tmp_path.parent.glob("**/outside.txt")] == []


def test_a_quote_that_never_closes_is_told_and_the_rows_after_it_are_read(bringing: Bringing) -> None:
    number = bringing.bring(EDGE / "unclosed-quote.csv")
    assert "never closed" in " ".join(reasons(bringing.sheet(number)).values())


def test_a_formula_without_a_stored_result_is_told_with_its_row(bringing: Bringing) -> None:
    number = bringing.bring(EDGE / "formula-without-value.xlsx")
    told = {row.row: [one["reason"] for one in row.problems] for row in queries.imports.rows(
        number, queries.imports.RowsWanted(is_told=True))}  # fmt: skip
    assert "the formula in column A has no stored result" in told[5]


@pytest.mark.slow
def test_a_long_list_is_read_in_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w") as file:
        file.write("Date,Type,Organization,Notes\n")
        file.writelines(f"11/2/2026,Call,House {n},{'talk ' * 20}{n}\n" for n in range(60_000))
    tracemalloc.start()
    with path.open("rb") as stream:
        lines = decoding.lines(stream, decoding.detect(stream))
        assert sum(1 for _ in records.read(lines, ",")) == 60_001
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size > 7_000_000
    assert most < 4_000_000


def test_of_more_names_than_anybody_answers_to_the_first_are_asked_about(
    bringing: Bringing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MOST_QUESTIONS", 3)
    rows = "".join(f"11/{n % 27 + 1}/2026,Call,House {n} of Quill\n" for n in range(9))
    number = bringing.bring_text(f"Date,Type,Organization\n{rows}")
    session = bringing.session(number)
    assert len(session.questions) == 3
    assert session.counts["records"]["organizations"]["created"] == 9
    told = queries.imports.rows(number, queries.imports.RowsWanted(is_told=True))
    assert len(told) == 9, "each row says what becomes of its name"
