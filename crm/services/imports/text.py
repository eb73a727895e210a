"""Cells as people meant them: letters that were read wrongly are repaired, stray blanks go.

The rules come from the files that brokers bring along: exports that went through two programs, each of which
took UTF-8 for Windows-1252, and names copied from web pages with no-break blanks in them.
"""

import re
import unicodedata

WINDOWS_1252 = {
    byte: character for byte in range(0x80, 0xA0) if (character := bytes([byte]).decode("cp1252", "ignore"))
}
"""What the bytes 0x80-0x9F mean in Windows-1252. Five of them mean nothing and stay what they are."""

_BYTE_OF = {character: byte for byte, character in WINDOWS_1252.items()}

_MISREAD_LEADS = re.compile("[\u00c2\u00c3\u00c4\u00c5\u00e2\u00f0]")
"""What the first byte of a European letter, a typographic mark or an emoji looks like when UTF-8 was misread.
Other first bytes are left alone: "CAF\u00c9\u00ae" is a trade mark, not a misread letter."""

_JUNK = re.compile("[\u0000-\u0008\u000e-\u001b\u007f-\u009f\u00ad\u200b\u2060\ufeff]")
"""Control characters and marks without width: nobody typed them on purpose."""

_LINE_END = re.compile("\r\n|[\n\r\u000b\u000c\u2028\u2029]")


def repair(text: str) -> str:
    """`text` with misread letters put right: UTF-8 that was read as Windows-1252, however often, and
    Windows-1252 marks that were left behind as control characters (U+0080-U+009F).

    Only a cell that as a whole becomes valid UTF-8 is changed; a lost letter ("Caf?") cannot be brought back.
    """
    if text.isascii():
        return text
    while (better := _reread(text)) is not None:
        text = better
    return text.translate(WINDOWS_1252)


def _reread(text: str) -> str | None:
    """The bytes that `text` was made from, read as UTF-8; None if that is not what happened to it."""
    if not _MISREAD_LEADS.search(text):
        return None
    try:
        return bytes(_BYTE_OF.get(character, ord(character)) for character in text).decode("utf-8")
    except ValueError:  # a character that Windows-1252 lacks, or bytes that are no UTF-8
        return None


def clean(text: str) -> str:
    """`text` on one line: repaired, every kind and number of blanks as one space, none at the ends."""
    return " ".join(_repaired(text).split())


def clean_lines(text: str) -> str:
    """`text` repaired and trimmed line by line. Line breaks stay, blank lines at the ends go."""
    return "\n".join(" ".join(line.split()) for line in _LINE_END.split(_repaired(text))).strip("\n")


def _repaired(text: str) -> str:
    if text.isascii():
        return text if text.isprintable() else _JUNK.sub("", text)
    return unicodedata.normalize("NFC", _JUNK.sub("", repair(text)))
