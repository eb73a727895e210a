"""Reads one workbook in a process of its own and tells its rows line by line as JSON. It stands alone: the
process that runs it has a memory limit and knows nothing else of the house.

Looked at before anything is opened: how much the file unpacks to, whether it declares entities, and how far
its filled cells lie. What is told, one JSON array a line:

    ["sheet", name, is_hidden]      what follows belongs to it
    ["row", number, [text, ...]]    a row that holds something, its cells as texts
    ["empty", number, [letters]]    formulas in this row without a stored result
    ["refused", why]                the last line, if the file cannot be taken
"""

import json
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import unescape

MOST_ROWS: Final = 200_000
MOST_ABOVE: Final = 100
"""Titles, instructions and the header count for themselves."""
MOST_COLUMNS: Final = 500
MOST_UNPACKED: Final = 2 * 1024**3
MOST_RATIO: Final = 200
"""How many times its packed size a part may have, once that is more than `SMALL`."""
SMALL: Final = 64 * 1024**2
MOST_MEMBERS: Final = 5_000
MOST_SHEETS: Final = 200
_CHUNK: Final = 1 << 20
_OVERLAP: Final = 2_000

_FILLED: Final = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*?(?<!/)>\s*<[fvi]')
_UNSTORED: Final = re.compile(
    rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*?(?<!/)>\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*</c>'
)
_SHEET: Final = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_LINK: Final = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")


class Refused(Exception):
    """The workbook cannot be taken, and why."""


def main(path: str, memory: int) -> int:
    """Tell the rows of the workbook at `path` within `memory` bytes."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        unstored = look(Path(path))
        for line in rows(Path(path), unstored):
            sys.stdout.write(json.dumps(line) + "\n")
    except Refused as refused:
        sys.stdout.write(json.dumps(["refused", str(refused)]) + "\n")
    except MemoryError:
        sys.stdout.write(json.dumps(["refused", "memory"]) + "\n")
    return 0


def look(path: Path) -> dict[str, dict[int, list[str]]]:
    """Raises `Refused` for what must not be opened; else the formulas without a result, by part and row."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _look_into(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise Refused(
            "it is damaged: a part of it cannot be unpacked. Save it anew or get it again"
        ) from error


def _look_into(archive: zipfile.ZipFile) -> dict[str, dict[int, list[str]]]:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise Refused("it is made of more parts than any workbook")
    if any(member.flag_bits & 0x1 for member in members):
        raise Refused("it is password-protected. Save it without a password")
    unpacked = 0
    unstored: dict[str, dict[int, list[str]]] = {}
    for member in members:
        found: dict[int, list[str]] = {}
        unpacked += _look_at(archive, member, found, unpacked)
        if found:
            unstored[member.filename] = found
    return unstored


def _look_at(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, unstored: dict[int, list[str]], before: int
) -> int:
    """Go through one part without keeping it. How many bytes it has."""
    is_sheet = member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml")
    is_xml = member.filename.endswith((".xml", ".rels"))
    size, rest = 0, b""
    with archive.open(member) as part:
        while chunk := part.read(_CHUNK):
            size += len(chunk)
            if size > SMALL and size > MOST_RATIO * max(member.compress_size, 1):
                raise Refused("a small part of it unpacks to very much, as in a file made to fill memory")
            if before + size > MOST_UNPACKED:
                raise Refused(f"it unpacks to more than {MOST_UNPACKED >> 30} GB. Split it")
            if is_xml:
                text = rest + chunk
                if b"<!ENTITY" in text or b"<!DOCTYPE" in text:
                    raise Refused("it declares entities, which no spreadsheet program writes")
                if is_sheet:
                    _look_at_cells(text, unstored)
                rest = text[-_OVERLAP:]
    return size


def _look_at_cells(text: bytes, unstored: dict[int, list[str]]) -> None:
    for letters, number in set(_FILLED.findall(text)):
        if int(number) > MOST_ROWS + MOST_ABOVE:
            raise Refused(f"a cell is filled in row {int(number):,}; at most {MOST_ROWS:,} rows can be read")
        if len(letters) > 1 and _column(letters) > MOST_COLUMNS:
            raise Refused(
                f"a cell is filled in column {letters.decode()}; at most {MOST_COLUMNS} columns can be read"
            )
    for letters, number in _UNSTORED.findall(text):
        cells = unstored.setdefault(int(number), [])
        if letters.decode() not in cells:
            cells.append(letters.decode())


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def rows(path: Path, unstored: dict[str, dict[int, list[str]]]) -> Iterator[list[Any]]:
    """What `main` tells of a workbook that may be opened."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_path(str(path))
    except Exception as error:
        raise Refused("it cannot be read as a workbook. Save it anew as .xlsx") from error
    parts = _parts(path)
    sheets = [one for one in workbook.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    if len(sheets) > MOST_SHEETS:
        raise Refused(f"it has {len(sheets)} sheets; at most {MOST_SHEETS} can be read")
    for one in sheets:
        yield ["sheet", one.name, one.visible != SheetVisibleEnum.Visible]
        try:
            sheet = workbook.get_sheet_by_name(one.name)
        except Exception as error:
            raise Refused(f'its sheet "{one.name}" cannot be read. Save it anew as .xlsx') from error
        if sheet.start is None:
            continue
        first_row, first_column = sheet.start
        blank = [""] * first_column
        for number, cells in enumerate(sheet.to_python(skip_empty_area=True), first_row + 1):
            texts = [text_of(cell) for cell in cells]
            while texts and not texts[-1]:
                texts.pop()
            if texts:
                yield ["row", number, blank + texts]
        for number, letters in unstored.get(parts.get(one.name, ""), {}).items():
            yield ["empty", number, letters]


def _parts(path: Path) -> dict[str, str]:
    """The part of the archive in which each sheet lies, as far as it can be told."""
    try:
        with zipfile.ZipFile(path) as archive:
            book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
            links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    except KeyError:
        return {}
    targets = {}
    for link in _LINK.findall(links):
        target = _attribute(link, "Target")
        targets[_attribute(link, "Id")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return {
        _attribute(sheet, "name"): targets.get(_attribute(sheet, r"\w+:id"), "")
        for sheet in _SHEET.findall(book)
    }


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(found[1], {"&quot;": '"', "&apos;": "'"}) if found else ""


def text_of(cell: object) -> str:
    """A cell as the text that stands for it: days as year-month-day, whole numbers without a point."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return "" if cell is None else str(cell)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], int(sys.argv[2])))
