"""The audit trail across rows: who changed what in the whole book, newest first. For managers and admins: the
policy of its table shows it to nobody else.

A page costs the same wherever it lies: every way to ask for it has an index in the order that it is told in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.enums import AuditAction
from crm.models import (
    ActivityGoal,
    AuditLog,
    ContactAdvocacy,
    DistributorPrincipal,
    Employment,
    ProductDistributor,
    Sample,
    User,
)
from crm.queries import history
from crm.queries.history import Change, Name
from crm.queries.spans import begins
from crm.queries.timeline import Place

PAGE = 50
MOST_EXPORTED = 10_000

NOUNS: dict[str, tuple[str, ...]] = {
    "organizations": ("organizations", "distributor_principals"),
    "contacts": ("contacts", "contact_advocacies", "employments"),
    "products": ("products", "product_distributors"),
    "opportunities": (
        "opportunities",
        "opportunity_products",
        "opportunity_principals",
        "opportunity_contacts",
        "samples",
    ),
    "interactions": ("interactions", "interaction_principals"),
    "people": ("users",),
    "goals": ("activity_goals",),
    "picklists": ("picklist_values",),
}
"""What can be asked for, and the tables of which it is made. Every audited table is in one of them."""

_THINGS = {
    "organizations": "organization",
    "contacts": "contact",
    "products": "product",
    "opportunities": "opportunity",
    "opportunity_products": "opportunity",
    "opportunity_principals": "opportunity",
    "opportunity_contacts": "opportunity",
    "interactions": "interaction",
    "interaction_principals": "interaction",
    "users": "user",
    "picklist_values": "word",
}
"""The thing whose number `row_id` is."""

_PARTS: dict[str, tuple[Any, Any, str, str]] = {
    "contact_advocacies": (
        ContactAdvocacy.contact_advocacy_id,
        ContactAdvocacy.contact_id,
        "contact_id",
        "contact",
    ),
    "employments": (Employment.employment_id, Employment.contact_id, "contact_id", "contact"),
    "product_distributors": (
        ProductDistributor.product_distributor_id,
        ProductDistributor.product_id,
        "product_id",
        "product",
    ),
    "distributor_principals": (
        DistributorPrincipal.distributor_principal_id,
        DistributorPrincipal.principal_id,
        "principal_id",
        "organization",
    ),
    "samples": (Sample.sample_id, Sample.opportunity_id, "opportunity_id", "opportunity"),
    "activity_goals": (
        ActivityGoal.activity_goal_id,
        ActivityGoal.principal_id,
        "principal_id",
        "organization",
    ),
}
"""Rows that are a part of a thing: their key, the column that says of which, its name, and what it is."""


class Deed(StrEnum):
    """What was done to a row."""

    ADDED = "added"
    CHANGED = "changed"
    ARCHIVED = "archived"
    RESTORED = "restored"
    REMOVED = "removed"


@dataclass(frozen=True)
class Asked:
    """Which changes: by whom, of what, of which record, what was done, on which days of the firm; None = all.

    `by` 0 stands for the planner, commands and migrations.
    """

    by: int | None = None
    noun: str | None = None
    record: int | None = None
    deed: Deed | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Entry:
    """One change, and its record: `thing` says what that is, `name` what it is called today."""

    change: Change
    table: str
    thing: str
    record_id: int | None
    name: str
    is_archived: bool
    by_id: int | None


def page(asked: Asked, *, after: Place | None = None, limit: int = PAGE) -> tuple[list[Entry], Place | None]:
    """One page of the changes, newest first, and where the next one begins (None = nowhere)."""
    rows = db.session.execute(_chosen(asked, after, limit + 1)).all()
    shown = rows[:limit]
    entries = _entries(shown)
    last = entries[-1].change if len(rows) > limit else None
    return entries, Place(last.at, Change.rank, last.number) if last else None


def people() -> list[tuple[int, str]]:
    """Everybody who has or had an account, by name: number and name."""
    everybody = sa.select(User.user_id, User.full_name).order_by(sa.func.fold(User.full_name), User.user_id)
    return [(row.user_id, row.full_name) for row in db.session.execute(everybody)]


def _chosen(asked: Asked, after: Place | None, limit: int) -> "sa.Select[*tuple[Any, ...]]":
    log = AuditLog.__table__
    conditions = list(_conditions(asked, after))
    order = (log.c.changed_at.desc(), log.c.audit_log_id.desc())
    tables = NOUNS[asked.noun] if asked.noun else ()
    found: sa.FromClause
    if asked.noun and asked.record is not None:
        # As a whole: its changes are few, and by the order of all changes they would be far apart.
        whole = [table for table in tables if table not in _PARTS]
        one = sa.select(log).where(log.c.table_name.in_(whole), log.c.row_id == asked.record, *conditions)
        found = one.cte("log").prefix_with("materialized")
    elif tables:
        # One by one: each is read in its own order, of which the newest of all of them are taken.
        parts = [
            sa.select(log).where(log.c.table_name == table, *conditions).order_by(*order).limit(limit)
            for table in tables
        ]
        found = sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery("log")
    else:
        found = sa.select(log).where(*conditions).order_by(*order).limit(limit).subquery("log")
    return (
        sa.select(found, User.full_name)
        .outerjoin(User, User.user_id == found.c.user_id)
        .order_by(found.c.changed_at.desc(), found.c.audit_log_id.desc())
        .limit(limit)
    )


def _conditions(asked: Asked, after: Place | None) -> Iterable[sa.ColumnElement[bool]]:
    if asked.by is not None:
        yield AuditLog.user_id == asked.by if asked.by else AuditLog.user_id.is_(None)
    if asked.since is not None:
        yield AuditLog.changed_at >= begins(asked.since)
    if asked.until is not None:
        yield AuditLog.changed_at < begins(asked.until + timedelta(days=1))
    if asked.deed is not None:
        yield _is(asked.deed)
    if after is not None:
        yield sa.tuple_(AuditLog.changed_at, AuditLog.audit_log_id) < sa.tuple_(
            sa.literal(after.at), sa.literal(after.number)
        )


def _is(deed: Deed) -> sa.ColumnElement[bool]:
    action, after = AuditLog.action, AuditLog.after
    archived = after.bool_op("?")("deleted_at")
    until_when = after.op("->>", return_type=sa.Text())("deleted_at")
    return {
        Deed.ADDED: action == AuditAction.INSERT,
        Deed.REMOVED: action == AuditAction.DELETE,
        Deed.CHANGED: sa.and_(action == AuditAction.UPDATE, sa.not_(archived)),
        Deed.ARCHIVED: sa.and_(action == AuditAction.UPDATE, until_when.is_not(None)),
        Deed.RESTORED: sa.and_(action == AuditAction.UPDATE, archived, until_when.is_(None)),
    }[deed]


def _entries(rows: Sequence[sa.Row[Any]]) -> list[Entry]:
    """The rows with their words: one question for what they are parts of, one for all the names."""
    wholes = _wholes(rows)
    of = {row.audit_log_id: _of(row, wholes) for row in rows}
    wanted = history.pointed_at((row, _hides(row.table_name)) for row in rows)
    for thing, number in of.values():
        if number is not None:
            wanted.setdefault(thing, set()).add(number)
    names = history.names_of(wanted)
    return [_entry(row, *of[row.audit_log_id], names) for row in rows]


def _entry(row: sa.Row[Any], thing: str, number: int | None, names: Mapping[tuple[str, int], Name]) -> Entry:
    called = names.get((thing, number)) if number is not None else None
    said = (row.after or row.before or {}).get("full_name") or (row.after or row.before or {}).get("name")
    return Entry(
        history.change_of(row, names, _hides(row.table_name)),
        row.table_name,
        thing,
        number if called else None,
        called.text if called else said or f"No. {number or row.row_id}",
        bool(called and called.is_archived),
        row.user_id,
    )


def _hides(table: str) -> frozenset[str]:
    """Columns that are not told of a row of this table: what nobody decides, and which record it is."""
    own = {_PARTS[table][0].key, _PARTS[table][2]} if table in _PARTS else {f"{_THINGS[table]}_id"}
    return history.NEVER_TOLD | own | {"picklist_value_id"}


def _wholes(rows: Sequence[sa.Row[Any]]) -> dict[tuple[str, int], int]:
    """The things that changed parts belong to, where the change itself does not say it."""
    asked: dict[str, set[int]] = {}
    for row in rows:
        if row.table_name in _PARTS and _said_whole(row) is None:
            asked.setdefault(row.table_name, set()).add(row.row_id)
    if not asked:
        return {}
    parts = [
        sa.select(sa.literal(table).label("table"), key.label("number"), whole.label("whole")).where(
            key.in_(numbers)
        )
        for table, numbers in asked.items()
        for key, whole, _, _ in (_PARTS[table],)
    ]
    found = db.session.execute(sa.union_all(*parts))
    return {(row.table, row.number): row.whole for row in found}


def _said_whole(row: sa.Row[Any]) -> int | None:
    column = _PARTS[row.table_name][2]
    number = (row.after or {}).get(column) or (row.before or {}).get(column)
    return number if isinstance(number, int) else None


def _of(row: sa.Row[Any], wholes: Mapping[tuple[str, int], int]) -> tuple[str, int | None]:
    """What the changed row is, or is a part of, and its number; None where that is gone."""
    if row.table_name in _PARTS:
        whole = _said_whole(row) or wholes.get((row.table_name, row.row_id))
        return _PARTS[row.table_name][3], whole
    return _THINGS[row.table_name], row.row_id
