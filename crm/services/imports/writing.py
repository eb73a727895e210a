"""Matched rows written into the book: what is new is created, what differs changed, the rest left alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import sqlalchemy as sa

from crm.db import db
from crm.models import Organization
from crm.services.imports.directory import Directory, Meant
from crm.services.imports.distributors import MayChange
from crm.services.imports.matching import Match
from crm.services.imports.merging import merge, with_lines
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.reading import Progress
from crm.services.imports.rows import LONGEST_NOTES, OrganizationRow


class LooksUp(Protocol):
    """Knows whom the texts of a row mean."""

    def look_up(self, row: OrganizationRow, /) -> Meant: ...


BATCH: Final = 500

_COPIED: Final = (
    *("legal_name", "priority", "segment", "weekly_focus_on", "phone", "second_phone", "email", "website"),
    *("linkedin", "address_line1", "address_line2", "city", "state", "postal_code", "country", "is_anchor"),
)
"""Fields that are taken as they were read. What the file does not say is never erased."""

_OWNERS: Final = ("owner_id", "second_owner_id")


@dataclass(frozen=True, slots=True)
class Change:
    """An organization of the book that the file changed: in which row it stands, and which columns."""

    row: int
    organization_id: int
    columns: frozenset[str]


@dataclass(slots=True)
class Written:
    """What writing has done, in organizations (several rows may be one)."""

    created: int = 0
    unchanged: int = 0
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def write(
    matches: Sequence[Match],
    directory: Directory,
    *,
    may_change: MayChange,
    progress: Progress | None = None,
) -> Written:
    """Create and change organizations as `matches` say.

    An organization that the person may not change is left as it is and told. `progress` hears how many are
    done after each batch but the last.
    """
    written = Written()
    for start in range(0, len(matches), BATCH):
        batch = matches[start : start + BATCH]
        known = _locked([match.known.organization_id for match in batch if match.known])
        for match in batch:
            organization = known[match.known.organization_id] if match.known else None
            _write_one(match, organization, directory, may_change, written)
        db.session.flush()
        if progress is not None and start + BATCH < len(matches):
            progress(f"{start + BATCH:,} of {len(matches):,} organizations written")
    return written


def _locked(ids: Sequence[int]) -> dict[int, Organization]:
    """The organizations with these ids; those that the person may change are kept from being edited by others
    until this import has ended. The database locks no row for somebody who may not change it.
    """
    locked = _found(ids, is_locking=True)
    return locked | _found([one for one in ids if one not in locked], is_locking=False)


def _found(ids: Sequence[int], *, is_locking: bool) -> dict[int, Organization]:
    if not ids:
        return {}
    statement = (
        sa.select(Organization)
        .where(Organization.organization_id.in_(ids))
        .order_by(Organization.organization_id)
        .execution_options(populate_existing=True)
    )
    if is_locking:
        statement = statement.with_for_update()
    return {one.organization_id: one for one in db.session.scalars(statement)}


def _write_one(
    match: Match,
    organization: Organization | None,
    directory: Directory,
    may_change: MayChange,
    written: Written,
) -> None:
    row, problems = merge(match.rows)
    values, more = values_of(row, organization, directory)
    written.problems += [*problems, *more]
    if organization is None:
        db.session.add(Organization(name=row.name, **values))
        written.created += 1
        return
    owners = [getattr(organization, name) for name in _OWNERS]
    to_be = [values.get(name, getattr(organization, name)) for name in _OWNERS]
    if may_change(owners) and not may_change(to_be):
        values = {column: value for column, value in values.items() if column not in _OWNERS}
        reason = "they are outside your team, and you hand on within it; the rest of the row counts"
        remedy = "Let a manager of both of you or an admin import it."
        written.problems.append(Problem(row.row, Weight.CELL_LEFT_OUT, "owner", reason, remedy, row.owner))
    columns = frozenset(column for column, value in values.items() if getattr(organization, column) != value)
    if not columns:
        written.unchanged += 1
    elif not may_change(owners):
        reason = "this organization belongs to somebody else, so it stays as it is"
        remedy = "Let its owner, their manager or an admin import the row."
        written.problems += [
            Problem(one.row, Weight.ROW_LEFT_OUT, "name", reason, remedy, one.name) for one in match.rows
        ]
    else:
        for column in columns:
            setattr(organization, column, values[column])
        written.changes.append(Change(row.row, organization.organization_id, columns))


def values_of(
    row: OrganizationRow, organization: Organization | None, directory: LooksUp
) -> tuple[dict[str, Any], list[Problem]]:
    """The columns that `row` fills, and what to tell about texts that mean nobody."""
    values: dict[str, Any] = {column: value for column in _COPIED if (value := getattr(row, column))}
    meant = directory.look_up(row)
    values |= meant.columns
    problems = list(meant.problems)
    before = organization.notes or "" if organization else ""
    notes = before
    for lines in (row.notes, *row.kept, *meant.kept):
        longer = with_lines(notes, lines)
        if len(longer) <= LONGEST_NOTES:
            notes = longer
        else:
            reason = f"the notes would have more than {LONGEST_NOTES:,} characters, so this is not added"
            problems.append(Problem(row.row, Weight.CELL_LEFT_OUT, "notes", reason, text=lines))
    if notes != before:
        values["notes"] = notes
    return values, problems
