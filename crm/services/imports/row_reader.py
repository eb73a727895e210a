"""The cells of one row, asked for by what they mean."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from crm.services.imports.headers import Header
from crm.services.imports.problems import Problem, Weight, shortened
from crm.services.imports.records import Record

T = TypeVar("T")


class RowReader:
    """The cells of one row by field, and what there is to say about them. `texts` are its cells, clean."""

    def __init__(self, record: Record, texts: Sequence[str], header: Header) -> None:
        self.record = record
        self.texts = texts
        self.header = header
        self.problems: list[Problem] = []
        self.kept: list[str] = []

    def filled(self, field: str) -> list[int]:
        """The columns under headings that mean `field` in which this row has something."""
        return [n for n in self.header.columns.get(field, ()) if n < len(self.texts) and self.texts[n]]

    def text(self, field: str) -> str:
        """The clean text of `field`. When several columns mean it, the first filled one counts."""
        filled = self.filled(field)
        if not filled:
            return ""
        first, *others = dict.fromkeys(self.texts[n] for n in filled)
        for other in others:
            reason = f'is a second one; the row\'s first, "{shortened(first)}", was taken'
            self.say(Weight.CELL_LEFT_OUT, field, reason, "Keep one of the two columns.", other)
        return first

    def take(self, field: str, read: Callable[[str], T | None], reason: str, remedy: str) -> T | None:
        """What `read` makes of the cell; a cell that it cannot read is left out and reported."""
        text = self.text(field)
        found = read(text) if text else None
        if text and found is None:
            self.say(Weight.CELL_LEFT_OUT, field, reason, remedy, text)
        return found

    def say(self, weight: Weight, field: str, reason: str, remedy: str = "", text: str = "") -> None:
        self.problems.append(
            Problem(self.record.number, weight, self.header.label(field), reason, remedy=remedy, text=text)
        )
