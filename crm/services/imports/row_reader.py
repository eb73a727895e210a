"""The cells of one row, asked for by what they mean."""

from collections.abc import Callable
from typing import TypeVar

from crm.services.imports.headers import Header
from crm.services.imports.problems import Problem, Weight, shortened
from crm.services.imports.records import Record
from crm.services.imports.text import clean

T = TypeVar("T")


class RowReader:
    """The cells of one row by field, and what there is to say about them."""

    def __init__(self, record: Record, header: Header) -> None:
        self.record = record
        self.header = header
        self.problems: list[Problem] = []
        self.kept: list[str] = []

    def filled(self, field: str) -> list[str]:
        """The filled cells under the headings that mean `field`, as they stand."""
        columns = (n for n in self.header.columns.get(field, ()) if n < len(self.record.cells))
        return [cell for n in columns if clean(cell := self.record.cells[n])]

    def text(self, field: str) -> str:
        """The clean text of `field`. When several columns mean it, the first filled one counts."""
        texts = list(dict.fromkeys(clean(cell) for cell in self.filled(field)))
        for text in texts[1:]:
            reason = f'is a second one; the row\'s first, "{shortened(texts[0])}", was taken'
            self.say(Weight.CELL_LEFT_OUT, field, reason, "Keep one of the two columns.", text)
        return texts[0] if texts else ""

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
