"""Where a record comes from: the old database, files that were imported, records merged into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crm.db import db
from crm.queries import imports
from crm.queries.imports import Origin

TABLES = {"organizations": "organization", "contacts": "contact"}
"""The tables whose rows can be merged, and what a row is."""


@dataclass(frozen=True)
class Old:
    """A row of the old database that this record was made of."""

    source_table: str
    legacy_id: str
    at: datetime


@dataclass(frozen=True)
class Merged:
    """A record that was merged into this one, also by way of another one."""

    absorbed_id: int
    name: str
    at: datetime


@dataclass(frozen=True)
class Origins:
    """Everything that a record was made of, beside what people typed."""

    old: list[Old]
    merges: list[Merged]
    rows: Sequence[Origin]
    """Rows of files that somebody brought, also those of records that were merged into it."""


_OLD = (
    "select 'old' as what, source_table as word, legacy_id::text as name, migrated_at as at, 0 as number"
    " from legacy_id_map where target_table = :table and target_id = :number"
)
_MERGED = """
    select 'merged', '', {name}, way.merged_at, way.absorbed_id from (
        with recursive way (absorbed_id, merged_at, step) as (
            select absorbed_id, merged_at, 1 from merge_log
             where kind = '{kind}' and survivor_id = :number and split_at is null
            union all
            select m.absorbed_id, m.merged_at, way.step + 1 from merge_log m
              join way on m.survivor_id = way.absorbed_id
             where m.kind = '{kind}' and m.split_at is null and way.step < 20
        ) select * from way) way
      join {table} r on r.{kind}_id = way.absorbed_id
"""
_NAMES = {"organizations": "r.name", "contacts": "btrim(r.first_name || ' ' || r.last_name)"}


def of(table: str, number: int) -> Origins:
    """What the row of a table was made of."""
    question = _OLD
    if table in TABLES:
        question += " union all " + _MERGED.format(table=table, kind=TABLES[table], name=_NAMES[table])
    rows = db.session.execute(
        sa.text(f"select * from ({question}) o order by at desc, name"), {"table": table, "number": number}
    ).all()
    merged = [Merged(row.number, row.name, row.at) for row in rows if row.what == "merged"]
    return Origins(
        [Old(row.word, row.name, row.at) for row in rows if row.what == "old"],
        merged,
        imports.origins(table, [number, *(one.absorbed_id for one in merged)]),
    )
