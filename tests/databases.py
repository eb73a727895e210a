"""The databases of the tests: one template a run, made by a real `flask db upgrade`, and clones of it.

`bin/test` starts the server and names it in the environment (bin/stack/trial.py lists the names).
"""

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit, urlunsplit

import alembic.command
import alembic.config
import psycopg
from psycopg import sql

from crm.config import Door, Settings

ROOT = Path(__file__).parent.parent
FIRM_NAME = "Harbor & Vine Brokerage"
FIRM_TIMEZONE = "America/Chicago"
SECRET_KEY = "only for tests, and long enough"


@dataclass(frozen=True)
class Database:
    """One database on the test server, and the addresses under which each role reaches it."""

    name: str

    def url(self, login: str) -> str:
        """The address for `superuser`, or for `owner`, `web`, `worker`, `backup` or `test` (without kp_)."""
        return _address(login, self.name)

    def connect(self, login: str = "worker", *, role: str | None = "kp_system") -> psycopg.Connection:
        """A connection of its own; `role` is taken for the whole session, None = the bare login."""
        connection = psycopg.connect(self.url(login), autocommit=True)
        if role is not None:
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        return connection

    def settings(self, door: Door, **changed: object) -> Settings:
        """The settings of a process behind `door` on this database, signed in as its real role."""
        addresses = {
            "database_url": self.url("web"),
            "database_worker_url": self.url("worker"),
            "database_owner_url": self.url("owner"),
        }
        if door == "web":
            addresses = {"database_url": self.url("web")}
        return test_settings(**addresses, **changed)


def test_settings(**given: object) -> Settings:
    """Settings that depend on nothing of the machine but the servers of bin/test."""
    fixed: dict[str, object] = {
        "redis_url": os.environ["TEST_REDIS_URL"],
        "smtp_url": "smtp://127.0.0.1:9",  # nobody listens: a test that sends starts a catcher of its own
        "secret_key": SECRET_KEY,
        "base_url": "http://localhost",
        "firm_name": FIRM_NAME,
        "firm_timezone": FIRM_TIMEZONE,
        "pantry_env": "test",
        "log_level": "ERROR",
    }
    return Settings(**fixed | given)  # type: ignore[arg-type]


test_settings.__test__ = False  # type: ignore[attr-defined]


def template() -> Database:
    """The migrated, empty database; whoever comes first makes it, the others wait.

    It is named by what it was made from: on the servers of `bin/test --serve` the next run finds it there.
    """
    set_up = Database(urlsplit(_address("owner")).path.lstrip("/"))
    return _made_once(
        Database(f"template_{_migrations()}"), set_up, lambda half: flask_db("upgrade", database=half)
    )


def once(name: str, of: Database, fill: Callable[[Database], object]) -> Database:
    """A copy of `of` that was filled, made once a run. Nobody may connect to it: it is there to be cloned."""
    return _made_once(Database(f"{name}_of_{_run()}"), of, fill)


def _made_once(made: Database, of: Database, fill: Callable[[Database], object]) -> Database:
    """Whoever comes first makes it, the others wait; one that was not filled to the end is not there."""
    with _superuser() as admin:
        admin.execute("select pg_advisory_lock(hashtext(%s))", [made.name])
        if not admin.execute("select 1 from pg_database where datname = %s", [made.name]).fetchone():
            half = Database(f"half_{made.name}")
            _create(admin, half.name, template=of.name)
            fill(half)
            rename = sql.SQL("alter database {} rename to {}")
            admin.execute(rename.format(sql.Identifier(half.name), sql.Identifier(made.name)))
    return made


@contextmanager
def clone(of: Database, name: str) -> Iterator[Database]:
    """A copy of a database to which nobody is connected; dropped afterwards, with whoever still is."""
    copy = Database(f"{name}_{_run()}")
    with _superuser() as admin:
        _create(admin, copy.name, template=of.name)
    try:
        yield copy
    finally:
        with _superuser() as admin:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(copy.name)))


def renew(worn: Database, of: Database) -> None:
    """Put a new copy of `of` in the place of `worn`, to which nobody is connected any more."""
    with _superuser() as admin:
        _create(admin, worn.name, template=of.name)


