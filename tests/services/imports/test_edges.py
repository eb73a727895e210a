"""Files that must be refused or survived: each with a reason that a person understands, none with a crash."""

from pathlib import Path

import pytest

from crm import queries
from crm.enums import ImportState
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
