"""The first part of an import, as a job: the file is read, its sheets are recognised, its rows planned.

It writes nothing to the book. Done again, it forgets what it found before; the file is read only once.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Final

import sqlalchemy as sa

from crm import queries
from crm.clock import today_for
from crm.db import database_now, db, transaction
from crm.enums import ImportOutcome, ImportState
from crm.errors import Refused
from crm.models import ImportLayout, ImportRow, ImportSession, ImportSheet, ImportStep
from crm.services import jobs
from crm.services.imports import decoding, delimiters, layouts, records, sessions, workbooks
from crm.services.imports.headers import Header
from crm.services.imports.plans import Desk, RowPlan, SheetOf
from crm.services.imports.plans.planner import keep, plan, principals_of
from crm.services.imports.plans.steps import plain_all
from crm.services.imports.records import Record
from crm.services.imports.text import clean
from crm.services.jobs import Held

_AT_ONCE: Final = 2_000
_SECONDS: Final = 1.0
_SAMPLES: Final = 3
_MOST_LABEL: Final = 200
_FIRST_ROWS: Final = 1_000


def work(held: Held) -> None:
    """Read what is not read yet, and check it."""
    number = int(held.asked["session"])
    try:
        with transaction():
            jobs.report(held, 0)
            session = db.session.get_one(ImportSession, number)
            if not queries.imports.sheets(number):
                _read(held, session)
        with transaction():
            jobs.report(held, 0)
            on = today_for(queries.firm.time_zone(), database_now())
            _check(held, db.session.get_one(ImportSession, number), on)
        with transaction():
            jobs.hold(held)
            session = db.session.get_one(ImportSession, number)
            counts = dict(session.counts["outcomes"])
            told = ", ".join(f"{n:,} {name}" for name, n in counts.items() if n) or "nothing in it"
            jobs.finish(held, result=counts, told=f"{told}.", link=f"/imports/{number}")
    except Refused as refused:
        with transaction():
            session = db.session.get_one(ImportSession, number)
            session.state, session.problem = ImportState.REFUSED, refused.message
        raise


# ---------------------------------------------------------------------- reading


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
            db.session.execute(sa.insert(ImportRow), self.waiting)
            self.done += len(self.waiting)
            self.waiting = []
        if time.monotonic() - self.said > _SECONDS:
            jobs.report(self.held, self.done)
            self.said = time.monotonic()


def _read(held: Held, session: ImportSession) -> None:
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
    _recognise(sheets)
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


# ---------------------------------------------------------------------- recognising


def _first_rows(sheet: ImportSheet) -> list[tuple[int, Sequence[str]]]:
    rows = (
        sa.select(ImportRow.row, ImportRow.cells)
        .where(ImportRow.import_sheet_id == sheet.import_sheet_id)
        .order_by(ImportRow.row)
        .limit(_FIRST_ROWS)
    )
    return [(row.row, row.cells) for row in db.session.execute(rows)]


def _recognise(sheets: Sequence[ImportSheet]) -> None:
    """What each sheet is and its columns mean; of several of a kind the one with most rows is chosen."""
    learned = {layout.fingerprint: layout for layout in db.session.scalars(sa.select(ImportLayout))}
    found = {sheet.import_sheet_id: layouts.recognise(_first_rows(sheet)) for sheet in sheets}
    principals = set(queries.imports.principal_names())
    for sheet in sheets:
        header = found[sheet.import_sheet_id].header
        if found[sheet.import_sheet_id].kind == layouts.ITEM_NUMBERS and header is not None:
            rows = _records(SheetOf(sheet.import_sheet_id, sheet.name, sheet.kind, header, 1))
            principals |= principals_of(rows, header.columns["principal"][0])
    for sheet in sheets:
        what = found[sheet.import_sheet_id]
        if what.header is None and principals:
            what = layouts.recognise(_first_rows(sheet), principals=principals)
        _settle_sheet(sheet, what, learned)
    for kind in layouts.ENTERS:
        of_kind = [sheet for sheet in sheets if sheet.kind == kind and not sheet.is_hidden]
        if of_kind:
            max(of_kind, key=lambda sheet: sheet.rows_total).is_chosen = True
    for sheet in sheets:
        _samples(sheet)
        _leave_amounts(sheet)
    if len(sheets) == 1 and sheets[0].kind in layouts.ENTERS:
        sheets[0].is_chosen = True


def _settle_sheet(sheet: ImportSheet, what: layouts.Recognised, learned: Mapping[str, ImportLayout]) -> None:
    sheet.kind = what.kind
    if what.header is None:
        return
    sheet.header_row = what.header.row
    sheet.headers = list(what.header.texts)
    sheet.fingerprint = layouts.fingerprint(what.header.texts)
    sheet.fields = layouts.fields_of(what.header)
    if (known := learned.get(sheet.fingerprint)) is not None:
        sheet.kind, sheet.fields = known.kind, dict(known.fields)


def _samples(sheet: ImportSheet) -> None:
    """The first filled cells of each column, so that people see what they choose for."""
    samples: dict[str, list[str]] = {}
    for number, cells in _first_rows(sheet):
        if sheet.header_row is not None and number <= sheet.header_row < layouts.SORTED_WITH_ITS_HEADER:
            continue
        for column, cell in enumerate(cells):
            shown = samples.setdefault(str(column), [])
            if len(shown) < _SAMPLES and (text := clean(cell)) and text not in shown:
                shown.append(text[:60])
    sheet.samples = {column: shown for column, shown in samples.items() if shown}


def _leave_amounts(sheet: ImportSheet) -> None:
    """Columns of amounts stay in the original file and nowhere else."""
    left = layouts.money_columns(sheet.headers)
    if not left or sheet.header_row is None:
        return
    sheet.fields = {column: name for column, name in sheet.fields.items() if int(column) not in left}
    sheet.samples = {column: shown for column, shown in sheet.samples.items() if int(column) not in left}
    sheet.figures = {**sheet.figures, "columns of amounts": {sheet.headers[n]: 1 for n in sorted(left)}}
    table: Any = ImportRow.__table__
    for column in left:
        db.session.execute(
            sa.update(table)
            .where(
                table.c.import_sheet_id == sheet.import_sheet_id,
                table.c.row != sheet.header_row,
                sa.func.cardinality(table.c.cells) > column,
            )
            .values(
                cells=sa.func.array_cat(
                    sa.func.array_append(table.c.cells[1:column], sa.literal("")),
                    table.c.cells[column + 2 : sa.func.cardinality(table.c.cells)],
                )
            )
        )


# ---------------------------------------------------------------------- checking


def _check(held: Held, session: ImportSession, on: date) -> None:
    person, team = queries.users.get(held.person), queries.users.team(held.person)
    may_change = held.surroundings.may_change
    number = session.import_session_id
    db.session.execute(sa.delete(ImportStep).where(ImportStep.import_session_id == number))
    desk = Desk(
        on=on,
        zone=queries.firm.time_zone(),
        may_change=lambda owners: may_change(person, owners, team),
        answers=session.answers,
        may_keep_words=held.surroundings.may_keep_words(person),
    )
    sheets = queries.imports.sheets(number)
    every = {sheet.import_sheet_id: _sheet_of(sheet) for sheet in sheets}
    chosen = [every[sheet.import_sheet_id] for sheet in sheets if sheet.is_chosen and sheet.rows_total]
    plan(desk, chosen, _records)
    for sheet in sheets:
        if not sheet.is_chosen and sheet.rows_total:
            keep(desk, every[sheet.import_sheet_id], _records)
    _write_rows(desk.rows, {number: sheet.header for number, sheet in every.items()})
    _write_steps(number, desk)
    for sheet in sheets:
        left = sheet.figures.get("columns of amounts")
        figures = {what: dict(counted) for what, counted in every[sheet.import_sheet_id].figures.items()}
        sheet.figures = {**figures, **({"columns of amounts": left} if left else {})}
    session.questions = [question.kept() for question in desk.questions.values()]
    session.counts = {
        "outcomes": {
            outcome.value: sum(row.outcome is outcome for row in desk.rows) for outcome in ImportOutcome
        },
        "records": _records_by_kind(desk),
    }
    session.state, session.checked_at = ImportState.CHECKED, sa.func.now()
    db.session.flush()


def _records_by_kind(desk: Desk) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for step in desk.steps:
        kind = counts.setdefault(step.kind, {"created": 0, "updated": 0})
        kind["created" if step.is_new else "updated"] += 1
    return counts


def _sheet_of(sheet: ImportSheet) -> SheetOf:
    header: Header | None = None
    first = 1
    if sheet.header_row is not None:
        header = layouts.header_of(sheet.kind, sheet.header_row, sheet.headers, sheet.fields)
        first = 1 if sheet.header_row > layouts.SORTED_WITH_ITS_HEADER else sheet.header_row + 1
    return SheetOf(sheet.import_sheet_id, sheet.name, sheet.kind, header, first)


def _records(sheet: SheetOf) -> Iterator[Record]:
    """The rows of a sheet as they were read."""
    after = 0
    while True:
        some = db.session.execute(
            sa.select(ImportRow.row, ImportRow.cells, ImportRow.problems)
            .where(ImportRow.import_sheet_id == sheet.sheet_id, ImportRow.row > after)
            .order_by(ImportRow.row)
            .limit(_AT_ONCE)
        ).all()
        for number, cells, problems in some:
            said: dict[str, Any] = next((one for one in problems if "broken" in one), {})
            yield Record(number, tuple(cells), said.get("broken", ""), bool(said.get("zero")))
        if len(some) < _AT_ONCE:
            return
        after = some[-1].row


def _write_rows(rows: Sequence[RowPlan], headers: Mapping[int, Header | None]) -> None:
    """What becomes of each row, in the words of the file; what reading had to say of it stays."""

    def label(sheet_id: int, field_name: str) -> str:
        header = headers[sheet_id]
        return header.label(field_name) if header is not None else field_name

    statement = sa.text(
        """
        update import_rows r
        set outcome = n.outcome::import_outcome_enum, label = n.label,
            problems = coalesce(
                (select jsonb_agg(p) from jsonb_array_elements(r.problems) p where p ? 'is_of_reading'), '[]'
            ) || n.problems::jsonb
        from unnest(
            cast(:sheets as bigint[]), cast(:numbers as bigint[]), cast(:outcomes as text[]),
            cast(:labels as text[]), cast(:problems as text[])
        ) as n (sheet, number, outcome, label, problems)
        where r.import_sheet_id = n.sheet and r.row = n.number
        """
    )
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        db.session.execute(
            statement,
            {
                "sheets": [row.sheet_id for row in some],
                "numbers": [row.row for row in some],
                "outcomes": [row.outcome.value for row in some],
                "labels": [row.label[:_MOST_LABEL].replace("\0", "") for row in some],
                "problems": [
                    json.dumps(
                        [
                            {
                                "weight": one.weight.value,
                                "field": label(row.sheet_id, one.field),
                                "reason": one.reason,
                                "remedy": one.remedy,
                                "text": one.text[:300].replace("\0", ""),
                            }
                            for one in row.problems
                        ]
                    )
                    for row in some
                ],
            },
        )


def _write_steps(number: int, desk: Desk) -> None:
    for start in range(0, len(desk.steps), _AT_ONCE):
        db.session.execute(
            sa.insert(ImportStep),
            [
                {
                    "import_session_id": number,
                    "place": step.place,
                    "import_sheet_id": step.sheet_id,
                    "row": step.row,
                    "kind": step.kind,
                    "is_new": step.is_new,
                    "record_id": step.record_id,
                    "values": plain_all(step.values),
                    "was": None if step.was is None else plain_all(step.was),
                    "version": step.version,
                }
                for step in desk.steps[start : start + _AT_ONCE]
            ],
        )
