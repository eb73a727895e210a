"""Out again: everything that the migration made, and nothing that people made since.

It refuses where later work hangs on what came: then there is nothing to take out without losing that.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from crm.db import db
from crm.errors import Refused
from crm.services.legacy.verifying import edited_and_missing

ORDER: Final = (
    ("interactions", "interaction_id"),
    ("contact_advocacies", "contact_advocacy_id"),
    ("employments", "employment_id"),
    ("opportunities", "opportunity_id"),
    ("contacts", "contact_id"),
    ("products", "product_id"),
    ("organizations", "organization_id"),
    ("users", "user_id"),
)
"""Our tables with their keys: what points at another row goes before it."""

LINKS: Final = frozenset(
    {
        *("opportunity_principals", "opportunity_products", "opportunity_contacts"),
        *("opportunity_stage_changes", "interaction_principals", "employments"),
    }
)
"""Tables that triggers and the migration fill beside its rows, and that go with them."""

COUNTED: Final = ("engagement_changes", "principal_summaries", "principal_weeks", "principal_deltas")
"""What was reckoned from the rows, by `principal_id`."""

MOST_NAMED: Final = 8


@dataclass(frozen=True)
class RolledBack:
    """What was taken out, rows by table of ours."""

    rows: dict[str, int]


def rollback() -> RolledBack:
    """Take the migration out, in the transaction of the caller.

    Raises `Refused` where later work hangs on it: rows edited since, or rows of people's that point at rows
    which came.
    """
    in_the_way = [*_edited(), *_later()]
    if in_the_way:
        shown = "; ".join(in_the_way[:MOST_NAMED])
        more = f"; and {len(in_the_way) - MOST_NAMED} more" if len(in_the_way) > MOST_NAMED else ""
        raise Refused(f"Work was done since on what came, and a rollback would lose it: {shown}{more}.")
    made = "select target_id from legacy_id_map where is_made and target_table = 'organizations'"
    for table in COUNTED:
        db.session.execute(sa.text(f"delete from {table} where principal_id in ({made})"))
    rows = {}
    for table, key in ORDER:
        result = db.session.execute(
            sa.text(
                f"delete from {table} where {key} in"
                " (select target_id from legacy_id_map where is_made and target_table = :table) returning 1"
            ),
            {"table": table},
        )
        rows[table] = len(result.all())
        if table == "interactions":
            db.session.execute(sa.text(f"delete from principal_deltas where principal_id in ({made})"))
    for table in COUNTED:
        db.session.execute(sa.text(f"delete from {table} where principal_id in ({made})"))
    for table in ("legacy_findings", "legacy_archive", "legacy_id_map"):
        db.session.execute(sa.text(f"delete from {table}"))
    return RolledBack({table: n for table, n in rows.items() if n})


def _edited() -> list[str]:
    edited, _ = edited_and_missing()
    return [f"{table} {number} was changed" for table, number in sorted(edited)]


def _later() -> list[str]:
    """Rows that did not come with the migration and point at rows that did."""
    found: list[str] = []
    for table, column, target in _references():
        keys = [key.name for key in db.metadata.tables[table].primary_key.columns]
        not_ours = (
            "created_at > (select max(migrated_at) from legacy_id_map)"
            if table in LINKS and "created_at" in db.metadata.tables[table].columns
            else "true"
            if table not in LINKS
            else "false"
        )
        may_have_come = table in {name for name, _ in ORDER}
        came_not = (
            "not exists (select from legacy_id_map own where own.is_made"
            f" and own.target_table = '{table}' and own.target_id = t.{keys[0]})"
            if may_have_come
            else "true"
        )
        rows = db.session.execute(
            sa.text(
                f"select t.{keys[0]} from {table} t"
                " join legacy_id_map m on m.target_table = :target and m.is_made"
                f" and m.target_id = t.{column}"
                f" where {not_ours} and {came_not} limit {MOST_NAMED + 1}"
            ),
            {"target": target},
        ).scalars()
        found += [f"{table} {number} names {target} that came" for number in rows]
    return found


def _references() -> list[tuple[str, str, str]]:
    """Every column of ours that points at a table which the migration fills: table, column, target."""
    targets = {table for table, _ in ORDER}
    return sorted(
        (table.name, reference.parent.name, reference.column.table.name)
        for table in db.metadata.tables.values()
        for reference in table.foreign_keys
        if reference.column.table.name in targets and table.name not in COUNTED
    )
