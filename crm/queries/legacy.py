"""The old database as pages show it: its rows without amounts, what became of each, and what was odd.

Reads `legacy_archive.shown` alone; the whole row is for commands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from crm.db import db
from crm.models import LegacyArchive, LegacyFinding, LegacyIdMap
from crm.queries import history

PAGE = 50

THINGS = {
    "organizations": "organization",
    "contacts": "contact",
    "products": "product",
    "opportunities": "opportunity",
    "interactions": "interaction",
    "users": "user",
}
"""Our tables whose rows have a name, and what a row of each is called in `queries.history`."""


@dataclass(frozen=True)
class OldTable:
    """One table of the old database: how many rows it had, and how many of them became a row of ours."""

    name: str
    rows: int
    migrated: int
    findings: int


@dataclass(frozen=True)
class Became:
    """A row of ours that an old row became, or that it points to."""

    table: str
    number: int
    name: str
    """Empty for a row without a name of its own."""
    is_made: bool
    """False where ours was there before."""
    source_table: str
    legacy_id: str


@dataclass(frozen=True)
class OldRow:
    """One row of the old database."""

    source_table: str
    legacy_id: str
    shown: dict[str, Any]
    archived_at: datetime
    became: Became | None
    findings: list[tuple[str, str]]
    """What was odd about it: the kind, and what it says."""
    points_to: dict[str, Became]
    """The rows of ours behind the keys in it."""

    @property
    def title(self) -> str:
        return title_of(self.shown, self.legacy_id)


@dataclass(frozen=True)
class Line:
    """One row of a list of old rows."""

    legacy_id: str
    title: str
    is_migrated: bool


def tables() -> list[OldTable]:
    """Every table of the old database, by name; none before a migration."""
    rows = db.session.execute(
        sa.text(
            """
            select a.source_table as name, a.rows, coalesce(m.rows, 0) as migrated,
                   coalesce(f.rows, 0) as findings
              from (select source_table, count(*) as rows from legacy_archive group by 1) a
              left join (select source_table, count(*) as rows from legacy_id_map group by 1) m
                using (source_table)
              left join (select source_table, count(*) as rows from legacy_findings group by 1) f
                using (source_table)
             order by 1
            """
        )
    )
    return [OldTable(*row) for row in rows]


def page(source_table: str, *, after: str = "", at_most: int = PAGE) -> tuple[list[Line], str]:
    """Rows of one old table by their keys, and the key after which the next page begins ("" = nowhere)."""
    rows = db.session.execute(
        sa.select(LegacyArchive.legacy_id, LegacyArchive.shown, LegacyIdMap.target_id)
        .outerjoin(
            LegacyIdMap,
            sa.and_(
                LegacyIdMap.source_table == LegacyArchive.source_table,
                sa.cast(LegacyIdMap.legacy_id, sa.Text) == LegacyArchive.legacy_id,
            ),
        )
        .where(LegacyArchive.source_table == source_table, LegacyArchive.legacy_id > after)
        .order_by(LegacyArchive.legacy_id)
        .limit(at_most + 1)
    ).all()
    lines = [Line(key, title_of(shown or {}, key), target is not None) for key, shown, target in rows]
    return lines[:at_most], lines[at_most - 1].legacy_id if len(lines) > at_most else ""


def get(source_table: str, legacy_id: str) -> OldRow:
    """One old row. Raises `sqlalchemy.exc.NoResultFound` if there is none of that key."""
    row = db.session.execute(
        sa.select(LegacyArchive.shown, LegacyArchive.archived_at).where(
            LegacyArchive.source_table == source_table, LegacyArchive.legacy_id == legacy_id
        )
    ).one()
    shown = row.shown or {}
    findings = db.session.execute(
        sa.select(LegacyFinding.kind, LegacyFinding.detail)
        .where(LegacyFinding.source_table == source_table, LegacyFinding.legacy_id == legacy_id)
        .order_by(LegacyFinding.legacy_finding_id)
    ).all()
    known = _behind(key for key in (legacy_id, *_keys(shown.values())) if _is_key(key))
    return OldRow(
        source_table,
        legacy_id,
        shown,
        row.archived_at,
        next((one for one in known if (one.source_table, one.legacy_id) == (source_table, legacy_id)), None),
        [(kind, detail) for kind, detail in findings],
        {one.legacy_id: one for one in known if one.legacy_id != legacy_id},
    )


def title_of(shown: dict[str, Any], legacy_id: str) -> str:
    """What a row is called: its name, or the best that it has."""
    full = " ".join(str(shown[part]) for part in ("first_name", "last_name") if shown.get(part))
    named = (shown.get(name) for name in ("name", "title", "subject", "email", "document_name", "type"))
    return next((str(one)[:200] for one in (full, *named) if one), legacy_id)


def _keys(values: Iterable[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _is_key(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _behind(keys: Iterable[str]) -> list[Became]:
    """The rows of ours that the old rows with these keys became."""
    rows = (
        db.session.execute(sa.select(LegacyIdMap).where(LegacyIdMap.legacy_id.in_(set(keys)))).scalars().all()
    )
    wanted: dict[str, set[int]] = {}
    for row in rows:
        if row.target_table in THINGS:
            wanted.setdefault(THINGS[row.target_table], set()).add(row.target_id)
    names = history.names_of(wanted)

    def name(row: LegacyIdMap) -> str:
        known = names.get((THINGS.get(row.target_table, ""), row.target_id))
        return known.text if known else ""

    return [
        Became(row.target_table, row.target_id, name(row), row.is_made, row.source_table, str(row.legacy_id))
        for row in rows
    ]
