"""Spellings of a firm's own: who "Tobin" is and which distributor is meant by "G.M.F.".

They are data of the firm, kept in `person_aliases` and `organization_aliases`, and brought in by a file with
the columns kind, alias and name:

    person,Tobin,tobinn@wrenfield.example
    distributor,G.M.F.,Grandmarrow Foodservice
    principal,VNG,Verdanook Growers

A distributor or principal that the book lacks is created, since the firm's own list says that it is one. A
person must
have an account already.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import sqlalchemy as sa

from crm.db import db
from crm.errors import Refused
from crm.models import OrganizationAlias, PersonAlias
from crm.queries import aliases as known_aliases
from crm.queries import organization_names
from crm.queries.organization_names import folded
from crm.services.imports import decoding, delimiters, headers, records
from crm.services.imports.distributors import MayChange, establish
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.text import clean

PERSON: Final = "person"
DISTRIBUTOR: Final = "distributor"
PRINCIPAL: Final = "principal"
_MARKS: Final = {DISTRIBUTOR: "is_distributor", PRINCIPAL: "is_principal"}
"""How an organization of each kind is marked."""
_COLUMNS: Final = ("kind", "alias", "name")


@dataclass(frozen=True, slots=True)
class Alias:
    """One line of an alias list. `kind` is `person`, `distributor` or `principal`, `row` counts from 1."""

    row: int
    kind: str
    alias: str
    name: str


@dataclass(slots=True)
class AliasReport:
    """What loading an alias list has done. A line that was there already counts in none of the numbers."""

    added: int = 0
    moved: int = 0
    distributors_created: list[str] = field(default_factory=list)
    principals_created: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def count(self, present: Mapping[str, int], wanted: Mapping[str, int]) -> list[str]:
        """Count which of `wanted` are new or mean somebody else than in `present`, and answer these."""
        added = [alias for alias in wanted if alias not in present]
        moved = [alias for alias in wanted if present.get(alias, wanted[alias]) != wanted[alias]]
        self.added += len(added)
        self.moved += len(moved)
        return added + moved


def read(stream: BinaryIO) -> tuple[list[Alias], list[Problem]]:
    """The lines of an alias list, and those without sense. Raises `Refused` when the file is no such list."""
    lines = list(decoding.lines(stream, decoding.detect(stream)))
    rows = records.read(lines, delimiters.detect(lines))
    header = next((record for record in rows if any(clean(cell) for cell in record.cells)), None)
    places = {headers.folded(cell): place for place, cell in enumerate(header.cells)} if header else {}
    if not set(_COLUMNS) <= places.keys():
        raise Refused(
            "An alias list needs the columns kind, alias and name, and lines such as "
            '"distributor,GMF,Grandmarrow Foodservice" or "person,Tobin,tobinn@example.com".'
        )
    found = list(_lines(rows, [places[column] for column in _COLUMNS]))
    return [one for one in found if isinstance(one, Alias)], [
        one for one in found if isinstance(one, Problem)
    ]


def _lines(rows: Iterator[records.Record], places: Sequence[int]) -> Iterator[Alias | Problem]:
    for record in rows:
        texts = [clean(cell) for cell in record.cells]
        kind, alias, name = (texts[place] if place < len(texts) else "" for place in places)
        if not any(texts):
            continue
        if record.broken or kind.lower() not in (PERSON, *_MARKS) or not alias or not name:
            reason = record.broken or (
                "the line needs a kind (person, distributor or principal), an alias and a name"
            )
            yield Problem(record.number, Weight.ROW_LEFT_OUT, "alias", reason, text=", ".join(texts))
            continue
        yield Alias(record.number, kind.lower(), alias, name)


def load(stream: BinaryIO, *, may_change: MayChange) -> AliasReport:
    """Bring in an alias list; an alias that named somebody else before names the new one from now on.

    Raises `Refused` when the file is no alias list. A line that cannot be brought in is a problem.
    """
    lines, problems = read(stream)
    report = AliasReport(problems=problems)
    _load_people([line for line in lines if line.kind == PERSON], report)
    for kind in _MARKS:
        _load_organizations(kind, [line for line in lines if line.kind == kind], report, may_change)
    return report


def _load_people(lines: Sequence[Alias], report: AliasReport) -> None:
    people = known_aliases.people()
    wanted = {}
    for line in lines:
        user_id = people.get(folded(line.name))
        if user_id is None:
            reason = "nobody with this name or address can sign in here"
            remedy = "Create the account first (flask users create)."
            report.problems.append(Problem(line.row, Weight.ROW_LEFT_OUT, "name", reason, remedy, line.name))
        else:
            wanted[folded(line.alias)] = user_id
    present = {row.alias: row.user_id for row in db.session.scalars(sa.select(PersonAlias))}
    for alias in report.count(present, wanted):
        db.session.merge(PersonAlias(alias=alias, user_id=wanted[alias]))


def _load_organizations(
    kind: str, lines: Sequence[Alias], report: AliasReport, may_change: MayChange
) -> None:
    names = dict.fromkeys(line.name for line in lines)
    done = establish(names, organization_names.in_book(), may_change=may_change, mark=_MARKS[kind])
    if kind == DISTRIBUTOR:
        report.distributors_created = done.created
    else:
        report.principals_created = done.created
    rows = {line.name: line.row for line in reversed(lines)}
    for name, reason in done.refused.items():
        report.problems.append(Problem(rows[name], Weight.ROW_LEFT_OUT, "name", reason, text=name))
    wanted = {folded(line.alias): done.ids[line.name] for line in lines if line.name in done.ids}
    present = {row.alias: row.organization_id for row in db.session.scalars(sa.select(OrganizationAlias))}
    for alias in report.count(present, wanted):
        db.session.merge(OrganizationAlias(alias=alias, organization_id=wanted[alias]))
