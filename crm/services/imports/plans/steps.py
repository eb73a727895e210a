"""A record to create or change, and what becomes of a row."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, TypeAlias

from crm.enums import ImportOutcome
from crm.services.imports.headers import Header
from crm.services.imports.problems import Problem, Weight

RANKS: Final = (
    *(
        "picklist_values",
        "organizations",
        "products",
        "product_distributors",
        "contacts",
        "contact_advocacies",
    ),
    *("opportunities", "opportunity_principals", "opportunity_products", "interactions"),
    "interaction_principals",
)
"""In which order records are written: whatever names another comes after it."""


@dataclass(eq=False, slots=True)
class Step:
    """One record to create (`is_new`) or to change. A value may be another step: the record that it makes."""

    kind: str
    sheet_id: int
    row: int
    values: dict[str, Any]
    is_new: bool = True
    record_id: int | None = None
    was: dict[str, Any] | None = None
    version: int | None = None
    place: int = 0
    is_first: bool = False
    """Written before others of its kind, which may name it."""
    rows: frozenset[int] = frozenset()
    """All rows that have a say in it."""
    number: int = 0
    """Which of those in memory it is, in the order in which they were planned; 0 for one that is not kept
    there.
    """

    def put(self, column: str, value: Any, before: Any) -> None:
        """Change one more column of a record of the book, which said `before`."""
        if self.was is None:
            self.was = {}
        self.was.setdefault(column, before)
        self.values[column] = value

    def comes_to_nothing(self) -> bool:
        """Forget columns that would say what the book says; true if none is left."""
        was = self.was or {}
        for column in [name for name, value in self.values.items() if was.get(name) == value]:
            del self.values[column]
            was.pop(column, None)
        return not self.values

    is_last: bool = False
    """Written after everything else, beside the step that was planned next to it."""

    @property
    def rank(self) -> tuple[int, bool]:
        return len(RANKS) if self.is_last else RANKS.index(self.kind), not self.is_first


Ref: TypeAlias = int | Step
"""A record of the book by its number, or the one that a step will make."""


@dataclass(slots=True)
class RowPlan:
    """What becomes of a row, what it is called, and what there is to say about it."""

    sheet_id: int
    row: int
    outcome: ImportOutcome
    label: str = ""
    problems: list[Problem] = field(default_factory=list)

    def is_left_out(self) -> bool:
        return any(one.weight is Weight.ROW_LEFT_OUT for one in self.problems)


@dataclass(slots=True)
class SheetOf:
    """A sheet as planners see it: what it is and what its columns mean, and the figures they gather."""

    sheet_id: int
    name: str
    kind: str
    header: Header | None
    first_row: int
    figures: dict[str, Counter[str]] = field(default_factory=dict)

    def count(self, what: str, which: str, n: int = 1) -> None:
        """Note `n` more of `which` under the figure `what`."""
        self.figures.setdefault(what, Counter())[which] += n


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    match value:
        case Step():
            return {"step": value.place}
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case _:
            return value


def plain_all(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items()}