def is_listened_to(database: Database) -> bool:
    """Whether somebody waits there for notifications."""
    asked = "select exists (select from pg_stat_activity where datname = %s and query ilike 'listen %%')"
    with _superuser() as admin:
        row = admin.execute(asked, [database.name]).fetchone()
    return bool(row and row[0])


@contextmanager
def empty(name: str) -> Iterator[Database]:
    """A database that was set up and never migrated."""
    with clone(Database(urlsplit(_address("owner")).path.lstrip("/")), name) as copy:
        yield copy


@contextmanager
def bare(name: str) -> Iterator[Database]:
    """A database as `create database` makes it: nobody ran the set-up in it."""
    with clone(Database("template1"), name) as copy:
        yield copy


def flask_db(*words: str, database: Database) -> str:
    """Run `flask db …` as an operator would; returns what it said. Raises `RuntimeError` when it fails."""
    command = [sys.executable, "-m", "flask", "db", *words]
    environment = {**os.environ, **_environment(database), "FLASK_APP": "crm.cli:create_app"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        raise RuntimeError(f"flask db {' '.join(words)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def migrate(
    command: str,
    *words: str,
    database: Database,
    sql: bool = False,
    and_revisions_in: Path | None = None,
    **environment: str,
) -> str:
    """The same by alembic's commands within this process, which takes a tenth of the time.

    With `and_revisions_in` the revisions in that folder follow on ours. Raises what alembic or env.py raise:
    `CommandError`, `SystemExit`, or an error of the database.
    """
    said = io.StringIO()
    config = alembic.config.Config(
        ROOT / "migrations" / "alembic.ini", stdout=said, output_buffer=said if sql else None
    )
    if and_revisions_in is not None:
        ours = ROOT / "migrations" / "versions"
        config.set_main_option("version_locations", f"{ours}{os.pathsep}{and_revisions_in}")
    options = {"sql": True} if sql else {}
    with mock.patch.dict(os.environ, _environment(database) | environment):
        getattr(alembic.command, command)(config, *words, **options)
    return said.getvalue()


def _environment(database: Database) -> dict[str, str]:
    return {
        "DATABASE_URL": database.url("web"),
        "DATABASE_OWNER_URL": database.url("owner"),
        "FIRM_TIMEZONE": FIRM_TIMEZONE,
        "FIRM_NAME": FIRM_NAME,
        "SECRET_KEY": SECRET_KEY,
        "PANTRY_ENV": "test",
        "MIGRATE_WITHOUT_BACKUP": "the book of a test",
    }


def drop_all_of_this_run() -> None:
    """Leave nothing on a server that other runs share."""
    with _superuser() as admin:
        names = admin.execute(
            "select datname from pg_database where datname like %s", [f"%{_run()}%"]
        ).fetchall()
        for (name,) in names:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _migrations() -> str:
    """A name for the state of migrations/: another one as soon as anything in there is another."""
    files = sorted(path for path in (ROOT / "migrations").rglob("*") if path.suffix in {".py", ".sql"})
    content = b"".join(str(path.relative_to(ROOT)).encode() + path.read_bytes() for path in files)
    return hashlib.sha256(content).hexdigest()[:8]


def _run() -> str:
    return os.environ["TEST_RUN_ID"]


def _address(login: str, database: str | None = None) -> str:
    parts = urlsplit(os.environ[f"TEST_DATABASE_{login.upper()}_URL"])
    return urlunsplit(parts._replace(path=f"/{database}")) if database else urlunsplit(parts)


def _superuser() -> psycopg.Connection:
    return psycopg.connect(_address("superuser"), autocommit=True)


def _create(admin: psycopg.Connection, name: str, *, template: str) -> None:
    statement = sql.SQL("create database {} template {} owner kp_owner strategy wal_log")
    # Two workers that copy the same database at once would find it in use.
    admin.execute("select pg_advisory_lock(hashtext(%s))", [template])
    try:
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        admin.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    finally:
        admin.execute("select pg_advisory_unlock(hashtext(%s))", [template])
