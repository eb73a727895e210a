"""What an import has to say about single rows: which row, why, and what would put it right."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """What became of the row or cell that a problem is about."""

    ROW_LEFT_OUT = "row left out"
    CELL_LEFT_OUT = "cell left out"
    NOTICE = "worth a look"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to tell the person who brought the file.

    `row` counts as a spreadsheet program counts the rows of the file, from 1. `text` is what stood in the
    file, if that helps to find it. `remedy` is what to do, "" when nothing needs to be done.
    """

    row: int
    weight: Weight
    field: str
    reason: str
    remedy: str = ""
    text: str = ""

    def __str__(self) -> str:
        shown = f' "{shortened(self.text)}"' if self.text else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"Row {self.row}, {self.field}{shown}: {self.reason}.{remedy}"


def of_weight(weight: Weight, problems: Sequence[Problem]) -> list[Problem]:
    """Those of `problems` that have `weight`, in the order of the file."""
    return sorted((p for p in problems if p.weight is weight), key=lambda p: p.row)


def shortened(text: str, length: int = 60) -> str:
    """`text` on one line for a message, cut with an ellipsis beyond `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"
