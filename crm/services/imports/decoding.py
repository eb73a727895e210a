"""From the bytes of a file to its lines: which encoding it has, and what is no text at all."""

import codecs
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from charset_normalizer import from_bytes

from crm.errors import Refused
from crm.services.imports.text import WINDOWS_1252

MOST_BYTES: Final = 200 * 1024 * 1024
LONGEST_LINE: Final = 1_000_000
_CHUNK: Final = 1024 * 1024
_SAMPLE: Final = 64 * 1024

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_MANY_BYTES_A_LETTER: Final = ("cp932", "gb18030", "big5", "euc_kr")
_OTHERS: Final = ("mac_roman", "cp1251", "cp1253", "cp1255", *_MANY_BYTES_A_LETTER)
"""What a file that is not UTF-8 may be instead of Windows-1252. The list is short on purpose: the more there
are to choose from, the more often a guess is wrong."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a file are read: Python's name of the codec, and the name that people know."""

    codec: str
    label: str


WINDOWS: Final = Encoding("windows-1252", "Windows-1252")


def detect(stream: BinaryIO, *, named: str = "") -> Encoding:
    """The encoding of the text in `stream`, a seekable file of any bytes.

    `named` is a person's word on it. Without one, in this order: a byte order mark; UTF-16 by its zero bytes;
    UTF-8 if all of it can be read as such; else Windows-1252. Raises `Refused` for an empty file, a workbook,
    what is no text, more than `MOST_BYTES`, and a file that surely has none of these encodings.
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if size == 0:
        raise Refused("The file is empty: it has no bytes at all. Export it again.")
    if size > MOST_BYTES:
        raise Refused(f"The file has {size >> 20} MB; at most {MOST_BYTES >> 20} MB can be read. Split it.")
    head = stream.read(_SAMPLE)
    _refuse_workbooks(stream, head)
    return _by_name(named) if named else _by_content(stream, head)


def lines(stream: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """The lines of `stream`, each with its own line end. Bytes that mean nothing become U+FFFD.

    Raises `Refused` for a line of more than `LONGEST_LINE` characters.
    """
    stream.seek(0)
    is_windows = encoding == WINDOWS
    text = io.TextIOWrapper(
        stream, encoding="latin-1" if is_windows else encoding.codec, errors="replace", newline=""
    )
    try:
        while line := text.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise Refused(
                    f"A line of the file has more than {LONGEST_LINE:,} characters: this is no table."
                )
            yield line.translate(WINDOWS_1252) if is_windows and not line.isascii() else line
    finally:
        text.detach()


def _by_name(name: str) -> Encoding:
    try:
        codec = codecs.lookup(name).name
        "".encode(codec)
    except LookupError as error:
        raise Refused(
            f'There is no encoding called "{name}". Try utf-8, utf-16, windows-1252 or mac-roman.'
        ) from error
    return WINDOWS if codec == "cp1252" else Encoding(codec, name)


def _by_content(stream: BinaryIO, head: bytes) -> Encoding:
    for mark, codec, label in _MARKS:
        if head.startswith(mark) and _reads_as(stream, codec):
            return Encoding(codec, label)
    for codec in ("utf-16-le", "utf-16-be"):
        if _has_zeros_like(codec, head) and _reads_as(stream, codec):
            return Encoding(codec, "UTF-16")
    _refuse_binary(head)
    if _reads_as(stream, "utf-8"):
        return Encoding("utf-8", "UTF-8")
    _refuse_doubtful(stream)
    return WINDOWS


def _refuse_workbooks(stream: BinaryIO, head: bytes) -> None:
    way_out = 'Open it and save it as "CSV UTF-8", then bring that file.'
    if head.startswith(b"PK\x03\x04"):
        if not zipfile.is_zipfile(stream):
            raise Refused("This is a damaged workbook: only a part of the file has arrived. Get it again.")
        raise Refused(f"This is an Excel workbook, and a text file is wanted here. {way_out}")
    if head.startswith(bytes.fromhex("d0cf11e0a1b11ae1")):
        raise Refused(f"This is an Excel file in the old format, or one with a password. {way_out}")


def _refuse_binary(head: bytes) -> None:
    controls = sum(head.count(byte) for byte in range(0x20) if byte not in b"\t\n\v\f\r")
    if controls >= 8 and controls > len(head) * 0.05:
        raise Refused("This is neither text nor a workbook. Export the list as CSV or XLSX.")


def _reads_as(stream: BinaryIO, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    stream.seek(0)
    try:
        while chunk := stream.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _has_zeros_like(codec: str, head: bytes) -> bool:
    """Latin letters in UTF-16 have a zero in every other byte, which no other text has."""
    filled, zeros = (head[0::2], head[1::2]) if codec == "utf-16-le" else (head[1::2], head[0::2])
    return len(head) > 3 and zeros.count(0) > len(zeros) * 0.4 and filled.count(0) < len(filled) * 0.05


def _refuse_doubtful(stream: BinaryIO) -> None:
    """Ask rather than fill the book with nonsense: refuses what surely is no Windows-1252."""
    sample = _lines_beyond_ascii(stream)
    if _is_mostly_utf8(sample):
        return  # some bytes are broken; cell by cell the others are repaired
    likely = from_bytes(sample, cp_isolation=["cp1252", *_OTHERS])
    best = likely.best()
    if best is None or any(match.encoding == "cp1252" for match in likely):
        return
    if best.coherence > 0.4 or best.encoding in _MANY_BYTES_A_LETTER:
        raise Refused(
            f"The file says nothing about its encoding, and it looks like {best.encoding}. Bring it again "
            f"and name the encoding: {best.encoding}, or windows-1252 if its letters come out wrong."
        )


def _lines_beyond_ascii(stream: BinaryIO) -> bytes:
    """Up to `_SAMPLE` bytes of the lines that tell encodings apart; in the rest all of them agree."""
    stream.seek(0)
    sample = bytearray()
    while len(sample) < _SAMPLE and (line := stream.readline(_SAMPLE)):
        if not line.isascii():
            sample += line
    return bytes(sample)


def _is_mostly_utf8(sample: bytes) -> bool:
    broken = sample.decode("utf-8", "replace").count("\ufffd")
    whole = sum(not character.isascii() for character in sample.decode("utf-8", "ignore"))
    return whole > broken
