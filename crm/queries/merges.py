"""Which record was merged into which, what would move, and what two records of a kind say of themselves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.db import db
from crm.enums import RecordKind
from crm.errors import MovedOn
from crm.models import Contact, Job, MergeLog, Organization, User
from crm.queries import duplicates, history
from crm.queries.jobs import UNDERWAY
from crm.queries.lists.searching import part_of

UNDO_FOR: Final = timedelta(days=30)
"""How long a merge can be taken back."""

MOST_AT_ONCE: Final = 5_000
"""Things that move in one request; more of them are a job's."""

MERGING: Final = "records merged"
"""The kind of the job that merges two on which much hangs."""
SPLITTING: Final = "merge taken back"
"""That of the job that takes such a merge back."""

DEEPEST: Final = 20
"""Merges of merges that an address is followed through."""

MODELS: Final[dict[RecordKind, type[Any]]] = {
    RecordKind.ORGANIZATION: Organization,
    RecordKind.CONTACT: Contact,
}
"""The kinds of records that can be merged."""


@dataclass(frozen=True)
class Merge:
    """A merge that was not taken back, with the names of the two."""

    merge_log_id: int
    kind: RecordKind
    survivor_id: int
    survivor: str
    absorbed_id: int
    absorbed: str
    by_name: str | None
    at: datetime
    fields: Mapping[str, Any]

    def is_undoable(self, now: datetime) -> bool:
        return now <= self.at + UNDO_FOR


@dataclass(frozen=True)
class Hanging:
    """Rows of one kind that hang on the two records of a merge."""

    noun: str
    nouns: str
    of_keep: int
    of_other: int


def follow(kind: RecordKind, record_id: int) -> None:
    """Raises `MovedOn` if the record was merged into another one; for records that are archived."""
    survivor = survivor_of(kind, record_id)
    if survivor is not None:
        raise MovedOn(kind.value, record_id, survivor)


def survivor_of(kind: RecordKind, record_id: int) -> int | None:
    """The record that this one was merged into, at the end of all merges; None if it was not."""
    step = (
        sa.select(MergeLog.survivor_id.label("number"), sa.literal(1).label("step"))
        .where(MergeLog.kind == kind, MergeLog.absorbed_id == record_id, MergeLog.split_at.is_(None))
        .cte("way", recursive=True)
    )
    step = step.union_all(
        sa.select(MergeLog.survivor_id, step.c.step + 1)
        .join(step, MergeLog.absorbed_id == step.c.number)
        .where(MergeLog.kind == kind, MergeLog.split_at.is_(None), step.c.step < DEEPEST)
    )
    return db.session.scalar(sa.select(step.c.number).order_by(step.c.step.desc()).limit(1))


def name_of(kind: RecordKind, table: Any) -> Any:
    """What a record of this kind is called, as a column."""
    if kind is RecordKind.ORGANIZATION:
        return table.name
    return sa.func.btrim(table.first_name + " " + table.last_name)


def get(merge_log_id: int) -> Merge:
    """One merge. Raises `NoResultFound` for a number of none, and for one that was taken back."""
    kind = db.session.execute(
        sa.select(MergeLog.kind).where(MergeLog.merge_log_id == merge_log_id, MergeLog.split_at.is_(None))
    ).scalar_one()
    return _read(kind, MergeLog.merge_log_id == merge_log_id)[0]


def latest(kind: RecordKind, *, since: datetime, at_most: int = 20) -> list[Merge]:
    """Merges since a moment that were not taken back, the latest first."""
    return _read(kind, MergeLog.merged_at >= since)[:at_most]


def _read(kind: RecordKind, which: Any) -> list[Merge]:
    model = MODELS[kind]
    survivor, absorbed = aliased(model), aliased(model)
    (key,) = model.__table__.primary_key.columns
    rows = db.session.execute(
        sa.select(
            MergeLog,
            name_of(kind, survivor).label("survivor"),
            name_of(kind, absorbed).label("absorbed"),
            User.full_name,
        )
        .join(survivor, getattr(survivor, key.name) == MergeLog.survivor_id)
        .join(absorbed, getattr(absorbed, key.name) == MergeLog.absorbed_id)
        .outerjoin(User, User.user_id == MergeLog.merged_by)
        .where(which, MergeLog.kind == kind, MergeLog.split_at.is_(None))
        .order_by(MergeLog.merge_log_id.desc())
    )
    return [
        Merge(
            log.merge_log_id,
            log.kind,
            log.survivor_id,
            survivor_name,
            log.absorbed_id,
            absorbed_name,
            by_name,
            log.merged_at,
            log.fields,
        )
        for log, survivor_name, absorbed_name, by_name in rows
    ]


