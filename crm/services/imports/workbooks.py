"""Workbooks, read by a process of its own with a memory limit, so that no file can take a worker down."""

import io
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from crm.errors import Refused
from crm.services.imports import workbook_child

MEMORY: Final = 2 * 1024**3
"""Bytes of address space for the reader. 200,000 rows of twenty columns take less than half of it."""
SECONDS: Final = 240
_OLD: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_TOO_MUCH: Final = "This workbook needs more memory than can be given to it. Split it into parts."
_WAY_OUT: Final = "Open it, save it as .xlsx (or each sheet as CSV) and import that."


@dataclass(frozen=True, slots=True)
class Begun:
    """A sheet begins: what follows belongs to it."""

    name: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Filled:
    """A row that holds something, under its number from 1."""

    row: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Unstored:
    """The columns, by letter, of formulas in a row without a stored result."""

    row: int
    letters: list[str]


def is_one(stream: BinaryIO) -> bool:
    """Whether the bytes begin as a workbook's do, whatever the file is called.

    Raises `Refused` for one in the old format or with a password, and for one that was cut off.
    """
    stream.seek(0)
    head = stream.read(8)
    stream.seek(0)
    if head.startswith(_OLD):
        raise Refused(f"This is an Excel file in the old format, or one with a password. {_WAY_OUT}")
    if not head.startswith(b"PK"):
        return False
    if not zipfile.is_zipfile(stream):
        raise Refused("This is a damaged workbook: only a part of the file has arrived. Get it again.")
    stream.seek(0)
    with zipfile.ZipFile(stream) as archive:
        names = set(archive.namelist())
    stream.seek(0)
    if "xl/workbook.xml" not in names and "xl/workbook.bin" not in names:
        raise Refused("This is an archive and no workbook. Unpack it and import what is in it.")
    return True


def read(stream: BinaryIO) -> Iterator[Begun | Filled | Unstored]:
    """The sheets of the workbook in `stream`, in order, row by row. Raises `Refused` with the reason for one
    that cannot be taken, also midway.
    """
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as copy:
        stream.seek(0)
        shutil.copyfileobj(stream, copy)
        copy.flush()
        for line in _lines(Path(copy.name)):
            match line:
                case ["sheet", str(name), bool(is_hidden)]:
                    yield Begun(name, is_hidden)
                case ["row", int(number), list(cells)]:
                    yield Filled(number, cells)
                case ["empty", int(number), list(letters)]:
                    yield Unstored(number, letters)
                case ["refused", "memory"]:
                    raise Refused(_TOO_MUCH)
                case ["refused", why]:
                    raise Refused(f"This workbook cannot be taken: {why}.")


def _lines(path: Path) -> Iterator[list[Any]]:
    command = [sys.executable, "-I", str(workbook_child.__file__), str(path), str(MEMORY)]
    with tempfile.TemporaryFile() as told:
        try:
            done = subprocess.run(  # noqa: S603  # nosec B603 - our own reader, its arguments are ours
                command, stdin=subprocess.DEVNULL, stdout=told, stderr=subprocess.DEVNULL, timeout=SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise Refused("Reading this workbook takes too long. Split it into parts.") from error
        told.seek(0)
        with io.TextIOWrapper(told, encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):
                    yield json.loads(line)
        if done.returncode:
            raise Refused(_TOO_MUCH)
