"""What was changed in one record: who, when, from what to what. Read from the audit trail.

Other records are told by the names that they have today.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from crm.db import db
from crm.enums import AuditAction
from crm.models import AuditLog, Contact, Opportunity, Organization, Product, User
from crm.queries.timeline import Place

PAGE = 30
KEPT = 1_000
"""Changes of one row that are told; the table keeps all."""

NOT_TOLD = frozenset(
    {
        "created_at",
        "updated_at",
        "version",
        "name_key",
        "organization_id",
        "contact_id",
        "owner_text",
        "sample_id",
    }
)
"""Columns that say nothing to a person. The organization of a contact is told, see `_TOLD_OF`."""
_TOLD_OF = {"contacts": {"organization_id"}, "samples": {"contact_id"}}

OF_A_MOVE = frozenset({"stage", "stage_changed_at", "closed_at", "close_reason", "close_note"})
"""What a move of an opportunity from stage to stage changes of it."""

_POINTERS: dict[str, tuple[Any, Any]] = {
    "owner_id": (User.user_id, User.full_name),
    "second_owner_id": (User.user_id, User.full_name),
    "organization_id": (Organization.organization_id, Organization.name),
    "parent_organization_id": (Organization.organization_id, Organization.name),
    "usual_distributor_id": (Organization.organization_id, Organization.name),
    "distributor_id": (Organization.organization_id, Organization.name),
    "principal_id": (Organization.organization_id, Organization.name),
    "reports_to_id": (Contact.contact_id, sa.func.btrim(Contact.first_name + " " + Contact.last_name)),
    "contact_id": (Contact.contact_id, sa.func.btrim(Contact.first_name + " " + Contact.last_name)),
    "opportunity_id": (Opportunity.opportunity_id, Opportunity.name),
    "product_id": (Product.product_id, Product.name),
    "primary_contact_id": (Contact.contact_id, sa.func.btrim(Contact.first_name + " " + Contact.last_name)),
}
"""Columns that hold the number of another record: its key and what names it."""


@dataclass(frozen=True)
class Alteration:
    """One column of one change; "" = nothing was, or is, in it."""

    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One change of a record, with what it altered that people care for."""

    number: int
    at: datetime
    by_name: str | None
    """None = the planner, a command or a migration."""
    action: AuditAction
    alterations: list[Alteration]
    is_archiving: bool
    is_restoring: bool

    kind: ClassVar = "change"
    rank: ClassVar = 0
    """Its place among things of the same moment, see `timeline.Place`."""


def of(
    table: str,
    row_id: int,
    *,
    before: Place | None = None,
    limit: int = PAGE,
    is_glance: bool = False,
    but: Collection[str] = (),
) -> list[Change]:
    """The latest changes of the row, newest first; at most `limit`, and none older than the newest `KEPT`.

    `is_glance` leaves out how it began, and tells other records by their numbers: for a line of a timeline.
    Changes of nothing but the columns `but` are left out.
    """
    log = _rows(table, row_id)
    query = (
        sa.select(log, User.full_name)
        .outerjoin(User, User.user_id == log.c.user_id)
        .order_by(log.c.changed_at.desc(), log.c.audit_log_id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(
            sa.tuple_(log.c.changed_at, sa.literal(Change.rank), log.c.audit_log_id)
            < sa.tuple_(*(sa.literal(part) for part in before))
        )
    if is_glance:
        query = query.where(log.c.action == AuditAction.UPDATE)
    if but:
        others = log.c.after.op("-")(sa.cast(sorted(but), sa.ARRAY(sa.Text)))
        query = query.where(others != sa.cast({}, JSONB))
    rows = db.session.execute(query).all()
    names = {} if is_glance else _names(rows, table)
    return [_change(row, names, table) for row in rows]


def newest(table: str, row_id: int) -> Change | None:
    """The last change of the row; None where nothing is known of any."""
    found = of(table, row_id, limit=1)
    return found[0] if found else None


def _rows(table: str, row_id: int) -> sa.TableValuedAlias:
    """The trail of one row: everybody reads that, while the table across rows is for managers."""
    tables = sa.cast([table], sa.ARRAY(sa.Text))
    return sa.func.row_history(tables, sa.literal(row_id, sa.BigInteger), KEPT).table_valued(
        sa.column("audit_log_id", sa.BigInteger),
        sa.column("action", AuditLog.__table__.c.action.type),
        sa.column("user_id", sa.BigInteger),
        sa.column("changed_at", sa.DateTime(timezone=True)),
        sa.column("before", JSONB),
        sa.column("after", JSONB),
        name="log",
    )


def _change(row: sa.Row[Any], names: dict[tuple[str, int], str], table: str) -> Change:
    before, after = row.before or {}, row.after or {}
    columns = [column for column in _in_order(before, after) if _is_told(column, table)]
    return Change(
        row.audit_log_id,
        row.changed_at,
        row.full_name,
        row.action,
        [
            Alteration(
                column, _words(column, before.get(column), names), _words(column, after.get(column), names)
            )
            for column in columns
            if column != "deleted_at"
            and not (row.action is AuditAction.INSERT and _is_unsaid(after.get(column)))
        ],
        is_archiving=bool(after.get("deleted_at")),
        is_restoring="deleted_at" in after and not after["deleted_at"],
    )


def _in_order(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys([*after, *before]))


def _is_unsaid(value: Any) -> bool:
    """What a new row holds where nobody said anything."""
    return value is None or value is False or value in ([], "")


def _is_told(column: str, table: str) -> bool:
    return column not in NOT_TOLD or column in _TOLD_OF.get(table, ())


def _words(column: str, value: Any, names: dict[tuple[str, int], str]) -> str:
    if value is None or value == [] or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return names.get((column, value), f"No. {value}") if column in _POINTERS else str(value)


def _names(rows: Iterable[sa.Row[Any]], table: str) -> dict[tuple[str, int], str]:
    """What the records are called that these changes point to: one question for each kind of record."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        for side in (row.before or {}, row.after or {}):
            for column, value in side.items():
                if column in _POINTERS and isinstance(value, int) and _is_told(column, table):
                    wanted.setdefault(column, set()).add(value)
    if not wanted:
        return {}
    parts = [
        sa.select(
            sa.literal(column).label("column"), key.label("number"), sa.cast(name, sa.Text).label("name")
        ).where(key.in_(numbers))
        for column, numbers in wanted.items()
        for key, name in (_POINTERS[column],)
    ]
    found = db.session.execute(sa.union_all(*parts))
    return {(row.column, row.number): row.name for row in found}