def later(merge: Merge) -> int | None:
    """The number of a merge after this one that one of the two took part in and that still stands."""
    both = (merge.survivor_id, merge.absorbed_id)
    return db.session.scalar(
        sa.select(MergeLog.merge_log_id)
        .where(
            MergeLog.kind == merge.kind,
            MergeLog.split_at.is_(None),
            MergeLog.merge_log_id > merge.merge_log_id,
            sa.or_(MergeLog.survivor_id.in_(both), MergeLog.absorbed_id.in_(both)),
        )
        .order_by(MergeLog.merge_log_id.desc())
        .limit(1)
    )


_HANGING: Final[dict[RecordKind, Sequence[tuple[str, str, str, str, str]]]] = {
    RecordKind.ORGANIZATION: (
        ("contact", "contacts", "contacts", "organization_id", "deleted_at is null"),
        ("opportunity", "opportunities", "opportunities", "organization_id", "deleted_at is null"),
        (
            "opportunity through them",
            "opportunities through them",
            "opportunities",
            "distributor_id",
            "deleted_at is null",
        ),
        ("interaction", "interactions", "interactions", "organization_id", "deleted_at is null"),
        (
            "open promise",
            "open promises",
            "interactions",
            "organization_id",
            "follow_up_required and completed_at is null and deleted_at is null",
        ),
        ("opportunity for them", "opportunities for them", "opportunity_principals", "principal_id", "true"),
        (
            "interaction that names them",
            "interactions that name them",
            "interaction_principals",
            "principal_id",
            "not is_derived",
        ),
        ("product", "products", "products", "principal_id", "deleted_at is null"),
        (
            "organization that buys through them",
            "organizations that buy through them",
            "organizations",
            "usual_distributor_id",
            "deleted_at is null",
        ),
        ("branch", "branches", "organizations", "parent_organization_id", "deleted_at is null"),
        (
            "stocked product",
            "stocked products",
            "product_distributors",
            "distributor_id",
            "deleted_at is null",
        ),
        (
            "distributor that carries them",
            "distributors that carry them",
            "distributor_principals",
            "principal_id",
            "deleted_at is null",
        ),
        (
            "principal that they carry",
            "principals that they carry",
            "distributor_principals",
            "distributor_id",
            "deleted_at is null",
        ),
    ),
    RecordKind.CONTACT: (
        ("interaction", "interactions", "interactions", "contact_id", "deleted_at is null"),
        (
            "open promise",
            "open promises",
            "interactions",
            "contact_id",
            "follow_up_required and completed_at is null and deleted_at is null",
        ),
        ("opportunity", "opportunities", "opportunity_contacts", "contact_id", "true"),
        ("sample", "samples", "samples", "contact_id", "deleted_at is null"),
        (
            "word on a principal",
            "words on principals",
            "contact_advocacies",
            "contact_id",
            "deleted_at is null",
        ),
        (
            "person who reports to them",
            "people who report to them",
            "contacts",
            "reports_to_id",
            "deleted_at is null",
        ),
    ),
}
"""What hangs on a record: its noun, the table, the column that points to it, and which rows count."""


def hanging(kind: RecordKind, keep_id: int, other_id: int) -> list[Hanging]:
    """What hangs on two records, in one question; what neither has is left out."""
    parts = " union all ".join(
        f"select {place} as place, count(*) filter (where {column} = :keep) as of_keep,"
        f" count(*) filter (where {column} = :other) as of_other"
        f" from {table} where {column} in (:keep, :other) and {which}"
        for place, (_, _, table, column, which) in enumerate(_HANGING[kind])
    )
    rows = db.session.execute(sa.text(f"{parts} order by place"), {"keep": keep_id, "other": other_id})
    return [
        Hanging(_HANGING[kind][row.place][0], _HANGING[kind][row.place][1], row.of_keep, row.of_other)
        for row in rows
        if row.of_keep or row.of_other
    ]


