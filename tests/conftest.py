"""Fixtures: a real PostgreSQL, a transaction for each test that is undone, people with names."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, current_app
from jinja2 import FileSystemBytecodeCache
from psycopg._preparing import PrepareManager
from sqlalchemy import event

import crm
from crm import cli, tasks
from crm.db import Person, act_as, db
from crm.models import User
from tests import databases
from tests.clients import Client, take_role
from tests.databases import Database
from tests.factories import Make

Counting = Callable[[], AbstractContextManager[list[str]]]

BROWSER = "tests/browser/"
"""Of one xdist worker as far as it gets: each who has one of these needs a Chromium and a site of its own."""
LONG = (
    *("tests/test_access.py", "setup/test_stack.py", "services/imports/test_workbook.py"),
    *("services/legacy/", "database/test_migrations.py", "services/test_restores.py", "tests/faults/"),
    *("services/demo/", "blueprints/test_dashboard.py", "queries/test_dashboard.py"),
    *("queries/test_search.py", "tests/tasks/"),
)
"""The files and folders with the longest tests, the longest first. Each is of one worker, for they share
what is made at the start of the first one.
"""

WORN = 20_000
"""After so many rows that were written and undone, the database of an xdist worker is made anew: what they
leave behind is stepped over by each question, and taken for rows of the book by whoever plans one.
"""

# Not of a page's own: the frame that every request has.
FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "select set_config(", "set constraints")


def pytest_collection_finish() -> None:
    """What is there by now stays: the garbage collector need not look through it again during every test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first xdist worker begins with the browser, the others with their part of what takes longest: at
    the end the rest is shared out evenly.

    xdist gives them equal parts of the list, one after another.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers == 1:
        return
    begin: list[list[pytest.Item]] = [[] for _ in range(workers)]
    rest = []
    for item in sorted(items, key=_place):
        place = _place(item)
        if place < 0:
            begin[0].append(item)
        elif place < len(LONG):
            begin[1 + place % (workers - 1)].append(item)
        else:
            rest.append(item)
    shared_out: list[pytest.Item] = []
    for worker, first in enumerate(begin):
        size = (len(items) - len(shared_out)) // (workers - worker)
        follow = max(0, size - len(first))
        shared_out += first + rest[:follow]
        del rest[:follow]
    items[:] = shared_out + rest


def _place(item: pytest.Item) -> int:
    """Where its file stands in LONG: behind them all if it does not, before them if it needs a browser."""
    path = item.path.as_posix()
    if BROWSER in path:
        return -1
    return next((place for place, part in enumerate(LONG) if part in path), len(LONG))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The last of the run drops what it left; an xdist worker is not the last."""
    if not hasattr(session.config, "workerinput") and "TEST_RUN_ID" in os.environ:
        databases.drop_all_of_this_run()


@pytest.fixture(scope="session")
def template() -> Database:
    """The migrated, empty database of this run. Nobody may connect to it: it is there to be cloned."""
    if "TEST_RUN_ID" not in os.environ:
        pytest.exit("These tests need servers: run them with bin/test, which starts them.", returncode=2)
    return databases.template()


@pytest.fixture(scope="session")
def shared_database(template: Database, worker_id: str) -> Iterator[Database]:
    """The database of this xdist worker. Tests undo what they do in it; nothing is ever committed."""
    with databases.clone(template, worker_id) as copy:
        yield copy


@pytest.fixture(scope="session")
def shared_app(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application of this xdist worker; tests ask for `app`."""
    settings = databases.test_settings(
        database_url=shared_database.url("test"), data_dir=tmp_path_factory.mktemp("data")
    )
    made = crm.create_app("web", settings)
    cli.init(made)
    made.test_client_class = Client
    made.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(_of_the_run(tmp_path_factory, "templates")))
    made.config["API_STRANGERS_PER_MINUTE"] = 100_000  # all tests ask from one address
    db.session.session_factory.configure(join_transaction_mode="create_savepoint")
    with made.app_context():
        event.listen(db.engine, "connect", _keep_plans)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def app(shared_app: Flask) -> Flask:
    """The application as the web has it, signed in as kp_test, who may take the role of each login.

    Celery is of the application that was made last, which may have been an earlier test's.
    """
    tasks.init(shared_app, shared_app.config["SETTINGS"])
    return shared_app


