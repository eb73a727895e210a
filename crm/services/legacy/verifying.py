"""Is everything there, and as it should be? At any time after a migration, with the old database or without.

Rows that somebody edited since are told and compared no further: that is work, not a fault.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.enums import AdvocacyStatus, Sentiment
from crm.models import LegacyArchive, LegacyFinding, LegacyIdMap
from crm.services import engagement
from crm.services.legacy import catalogue, contacts, interactions, opportunities, organizations
from crm.services.legacy.findings import Kind
from crm.services.legacy.migrating import CHECKSUM
from crm.services.legacy.source import Row, Source

MOST_NAMED = 5
"""Rows that the detail of a check names."""


@dataclass(frozen=True)
class Check:
    """One thing that must hold, whether it does, and what was seen."""

    name: str
    is_ok: bool
    detail: str


@dataclass(frozen=True)
class Account:
    """Where the rows of one old table are. The last three make up `archived`."""

    table: str
    archived: int
    migrated: int
    archived_only: int
    rejected: int


@dataclass
class Verified:
    """The report of a verification."""

    checks: list[Check] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    edited: int = 0
    """Rows of ours that somebody changed since they came."""

    @property
    def is_ok(self) -> bool:
        return all(check.is_ok for check in self.checks)


def verify(source: Source | None, *, today: date) -> Verified:
    """Check everything; changes nothing. Without `source` the archive stands for the old database.

    `today` is a day of the firm.
    """
    report = Verified()
    mapped = _mapped()
    edited, missing = edited_and_missing()
    report.edited = len(edited)
    if source is not None:
        report.checks += _against(source)
    report.accounts = list(_accounts(mapped))
    lost = [account.table for account in report.accounts if account.rejected < 0]
    report.checks.append(
        Check("every old row is accounted for", not lost, ", ".join(lost) or "none is missing")
    )
    report.checks.append(_none("every migrated row is there", [f"{table} {key}" for table, key in missing]))
    report.checks += _words(mapped, edited)
    report.checks.append(_relations(mapped, edited))
    report.checks.append(_engagement(today))
    return report


def _against(source: Source) -> Iterator[Check]:
    """Compare each old row with its copy in the archive."""
    for table in source.tables:
        kept: dict[str, str] = dict(
            db.session.execute(
                sa.text('select legacy_id, md5("row"::text) from legacy_archive where source_table = :table'),
                {"table": table},
            ).all()
        )
        there = {
            row.id: hashlib.md5(row.raw.encode(), usedforsecurity=False).hexdigest()
            for row in source.rows(table)
        }
        wrong = [key for key, checksum in there.items() if kept.get(key) != checksum]
        gone = [key for key in kept if key not in there]
        yield _none(f"{table}: {len(there)} old rows are in the archive as they are", [*wrong, *gone])


def _accounts(mapped: Mapping[tuple[str, str], int]) -> Iterator[Account]:
    archived = Counter(
        dict(
            db.session.execute(
                sa.select(LegacyArchive.source_table, sa.func.count()).group_by(LegacyArchive.source_table)
            ).all()
        )
    )
    rejected = Counter(
        dict(
            db.session.execute(
                sa.select(LegacyFinding.source_table, sa.func.count(LegacyFinding.legacy_id.distinct()))
                .where(LegacyFinding.kind == Kind.REJECTED.value)
                .group_by(LegacyFinding.source_table)
            ).all()
        )
    )
    migrated = Counter(table for table, _ in mapped)
    for table, rows in sorted(archived.items()):
        if catalogue.is_live(table) and table not in catalogue.FOLDED:
            # What is neither mapped nor rejected with a reason would be lost: told as a negative number.
            left = rows - migrated[table] - rejected[table]
            yield Account(table, rows, migrated[table], 0, rejected[table] if left == 0 else -left)
        else:
            yield Account(table, rows, 0, rows, 0)


def _mapped() -> dict[tuple[str, str], int]:
    query = sa.select(LegacyIdMap.source_table, LegacyIdMap.legacy_id, LegacyIdMap.target_id)
    return {(table, str(key)): target for table, key, target in db.session.execute(query)}


def edited_and_missing() -> tuple[set[tuple[str, int]], list[tuple[str, int]]]:
    """Our rows, as table and key: those that were changed since they came, and those that are gone."""
    edited: set[tuple[str, int]] = set()
    missing: list[tuple[str, int]] = []
    for table in db.session.scalars(sa.select(LegacyIdMap.target_table).distinct()).all():
        (key,) = db.metadata.tables[table].primary_key.columns
        rows = db.session.execute(
            sa.text(
                f"select m.target_id, t.{key.name} is null from legacy_id_map m"
                f" left join {table} t on t.{key.name} = m.target_id"
                f" where m.target_table = :table and (t.{key.name} is null or m.checksum <> {CHECKSUM})"
            ),
            {"table": table},
        )
        for number, is_gone in rows:
            if is_gone:
                missing.append((table, number))
            else:
                edited.add((table, number))
    return edited, missing


def _archive(table: str) -> Iterator[Row]:
    query = sa.select(LegacyArchive.legacy_id, LegacyArchive.row).where(LegacyArchive.source_table == table)
    for key, values in db.session.execute(query):
        yield Row(table, key, values, "")


def _words(mapped: Mapping[tuple[str, str], int], edited: set[tuple[str, int]]) -> Iterator[Check]:
    """Stages, types, sentiments, priorities and advocacies: those that the old rows come to are there."""
    kinds: list[tuple[str, str, str, Any]] = [
        ("opportunities", "opportunities", "stage", opportunities.stage),
        ("interactions", "interactions", "interaction_type", interactions.kind),
        ("organization_interactions", "interactions", "interaction_type", interactions.kind),
        (
            "interactions", "interactions", "sentiment",
            lambda row: interactions.SENTIMENTS.get(row.text("outcome") or "", Sentiment.NEUTRAL),
        ),
        (
            "organizations", "organizations", "priority",
            lambda row: organizations.priority(row.number("lead_score")),
        ),
        (
            "contact_principals", "contact_advocacies", "status",
            lambda row: contacts.ADVOCACY.get(row.text("advocacy_level") or "", AdvocacyStatus.NEUTRAL),
        ),
    ]  # fmt: skip
    for source_table, target, column, word in kinds:
        wanted = {
            mapped[source_table, row.id]: word(row)
            for row in _archive(source_table)
            if (source_table, row.id) in mapped and (target, mapped[source_table, row.id]) not in edited
        }
        if wanted:
            yield _none(f"{source_table}: {column}", _differing(target, column, wanted))


def _differing(table: str, column: str, wanted: Mapping[int, Any]) -> list[str]:
    target = db.metadata.tables[table]
    (key,) = target.primary_key.columns
    there = dict(db.session.execute(sa.select(key, target.c[column]).where(key.in_(list(wanted)))).all())
    return [
        f"{number}: {there.get(number)} for {word}"
        for number, word in wanted.items()
        if there.get(number) != word
    ]


def _relations(mapped: Mapping[tuple[str, str], int], edited: set[tuple[str, int]]) -> Check:
    """Every link of an old row that lives on leads to what the linked row became."""
    links = [
        ("contacts", "organization_id", "organizations", "contacts", "organization_id"),
        ("organizations", "distributor_id", "organizations", "organizations", "usual_distributor_id"),
        ("organizations", "account_manager_id", "users", "organizations", "owner_id"),
        ("opportunities", "organization_id", "organizations", "opportunities", "organization_id"),
        ("interactions", "opportunity_id", "opportunities", "interactions", "opportunity_id"),
        ("organization_interactions", "organization_id", "organizations", "interactions", "organization_id"),
        ("organization_interactions", "contact_id", "contacts", "interactions", "contact_id"),
    ]
    wrong: list[str] = []
    for source_table, column, linked, target, target_column in links:
        wanted = {
            mapped[source_table, row.id]: mapped.get((linked, row.key(column) or ""))
            for row in _archive(source_table)
            if (source_table, row.id) in mapped
            and row.key(column)
            and (target, mapped[source_table, row.id]) not in edited
        }
        wrong += [f"{target}.{target_column} {one}" for one in _differing(target, target_column, wanted)]
    return _none("every link leads to what the linked row became", wrong)


def _engagement(today: date) -> Check:
    """The kept counts equal a recount, which is then undone."""
    trial = db.session.begin_nested()
    try:
        recount = engagement.recompute(today=today)
    finally:
        trial.rollback()
    return Check(
        "engagement equals a recount", not recount.is_drift, f"{recount.principals} principals drifted"
    )


def _none(name: str, wrong: Iterable[str]) -> Check:
    """A check that holds where nothing is `wrong`; the first of what is are named."""
    found = list(wrong)
    told = "; ".join(found[:MOST_NAMED]) + (f" … {len(found)} in all" if len(found) > MOST_NAMED else "")
    return Check(name, not found, told or "all well")
