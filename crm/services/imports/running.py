"""One import from beginning to end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import BinaryIO, Final

import sqlalchemy as sa

from crm.db import db
from crm.errors import Refused
from crm.queries import aliases, organization_names
from crm.services.imports import reading, writing
from crm.services.imports.directory import Directory
from crm.services.imports.distributors import Established, MayChange, establish
from crm.services.imports.matching import match
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.reading import Progress, Sheet

ONE_AT_A_TIME: Final = 0x6B70_696D_706F_7274
"""The advisory lock of imports: two at once would both create what neither finds."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an import has done.

    `created`, `unchanged` and `changes` count organizations; `together` gives, for each organization that
    stands in several rows, the numbers of these rows. `problems` are in the order of the file.
    """

    sheet: Sheet
    created: int
    unchanged: int
    changes: Sequence[writing.Change]
    distributors_created: Sequence[str]
    together: Sequence[Sequence[int]]
    problems: Sequence[Problem]


def run(
    stream: BinaryIO,
    *,
    on: date,
    may_change: MayChange,
    create_distributors: bool = False,
    encoding: str = "",
    progress: Progress | None = None,
) -> Report:
    """Bring the list of organizations in `stream` (a seekable file of bytes) into the book.

    Each row is found in the book by its name (`matching`), or created; what the file says is set, an empty
    cell erases nothing, and running the same file again changes nothing. `on` is today. `may_change` says
    whether the person may change a row with given owners. A distributor that nobody has heard of is created
    only with `create_distributors`; else its text is kept in the notes. `encoding` overrules what the bytes
    look like. `progress` hears now and then how far a long import is.

    Raises `Refused` when the file as a whole cannot be taken, or when another import is under way. A row that
    cannot be brought in is a problem of the report, and the others are brought in.
    """
    sheet = reading.read(stream, on=on, encoding=encoding, progress=progress)
    if not db.session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(ONE_AT_A_TIME))):
        raise Refused("Another import is under way. Wait until it has ended and start again.")
    problems = list(sheet.problems)
    book = organization_names.in_book()
    directory = Directory(aliases.people(), aliases.organizations(), book)
    established = Established()
    if create_distributors:
        unknown = directory.unknown_distributors(sheet.organizations)
        established = establish(unknown, book, may_change=may_change)
        problems += (
            Problem(unknown[name], Weight.NOTICE, "distributor", reason)
            for name, reason in established.refused.items()
        )
        book = organization_names.in_book()
        directory = Directory(aliases.people(), aliases.organizations(), book)
    matches, unmatched = match(sheet.organizations, book)
    written = writing.write(matches, directory, may_change=may_change, progress=progress)
    problems += (*unmatched, *written.problems)
    return Report(
        sheet=sheet,
        created=written.created,
        unchanged=written.unchanged,
        changes=written.changes,
        distributors_created=established.created,
        together=[[row.row for row in found.rows] for found in matches if len(found.rows) > 1],
        problems=sorted((_in_words_of(sheet, problem) for problem in problems), key=lambda one: one.row),
    )


def _in_words_of(sheet: Sheet, problem: Problem) -> Problem:
    """`problem` with the field called as the file calls it."""
    return replace(problem, field=sheet.header.label(problem.field))
