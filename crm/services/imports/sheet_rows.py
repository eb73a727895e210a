"""The rows of a sheet as they were read, from the database."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa

from crm.db import db
from crm.models import ImportRow
from crm.services.imports.records import Record

AT_ONCE: Final = 2_000
_FIRST_ROWS: Final = 1_000


def first(sheet_id: int) -> list[tuple[int, Sequence[str]]]:
    """The first rows of a sheet, by which it is recognised."""
    rows = (
        sa.select(ImportRow.row, ImportRow.cells)
        .where(ImportRow.import_sheet_id == sheet_id)
        .order_by(ImportRow.row)
        .limit(_FIRST_ROWS)
    )
    return [(row.row, row.cells) for row in db.session.execute(rows)]


def every(sheet_id: int, *, pulse: Callable[[int], None] = lambda _: None) -> Iterator[Record]:
    """All rows of a sheet, some thousand at a time; `pulse` hears how many came."""
    after = 0
    while True:
        some = db.session.execute(
            sa.select(ImportRow.row, ImportRow.cells, ImportRow.problems)
            .where(ImportRow.import_sheet_id == sheet_id, ImportRow.row > after)
            .order_by(ImportRow.row)
            .limit(AT_ONCE)
        ).all()
        pulse(len(some))
        for number, cells, problems in some:
            said: dict[str, Any] = next((one for one in problems if "broken" in one), {})
            yield Record(number, tuple(cells), said.get("broken", ""), bool(said.get("zero")))
        if len(some) < AT_ONCE:
            return
        after = some[-1].row
