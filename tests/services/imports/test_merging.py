"""Rows of one organization are told as one, and notes only grow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.enums import Priority
from crm.services.imports.merging import merge, with_lines
from crm.services.imports.rows import OrganizationRow


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
