"""The migration: in chunks, each with its archive, map and findings in one transaction.

What is in the archive is done, so a run that was killed goes on where it stopped, and a second run changes
nothing.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from crm import queries
from crm.db import db, transaction
from crm.services import engagement
from crm.services.legacy import writing
from crm.services.legacy.book import Book
from crm.services.legacy.findings import Finding
from crm.services.legacy.source import Row, Source
from crm.services.legacy.steps import Step, plan

CHUNK: Final = 200

CHECKSUM: Final = "md5((to_jsonb(t) - array['version', 'updated_at'])::text)"
"""SQL for what a row of ours, `t`, holds but for what every change of it changes."""

Progress = Callable[[str, int, int], None]
"""Told after each chunk: the step, rows done, rows in all."""


@dataclass
class Migrated:
    """What a run did. `rows` counts by old table what was brought in by this run, `known` what was before."""

    rows: dict[str, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def migrate(source: Source, *, today: date, progress: Progress = lambda *_: None) -> Migrated:
    """Bring the old database in; what came before stays as it is. `today` is a day of the firm.

    Opens transactions of its own, one a chunk. Raises what the database says of a row that it does not take:
    the chunk of that row is undone, those before it stay.
    """
    with transaction():
        book = begin(today)
        done = writing.archived()
        steps = plan(source, book)
        noticed = _taken(book)
        writing.note(noticed)
    report = Migrated(findings=noticed)
    for step in steps:
        waiting = [row for row in step.rows if not _is_done(step, row, done, book)]
        if not step.is_derived:
            report.known[step.name] = len(step.rows) - len(waiting)
            report.rows[step.name] = len(waiting)
        for begun, chunk in _chunks(waiting):
            with transaction():
                _write(step, chunk, book)
            report.findings += _taken(book)
            progress(step.name, begun + len(chunk), len(waiting))
    with transaction():
        seal()
        engagement.recompute(today=today)
    return report


def begin(today: date) -> Book:
    """The state of the migration as the database has it."""
    book = Book(ZoneInfo(queries.firm.time_zone()), today)
    book.owners.update(queries.aliases.people())
    book.ids.update(writing.ids())
    return book


def seal() -> None:
    """Remember how each migrated row is now, so that whoever edits it later is noticed."""
    tables = db.session.scalars(
        sa.text("select distinct target_table from legacy_id_map where is_made and checksum is null")
    ).all()
    for table in tables:
        (key,) = db.metadata.tables[table].primary_key.columns
        db.session.execute(
            sa.text(
                f"update legacy_id_map m set checksum = {CHECKSUM} from {table} t"
                f" where m.target_table = :table and m.target_id = t.{key.name}"
                " and m.is_made and m.checksum is null"
            ),
            {"table": table},
        )


def _write(step: Step, chunk: Sequence[Row], book: Book) -> None:
    if step.write is not None:
        step.write(chunk, book, writing.DatabaseWriter())
    if not step.is_derived:
        writing.archive(chunk)
    writing.note(book.findings)


def _is_done(step: Step, row: Row, archived: Collection[tuple[str, str]], book: Book) -> bool:
    """Whether an earlier run has done with the row."""
    return (step.name, row.id) in (book.ids if step.is_derived else archived)


def _taken(book: Book) -> list[Finding]:
    """The findings so far, which the book then forgets."""
    taken, book.findings = book.findings, []
    return taken


def _chunks(rows: Sequence[Row]) -> Iterator[tuple[int, list[Row]]]:
    left, begun = iter(rows), 0
    while chunk := list(islice(left, CHUNK)):
        yield begun, chunk
        begun += len(chunk)
