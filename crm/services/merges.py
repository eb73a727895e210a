"""Making two records one, and two again. What moves is moved by the database (merge_children), in one
transaction.

Nothing is lost: the absorbed record stays as it was, archived, and its address leads to the survivor. For
`UNDO_FOR` the two can be split again: what was there before the merge stands where it stood, what came since
stays with the survivor.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from crm import failpoints
from crm.db import db
from crm.enums import RecordKind
from crm.errors import Refused
from crm.models import Contact, MergeLog, MergeMove, Organization
from crm.queries import merges
from crm.services.records import StaleVersion

KEEP, OTHER, BOTH = "keep", "other", "both"
"""Whose value the survivor has: its own, that of the other one, or one after the other."""


@dataclass(frozen=True)
class Part:
    """What is chosen as a whole: one column or several that belong together."""

    name: str
    columns: tuple[str, ...]
    label: str = ""
    """Empty = as the column is called."""
    may_be_both: bool = False


def _one(*columns: str) -> tuple[Part, ...]:
    return tuple(Part(column, (column,)) for column in columns)


PARTS: Final[dict[RecordKind, tuple[Part, ...]]] = {
    RecordKind.ORGANIZATION: (
        *_one("name", "legal_name", "segment", "priority", "owner_id", "second_owner_id"),
        *_one("parent_organization_id", "usual_distributor_id"),
        *_one("phone", "second_phone", "email", "website", "linkedin"),
        Part(
            "address",
            ("address_line1", "address_line2", "city", "state", "postal_code", "country"),
            label="Address",
        ),
        *_one("weekly_focus_on"),
        Part("notes", ("notes",), may_be_both=True),
    ),
    RecordKind.CONTACT: (
        Part("name", ("first_name", "last_name"), label="Name"),
        Part("place", ("organization_id", "left_on", "reports_to_id"), label="Works at"),
        *_one("position", "department", "owner_id"),
        *_one("email", "phone", "mobile_phone", "other_phone", "preferred_channel", "linkedin"),
        *_one("advocacy_status"),
        Part("notes", ("notes",), may_be_both=True),
    ),
}
"""What a person chooses of the two, by kind."""

EITHER: Final = {
    RecordKind.ORGANIZATION: ("is_principal", "is_distributor", "is_anchor"),
    RecordKind.CONTACT: ("is_key_contact", "is_primary"),
}
"""What the survivor is if one of the two is."""

LONGEST_NOTES: Final = 10_000
TWO_AGAIN: Final = "They are two again already."
AT_ONCE: Final = 2_000
"""Rows that move between two words on how many did."""
MOST_SECONDS: Final = 110
"""How long so many, or all of a request, may take on a busy machine; other requests are held shorter."""

Tell = Callable[[int], None]
"""Hears how many more rows moved."""


def merge(
    kind: RecordKind,
    keep: int,
    other: int,
    *,
    choices: Mapping[str, str],
    seen: tuple[int, int],
    tell: Tell | None = None,
) -> int:
    """Make the record `other` a part of `keep`; the number of the merge, by which it can be taken back.

    `choices` says by the name of a part whose value stays; a part that is not named stays as `keep` has it,
    or as the other one has it where that alone has any. `seen` are the versions that the choice was made of.
    With `tell` what hangs on it moves `AT_ONCE` rows at a time, in the same transaction.
    Ask first whether the person may change both. Raises as `seen_so`.
    """
    survivor, absorbed = seen_so(kind, keep, other, seen=seen)
    values = chosen(kind, survivor, absorbed, choices)
    _take_time()
    made = db.session.scalar(
        sa.select(
            sa.func.merge_records(
                sa.cast(kind, MergeLog.kind.type),
                sa.cast(keep, sa.BigInteger),
                sa.cast(other, sa.BigInteger),
                sa.cast(_plain(values), JSONB),
                sa.cast(None if tell is None else 0, sa.BigInteger),
            )
        )
    )
    if tell is not None:
        _in_parts(sa.func.merge_children, int(made or 0), tell)
    db.session.expire_all()
    return int(made or 0)


def seen_so(kind: RecordKind, keep: int, other: int, *, seen: tuple[int, int]) -> tuple[Any, Any]:
    """The two records, held, if they are as somebody saw them when they chose. Raises `NoResultFound` for a
    record that is not there, `Refused` where one was merged or archived meanwhile, `StaleVersion` where one
    was changed.
    """
    survivor, absorbed = merges.pair(kind, keep, other, for_update=True)
    if survivor.is_archived or absorbed.is_archived:
        raise Refused("One of the two was merged or archived in the meantime. Look at them again.")
    if (survivor.version, absorbed.version) != seen:
        raise StaleVersion(survivor.version, {})
    return survivor, absorbed


def split(merge_log_id: int, *, now: datetime, tell: Tell | None = None) -> list[str]:
    """Make two of a merge again. The columns of the survivor that stay as somebody changed them since. With
    `tell` as `merge` does.

    Ask first whether the person may change both. Raises as `splittable`.
    """
    known = splittable(merge_log_id, now=now)
    _take_time()
    if tell is not None:
        _in_parts(sa.func.take_back_merge, known.merge_log_id, tell)
    stay = db.session.scalar(sa.select(sa.func.split_records(sa.cast(merge_log_id, sa.BigInteger))))
    db.session.expire_all()
    if stay is None:
        raise Refused(TWO_AGAIN)
    return list(stay)


def splittable(merge_log_id: int, *, now: datetime) -> merges.Merge:
    """A merge that can be taken back, its two records held. Raises `NoResultFound` for a merge that is none,
    `Refused` for one that was taken back, is too old, or has a later one on top of it.
    """
    log = db.session.get_one(MergeLog, merge_log_id)
    db.session.refresh(log)
    if log.split_at is not None:
        raise Refused(TWO_AGAIN)
    known = merges.get(merge_log_id)
    if not known.is_undoable(now):
        raise Refused("That was more than 30 days ago, so it stands.")
    merges.pair(log.kind, log.survivor_id, log.absorbed_id, for_update=True)
    if merges.later(known) is not None:
        raise Refused("One of the two was merged with another one later. Undo that merge first.")
    return known


def _in_parts(some: Callable[..., Any], merge_log_id: int, tell: Tell) -> None:
    """Ask a function of the database for the next rows until there are no more."""
    asked = sa.select(some(sa.cast(merge_log_id, sa.BigInteger), sa.cast(AT_ONCE, sa.BigInteger)))
    moved = AT_ONCE
    while moved >= AT_ONCE:
        moved = int(db.session.scalar(asked) or 0)
        tell(moved)
        failpoints.reach("merge.part")


def _take_time() -> None:
    db.session.flush()
    db.session.execute(sa.text(f"set local statement_timeout = '{MOST_SECONDS}s'"))


def sweep(*, now: datetime) -> int:
    """Move along what came to absorbed records since they were: a write that began before the merge and ended
    after it. Forget how to take back what is too old for it. How many moves were forgotten.
    """
    standing = sa.select(MergeLog.merge_log_id).where(
        MergeLog.split_at.is_(None), MergeLog.merged_at >= now - merges.UNDO_FOR
    )
    for merge_log_id in db.session.scalars(standing.order_by(MergeLog.merge_log_id)).all():
        db.session.execute(sa.select(sa.func.merge_children(sa.cast(merge_log_id, sa.BigInteger))))
    old = sa.select(MergeLog.merge_log_id).where(MergeLog.merged_at < now - merges.UNDO_FOR)
    gone = db.session.scalars(
        sa.delete(MergeMove).where(MergeMove.merge_log_id.in_(old)).returning(MergeMove.merge_move_id)
    ).all()
    return len(gone)


def suggested(part: Part, keep: Any, other: Any) -> str:
    """Whose value is proposed: the survivor's, unless only the other one has any."""
    mine, theirs = value_of(part, keep), value_of(part, other)
    if part.may_be_both and any(mine) and any(theirs) and mine != theirs:
        return BOTH
    return OTHER if any(theirs) and not any(mine) else KEEP


