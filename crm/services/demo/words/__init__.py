"""The invented world of the demo book, kept as plain text beside this file.

Every firm, person, town, dish and sentence in it is coined. A text has sections, `[name]` and the lines
below it; `#` begins a comment.
"""

from functools import cache
from pathlib import Path


@cache
def sections(text: str) -> dict[str, list[str]]:
    """The sections of the file `text`.txt in the order of the file, each with its lines."""
    found: dict[str, list[str]] = {}
    for line in Path(__file__).with_name(f"{text}.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            found[line.strip("[]")] = []
        elif line and not line.startswith("#"):
            found[next(reversed(found))].append(line)
    return found


def lines(text: str, section: str) -> list[str]:
    """The lines of one section; raises `KeyError` for a section that is not there."""
    return sections(text)[section]


def words(text: str, section: str) -> list[str]:
    """The words of one section that is a running list."""
    return " ".join(lines(text, section)).split()


def fields(line: str) -> list[str]:
    """The parts of a line divided by semicolons."""
    return [part.strip() for part in line.split(";")]


def weights(text: str, section: str) -> dict[str | None, int]:
    """A section of `word; weight`, with `-` read as None."""
    pairs = (fields(line) for line in lines(text, section))
    return {None if word == "-" else word: int(weight) for word, weight in pairs}