class Plans(PrepareManager):
    """Keeps the statements that are planned on a connection when its transaction is undone. psycopg forgets
    them all, for tables might have come and gone with it; here every test ends like that, and none makes any.

    A private name of psycopg: a version without it fails each test.
    """

    prepared_max = 1_000

    def clear(self) -> bool:
        return False


def _keep_plans(connection: Any, _record: object) -> None:
    connection._prepared = Plans()


def _of_the_run(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder that all xdist workers of this run share: what one has compiled, the others only read."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def database(app: Flask, shared_database: Database, template: Database) -> Iterator[sa.Connection]:
    """The connection of this test, in a transaction that is undone. Nobody is named on it: it is kp_web's.

    Sessions join it by savepoints, whoever opens them, so a commit of the application stays inside.
    """
    session_class = db.session.session_factory.class_
    original = session_class.get_bind

    def get_bind(session: object, *args: object, **kwargs: object) -> object:
        if current_app._get_current_object() is app:  # type: ignore[attr-defined]
            return connection
        return original(session, *args, **kwargs)

    with app.app_context():
        connection = db.engine.connect()
        if _is_worn(connection):
            connection.close()
            db.engine.dispose()
            databases.renew(shared_database, template)
            connection = db.engine.connect()
        outer = connection.begin()
        session_class.get_bind = get_bind
        try:
            take_role("kp_web")
            yield connection
        finally:
            db.session.remove()
            session_class.get_bind = original
            outer.rollback()
            connection.close()


def _is_worn(connection: sa.Connection) -> bool:
    """Whether so many rows were written and undone here that each question has to step over their remains."""
    written = """
        select pg_stat_get_db_tuples_inserted(oid) + pg_stat_get_db_tuples_updated(oid)
          from pg_database where datname = current_database()"""
    with connection.begin():
        return int(connection.exec_driver_sql(written).scalar_one()) > WORN


@pytest.fixture
def acting_as(database: sa.Connection) -> Callable[[User | Person | None], None]:
    """`acting_as(nell)`, `acting_as(SYSTEM)`, `acting_as(None)`: who does what comes next in the test."""

    def act(person: User | Person | None) -> None:
        db.session.commit()
        db.session().info.pop("person", None)
        if person is None:
            take_role("kp_web")
        else:
            act_as(person.user_id if isinstance(person, User) else person)
            db.session.connection()

    return act


@pytest.fixture
def make(database: sa.Connection) -> Make:
    """Rows that a test begins with, made as the owner: `make.opportunity(stage=…, principals=[…])`."""
    return Make(database)


@pytest.fixture
def mara(make: Make) -> User:
    """A manager; nell is in her team."""
    return make.user("Mara Lindqvist", email="mara@pantry.example", role="manager")


@pytest.fixture
def nell(make: Make, mara: User) -> User:
    """A rep of mara's team."""
    return make.user("Nell Okafor", email="nell@pantry.example", manager=mara)


@pytest.fixture
def otis(make: Make) -> User:
    """A rep of nobody's team."""
    return make.user("Otis Brandt", email="otis@pantry.example")


@pytest.fixture
def ada(make: Make) -> User:
    """An admin."""
    return make.user("Ada Reyes", email="ada@pantry.example", role="admin")


@pytest.fixture
def client(app: Flask, database: sa.Connection) -> Client:
    """A browser in which nobody is signed in."""
    made = app.test_client()
    assert isinstance(made, Client)
    return made


@pytest.fixture
def sign_in(client: Client) -> Callable[[User], Client]:
    """`sign_in(nell)`: the client is hers from the next request on."""
    return client.sign_in


@pytest.fixture
def statements(database: sa.Connection) -> Counting:
    """`with statements() as seen:` gathers the statements that the block sends; frames are left out."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if not statement.lstrip().startswith(FRAME):
                seen.append(statement)

        event.listen(database, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(database, "before_cursor_execute", note)

    return counting


@pytest.fixture
def own_database(template: Database, request: pytest.FixtureRequest, worker_id: str) -> Iterator[Database]:
    """A database for a test that needs real commits, several connections or real roles; dropped after it."""
    with databases.clone(template, f"own_{worker_id}") as copy:
        yield copy