def value_of(part: Part, row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, column) or None for column in part.columns)


def differing(kind: RecordKind, keep: Any, other: Any) -> list[Part]:
    """The parts in which the two say something different."""
    return [part for part in PARTS[kind] if value_of(part, keep) != value_of(part, other)]


def chosen(kind: RecordKind, keep: Any, other: Any, choices: Mapping[str, str]) -> dict[str, Any]:
    """The columns of the survivor that change, with what they become. Raises `Refused` for notes that are too
    long together.
    """
    values: dict[str, Any] = {}
    for part in differing(kind, keep, other):
        whose = choices.get(part.name) or suggested(part, keep, other)
        if whose == OTHER:
            values |= {column: getattr(other, column) for column in part.columns}
        elif whose == BOTH and part.may_be_both:
            both = "\n\n".join(filter(None, (getattr(keep, part.name), getattr(other, part.name))))
            if len(both) > LONGEST_NOTES:
                raise Refused(
                    "The notes of both are too long for one record. Choose one of them.", field="notes"
                )
            values[part.name] = both
    for column in EITHER[kind]:
        values[column] = getattr(keep, column) or getattr(other, column)
    if kind is RecordKind.ORGANIZATION:
        values["tags"] = list(dict.fromkeys([*keep.tags, *other.tags]))
        values["owner_text"] = keep.owner_text or other.owner_text
        _stand_apart(values, keep, other)
    else:
        _report_apart(values, keep, other)
    return {column: value for column, value in values.items() if value != getattr(keep, column)}


