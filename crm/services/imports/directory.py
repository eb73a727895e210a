"""Whom the texts of a file mean: the firm's people and its distributors, under all their spellings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crm.queries.organization_names import Named, bare, folded
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.rows import OrganizationRow


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom a row means: columns of an organization, lines for the notes, and what to tell the person."""

    columns: dict[str, int | str | None] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Directory:
    """Answers which user or distributor a text of a file means.

    `people` and `aliases` go from folded spellings to ids; `book` is every organization. An alias names a
    distributor only if its organization is marked as one.
    """

    def __init__(self, people: Mapping[str, int], aliases: Mapping[str, int], book: Sequence[Named]) -> None:
        distributors = [one for one in book if one.is_distributor and not one.is_archived]
        ids = {one.organization_id for one in distributors}
        self._people = people
        self._by_alias = {alias: wanted for alias, wanted in aliases.items() if wanted in ids}
        self._by_name = {bare(one.name): one.organization_id for one in reversed(distributors)}

    def person(self, text: str) -> int | None:
        """The id of the user that `text` names; None if it is nobody who can sign in here."""
        return self._people.get(folded(text))

    def distributor(self, text: str) -> int | None:
        """The id of the distributor that `text` names, by alias first, then by name; None if it is none."""
        return self._by_alias.get(folded(text)) or self._by_name.get(bare(text))

    def unknown_distributors(self, rows: Sequence[OrganizationRow]) -> dict[str, int]:
        """The distributors of `rows` that are none here, one spelling each, with the first row of each."""
        unknown: dict[str, tuple[str, int]] = {}
        for row in rows:
            if row.distributor and self.distributor(row.distributor) is None:
                unknown.setdefault(bare(row.distributor), (row.distributor, row.row))
        return dict(unknown.values())

    def look_up(self, row: OrganizationRow) -> Meant:
        """Owner, second owner and distributor of `row`. A text that means nobody is kept and told."""
        meant = Meant()
        if row.owner:
            owner_id = self.person(row.owner)
            meant.columns["owner_text"] = None if owner_id else row.owner
            if owner_id:
                meant.columns["owner_id"] = owner_id
            else:
                meant.problems.append(_nobody(row.row, "owner", row.owner))
        if row.second_owner:
            if second_owner_id := self.person(row.second_owner):
                meant.columns["second_owner_id"] = second_owner_id
            else:
                meant.kept.append(f"Second account manager: {row.second_owner}")
                meant.problems.append(_nobody(row.row, "second_owner", row.second_owner))
        if row.distributor:
            if distributor_id := self.distributor(row.distributor):
                meant.columns["usual_distributor_id"] = distributor_id
            else:
                meant.kept.append(f"Distributor: {row.distributor}")
                meant.problems.append(_no_distributor(row.row, row.distributor))
        return meant


def _nobody(row: int, field: str, text: str) -> Problem:
    reason = "is nobody who can sign in here; the text is kept and no owner is set"
    return Problem(row, Weight.NOTICE, field, reason, "Add an alias for the person.", text)


def _no_distributor(row: int, text: str) -> Problem:
    reason = "is no distributor of the book; the text is kept in the notes"
    remedy = "Add an alias for it, or import with --create-distributors."
    return Problem(row, Weight.NOTICE, "distributor", reason, remedy, text)
