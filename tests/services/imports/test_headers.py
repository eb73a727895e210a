"""The header is found wherever it stands, and lists of other things are not taken for organizations."""

import io

import pytest

from crm.services.imports import delimiters, headers, layouts, records


def find(text: str) -> headers.Header:
    rows = [(one.number, one.cells) for one in records.read(io.StringIO(text, newline=""), ",")]
    header = layouts.recognise(rows).header
    assert header is not None
    return header


def test_titles_and_instructions_above_the_header_are_skipped() -> None:
    header = find('Our accounts,,\n"Keep the\nnames",,\n"CITY ","Organizations",Zip\nElkhollow,Grill,1\n')
    assert header.row == 3
    assert header.columns == {"name": (1,), "city": (0,), "postal_code": (2,)}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("PRIORITY-FOCUS (A-D) A-highest \n(DropDown)", "priority"),
        ("PRIMARY ACCT. MANAGER \r\n(DropDown)", "owner"),
        ("  e-Mail\xa0Address ", "email"),
        ("STATE\n(DropDown)", "state"),
        ("Weekly Priority-dated Mondays", "weekly_focus_on"),
    ],
)
def test_headings_are_known_whatever_their_case_breaks_and_brackets(text: str, field: str) -> None:
    assert find(f'Organization,"{text}"\n').columns == {"name": (0,), field: (1,)}


def test_of_several_columns_that_mean_the_same_the_plainest_comes_first() -> None:
    assert find("Restaurant,Organization,Email,Email\n").columns == {"name": (1, 0), "email": (2, 3)}


def test_a_header_that_stands_again_further_down_is_no_organization() -> None:
    header = find("Organization,City\n")
    assert header.is_repeated_by(("ORGANIZATION", "City "))
    assert not header.is_repeated_by(("Organization", "Elkhollow"))
    assert not header.is_repeated_by(("Organization", ""))


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        ("Organization,City,Zip", "organizations"),
        ("First Name,Surname,Company", "contacts"),
        ("NAME,ORGANIZATION,POSITION", "contacts"),
        ("Date,Type,Organization,Contact,Notes", "interactions"),
        ("Organization,Opportunity,Stage", "opportunities"),
        ("Shoe,Size", "other"),
    ],
)
def test_a_list_is_known_by_its_headings(texts: str, kind: str) -> None:
    assert layouts.recognise([(1, texts.split(",")), (2, ["x"] * 5)]).kind == kind


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (["Organization;City;Notes\n", "Grill;Elkhollow;a, b, c and d\n"], ";"),
        (["Organization\tCity\n", "Grill, the\tElkhollow\n"], "\t"),
        (["Our list, as of May\n", "Organization|City\n", "Grill|Elkhollow\n"], "|"),
        (["sep=;\r\n", "a,b;c\r\n"], ";"),
        (["Organization\n", "Grill\n"], ","),
        (['Organization,"Notes; all; of; them"\n', 'Grill,"a;b"\n'], ","),
        ([], ","),
        (["Organization;" + "x" * 200_000 + "\n"], ","),
    ],
)
def test_the_delimiter_is_the_one_that_makes_sense_of_the_header(lines: list[str], delimiter: str) -> None:
    assert delimiters.detect(lines) == delimiter
