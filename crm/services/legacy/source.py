"""The old database: which shape it has, and its rows in one snapshot. Nothing here can write to it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql

from crm.errors import Refused
from crm.services.imports.text import clean, clean_lines

AT_ONCE: Final = 500
"""Rows that are fetched together."""

SECRETS: Final = frozenset(
    {
        "encrypted_password",
        "confirmation_token",
        "recovery_token",
        "email_change_token",
        "reauthentication_token",
    }
)
"""Columns of accounts that are never read: whoever holds them could sign in as somebody."""


class Shape(StrEnum):
    """The two shapes that the old database is found in."""

    V1 = "v1"
    """The older: contacts name their organization as text; no products, opportunities or interactions."""
    V2 = "v2"
    """The latest: everything hangs on organizations by key."""


@dataclass(frozen=True)
class Row:
    """One row of the old database. Texts come out repaired and trimmed, moments in UTC."""

    table: str
    id: str
    values: Mapping[str, Any]
    raw: str
    """The whole row as JSON, as it goes to the archive."""

    def text(self, column: str) -> str | None:
        """The text on one line; None where there is none."""
        return clean(str(self.values.get(column) or "")) or None

    def lines(self, column: str) -> str | None:
        """The text with its line breaks; None where there is none."""
        return clean_lines(str(self.values.get(column) or "")) or None

    def key(self, column: str) -> str | None:
        """The key of the row that this column names."""
        value = self.values.get(column)
        return str(value) if value else None

    def flag(self, column: str) -> bool:
        """Whether it is true; unknown reads as no."""
        return self.values.get(column) is True

    def number(self, column: str) -> int | None:
        """The whole number, None where there is none."""
        value = self.values.get(column)
        return None if value is None else int(value)

    def moment(self, column: str) -> datetime | None:
        """The moment, in UTC."""
        value = self.values.get(column)
        return datetime.fromisoformat(value).astimezone(UTC) if value else None

    def day(self, column: str, zone: ZoneInfo) -> date | None:
        """The day: of a moment the calendar day in `zone`, of a day itself."""
        value = self.values.get(column)
        if not value:
            return None
        if len(value) == len("2026-08-07"):
            return date.fromisoformat(value)
        return datetime.fromisoformat(value).astimezone(zone).date()

    def list(self, column: str) -> list[Any]:
        """What a JSON column lists; nothing where it holds something else."""
        value = self.values.get(column)
        return value if isinstance(value, list) else []

    def object(self, column: str) -> dict[str, Any]:
        """The keys of a JSON column; none where it holds something else."""
        value = self.values.get(column)
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True)
class Table:
    """A table of the old database as it is there."""

    schema: str
    name: str
    columns: tuple[str, ...]
    rows: int


class Source:
    """An open snapshot of the old database. Use `Source.open`."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self.tables = {table.name: table for table in self._look()}
        self.shape = self._shape()

    @classmethod
    @contextmanager
    def open(cls, dsn: str) -> "Iterator[Source]":
        """Open a snapshot at `dsn`. Raises `Refused` where nobody answers, or what is there is no such
        database.
        """
        try:
            connection = psycopg.connect(
                dsn, options="-c default_transaction_read_only=on -c timezone=UTC", connect_timeout=10
            )
        except psycopg.Error as error:
            raise Refused(f"The old database did not answer: {error}") from error
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection:
            yield cls(connection)

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table, oldest first; none where the table is not there."""
        known = self.tables.get(table)
        if known is None:
            return
        age = [sql.Identifier("created_at")] if "created_at" in known.columns else []
        query = sql.SQL(
            "select t.id::text, (to_jsonb(t) - {secrets}::text[])::text from {table} t order by {order}"
        ).format(
            secrets=sql.Literal(sorted(SECRETS)),
            table=sql.Identifier(known.schema, known.name),
            order=sql.SQL(", ").join([*age, sql.SQL("t.id")]),
        )
        with self._connection.cursor(name=f"legacy_{table}") as cursor:
            cursor.itersize = AT_ONCE
            cursor.execute(query)
            for number, raw in cursor:
                yield Row(table, number, json.loads(raw), raw)

    def _look(self) -> Iterator[Table]:
        found = self._connection.execute(
            """
            select n.nspname, c.relname, array_agg(a.attname::text order by a.attnum)
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relkind in ('r', 'p')
                and (n.nspname = 'public' or (n.nspname, c.relname) = ('auth', 'users'))
            group by 1, 2
            order by 1, 2
            """
        ).fetchall()
        for schema, name, columns in found:
            if "id" not in columns:
                continue
            counted = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, name))
            rows = self._connection.execute(counted).fetchone()
            yield Table(schema, name, tuple(columns), rows[0] if rows else 0)

    def _shape(self) -> Shape:
        contacts = self.tables.get("contacts")
        if contacts is None or "organizations" not in self.tables:
            raise Refused("This is not the old database: it has no organizations and contacts.")
        return Shape.V2 if {"opportunities", "interactions"} <= self.tables.keys() else Shape.V1
