"""What was changed in one record: who, when, from what to what. Read from the audit trail.

Other records are told by the names that they have today.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from crm.db import db
from crm.enums import AuditAction
from crm.models import (
    AuditLog,
    Contact,
    Interaction,
    Opportunity,
    Organization,
    PicklistValue,
    Product,
    User,
)
from crm.queries.timeline import Place

PAGE = 30
KEPT = 1_000
"""Changes of one row that are told; the table keeps all."""

NEVER_TOLD = frozenset({"created_at", "updated_at", "version", "name_key", "owner_text"})
"""Columns that say nothing to a person, whatever the table."""
NOT_TOLD = NEVER_TOLD | {"organization_id", "contact_id", "sample_id"}
"""The same on the page of a record. The organization of a contact is told, see `_TOLD_OF`."""
_TOLD_OF = {"contacts": {"organization_id"}, "samples": {"contact_id"}}

OF_A_MOVE = frozenset({"stage", "stage_changed_at", "closed_at", "close_reason", "close_note"})
"""What a move of an opportunity from stage to stage changes of it."""

_NAMED: dict[str, tuple[Any, Any, Any]] = {
    "user": (User.user_id, User.full_name, sa.false()),
    "organization": (Organization.organization_id, Organization.name, Organization.deleted_at.is_not(None)),
    "contact": (
        Contact.contact_id,
        sa.func.btrim(Contact.first_name + " " + Contact.last_name),
        Contact.deleted_at.is_not(None),
    ),
    "opportunity": (Opportunity.opportunity_id, Opportunity.name, Opportunity.deleted_at.is_not(None)),
    "product": (Product.product_id, Product.name, Product.deleted_at.is_not(None)),
    "interaction": (
        Interaction.interaction_id,
        sa.func.concat_ws(
            ": ",
            sa.cast(Interaction.interaction_type, sa.Text),
            sa.func.coalesce(
                Interaction.subject, Interaction.follow_up_note, sa.func.left(Interaction.notes, 60)
            ),
        ),
        Interaction.deleted_at.is_not(None),
    ),
    "word": (
        PicklistValue.picklist_value_id,
        PicklistValue.value,
        PicklistValue.deleted_at.is_not(None),
    ),
}
"""Things that have a number: their key, what they are called, and whether they are archived."""

_POINTERS = {
    "owner_id": "user",
    "second_owner_id": "user",
    "manager_id": "user",
    "user_id": "user",
    "author_id": "user",
    "completed_by_id": "user",
    "organization_id": "organization",
    "parent_organization_id": "organization",
    "usual_distributor_id": "organization",
    "distributor_id": "organization",
    "principal_id": "organization",
    "reports_to_id": "contact",
    "contact_id": "contact",
    "buyer_contact_id": "contact",
    "primary_contact_id": "contact",
    "opportunity_id": "opportunity",
    "product_id": "product",
}
"""Columns that hold the number of another record, and what that is."""


class Name(NamedTuple):
    """What a record is called today, and whether it lies in the trash."""

    text: str
    is_archived: bool


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
    also: Collection[int] = (),
) -> list[Change]:
    """The latest changes of the row, newest first; at most `limit`, and none older than the newest `KEPT`.

    `is_glance` leaves out how it began, and tells other records by their numbers: for a line of a timeline.
    Changes of nothing but the columns `but` are left out. `also` are rows that were merged into this one:
    their changes are a part of its history.
    """
    log = _rows(table, row_id, also)
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
    hides = _hidden(table)
    names = {} if is_glance else names_of(pointed_at((row, hides) for row in rows))
    return [change_of(row, names, hides) for row in rows]


def newest(table: str, row_id: int) -> Change | None:
    """The last change of the row; None where nothing is known of any."""
    found = of(table, row_id, limit=1)
    return found[0] if found else None


def _rows(table: str, row_id: int, also: Collection[int]) -> Any:
    """The trail of one row, and of those that are a part of it."""
    if not also:
        return _trail(table, row_id)
    trails = [_trail(table, number) for number in (row_id, *also)]
    return sa.union_all(*(sa.select(trail) for trail in trails)).subquery("log")


def _trail(table: str, row_id: int) -> sa.TableValuedAlias:
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


def change_of(row: sa.Row[Any], names: Mapping[tuple[str, int], Name], hides: Collection[str]) -> Change:
    """What a row of the trail tells, but for the columns that it `hides`; `row.full_name` is who did it."""
    before, after = row.before or {}, row.after or {}
    columns = [column for column in _in_order(before, after) if column not in hides]
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


def _hidden(table: str) -> frozenset[str]:
    return NOT_TOLD - _TOLD_OF.get(table, set())


def _words(column: str, value: Any, names: Mapping[tuple[str, int], Name]) -> str:
    if value is None or value == [] or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if column not in _POINTERS:
        return str(value)
    name = names.get((_POINTERS[column], value))
    return name.text if name else f"No. {value}"


def pointed_at(rows: Iterable[tuple[sa.Row[Any], Collection[str]]]) -> dict[str, set[int]]:
    """The numbers of what these changes point to, by what that is; each row comes with what it hides."""
    wanted: dict[str, set[int]] = {}
    for row, hides in rows:
        for side in (row.before or {}, row.after or {}):
            for column, value in side.items():
                if column in _POINTERS and isinstance(value, int) and column not in hides:
                    wanted.setdefault(_POINTERS[column], set()).add(value)
    return wanted


def names_of(wanted: Mapping[str, Collection[int]]) -> dict[tuple[str, int], Name]:
    """What these things are called, in one question."""
    if not wanted:
        return {}
    parts = [
        sa.select(
            sa.literal(thing).label("thing"),
            key.label("number"),
            sa.cast(name, sa.Text).label("name"),
            is_archived.label("is_archived"),
        ).where(key.in_(numbers))
        for thing, numbers in wanted.items()
        for key, name, is_archived in (_NAMED[thing],)
    ]
    found = db.session.execute(sa.union_all(*parts))
    return {(row.thing, row.number): Name(row.name, row.is_archived) for row in found}
