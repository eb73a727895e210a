"""Rows find their organization by name, and a branch in another city is a sibling, not a duplicate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.enums import Priority
from crm.queries.organization_names import Named
from crm.services.imports.matching import match
from crm.services.imports.merging import merge, with_lines
from crm.services.imports.problems import Weight
from crm.services.imports.rows import OrganizationRow


def row(number: int, name: str, city: str = "") -> OrganizationRow:
    return OrganizationRow(row=number, name=name, city=city)


def found(rows: list[OrganizationRow], book: list[Named]) -> list[tuple[list[int], int | None]]:
    matches, _ = match(rows, book)
    return [([one.row for one in m.rows], m.known and m.known.organization_id) for m in matches]


def test_spellings_of_one_name_are_one_organization() -> None:
    rows = [row(2, "Oskumble Grill"), row(3, "OSKUMBLE GRILL"), row(4, "The Oskumble Grill, LLC")]
    assert found(rows, []) == [([2, 3, 4], None)]
    assert found(rows, [Named(7, "Oskumble  grill Inc.")]) == [([2, 3, 4], 7)]


def test_one_city_among_the_spellings_is_still_one_organization() -> None:
    rows = [row(2, "Grill"), row(3, "Grill", "Elkhollow")]
    assert found(rows, [Named(7, "GRILL", "elkhollow ")]) == [([2, 3], 7)]
    assert found(rows, [Named(7, "GRILL")]) == [([2, 3], 7)]


def test_every_city_is_a_branch_and_a_row_without_one_is_undecided() -> None:
    rows = [
        row(2, "Grill", "Elkhollow"),
        row(3, "Grill", "Marlinde"),
        row(4, "Grill"),
        row(5, "Grill", "Marlinde"),
    ]
    matches, problems = match(rows, [Named(7, "Grill", "Marlinde"), Named(8, "Grill")])
    assert [([one.row for one in m.rows], m.known and m.known.organization_id) for m in matches] == [
        ([2], None),
        ([3, 5], 7),
    ]
    (problem,) = problems
    assert (problem.row, problem.weight) == (4, Weight.ROW_LEFT_OUT)
    assert "Elkhollow, Marlinde" in problem.reason


def test_a_city_in_the_book_and_another_in_the_file_are_two_branches() -> None:
    assert found([row(2, "Grill", "Marlinde")], [Named(7, "Grill", "Elkhollow")]) == [([2], None)]


@pytest.mark.parametrize(
    ("book", "chosen"),
    [
        ([Named(1, "THE GRILL"), Named(2, "Grill")], 2),
        ([Named(1, "The Grill"), Named(2, "GRILL")], 2),
        ([Named(1, "Grill, LLC"), Named(2, "The Grill")], 1),
        ([Named(1, "Grill", is_archived=True), Named(2, "The Grill")], 2),
    ],
)
def test_of_several_the_closest_spelling_is_taken_then_the_oldest(book: list[Named], chosen: int) -> None:
    assert found([row(2, "Grill")], book) == [([2], chosen)]


def test_what_was_archived_is_neither_brought_back_nor_made_again() -> None:
    matches, problems = match([row(2, "Grill"), row(3, "GRILL")], [Named(1, "Grill", is_archived=True)])
    assert matches == []
    assert [(p.row, p.weight) for p in problems] == [(2, Weight.ROW_LEFT_OUT), (3, Weight.ROW_LEFT_OUT)]
    assert "archived" in problems[0].reason


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Grill", "GRILL", "The Grill", "Tavern", "Tavern Inc"]),
            st.sampled_from(["", "A", "b", "B"]),
        )
    )
)
def test_every_row_ends_somewhere_and_only_once(pairs: list[tuple[str, str]]) -> None:
    rows = [row(number, name, city) for number, (name, city) in enumerate(pairs)]
    matches, problems = match(rows, [])
    ends = [one.row for m in matches for one in m.rows] + [problem.row for problem in problems]
    assert sorted(ends) == list(range(len(rows)))


def test_the_last_filled_cell_counts_and_contradictions_are_told() -> None:
    merged, problems = merge(
        [
            OrganizationRow(
                row=2, name="Grill", priority=Priority.A, city="Elkhollow", notes="first", owner="Inez"
            ),
            OrganizationRow(
                row=3, name="GRILL", priority=Priority.B, notes="second", owner="inez", is_anchor=True
            ),
            OrganizationRow(row=4, name="Grill", notes="first", kept=("Phone: CLOSED",)),
        ]
    )
    assert (merged.row, merged.name, merged.priority, merged.city) == (2, "Grill", Priority.B, "Elkhollow")
    assert merged.notes == "first\nsecond"
    assert merged.kept == ("Phone: CLOSED",)
    assert merged.is_anchor
    assert [(p.row, p.field) for p in problems] == [(3, "priority")]


@pytest.mark.parametrize(
    ("notes", "more", "after"),
    [
        ("", "new", "new"),
        ("old", "", "old"),
        ("old", "new", "old\nnew"),
        ("old\nnew", "new", "old\nnew"),
        ("new\nold", "new", "new\nold"),
        ("newer", "new", "newer\nnew"),
        ("old", "old\nnew", "old\nnew"),
        ("old  text", "old text", "old  text"),
    ],
)
def test_notes_grow_by_what_they_lack(notes: str, more: str, after: str) -> None:
    assert with_lines(notes, more) == after


@given(st.text(), st.text())
def test_adding_the_same_notes_again_changes_nothing(notes: str, more: str) -> None:
    once = with_lines(notes, more)
    assert with_lines(once, more) == once
