"""Many rows into a table at once: COPY into a staging table, then INSERT … SELECT.

COPY refuses a table with row security, and triggers on statements see all rows of one INSERT together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any

import psycopg
from psycopg import sql

_TOUCHED = {
    "users": sql.SQL("created_at"),
    "organizations": sql.SQL("created_at"),
    "contacts": sql.SQL("created_at"),
    "products": sql.SQL("created_at"),
    "opportunities": sql.SQL("stage_changed_at"),
    "samples": sql.SQL("created_at"),
    "interactions": sql.SQL("coalesce(completed_at, created_at)"),
}
"""When a row was changed last, for tables that say so: not at the moment of loading."""


def write(cursor: psycopg.Cursor[Any], rows: Sequence[Any], *, latest: datetime | None) -> None:
    """Add the rows of one table (dataclasses of `rows.py`) with the numbers they have.

    A moment after `latest` becomes `latest`. Raises what the database says of a row that it does not take.
    """
    if not rows:
        return
    table = sql.Identifier(rows[0].table)
    staging = sql.Identifier(f"staged_{rows[0].table}")
    names = [part.name for part in fields(rows[0])]
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    cursor.execute(
        sql.SQL("create temporary table {} on commit drop as select {} from {} with no data").format(
            staging, columns, table
        )
    )
    with cursor.copy(sql.SQL("copy {} ({}) from stdin").format(staging, columns)) as copy:
        for row in rows:
            copy.write_row([_plain(getattr(row, name), latest) for name in names])
    touched = _TOUCHED.get(rows[0].table)
    cursor.execute(
        sql.SQL("insert into {} ({}{}) select {}{} from {} order by 1, 2").format(
            table,
            columns,
            sql.SQL(", updated_at" if touched else ""),
            columns,
            sql.Composed([sql.SQL(", "), touched]) if touched else sql.SQL(""),
            staging,
        )
    )
    cursor.execute(sql.SQL("drop table {}").format(staging))


def count_on(cursor: psycopg.Cursor[Any], tables: Iterable[tuple[str, str]]) -> None:
    """Let the numbering of each (table, key) go on after its highest number."""
    for table, key in tables:
        cursor.execute(
            sql.SQL("select setval(pg_get_serial_sequence({}, {}), max({})) from {}").format(
                sql.Literal(table), sql.Literal(key), sql.Identifier(key), sql.Identifier(table)
            )
        )


def _plain(value: Any, latest: datetime | None) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime) and latest is not None:
        return min(value, latest)
    return value
