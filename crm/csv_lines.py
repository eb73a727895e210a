"""Rows as a CSV file that spreadsheets open as they are.

Floor 0: imports nothing of ours.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, cast

MOST_IN_MEMORY = 1024 * 1024

MARK = "\ufeff"
"""Tells Excel that the file is UTF-8."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is calculated by a spreadsheet instead of shown."""


def safe(value: object) -> str:
    """The text of a cell; an apostrophe before it where a spreadsheet would take it for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA) or text.startswith(FORMULA) else text


def file(head: Sequence[str], rows: Iterable[Sequence[object]]) -> IO[bytes]:
    """The whole file, at its beginning: the mark, the head, then a line for each row.

    It is written before anything is sent, so that a failure is an answer and never half a file; a large
    one lies on the disk until it is sent and is gone then.
    """
    written = SpooledTemporaryFile(MOST_IN_MEMORY)  # noqa: SIM115 - who sends it closes it
    text = io.TextIOWrapper(cast("IO[bytes]", written), "utf-8", newline="")
    text.write(MARK)
    writer = csv.writer(text)
    writer.writerow([safe(cell) for cell in head])
    writer.writerows([safe(cell) for cell in row] for row in rows)
    text.flush()
    text.detach()
    written.seek(0)
    return cast("IO[bytes]", written)
