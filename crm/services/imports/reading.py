"""A file of bytes read as a list of organizations. Knows neither database nor clock."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from typing import BinaryIO, Final, TypeAlias

from crm.errors import Refused
from crm.services.imports import decoding, delimiters, headers, records, rows
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.rows import OrganizationRow
from crm.services.imports.text import clean

_PEEK_LINES: Final = 200
_PEEK_CHARACTERS: Final = 256 * 1024
_ROWS_BETWEEN_NEWS: Final = 10_000

Progress: TypeAlias = Callable[[str], None]
"""Hears now and then how far a long import is, in words."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file says, and how it was read.

    `encoding` and `delimiter` ("commas") are in words for people. `data_rows` counts the rows with content
    below the header, `blank_rows` those without. `columns_left_out` gives, for each heading that no field
    takes, how many of its cells are filled.
    """

    encoding: str
    delimiter: str
    header: headers.Header
    data_rows: int
    blank_rows: int
    organizations: Sequence[OrganizationRow]
    problems: Sequence[Problem]
    columns_left_out: dict[str, int]


def read(stream: BinaryIO, *, on: date, encoding: str = "", progress: Progress | None = None) -> Sheet:
    """The list of organizations in `stream`, a seekable file of any bytes; `on` is today.

    `encoding` is a person's word on how the bytes are to be read, "" to find out; `progress` hears every
    10,000 rows. Raises `Refused` when the
    file as a whole cannot be taken, with the way out; a row that cannot be read is a problem of the sheet.
    """
    found = decoding.detect(stream, named=encoding)
    lines = decoding.lines(stream, found)
    first = list(_peek(lines))
    delimiter = delimiters.detect(first)
    table = records.read(chain(first, lines), delimiter)
    top = list(islice(table, headers.ROWS_SEARCHED))
    if not any(clean(cell) for record in top for cell in record.cells):
        raise Refused("The file holds no text. Export it again.")
    header = headers.find(top)
    sheet = _Sheet(header)
    for record in chain(top, table):
        if record.number > header.row:
            sheet.add(record, on)
        if progress is not None and record.number % _ROWS_BETWEEN_NEWS == 0:
            progress(f"{record.number:,} rows read")
    if sheet.data_rows == 0:
        raise Refused(f"There is nothing to import: no row below the header in row {header.row} is filled.")
    return Sheet(
        encoding=found.label,
        delimiter=delimiters.NAMES[delimiter],
        header=header,
        data_rows=sheet.data_rows,
        blank_rows=sheet.blank_rows,
        organizations=sheet.organizations,
        problems=[*sheet.problems, *sheet.stray_cells()],
        columns_left_out=sheet.columns_left_out(),
    )


def _peek(lines: Iterator[str]) -> Iterator[str]:
    length = 0
    for line in islice(lines, _PEEK_LINES):
        yield line
        length += len(line)
        if length > _PEEK_CHARACTERS:
            return


class _Sheet:
    """The sheet under way."""

    def __init__(self, header: headers.Header) -> None:
        self.header = header
        self.data_rows = self.blank_rows = 0
        self.organizations: list[OrganizationRow] = []
        self.problems: list[Problem] = []
        self.filled: Counter[int] = Counter()
        self._first_stray: dict[int, int] = {}
        self._unnamed = {n for n, text in enumerate(header.texts) if not text}

    def add(self, record: records.Record, on: date) -> None:
        texts = [clean(cell) for cell in record.cells]
        filled = [column for column, text in enumerate(texts) if text]
        if not filled:
            self.blank_rows += 1
            return
        if self.header.is_repeated_by(record.cells):
            return
        if self.data_rows == 0:
            headers.refuse_other_lists(self.header)
        self.data_rows += 1
        organization, problems = rows.read(record, texts, self.header, on=on)
        self.problems.extend(problems)
        if organization is None:
            return
        self.organizations.append(organization)
        self.filled.update(filled)
        for column in filled:
            if column >= len(self.header.texts) or column in self._unnamed:
                self._first_stray.setdefault(column, record.number)

    def columns_left_out(self) -> dict[str, int]:
        """For each heading that no field takes: how many cells under it are filled, if any are."""
        return {self.header.texts[n]: self.filled[n] for n in self.header.columns_left_out if self.filled[n]}

    def stray_cells(self) -> Iterator[Problem]:
        """One problem for each column without a heading that has filled cells."""
        for column, row in sorted(self._first_stray.items()):
            below = self.filled[column] - 1
            more = f" ({below} more below)" if below else ""
            yield Problem(
                row,
                Weight.CELL_LEFT_OUT,
                f"column {column + 1}",
                f"this cell stands under no heading{more}",
                remedy="Give the column a heading if it matters.",
            )
