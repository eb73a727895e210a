"""Many rows into a table at once: COPY into a staging table, then INSERT … SELECT.

COPY refuses a table with row security, and triggers on statements see all rows of one INSERT together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any, Final

import psycopg
from psycopg import sql

TOUCHED: Final = {
    "users": "created_at",
    "organizations": "created_at",
    "contacts": "created_at",
    "products": "created_at",
    "opportunities": "stage_changed_at",
    "samples": "created_at",
    "distributor_principals": "created_at",
    "product_distributors": "created_at",
    "contact_advocacies": "created_at",
    "interactions": "coalesce(completed_at, created_at)",
}
"""When a row was changed last, for tables that say so: not at the moment of loading."""


def write(cursor: psycopg.Cursor[Any], rows: Sequence[Any], *, latest: datetime | None) -> None:
    """Add the rows of one table (dataclasses of `rows.py`) with the numbers they have.

    A moment after `latest` becomes `latest`. Raises what the database says of a row that it does not take.
    """
    if not rows:
        return
    table = rows[0].table
    names = [part.name for part in fields(rows[0])]
    copy(cursor, rows, latest=latest)
    touched = TOUCHED.get(table)
    cursor.execute(
        sql.SQL("insert into {} ({}{}) select {}{} from {} order by 1, 2").format(
            sql.Identifier(table),
            listed(names),
            sql.SQL(", updated_at" if touched else ""),
            listed(names),
            sql.SQL(f", {touched}" if touched else ""),
            staged(table),
        )
    )
    drop(cursor, table)


def copy(cursor: psycopg.Cursor[Any], rows: Sequence[Any], *, latest: datetime | None) -> None:
    """Bring the rows of one table into its staging table, which is made for it."""
    names = [part.name for part in fields(rows[0])]
    table = rows[0].table
    cursor.execute(
        sql.SQL("create temporary table {} on commit drop as select {} from {} with no data").format(
            staged(table), listed(names), sql.Identifier(table)
        )
    )
    with cursor.copy(sql.SQL("copy {} ({}) from stdin").format(staged(table), listed(names))) as stream:
        for row in rows:
            stream.write_row([_plain(getattr(row, name), latest) for name in names])


def drop(cursor: psycopg.Cursor[Any], table: str) -> None:
    """Take the staging table of `table` away again."""
    cursor.execute(sql.SQL("drop table {}").format(staged(table)))


def staged(table: str) -> sql.Identifier:
    """The name of the staging table of `table`."""
    return sql.Identifier(f"staged_{table}")


def listed(names: Iterable[str]) -> sql.Composed:
    """Columns as they stand in a list."""
    return sql.SQL(", ").join(map(sql.Identifier, names))


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
