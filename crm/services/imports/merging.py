"""Several rows of one organization told as one: each field by its last filled cell, the notes of all."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Final

from crm.queries.organization_names import folded
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.rows import OrganizationRow
from crm.services.imports.text import clean_lines

_MERGED_APART: Final = {"row", "name", "notes", "kept", "is_anchor"}
_PLAIN: Final = tuple(field.name for field in fields(OrganizationRow) if field.name not in _MERGED_APART)


def merge(rows: Sequence[OrganizationRow]) -> tuple[OrganizationRow, list[Problem]]:
    """The rows as one, under the first one's name and number; what they contradict each other in is told."""
    merged, problems = rows[0], []
    for row in rows[1:]:
        said = {field: value for field in _PLAIN if (value := getattr(row, field))}
        for field, value in said.items():
            before = getattr(merged, field)
            if before and folded(str(before)) != folded(str(value)):
                reason = (
                    f'stands against "{before}" in an earlier row of this organization; the later one counts'
                )
                problems.append(Problem(row.row, Weight.NOTICE, field, reason, text=str(value)))
        merged = replace(
            merged,
            **said,
            notes=with_lines(merged.notes, row.notes),
            kept=tuple(dict.fromkeys((*merged.kept, *row.kept))),
            is_anchor=merged.is_anchor or row.is_anchor,
        )
    return merged, problems


def with_lines(notes: str, more: str) -> str:
    """`notes` with the lines of `more` below, unless they stand there already. What was there stays."""
    present, added = clean_lines(notes), clean_lines(more)
    if not added or f"\n{added}\n" in f"\n{present}\n":
        return notes
    if f"\n{present}\n" in f"\n{added}\n":
        return added
    return f"{notes}\n{added}" if present else added
