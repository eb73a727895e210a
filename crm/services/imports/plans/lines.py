"""The rows of one sheet, handed to planners one by one."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from crm.enums import ImportOutcome
from crm.services.imports.headers import Header
from crm.services.imports.plans.desk import Desk
from crm.services.imports.plans.steps import RowPlan, SheetOf
from crm.services.imports.problems import Problem, Weight, shortened
from crm.services.imports.records import Record
from crm.services.imports.row_reader import RowReader
from crm.services.imports.text import clean

Lines: TypeAlias = Iterable[Record]
ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
_FORMULA = "(formula)"
_AT_ONCE = 2_000
_FEW = 5
"""Where more than one row of so many has cells without a heading, a helper column has lost its own."""


def of_interest(header: Header) -> list[int]:
    """The columns that make a row count: those with a meaning, but for the ones that formulas fill."""
    taken = sorted({column for columns in header.columns.values() for column in columns})
    return [column for column in taken if _FORMULA not in header.texts[column].casefold()]


def readers(
    desk: Desk, sheet: SheetOf, lines: Lines, *, is_done: bool = False
) -> Iterator[tuple[RowReader, RowPlan]]:
    """Each row with something in a column that counts, as a reader of its cells, and its plan.

    A row without is skipped; the header once more is nothing; a row with broken quotes cannot be read. With
    `is_done` all is said of a row when the next one is asked for, so it need not be remembered.
    """
    header = sheet.header
    if header is None:
        return
    columns = of_interest(header)
    beyond: list[int] = []
    for record in lines:
        if is_done:
            desk.flush(at_least=_AT_ONCE)
        if (
            record.number < sheet.first_row
            or record.number == header.row
            or header.is_repeated_by(record.cells)
        ):
            continue
        texts = ["" if (text := clean(cell)) in ERRORS else text for cell in record.cells]
        if not any(texts[column] for column in columns if column < len(texts)):
            desk.rows.append(RowPlan(sheet.sheet_id, record.number, ImportOutcome.SKIPPED))
            sheet.count("rows", "nothing but formulas")
            continue
        sheet.count("rows", "with content")
        row = RowPlan(sheet.sheet_id, record.number, ImportOutcome.UNCHANGED)
        desk.rows.append(row)
        if record.broken:
            remedy = "Close or remove that mark in the file and import it again."
            row.problems.append(Problem(record.number, Weight.ROW_LEFT_OUT, "row", record.broken, remedy))
            row.outcome = ImportOutcome.UNREADABLE
            row.label = shortened(", ".join(text for text in texts if text))
            continue
        reader = RowReader(record, texts, header)
        row.problems.extend(_faults(record, header, columns))
        if any(text for text in texts[len(header.texts) :]):
            beyond.append(record.number)
        yield reader, row
    counted = sheet.figures.get("rows")
    if counted is not None and len(beyond) * _FEW < counted["with content"]:
        _tell_of_those_beyond(desk, sheet, beyond)


def _tell_of_those_beyond(desk: Desk, sheet: SheetOf, numbers: Sequence[int]) -> None:
    here = {row.row: row for row in desk.rows if row.sheet_id == sheet.sheet_id}
    for number in numbers:
        reason = "cells stand beyond the last heading and are left out"
        problem = Problem(number, Weight.CELL_LEFT_OUT, "row", reason)
        if number in here:
            here[number].problems.append(problem)
        else:
            desk.late.append((sheet.sheet_id, problem))


def refuse(row: RowPlan, field: str, reason: str, remedy: str, text: str = "") -> None:
    """The row cannot be brought in until somebody mends it."""
    row.problems.append(Problem(row.row, Weight.ROW_LEFT_OUT, field, reason, remedy, text))
    row.outcome = ImportOutcome.UNREADABLE


def settle(row: RowPlan, *, is_created: bool, is_updated: bool) -> None:
    """Say what becomes of the row, if nothing keeps it out."""
    if row.outcome is ImportOutcome.UNREADABLE:
        return
    if is_created:
        row.outcome = ImportOutcome.CREATED
    elif is_updated:
        row.outcome = ImportOutcome.UPDATED


def _faults(record: Record, header: Header, columns: Sequence[int]) -> Iterator[Problem]:
    """What is wrong with cells of a row, whatever they mean."""
    for column, cell in enumerate(record.cells):
        if column in columns and clean(cell) in ERRORS:
            reason = "holds an error of the spreadsheet program and no value"
            remedy = "Mend the formula and save the file again."
            yield Problem(record.number, Weight.CELL_LEFT_OUT, header.texts[column], reason, remedy)
    if record.had_zero_bytes:
        yield Problem(record.number, Weight.NOTICE, "row", "zero bytes in this row were dropped")
