"""The first part of an import, as a job: the file is read, its sheets are recognised, its rows planned.

It writes nothing to the book. Done again, it forgets what it found before; the file is read only once.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice
from typing import Final, TypeVar

import sqlalchemy as sa

from crm import queries
from crm.clock import today_for
from crm.db import database_now, db, transaction
from crm.enums import ImportOutcome, ImportState
from crm.errors import Refused
from crm.models import ImportRow, ImportSession, ImportSheet, ImportStep
from crm.services import jobs
from crm.services.imports import layouts, reading, sheet_rows
from crm.services.imports.headers import Header
from crm.services.imports.plans import Desk, RowPlan, SheetOf
from crm.services.imports.plans.planner import keep, plan
from crm.services.imports.plans.steps import plain_all
from crm.services.imports.problems import Problem
from crm.services.imports.records import Record
from crm.services.jobs import Held

_AT_ONCE: Final = 2_000
_SECONDS: Final = 1.0
_SAMPLES: Final = 3
_MOST_LABEL: Final = 200
_FIRST_ROWS: Final = 1_000

T = TypeVar("T")


def work(held: Held) -> None:
    """Read what is not read yet, and check it."""
    number = int(held.asked["session"])
    try:
        with transaction():
            jobs.report(held, 0)
            session = db.session.get_one(ImportSession, number)
            if not queries.imports.sheets(number):
                reading.read(held, session)
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


@dataclass(slots=True)
class _Pulse:
    """Says now and then that the check is at work, and how many rows it has seen."""

    held: Held
    rows: int = 0
    said: float = field(default_factory=time.monotonic)

    def __call__(self, rows: int = 0) -> None:
        self.rows += rows
        if time.monotonic() - self.said > _SECONDS:
            jobs.report(self.held, self.rows)
            self.said = time.monotonic()


def _batched(things: Iterable[T], n: int) -> Iterator[list[T]]:
    """The things, `n` at a time."""
    rest = iter(things)
    while some := list(islice(rest, n)):
        yield some


def _check(held: Held, session: ImportSession, on: date) -> None:
    person, team = queries.users.get(held.person), queries.users.team(held.person)
    may_change = held.surroundings.may_change
    number = session.import_session_id
    db.session.execute(sa.delete(ImportStep).where(ImportStep.import_session_id == number))
    pulse = _Pulse(held)
    desk = Desk(
        on=on,
        zone=queries.firm.time_zone(),
        may_change=lambda owners: may_change(person, owners, team),
        answers=session.answers,
        may_keep_words=held.surroundings.may_keep_words(person),
        pulse=pulse,
    )
    with closing(desk.spool):
        _plan(desk, session, pulse)


def _plan(desk: Desk, session: ImportSession, pulse: _Pulse) -> None:
    """What becomes of all that was read, and the steps to it, written down as far as nothing changes them."""
    number = session.import_session_id
    sheets = queries.imports.sheets(number)
    every = {sheet.import_sheet_id: _sheet_of(sheet) for sheet in sheets}
    headers = {sheet_id: sheet.header for sheet_id, sheet in every.items()}
    desk.write = lambda rows: _write_rows(pulse, rows, headers)
    chosen = [every[sheet.import_sheet_id] for sheet in sheets if sheet.is_chosen and sheet.rows_total]

    def rows_of(sheet: SheetOf) -> Iterator[Record]:
        return sheet_rows.every(sheet.sheet_id, pulse=pulse)

    plan(desk, chosen, rows_of)
    for sheet in sheets:
        if not sheet.is_chosen and sheet.rows_total:
            keep(desk, every[sheet.import_sheet_id], rows_of)
    desk.flush()
    _write_late(desk, headers)
    _write_idle(desk)
    _write_steps(pulse, number, desk)
    for sheet in sheets:
        left = sheet.figures.get("columns of amounts")
        figures = {what: dict(counted) for what, counted in every[sheet.import_sheet_id].figures.items()}
        sheet.figures = {**figures, **({"columns of amounts": left} if left else {})}
    session.questions = [question.kept() for question in desk.questions.values()]
    session.counts = {
        "outcomes": {outcome.value: desk.outcomes[outcome] for outcome in ImportOutcome},
        "records": _records_by_kind(desk),
    }
    session.state, session.checked_at = ImportState.CHECKED, sa.func.now()
    db.session.flush()


def _records_by_kind(desk: Desk) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for step in desk.steps:
        kind = counts.setdefault(step.kind, {"created": 0, "updated": 0})
        kind["created" if step.is_new else "updated"] += 1
    for name, n in desk.spool.kinds.items():
        counts[name] = {"created": n, "updated": 0}
    return counts


def _sheet_of(sheet: ImportSheet) -> SheetOf:
    header: Header | None = None
    first = 1
    if sheet.header_row is not None:
        header = layouts.header_of(sheet.kind, sheet.header_row, sheet.headers, sheet.fields)
        first = 1 if sheet.header_row > layouts.SORTED_WITH_ITS_HEADER else sheet.header_row + 1
    return SheetOf(sheet.import_sheet_id, sheet.name, sheet.kind, header, first)


def _write_rows(pulse: _Pulse, rows: Sequence[RowPlan], headers: Mapping[int, Header | None]) -> None:
    """What becomes of each row, in the words of the file; what reading had to say of it stays."""
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
    for some in _batched(rows, _AT_ONCE):
        pulse()
        db.session.execute(
            statement,
            {
                "sheets": [row.sheet_id for row in some],
                "numbers": [row.row for row in some],
                "outcomes": [row.outcome.value for row in some],
                "labels": [row.label[:_MOST_LABEL].replace("\0", "") for row in some],
                "problems": [
                    json.dumps([_told(one, headers[row.sheet_id]) for one in row.problems]) for row in some
                ],
            },
        )


def _told(one: Problem, header: Header | None) -> dict[str, str]:
    return {
        "weight": one.weight.value,
        "field": header.label(one.field) if header is not None else one.field,
        "reason": one.reason,
        "remedy": one.remedy,
        "text": one.text[:300].replace("\0", ""),
    }


def _write_late(desk: Desk, headers: Mapping[int, Header | None]) -> None:
    """What there is to say of rows that were written down before it was known."""
    statement = sa.text(
        """
        update import_rows r set problems = r.problems || n.problem::jsonb
        from unnest(cast(:sheets as bigint[]), cast(:numbers as bigint[]), cast(:problems as text[]))
            as n (sheet, number, problem)
        where r.import_sheet_id = n.sheet and r.row = n.number
        """
    )
    for some in _batched(desk.late, _AT_ONCE):
        desk.pulse()
        db.session.execute(
            statement,
            {
                "sheets": [sheet_id for sheet_id, _ in some],
                "numbers": [one.row for _, one in some],
                "problems": [json.dumps([_told(one, headers[sheet_id])]) for sheet_id, one in some],
            },
        )


def _write_idle(desk: Desk) -> None:
    """Rows whose changes come to what the book says anyway say nothing new."""
    statement = sa.text(
        """
        update import_rows r set outcome = :unchanged
        from unnest(cast(:sheets as bigint[]), cast(:numbers as bigint[])) as n (sheet, number)
        where r.import_sheet_id = n.sheet and r.row = n.number and r.outcome = :updated
        returning r.row
        """
    ).bindparams(
        sa.bindparam("unchanged", ImportOutcome.UNCHANGED, type_=ImportRow.outcome.type),
        sa.bindparam("updated", ImportOutcome.UPDATED, type_=ImportRow.outcome.type),
    )
    for some in _batched(sorted(desk.idle), _AT_ONCE):
        sheets, numbers = zip(*some, strict=True)
        n = len(db.session.execute(statement, {"sheets": [*sheets], "numbers": [*numbers]}).all())
        desk.outcomes[ImportOutcome.UPDATED] -= n
        desk.outcomes[ImportOutcome.UNCHANGED] += n


def _write_steps(pulse: _Pulse, number: int, desk: Desk) -> None:
    in_memory = (
        {
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
        for step in desk.steps
    )
    for some in _batched(chain(in_memory, desk.spool.steps(desk.places)), _AT_ONCE):
        pulse()
        db.session.execute(sa.insert(ImportStep), [step | {"import_session_id": number} for step in some])