def hung(kind: RecordKind, keep_id: int, other_id: int) -> int:
    """How many things hang on the other one of two records."""
    return sum(one.of_other for one in hanging(kind, keep_id, other_id))


def moved(merge_log_id: int) -> int:
    """How many rows a merge touched, as long as it can be taken back."""
    return db.session.scalar(sa.select(sa.func.count_moves(sa.cast(merge_log_id, sa.BigInteger)))) or 0


def is_under_way(kind: RecordKind, numbers: Collection[int]) -> bool:
    """Whether a job is about to merge one of these records."""
    asked = [Job.asked[name].as_integer().in_(numbers) for name in ("keep", "other")]
    return _waits(MERGING, Job.asked["kind"].as_string() == kind.value, sa.or_(*asked))


def is_going_back(merge_log_id: int) -> bool:
    """Whether a job is about to take this merge back."""
    return _waits(SPLITTING, Job.asked["merge"].as_integer() == merge_log_id)


def _waits(kind: str, *asked: Any) -> bool:
    jobs = sa.select(Job.job_id).where(Job.kind == kind, Job.state.in_(UNDERWAY), *asked)
    return bool(db.session.scalar(sa.select(jobs.exists())))


def pair(kind: RecordKind, one_id: int, other_id: int, *, for_update: bool = False) -> tuple[Any, Any]:
    """The two records. Raises `NoResultFound` where one is not there. `for_update` holds both, in the order
    of their numbers, as they are then.
    """
    model = MODELS[kind]
    (key,) = model.__table__.primary_key.columns
    query = sa.select(model).where(key.in_((one_id, other_id))).order_by(key)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = {getattr(row, key.name): row for row in db.session.scalars(query)}
    if len(found) < 2:
        raise sa.exc.NoResultFound
    return found[one_id], found[other_id]


@dataclass(frozen=True)
class Candidate:
    """A record that could be the other one of a merge."""

    number: int
    name: str
    detail: str


def find(kind: RecordKind, letters: str, *, but: int, at_most: int = 12) -> list[Candidate]:
    """Records of a kind whose name holds these letters, by name."""
    model = MODELS[kind]
    (key,) = model.__table__.primary_key.columns
    rows = db.session.execute(
        sa.select(key, name_of(kind, model), _detail(kind))
        .where(part_of(model.name_key, letters), model.deleted_at.is_(None), key != but)
        .order_by(model.name_key, key)
        .limit(at_most)
    )
    return [Candidate(*row) for row in rows]


def similar(kind: RecordKind, record: Any) -> list[Candidate]:
    """Records that look like this one, the likeliest first."""
    if kind is RecordKind.ORGANIZATION:
        return [
            Candidate(one.organization_id, one.name, one.place)
            for one in duplicates.organizations(record.name, city=record.city, but=record.organization_id)
            if not one.is_archived
        ]
    return [
        Candidate(one.contact_id, one.name, ", ".join(filter(None, (one.position, one.organization_name))))
        for one in duplicates.contacts(
            record.full_name,
            organization_id=record.organization_id,
            email=record.email,
            but=record.contact_id,
        )
        if not one.is_archived
    ]


def _detail(kind: RecordKind) -> Any:
    if kind is RecordKind.ORGANIZATION:
        return sa.func.concat_ws(", ", Organization.address_line1, Organization.city, Organization.state)
    place = sa.select(Organization.name).where(Organization.organization_id == Contact.organization_id)
    return sa.func.concat_ws(", ", Contact.position, place.scalar_subquery(), Contact.email)


POINTERS: Final = {
    "owner_id": "user",
    "second_owner_id": "user",
    "parent_organization_id": "organization",
    "usual_distributor_id": "organization",
    "organization_id": "organization",
    "reports_to_id": "contact",
}
"""Columns of the two kinds that hold the number of something, and what that is."""


def names(rows: Collection[Any], columns: Collection[str]) -> dict[tuple[str, int], str]:
    """What the things are called that these columns of the rows point to."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        for column in columns:
            number = getattr(row, column) if column in POINTERS else None
            if number is not None:
                wanted.setdefault(POINTERS[column], set()).add(number)
    return {key: name.text for key, name in history.names_of(wanted).items()}
