"""Rows as files that spreadsheets open: one CSV, a ZIP of them, or a workbook. Written row by row, so that
memory stays flat however many there are.
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol

from crm import csv_lines

MOST_ROWS: Final = 1_048_575
"""Rows that one sheet of a workbook holds under its head; the rest goes on in another."""
LONGEST: Final = 32_767
"""Characters that a cell of a workbook holds."""


class Sheets(Protocol):
    """A file of sheets; `sheet` begins one, `rows` adds to it, `close` ends the file."""

    def sheet(self, title: str, head: Sequence[str]) -> None: ...

    def rows(self, rows: Sequence[Sequence[object]]) -> None: ...

    def close(self) -> None: ...


class Csv:
    """One CSV file, for one sheet."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("w", encoding="utf-8", newline="", buffering=1024 * 1024)
        self.writer = csv.writer(self.file)

    def sheet(self, title: str, head: Sequence[str]) -> None:  # noqa: ARG002 - it has no place for a title
        self.file.write(csv_lines.MARK)
        self.rows([head])

    def rows(self, rows: Sequence[Sequence[object]]) -> None:
        safe = csv_lines.safe
        self.writer.writerows([[safe(cell) for cell in row] for row in rows])

    def close(self) -> None:
        self.file.close()


class ZippedCsv:
    """A ZIP with a CSV file for each sheet."""

    def __init__(self, path: Path) -> None:
        self.archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self.text: io.TextIOWrapper | None = None
        self.writer: Any = None

    def sheet(self, title: str, head: Sequence[str]) -> None:
        self._end()
        member = self.archive.open(f"{title.lower()}.csv", "w", force_zip64=True)
        self.text = io.TextIOWrapper(member, "utf-8", newline="")
        self.text.write(csv_lines.MARK)
        self.writer = csv.writer(self.text)
        self.rows([head])

    def rows(self, rows: Sequence[Sequence[object]]) -> None:
        safe = csv_lines.safe
        self.writer.writerows([[safe(cell) for cell in row] for row in rows])

    def close(self) -> None:
        self._end()
        self.archive.close()

    def _end(self) -> None:
        if self.text is not None:
            self.text.close()


class Workbook:
    """An XLSX workbook. Nothing in it is a formula or a link, whatever it begins with."""

    def __init__(self, path: Path) -> None:
        import xlsxwriter  # with the first workbook: not every process makes one

        self.book = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": str(path.parent),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self.bold = self.book.add_format({"bold": True})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.title, self.head, self.n, self.part = "", list[str](), 0, 1
        self.here: Any = None

    def sheet(self, title: str, head: Sequence[str]) -> None:
        self.title, self.head, self.part = title, list(head), 1
        self._begin(title)

    def rows(self, rows: Sequence[Sequence[object]]) -> None:
        for row in rows:
            if self.n == MOST_ROWS:
                self.part += 1
                self._begin(f"{self.title} {self.part}")
            self.n += 1
            for column, cell in enumerate(row):
                self._write(self.n, column, cell)

    def close(self) -> None:
        self.book.close()

    def _begin(self, title: str) -> None:
        self.here, self.n = self.book.add_worksheet(title[:31]), 0
        self.here.freeze_panes(1, 1)
        self.here.set_column(0, 0, 32)
        self.here.set_column(1, max(len(self.head) - 1, 1), 18)
        for column, label in enumerate(self.head):
            self.here.write_string(0, column, label, self.bold)

    def _write(self, row: int, column: int, cell: object) -> None:
        if cell is None or cell == "":
            return
        if isinstance(cell, date):
            self.here.write_datetime(row, column, cell, self.day)
        elif isinstance(cell, int) and not isinstance(cell, bool):
            self.here.write_number(row, column, cell)
        else:
            self.here.write_string(row, column, str(cell)[:LONGEST])


FORMATS: dict[str, tuple[type[Csv | ZippedCsv | Workbook], str]] = {
    "csv": (Csv, "text/csv; charset=utf-8"),
    "zip": (ZippedCsv, "application/zip"),
    "xlsx": (Workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
"""What writes each kind of file, by the end of its name, and how it is called on the web."""
