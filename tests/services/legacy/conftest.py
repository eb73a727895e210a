"""The old database in its two shapes, loaded once, and the book that a migration makes of each."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

import crm
from crm.db import db
from crm.services import legacy
from tests import databases
from tests.databases import ROOT, Database, clone

SAMPLES = ROOT / "tests" / "samples" / "legacy"
TODAY = date(2026, 8, 7)
"""The day of the copies."""
BUSINESS = (
    *("users", "organizations", "contacts", "products", "opportunities", "interactions", "employments"),
    *("contact_advocacies", "opportunity_principals", "opportunity_products", "opportunity_contacts"),
    *("opportunity_stage_changes", "interaction_principals", "legacy_archive", "legacy_id_map"),
    *("legacy_findings", "principal_summaries", "principal_weeks", "engagement_changes"),
)

MADE_BY_THE_RUN = (
    "array['updated_at', 'created_at', 'version', 'fs_uniquifier', 'migrated_at', 'found_at', 'archived_at',"
    " 'checksum', 'legacy_finding_id', 'engagement_change_id', 'opportunity_stage_change_id']"
)
"""What differs from run to run."""
CUT = """
    delete from organizations o
     where md5(id::text) > '1'
       and not exists (
           select from organizations other where o.id in (other.parent_org_id, other.distributor_id))
"""
"""Leaves of the old database about a tenth, with all that hangs on it."""


def expected(name: str) -> dict[str, Any]:
    """The numbers that a migration of this copy must show."""
    return dict(json.loads((SAMPLES / f"legacy-{name}.json").read_text()))


def old_database(name: str, *files: str) -> Database:
    """The old database out of these files, made once a run and there to be cloned."""

    def fill(made: Database) -> None:
        with psycopg.connect(made.url("superuser"), autocommit=True) as connection:
            # Its roles belong to the server: two workers that make them at once would meet.
            connection.execute("select pg_advisory_lock(hashtext('legacy roles'))")
            for file in files:
                connection.execute(Path(SAMPLES / file).read_text())  # type: ignore[arg-type]

    return databases.once(name, Database("template1"), fill)


@pytest.fixture(scope="session")
def old_v2(worker_id: str) -> Iterator[Database]:
    """The latest shape of the old database."""
    with clone(old_database("old_v2", "schema.sql", "data.sql"), f"old_v2_{worker_id}") as copy:
        yield copy


@pytest.fixture(scope="session")
def old_v1(worker_id: str) -> Iterator[Database]:
    """The older shape."""
    with clone(old_database("old_v1", "schema-v1.sql", "data-v1.sql"), f"old_v1_{worker_id}") as copy:
        yield copy


@pytest.fixture(scope="session")
def old_few(worker_id: str) -> Iterator[Database]:
    """A part of the latest shape, for what has nothing to do with how much there is."""
    whole = old_database("old_v2", "schema.sql", "data.sql")
    with clone(databases.once("old_few", whole, cut), f"old_few_{worker_id}") as copy:
        yield copy


def cut(old: Database) -> None:
    with psycopg.connect(old.url("superuser")) as connection:
        connection.execute(CUT)
        left = connection.execute(
            "select (select count(*) from organizations), (select count(*) from contacts),"
            " (select count(*) from opportunities), (select count(*) from interactions),"
            " (select count(*) from organization_interactions)"
        ).fetchone()
        assert left is not None
        assert min(left) > 20, left


@contextmanager
def commands(book: Database) -> Iterator[None]:
    """The application as commands have it, on this book."""
    app = crm.create_app("commands", book.settings("commands"))
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="session")
def migrated_v2(template: Database, old_v2: Database, worker_id: str) -> Iterator[Database]:
    """A book into which the latest shape was migrated; tests that change it clone it."""
    with clone(migrated("migrated_v2", template, old_v2), f"migrated_v2_{worker_id}") as copy:
        yield copy


@pytest.fixture(scope="session")
def migrated_v1(template: Database, old_v1: Database, worker_id: str) -> Iterator[Database]:
    """The same of the older shape."""
    with clone(migrated("migrated_v1", template, old_v1), f"migrated_v1_{worker_id}") as copy:
        yield copy


@pytest.fixture(scope="session")
def migrated_few(template: Database, old_few: Database, worker_id: str) -> Iterator[Database]:
    """The same of a part of the latest shape."""
    with clone(migrated("migrated_few", template, old_few), f"migrated_few_{worker_id}") as copy:
        yield copy


def migrated(name: str, template: Database, old: Database) -> Database:
    """The book that a migration makes of the old one, made once a run and there to be cloned."""

    def fill(book: Database) -> None:
        with commands(book), legacy.Source.open(old.url("superuser")) as source:
            legacy.migrate(source, today=TODAY)

    return databases.once(name, template, fill)


Asking = Callable[[Database], AbstractContextManager[psycopg.Connection[Any]]]


@contextmanager
def asked(book: Database) -> Iterator[psycopg.Connection[Any]]:
    """The book by SQL, as its owner; nothing that is done stays."""
    with book.connect("owner", role=None) as connection, connection.transaction(force_rollback=True):
        yield connection


def counts(connection: psycopg.Connection[Any], query: str) -> dict[str, int]:
    """A query of a word and a number as a dictionary; no word is "(none)"."""
    return {word if word is not None else "(none)": n for word, n in connection.execute(query).fetchall()}  # type: ignore[call-overload]


def without_zeros(numbers: dict[str, int]) -> dict[str, int]:
    return {word: n for word, n in numbers.items() if n}


def state(book: Database) -> dict[str, Any]:
    """Every business table as one checksum, without what differs from run to run."""
    with asked(book) as connection:
        return {
            table: connection.execute(
                f"select count(*), md5(string_agg(r, '' order by r)) from"
                f" (select (to_jsonb(t) - {MADE_BY_THE_RUN})::text as r from {table} t) as rows"  # type: ignore[arg-type]
            ).fetchone()
            for table in BUSINESS
        }
