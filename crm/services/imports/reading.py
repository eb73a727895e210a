"""A file that was brought, read into rows of the database: what stands in it, as it stands there."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import sqlalchemy as sa

from crm import queries
from crm.db import db
from crm.errors import Refused
from crm.models import ImportRow, ImportSession, ImportSheet
from crm.services import jobs
from crm.services.imports import decoding, delimiters, recognising, records, sessions, workbooks
from crm.services.jobs import Held

_AT_ONCE: Final = 2_000
_SECONDS: Final = 1.0
_WRITE: Final = sa.text(
    """
    insert into import_rows (import_sheet_id, row, cells, problems)
    select import_sheet_id, row, cells, problems from json_to_recordset(cast(:rows as json))
        as r (import_sheet_id bigint, row bigint, cells text[], problems jsonb)
    """
)
"""Some thousand rows as one text: a statement a row would take several times as long."""


@dataclass(slots=True)
class _Reading:
    """Rows on their way into the database, some thousand at a time."""

    held: Held
    waiting: list[dict[str, Any]] = field(default_factory=list)
    done: int = 0
    said: float = field(default_factory=time.monotonic)

    def put(
        self, sheet: ImportSheet, number: int, cells: Sequence[str], problems: Sequence[Any] = ()
    ) -> None:
        kept = list(cells)
        while kept and not kept[-1].strip():
            kept.pop()
        self.waiting.append(
            {
                "import_sheet_id": sheet.import_sheet_id,
                "row": number,
                "cells": [cell.replace("\0", "") for cell in kept],
                "problems": list(problems),
            }
        )
        sheet.rows_total += 1
        if len(self.waiting) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        if self.waiting:
            db.session.execute(_WRITE, {"rows": json.dumps(self.waiting, ensure_ascii=False)})
            self.done += len(self.waiting)
            self.waiting = []
        if time.monotonic() - self.said > _SECONDS:
            jobs.report(self.held, self.done)
            self.said = time.monotonic()


def read(held: Held, session: ImportSession) -> None:
    """The rows of the file, as they stand there but for columns of amounts."""
    if session.file_path is None:
        raise Refused("The file was taken away. Bring it again.")
    with (held.surroundings.data_dir / session.file_path).open("rb") as stream:
        reading = _Reading(held)
        if workbooks.is_one(stream):
            session.told = "Excel workbook"
            _read_workbook(reading, session, stream)
        else:
            _read_text(reading, session, stream)
        reading.flush()
    sheets = queries.imports.sheets(session.import_session_id)
    if not any(sheet.rows_total for sheet in sheets):
        raise Refused("The file holds no text. Export it again.")
    recognising.recognise(sheets)
    if len(sheets) == 1 and sheets[0].header_row is not None:
        below = sa.select(sa.func.count()).where(
            ImportRow.import_sheet_id == sheets[0].import_sheet_id, ImportRow.row > sheets[0].header_row
        )
        if not db.session.execute(below).scalar_one():
            raise Refused(
                "There is nothing to import: no row below the header in row "
                f"{sheets[0].header_row} is filled."
            )


def _read_workbook(reading: _Reading, session: ImportSession, stream: BinaryIO) -> None:
    sheet: ImportSheet | None = None
    place = 0
    for line in workbooks.read(stream):
        match line:
            case workbooks.Begun(name, is_hidden):
                place += 1
                reading.flush()
                sheet = _begin(session, place, name, is_hidden)
            case workbooks.Filled(number, cells) if sheet is not None:
                reading.put(sheet, number, cells)
            case workbooks.Unstored(number, letters) if sheet is not None:
                reading.flush()
                _note_unstored(sheet, number, letters)


def _note_unstored(sheet: ImportSheet, number: int, letters: Sequence[str]) -> None:
    """A formula without a stored result: the row says so, and is there even if it holds nothing else."""
    reason = f"the formula in column {', '.join(letters)} has no stored result"
    problem = {
        "weight": "cell left out",
        "field": "row",
        "reason": reason,
        "remedy": "Open the file in a spreadsheet program, save it and import it again.",
        "text": "",
        "is_of_reading": True,
    }
    row = db.session.get(ImportRow, (sheet.import_sheet_id, number))
    if row is None:
        row = ImportRow(import_sheet_id=sheet.import_sheet_id, row=number, cells=[], problems=[])
        db.session.add(row)
        sheet.rows_total += 1
    row.problems = [*row.problems, problem]
    db.session.flush()


def _read_text(reading: _Reading, session: ImportSession, stream: BinaryIO) -> None:
    found = decoding.detect(stream, named=session.answers.get(sessions.ENCODING, {}).get(sessions.FILE, ""))
    lines = decoding.lines(stream, found)
    first = list(_peek(lines))
    delimiter = delimiters.detect(first)
    session.told = f"{found.label}, divided by {delimiters.NAMES[delimiter]}"
    sheet = _begin(session, 1, Path(session.name).stem or session.name, is_hidden=False)
    for record in records.read(_chained(first, lines), delimiter):
        problems = []
        if record.broken or record.had_zero_bytes:
            problems = [{"broken": record.broken, "zero": record.had_zero_bytes, "is_of_reading": True}]
        if problems or any(cell.strip() for cell in record.cells):
            reading.put(sheet, record.number, record.cells, problems)


def _peek(lines: Iterator[str]) -> Iterator[str]:
    length = 0
    for n, line in enumerate(lines):
        yield line
        length += len(line)
        if n >= 200 or length > 256 * 1024:
            return


def _chained(first: Sequence[str], rest: Iterator[str]) -> Iterator[str]:
    yield from first
    yield from rest


def _begin(session: ImportSession, place: int, name: str, is_hidden: bool) -> ImportSheet:
    sheet = ImportSheet(
        import_session_id=session.import_session_id, place=place, name=name, is_hidden=is_hidden, rows_total=0
    )
    db.session.add(sheet)
    db.session.flush()
    return sheet
