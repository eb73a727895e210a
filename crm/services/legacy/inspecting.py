"""A look at the old database before anything is written: what is there, and what would become of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from crm.services.legacy import catalogue
from crm.services.legacy.book import Entry
from crm.services.legacy.findings import Finding
from crm.services.legacy.migrating import begin
from crm.services.legacy.source import Shape, Source, Table
from crm.services.legacy.steps import plan


@dataclass(frozen=True)
class Inspected:
    """What is there. `made` counts the rows of ours that a migration would make, by table."""

    shape: Shape
    tables: list[Table]
    fates: dict[str, dict[str, str]]
    """What becomes of each column, by table."""
    made: dict[str, int]
    findings: list[Finding]


class Rehearsal:
    """A `Writer` that writes nothing and counts."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self._keys = count(1)

    def add(self, table: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        self.made[table] += len(rows)
        return [next(self._keys) for _ in rows]

    def link(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self.made[table] += len(rows)

    def map(self, entries: Iterable[Entry]) -> None:
        for _ in entries:
            self.made["legacy_id_map"] += 1

    def sign_stage_changes(self, signed: Mapping[int, int]) -> None:
        self.made["opportunity_stage_changes"] += len(signed)


def inspect(source: Source, *, today: date) -> Inspected:
    """Walk every step of a migration into a book that knows only this firm's people; nothing is written.

    `today` is a day of the firm.
    """
    book, writer = begin(today), Rehearsal()
    book.ids.clear()
    for step in plan(source, book):
        if step.write is not None:
            step.write(step.rows, book, writer)
    tables = list(source.tables.values())
    return Inspected(
        shape=source.shape,
        tables=tables,
        fates={
            table.name: {column: catalogue.fate(table.name, column) for column in table.columns}
            for table in tables
        },
        made={table: made for table, made in writer.made.items() if made},
        findings=book.findings,
    )
