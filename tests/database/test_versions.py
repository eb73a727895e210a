"""Versions count every change, whoever makes it, and the mapper notices what it has not seen."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm.exc import StaleDataError

import crm
from crm.db import Base, act_as, db, transaction
from crm.models import Organization
from crm.models.base import Counted
from tests.database.sessions import somebody, until
from tests.databases import Database
from tests.factories import Make, as_role

SOMEBODY_WAITS = "select exists (select from pg_stat_activity where wait_event_type = 'Lock')"


def counted() -> set[str]:
    return {mapper.local_table.name for mapper in Base.registry.mappers if issubclass(mapper.class_, Counted)}


def test_every_table_with_a_version_counts_it_and_every_model_with_one_looks_at_it(
    database: sa.Connection,
) -> None:
    with_version = database.execute(
        sa.text(
            "select attrelid::regclass::text from pg_attribute join pg_class c on c.oid = attrelid "
            "where attname = 'version' and c.relnamespace = 'public'::regnamespace and c.relkind = 'r'"
        )
    ).scalars()
    counting = database.execute(
        sa.text("select tgrelid::regclass::text from pg_trigger where tgfoid = 'raise_version'::regproc")
    ).scalars()
    # These say which version of another row they tell of.
    assert set(with_version) - {"audit_log", "job_rows", "import_steps"} == set(counting) == counted()
    looking = {m.local_table.name for m in Base.registry.mappers if m.version_id_col is not None}
    assert looking == counted()


def test_every_table_that_archives_is_counted(database: sa.Connection) -> None:
    archiving = database.execute(
        sa.text(
            "select attrelid::regclass::text from pg_attribute join pg_class c on c.oid = attrelid "
            "where attname = 'deleted_at' and c.relnamespace = 'public'::regnamespace and c.relkind = 'r'"
        )
    ).scalars()
    assert set(archiving) <= counted()


def test_sql_and_the_mapper_take_turns_without_losing_count(make: Make, database: sa.Connection) -> None:
    grill = make.organization("Grill")
    versions = [grill.version]
    with as_role(database, "kp_owner"):
        grill.notes = "by the mapper"
        db.session.flush()
        versions.append(grill.version)
        database.execute(sa.text("update organizations set notes = 'by SQL'"))
        db.session.refresh(grill)
        versions.append(grill.version)
        database.execute(sa.text("update organizations set notes = 'again', version = version + 1"))
        db.session.refresh(grill)
        versions.append(grill.version)
        grill.notes = "by the mapper again"
        db.session.flush()
        versions.append(grill.version)
        db.session.refresh(grill)
    assert versions == [1, 2, 3, 4, 5]
    assert grill.version == 5


def test_the_mapper_notices_a_change_by_sql(make: Make, database: sa.Connection) -> None:
    grill = make.organization("Grill")
    with as_role(database, "kp_owner"), db.session.begin_nested():
        database.execute(sa.text("update organizations set notes = 'by SQL'"))
        grill.notes = "by the mapper"
        with pytest.raises(StaleDataError):
            db.session.flush()


def test_nobody_sets_a_version_by_hand(make: Make, database: sa.Connection) -> None:
    grill = make.organization("Grill")
    with as_role(database, "kp_owner"):
        database.execute(sa.text("update organizations set version = 77"))
        db.session.refresh(grill)
    assert grill.version == 2


@pytest.fixture
def application(own_database: Database) -> Iterator[Flask]:
    app = crm.create_app("web", own_database.settings("web"))
    yield app
    with app.app_context():
        db.engine.dispose()


def test_of_two_people_who_save_the_same_row_at_once_the_second_is_told(
    own_database: Database, application: Flask
) -> None:
    people = [somebody(own_database, f"{name}@pantry.example") for name in ("nell", "otis")]
    with own_database.connect("owner", role=None) as owner:
        owner.execute("insert into organizations (name) values ('Grill')")
    told: list[str] = []

    def save(person: int, ready: threading.Event, go: threading.Event) -> None:
        with application.app_context():
            try:
                with transaction():
                    act_as(person)
                    grill = db.session.get_one(Organization, 1)
                    ready.set()
                    go.wait(10)
                    grill.notes = f"saved by {person}"
                told.append("saved")
            except StaleDataError:
                told.append("stale")

    events = [(threading.Event(), threading.Event()) for _ in people]
    threads = [
        threading.Thread(target=save, args=(person, *pair))
        for person, pair in zip(people, events, strict=True)
    ]
    for thread, (ready, _) in zip(threads, events, strict=True):
        thread.start()
        assert ready.wait(10)
    for thread, (_, go) in zip(threads, events, strict=True):
        go.set()
        thread.join(10)
    assert told == ["saved", "stale"]
    with own_database.connect("owner", role=None) as owner:
        row = owner.execute("select notes, version from organizations").fetchone()
    assert row == (f"saved by {people[0]}", 2)


def test_a_change_waits_for_the_one_before_it_and_counts_on_from_there(own_database: Database) -> None:
    first, second, watcher = (own_database.connect("owner", role=None) for _ in range(3))
    first.execute("insert into organizations (name) values ('Grill')")
    with first.transaction():
        first.execute("update organizations set notes = 'first'")
        waiting = threading.Thread(target=add_city, args=(second,))
        waiting.start()
        until(lambda: watcher.execute(SOMEBODY_WAITS).fetchone() == (True,))
    waiting.join(10)
    row = watcher.execute("select notes, city, version from organizations").fetchone()
    assert row == ("first", "Elkhollow", 3)
    for connection in (first, second, watcher):
        connection.close()


def add_city(connection: psycopg.Connection) -> None:
    connection.execute("update organizations set city = 'Elkhollow'")