def _stand_apart(values: dict[str, Any], keep: Organization, other: Organization) -> None:
    """Nobody belongs to themselves: where one of the two stands above the other one, the survivor takes the
    place of the upper one.
    """
    parent = values.get("parent_organization_id", keep.parent_organization_id)
    both = {keep.organization_id, other.organization_id}
    if other.organization_id in _above(keep.organization_id, Organization, "parent_organization_id"):
        parent = other.parent_organization_id
    elif parent in both or (
        parent and keep.organization_id in _above(parent, Organization, "parent_organization_id")
    ):
        parent = keep.parent_organization_id
    values["parent_organization_id"] = parent
    if values.get("usual_distributor_id", keep.usual_distributor_id) in both:
        values["usual_distributor_id"] = None


def _report_apart(values: dict[str, Any], keep: Contact, other: Contact) -> None:
    """The same of who reports to whom."""
    superior = values.get("reports_to_id", keep.reports_to_id)
    both = {keep.contact_id, other.contact_id}
    if other.contact_id in _above(keep.contact_id, Contact, "reports_to_id"):
        superior = other.reports_to_id
    elif superior in both or (superior and keep.contact_id in _above(superior, Contact, "reports_to_id")):
        superior = keep.reports_to_id
    values["reports_to_id"] = superior


def _above(number: int, model: Any, pointer: str) -> Collection[int]:
    """Those that stand above a record, near or far."""
    (key,) = model.__table__.primary_key.columns
    up = model.__table__.c[pointer]
    way = (
        sa.select(up.label("number"), sa.literal(0).label("step"))
        .where(key == number)
        .cte("way", recursive=True)
    )
    way = way.union_all(sa.select(up, way.c.step + 1).join(way, key == way.c.number).where(way.c.step < 50))
    return set(db.session.scalars(sa.select(way.c.number).where(way.c.number.is_not(None))))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON has them."""
    return {
        column: value.isoformat() if isinstance(value, date) else value for column, value in values.items()
    }
