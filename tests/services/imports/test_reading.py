"""The broker's own files are read to the numbers that are known of them, and bad files say what is wrong."""

import io
import json
from collections import Counter
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.errors import Refused
from crm.queries.organization_names import bare
from crm.services.imports import reading
from crm.services.imports.matching import match
from crm.services.imports.problems import Weight, of_weight

SAMPLES = Path(__file__).parents[2] / "samples"
TODAY = date(2026, 6, 12)


def read(name: str) -> reading.Sheet:
    with (SAMPLES / name).open("rb") as stream:
        return reading.read(stream, on=TODAY)


def read_text(text: str) -> reading.Sheet:
    return reading.read(io.BytesIO(text.encode()), on=TODAY)


@pytest.fixture(scope="module")
def sheet() -> reading.Sheet:
    return read("organizations.csv")


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return json.loads((SAMPLES / "expected" / "organizations.json").read_text())  # type: ignore[no-any-return]


def test_the_account_sheet_is_found_in_its_file(sheet: reading.Sheet, expected: dict[str, Any]) -> None:
    assert expected["encoding"].startswith(sheet.encoding)
    assert sheet.header.row == expected["header_record"]
    assert sheet.data_rows == expected["data_records"]
    assert sheet.blank_rows == expected["blank_records_inside"] + expected["blank_records_at_the_end"]
    assert len(sheet.organizations) == expected["rows_with_a_name"]
    assert sheet.columns_left_out == {"Distr Rep": 39}


def test_the_account_sheet_names_as_many_organizations_as_it_should(
    sheet: reading.Sheet, expected: dict[str, Any]
) -> None:
    groups = Counter(bare(organization.name) for organization in sheet.organizations)
    assert len(groups) == expected["distinct_names"]
    assert sum(count > 1 for count in groups.values()) == expected["duplicate_groups"]
    assert sum(count - 1 for count in groups.values()) == expected["duplicate_surplus_rows"]


def test_its_rows_without_a_name_are_reported_by_number(
    sheet: reading.Sheet, expected: dict[str, Any]
) -> None:
    left_out = of_weight(Weight.ROW_LEFT_OUT, sheet.problems)
    assert [problem.row for problem in left_out] == expected["rows_without_a_name"]
    assert "names no organization" in str(left_out[0])
    assert "Marlinde" in str(left_out[0])


def test_its_priorities_are_the_known_ones(sheet: reading.Sheet, expected: dict[str, Any]) -> None:
    unread = [p for p in of_weight(Weight.CELL_LEFT_OUT, sheet.problems) if p.field.startswith("PRIORITY")]
    found = Counter(o.priority.value if o.priority else "(none)" for o in sheet.organizations)
    found["(none)"] -= len(unread)
    found.update(f"(not a priority: {problem.text})" for problem in unread)
    assert found == expected["priority"]


def test_its_weeks_are_the_known_ones(sheet: reading.Sheet, expected: dict[str, Any]) -> None:
    weeks = [o.weekly_focus_on for o in sheet.organizations if o.weekly_focus_on]
    assert len(weeks) == expected["weekly_priority_serials"]
    assert Counter(week.isoformat() for week in weeks) == expected["weekly_priority"]


def test_amounts_in_its_notes_are_flagged_and_the_text_is_whole(
    sheet: reading.Sheet, expected: dict[str, Any]
) -> None:
    flagged = [p.row for p in of_weight(Weight.NOTICE, sheet.problems) if "amount of money" in p.reason]
    assert flagged == expected["cells_with_money"]
    notes = {o.row: o.notes for o in sheet.organizations}
    assert notes[362] == "pays $41.00 a case, wants 5 bucks off"


def test_its_letters_are_right(sheet: reading.Sheet, expected: dict[str, Any]) -> None:
    everything = "\n".join(f"{o.name}\n{o.notes}" for o in sheet.organizations)
    repaired = everything.count("crème brûlée for the café")
    assert repaired == expected["cells_repaired_from_utf8_bytes"]
    assert "jalapeño curds – call the chef" in everything
    assert "’s Tap Room" in everything
    assert not set(everything) & set("\xa0\x92ÃÂ")
    lost = [p for p in of_weight(Weight.NOTICE, sheet.problems) if "letter seems to be lost" in p.reason]
    assert [problem.text for problem in lost] == ["Quimimmerly Pizza Works Caf?"]


def test_its_marks_quotes_and_line_breaks_are_kept(sheet: reading.Sheet) -> None:
    notes = {o.notes for o in sheet.organizations}
    assert 'needs 12" rolls, 3/8" cut' in notes
    assert 'says "call me", then hung up' in notes
    assert "two lines\nin one cell" in notes
    assert sum(o.is_anchor for o in sheet.organizations) == 3


