"""Into the database: rows of ours with the keys that the database gives them, the map, the archive."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm.db import db
from crm.models import LegacyArchive, LegacyFinding, LegacyIdMap, OpportunityStageChange
from crm.services.legacy.book import Entry
from crm.services.legacy.findings import Finding
from crm.services.legacy.source import Row


class DatabaseWriter:
    """The `Writer` of a migration."""

    def add(self, table: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        if not rows:
            return []
        target = db.metadata.tables[table]
        (key,) = target.primary_key.columns
        columns = dict.fromkeys(name for row in rows for name in row)
        shown = [_whole(target, row, columns) for row in rows]
        made = db.session.execute(
            sa.insert(target).returning(key, sort_by_parameter_order=True), shown
        ).scalars()
        return list(made)

    def link(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            db.session.execute(insert(db.metadata.tables[table]).on_conflict_do_nothing(), list(rows))

    def map(self, entries: Iterable[Entry]) -> None:
        rows = [
            {
                "source_table": entry.table,
                "legacy_id": entry.id,
                "target_table": entry.target,
                "target_id": entry.target_id,
                "is_made": entry.is_made,
            }
            for entry in entries
        ]
        if rows:
            db.session.execute(sa.insert(LegacyIdMap), rows)

    def sign_stage_changes(self, signed: Mapping[int, int]) -> None:
        for opportunity_id, user_id in signed.items():
            db.session.execute(
                sa.update(OpportunityStageChange)
                .where(OpportunityStageChange.opportunity_id == opportunity_id)
                .values(changed_by=user_id)
            )


def archive(rows: Sequence[Row]) -> None:
    """Keep these rows whole."""
    if rows:
        db.session.execute(
            sa.text(
                'insert into legacy_archive (source_table, legacy_id, "row")'
                " select source_table, legacy_id, raw::jsonb"
                " from unnest(cast(:tables as text[]), cast(:ids as text[]), cast(:raws as text[]))"
                " as old (source_table, legacy_id, raw)"
            ),
            {
                "tables": [row.table for row in rows],
                "ids": [row.id for row in rows],
                "raws": [row.raw for row in rows],
            },
        )


def note(findings: Sequence[Finding]) -> None:
    """Keep these findings; one that is known already is not written twice."""
    rows = [
        {"source_table": one.table, "legacy_id": one.id, "kind": one.kind.value, "detail": one.text}
        for one in findings
    ]
    if rows:
        db.session.execute(insert(LegacyFinding).on_conflict_do_nothing(), rows)


def archived() -> set[tuple[str, str]]:
    """The old rows that are in the archive, and so done with."""
    query = sa.select(LegacyArchive.source_table, LegacyArchive.legacy_id)
    return {(table, key) for table, key in db.session.execute(query)}


def ids() -> dict[tuple[str, str], int]:
    """Our key of each old row that was migrated before."""
    query = sa.select(LegacyIdMap.source_table, LegacyIdMap.legacy_id, LegacyIdMap.target_id)
    return {(table, str(key)): target for table, key, target in db.session.execute(query)}


def _whole(target: sa.Table, row: Mapping[str, Any], columns: Iterable[str]) -> dict[str, Any]:
    """The row with every column that any row of its part has: one statement for all of them."""
    return {name: row[name] if name in row else _default(target.c[name]) for name in columns}


def _default(column: sa.Column[Any]) -> Any:
    if column.default is not None and not callable(column.default.arg):  # type: ignore[attr-defined]
        return column.default.arg  # type: ignore[attr-defined]
    return None
