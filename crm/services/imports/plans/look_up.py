"""Whom the texts of a row of organizations mean, and what the row says of the columns of one."""

from dataclasses import dataclass, field
from typing import Any, Final

from crm.models import Organization
from crm.services.imports.merging import with_lines
from crm.services.imports.plans.desk import Desk, nobody
from crm.services.imports.plans.steps import Ref, SheetOf
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.rows import LONGEST_NOTES, OrganizationRow

_COPIED: Final = (
    *("legal_name", "priority", "segment", "weekly_focus_on", "phone", "second_phone", "email", "website"),
    *("linkedin", "address_line1", "address_line2", "city", "state", "postal_code", "country", "is_anchor"),
)
"""Fields that are taken as they were read. What the file does not say is never erased."""


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom a row means: columns of an organization, lines for the notes, and what to tell the person."""

    columns: dict[str, Ref | str | None] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LookUp:
    """Owner, second owner and distributor of rows of one sheet."""

    desk: Desk
    sheet: SheetOf

    def meant(self, row: OrganizationRow) -> Meant:
        """Whom the texts of `row` mean; a text that means nobody is kept and told."""
        meant = Meant()
        if row.owner:
            owner_id = self.desk.person(self.sheet, row.row, row.owner)
            meant.columns["owner_text"] = None if owner_id else row.owner
            if owner_id:
                meant.columns["owner_id"] = owner_id
            else:
                meant.problems.append(nobody(row.row, "owner", row.owner))
        if row.second_owner:
            second = self.desk.person(self.sheet, row.row, row.second_owner)
            if second:
                meant.columns["second_owner_id"] = second
            else:
                meant.kept.append(f"Second account manager: {row.second_owner}")
                meant.problems.append(nobody(row.row, "second_owner", row.second_owner))
        if row.distributor:
            found = self.desk.distributor(self.sheet, row.row, row.distributor)
            if found is not None:
                meant.columns["usual_distributor_id"] = found.ref
            else:
                meant.kept.append(f"Distributor: {row.distributor}")
                reason = "is no distributor of the book; the text is kept in the notes"
                meant.problems.append(
                    Problem(
                        row.row, Weight.NOTICE, "distributor", reason, "Say who is meant.", row.distributor
                    )
                )
        return meant


def values_of(
    row: OrganizationRow, organization: Organization | None, look_up: LookUp
) -> tuple[dict[str, Any], list[Problem]]:
    """The columns that `row` fills, and what to tell about texts that mean nobody."""
    values: dict[str, Any] = {column: value for column in _COPIED if (value := getattr(row, column))}
    meant = look_up.meant(row)
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
