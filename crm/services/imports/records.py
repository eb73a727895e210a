"""From lines to records: what a spreadsheet program would show as rows, also when quotes are in disorder.

Well-formed records are read by the csv module in its strict mode. What that refuses is read again with more
patience: a quote inside a cell closes it only before a delimiter or a line end (`12" pan`). A quote that
never closes would swallow the rows after it; that record is reported, and reading goes on with the next line.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from crm.errors import Refused

MOST_RECORDS: Final = 1_000_000
MOST_ABOVE: Final = 100
"""Titles, instructions and the header count for themselves."""
MOST_COLUMNS: Final = 500
LONGEST_RECORD: Final = 70_000
"""Characters. A spreadsheet cell holds at most 32,767, so what is longer is a quote that never closes."""
MOST_BROKEN: Final = 200

_NEVER_CLOSED: Final = "a quotation mark opens a cell here and is never closed"


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the file. `number` counts from 1 as a spreadsheet program does, blank rows included.

    `broken` says what is wrong with the record as a whole, "" for nothing; its cells are then only a hint.
    """

    number: int
    cells: tuple[str, ...]
    broken: str = ""
    had_zero_bytes: bool = False


def read(lines: Iterable[str], delimiter: str) -> Iterator[Record]:
    """The records in `lines`, in order.

    Raises `Refused` when there are more than `MOST_RECORDS` and what may stand above them, when one has more
    than `MOST_COLUMNS` up to its last filled cell, and when more than `MOST_BROKEN` are broken.
    """
    source = _Lines(lines)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    usual_width = number = broken = 0
    while True:
        source.start_record()
        cells: Sequence[str] | None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _RecordTooLong):
            cells = _read_forgivingly(source, delimiter)
            reader = csv.reader(source, delimiter=delimiter, strict=True)
        if cells is not None and _holds_rows(source.held, delimiter, usual_width):
            cells = None
        number += 1
        broken += cells is None
        if cells is None:
            source.keep(1)
            record = Record(number, tuple(source.held[0].rstrip("\r\n").split(delimiter)), _NEVER_CLOSED)
        else:
            record = Record(number, tuple(cells), had_zero_bytes=source.has_zero_bytes)
            usual_width = len(cells)
        _refuse_beyond_bounds(record, broken)
        yield record


class _RecordTooLong(Exception):
    """The record under way has more characters than a row of a spreadsheet can hold."""


class _Lines:
    """Lines for the csv reader that can be given back: those of the record under way are held."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._given_back: deque[str] = deque()
        self.start_record()

    def start_record(self) -> None:
        self.held: list[str] = []
        self.has_zero_bytes = False
        self._length = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._length > LONGEST_RECORD:
            raise _RecordTooLong
        line = self._given_back.popleft() if self._given_back else next(self._lines)
        if "\0" in line:
            self.has_zero_bytes = True
            line = line.replace("\0", "")
        self.held.append(line)
        self._length += len(line)
        return line

    def keep(self, count: int) -> None:
        """Give back the lines of the record under way except the first `count`."""
        self._given_back.extendleft(reversed(self.held[count:]))
        del self.held[count:]


def _read_forgivingly(source: _Lines, delimiter: str) -> list[str] | None:
    """The record that starts with the first held line; None if its quotes never close.

    Leaves exactly the lines of that record held. Takes more lines in doubling steps, so that a long record
    is not read again for each of its lines.
    """
    is_all = False
    while True:
        found = _fields("".join(source.held), delimiter)
        if found is not None:
            cells, length = found
            source.keep(_count_lines(source.held, length))
            return cells
        if is_all:
            return None
        try:
            for _ in range(len(source.held)):
                next(source)
        except (StopIteration, _RecordTooLong):
            is_all = True


@cache
def _field_pattern(delimiter: str) -> re.Pattern[str]:
    end = rf"(?:[{re.escape(delimiter)}\r\n]|\Z)"
    # No two of these ways begin alike, so nothing is tried twice. To forbid going back (`*+`) would say
    # the same, but Python 3.11.2 then finds no quote inside a cell.
    quoted = rf'"((?:[^"]++|""|"(?!"|{end}))*)"(?={end})'
    plain = rf'((?:[^"{re.escape(delimiter)}\r\n][^{re.escape(delimiter)}\r\n]*+)?)(?={end})'
    return re.compile(f"{quoted}|{plain}")


def _holds_an_opening_quote(content: str, delimiter: str) -> bool:
    """Whether a later line inside a quoted cell has a quote where a cell of its own would open."""
    first_line_end = re.search(r"[\r\n]", content)
    if first_line_end is None:
        return False
    d = re.escape(delimiter)
    opening = re.compile(rf'(?<=[{d}\r\n])"(?![{d}\r\n"]|\Z)')
    return opening.search(content, first_line_end.start()) is not None


def _fields(text: str, delimiter: str) -> tuple[list[str], int] | None:
    """The cells of the record that `text` starts with, and how many characters it takes.

    None when a quote does not close within `text`, or closes only by means of the opening quote of a later
    line, which means that the lines between belong to other records.
    """
    cells, position = [], 0
    while match := _field_pattern(delimiter).match(text, position):
        quoted, plain = match.groups()
        if quoted is not None and _holds_an_opening_quote(quoted, delimiter):
            return None
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        position = match.end()
        if text[position : position + 1] != delimiter:
            line_end = 2 if text.startswith("\r\n", position) else 1
            return cells, min(position + line_end, len(text))
        position += 1
    return None


def _count_lines(held: Sequence[str], length: int) -> int:
    count = 0
    while length > 0:
        length -= len(held[count])
        count += 1
    return count


def _holds_rows(held: Sequence[str], delimiter: str, usual_width: int) -> bool:
    """Whether a record of several lines swallowed others: all lines inside it look like rows of the table."""
    inside = held[1:-1]
    return len(inside) > 1 < usual_width and all(line.count(delimiter) == usual_width - 1 for line in inside)


def _refuse_beyond_bounds(record: Record, broken: int) -> None:
    if record.number > MOST_RECORDS + MOST_ABOVE:
        raise Refused(f"The file has more than {MOST_RECORDS:,} rows. Split it and import the parts.")
    if len(record.cells) > MOST_COLUMNS:
        width = next((n for n in range(len(record.cells), 0, -1) if record.cells[n - 1].strip()), 0)
        if width > MOST_COLUMNS:
            raise Refused(
                f"Row {record.number} has {width:,} columns; at most {MOST_COLUMNS} can be read. "
                "Delete the columns that nobody needs and export again."
            )
    if broken > MOST_BROKEN:
        raise Refused(
            f"More than {MOST_BROKEN} rows have quotation marks that never close, the last is row "
            f"{record.number}. Export the file again as CSV from the program that holds the list."
        )