def test_a_phone_cell_that_holds_a_word_is_kept_as_a_note(sheet: reading.Sheet) -> None:
    kept = [(o.row, o.phone, o.kept) for o in sheet.organizations if o.kept]
    assert kept == [(380, "", ("Phone: CLOSED",))]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty.csv", "empty"),
        ("not-a-spreadsheet.xlsx", "neither text nor a workbook"),
        ("contacts.csv", "a list of contacts"),
        ("edge/header-only.csv", "nothing to import"),
        ("edge/wide.csv", "600 columns; at most 500"),
        ("edge/password-protected.xlsx", "in the old format, or one with a password"),
        ("edge/cut-off.xlsx", "damaged"),
        ("edge/path-escape.xlsx", "Excel workbook.*CSV UTF-8"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_in_words(name: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        read(name)


def test_a_quote_that_never_ends_swallows_no_row() -> None:
    sheet = read("edge/unclosed-quote.csv")
    assert [o.name for o in sheet.organizations] == ["Bramaquist Grill", "Fenumble Deli", "Garovane Cafe"]
    (problem,) = sheet.problems
    assert (problem.row, problem.weight) == (3, Weight.ROW_LEFT_OUT)
    assert "Coreldune Tavern" in str(problem)


def test_a_zero_byte_is_dropped_and_told() -> None:
    sheet = read("edge/nul-byte.csv")
    assert [o.city for o in sheet.organizations] == ["Elkhollow", "Marlinde"]
    assert [(p.row, p.weight) for p in sheet.problems] == [(2, Weight.NOTICE)]


def test_the_first_filled_of_two_equal_columns_counts_and_nothing_goes_silently() -> None:
    sheet = read("edge/duplicate-headers.csv")
    assert [o.email for o in sheet.organizations] == ["a@example.com", "c@example.com"]
    said = [str(problem) for problem in sheet.problems]
    assert len(said) == 2
    assert "b@example.com" in said[0]
    assert "column 5" in said[1]


def test_semicolons_and_a_text_file_with_the_ending_of_a_workbook_are_read() -> None:
    sheet = read("edge/semicolon.csv")
    assert [(o.city, o.notes) for o in sheet.organizations] == [("Elkhollow", "a, b and c"), ("Marlinde", "")]
    assert [o.name for o in read("edge/csv-named.xlsx").organizations] == ["Bramaquist Grill"]


def test_cells_that_fit_no_field_are_kept_and_told() -> None:
    sheet = read_text(
        "Organization,Phone,City,State,Weekly focus,E-mail\n"
        "GRILL\xa0 48622E,Bob 312-555-0111,47311,Ind.,6/10/2026,nobody\n"
    )
    (row,) = sheet.organizations
    assert (row.name, row.phone, row.city, row.postal_code, row.state) == (
        "GRILL",
        "(312) 555-0111",
        "",
        "47311",
        "IN",
    )
    assert row.kept == ("Customer number 48622E", "Phone: Bob 312-555-0111")
    assert row.weekly_focus_on == date(2026, 6, 8)
    assert [(p.field, p.weight) for p in sheet.problems] == [
        ("Phone", Weight.NOTICE),
        ("City", Weight.NOTICE),
        ("Weekly focus", Weight.NOTICE),
        ("E-mail", Weight.CELL_LEFT_OUT),
    ]


def test_notes_beyond_the_limit_are_reported_and_not_cut() -> None:
    sheet = read_text(f"Organization,Notes\nGrill,{'long ' * 2400}\n")
    assert sheet.organizations[0].notes == ""
    assert "at most 10,000" in str(sheet.problems[0])


@given(st.binary(max_size=300), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_no_bytes_below_a_header_stop_the_reading(data: bytes, codec: str) -> None:
    with suppress(Refused):
        reading.read(
            io.BytesIO("Organization,Phone,City,Notes,Weekly focus\n".encode(codec) + data), on=TODAY
        )


@given(st.text(alphabet='Organizto,;"\n\t A1$@/é', max_size=200))
def test_no_text_stops_the_reading(text: str) -> None:
    with suppress(Refused):
        read_text(f"Organization,Notes\n{text}")


def test_the_names_of_a_whole_book_fall_into_the_known_groups() -> None:
    """A tracking workbook of years: 106 groups of copies, 12 chains, 4 rows nobody can place."""
    sheet = read("account-names.csv")
    matches, undecided = match(sheet.organizations, [])
    assert len(sheet.organizations) == 1_600
    assert (len(matches), len(undecided)) == (1_480, 4)
    surplus = [len(one.rows) - 1 for one in matches if len(one.rows) > 1]
    assert (len(surplus), sum(surplus)) == (106, 116)


def test_files_that_were_glued_together_have_one_header_and_all_rows() -> None:
    sheet = read_text("Organization,City\nGrill,Elkhollow\n\nORGANIZATION,City \nTavern,Marlinde\n")
    assert [o.name for o in sheet.organizations] == ["Grill", "Tavern"]
    assert (sheet.data_rows, sheet.blank_rows) == (2, 1)


def test_a_name_too_long_to_be_one_is_reported() -> None:
    sheet = read_text(f"Organization\n{'x' * 256}\n{'x' * 255}\n")
    assert [o.row for o in sheet.organizations] == [3]
    assert "longer than 255 characters" in str(sheet.problems[0])


def test_a_file_of_blanks_holds_nothing() -> None:
    with pytest.raises(Refused, match="holds no text"):
        read_text(" \n,,\n\n")


def test_a_long_file_tells_how_far_the_reading_is() -> None:
    said: list[str] = []
    text = "Organization\n" + "".join(f"Grill {number}\n" for number in range(20_100))
    reading.read(io.BytesIO(text.encode()), on=TODAY, progress=said.append)
    assert said == ["10,000 rows read", "20,000 rows read"]
