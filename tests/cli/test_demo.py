"""`flask demo load` loads once, says no with a reason, and leaves nothing behind when it is killed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from crm import services
from crm.config import Settings
from crm.db import db
from crm.models import Organization, User
from tests.commands import begin
from tests.database.sessions import until
from tests.databases import Database
from tests.factories import Make, as_role
from tests.services.demo.test_spreading import TINY

PASSWORD = "larder-door-8"

Command = Callable[..., Result]


@pytest.fixture
def settings(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of the app, with a password for the demo; a test may change them."""
    given: Settings = app.config["SETTINGS"]
    changed = given.model_copy(update={"demo_password": PASSWORD})
    monkeypatch.setitem(app.config, "SETTINGS", changed)
    return changed


@pytest.fixture
def load(app: Flask, database: sa.Connection, settings: Settings) -> Command:
    """`load("--size", "small")`: what `flask demo load` does, as the owner of the tables."""

    def run(*options: str) -> Result:
        db.session.commit()
        with as_role(database, "kp_owner"):
            return app.test_cli_runner().invoke(args=["demo", "load", *(options or ("--size", "small"))])

    return run


@pytest.fixture
def rows(database: sa.Connection) -> Callable[[type], int]:
    """`rows(Organization)`: how many there are."""

    def count(model: type) -> int:
        db.session.connection()  # a session that begins inside the block would outlive its savepoint
        with as_role(database, "kp_owner"):
            return db.session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()

    return count


Rows = Callable[[type], int]


def test_it_loads_and_says_what(load: Command, rows: Rows) -> None:
    done = load("--size", "small", "--today", "2026-11-22")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("Loaded the demo book of 2026-11-22 in ")
    assert "9 people, 20 organizations, 16 products, 14 contacts, 12 opportunities, 29 inter" in done.output
    assert rows(Organization) == 20


@pytest.mark.slow
def test_a_firm_of_many_offices_is_told_step_by_step(
    load: Command, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(services.demo.SPREADS, "medium", TINY)
    done = load("--size", "medium", "--today", "2026-11-22")
    assert done.exit_code == 0, done.output
    assert re.search(r"^ +\d+\.\d s  the model of 2 offices$", done.output, re.MULTILINE)
    assert re.search(r"^ +\d+\.\d s  120 interactions$", done.output, re.MULTILINE)
    assert "36 people, 88 organizations, 64 products" in done.output
    assert rows(Organization) == 88


def test_the_second_time_it_says_that_the_book_is_here(load: Command, rows: Rows) -> None:
    load()
    for options in (("--size", "small"), ("--size", "broker", "--seed", "5")):
        again = load(*options)
        assert (again.exit_code, again.output) == (
            0,
            "The demo book is already here. Nothing was changed.\n",
        )
    assert rows(Organization) == 20


def test_it_stays_out_of_other_peoples_data(load: Command, make: Make, rows: Rows) -> None:
    make.organization("Somebody's Diner")
    done = load()
    assert done.exit_code == 1
    assert done.output == (
        "Error: There are 1 organizations in this database that the demo book did not bring. "
        "Load it into a database of its own.\n"
    )
    assert (rows(Organization), rows(User)) == (1, 0)


def test_it_wants_a_password_for_its_people(load: Command, settings: Settings, rows: Rows) -> None:
    settings.demo_password = None
    done = load()
    assert done.exit_code == 1
    assert "Set DEMO_PASSWORD: all demo accounts sign in with it." in done.output
    assert rows(User) == 0


def test_it_has_no_place_in_production(load: Command, settings: Settings, rows: Rows) -> None:
    settings.pantry_env = "production"
    done = load()
    assert done.exit_code == 1
    assert "The demo book is not for a production server" in done.output
    assert rows(User) == 0


@pytest.mark.slow
def test_a_load_that_is_killed_leaves_nothing(own_database: Database, tmp_path: Path) -> None:
    with own_database.connect("superuser", role=None) as watcher, own_database.connect() as holder:

        def is_there(what: str) -> bool:
            ours = "select from pg_stat_activity where datname = current_database() and usename = 'kp_owner'"
            return watcher.execute(f"{ours} and {what}").fetchone() is not None

        holder.execute("begin")
        holder.execute("lock table engagement_changes in share mode")  # all is written but the levels
        loading = begin(
            own_database,
            *("demo", "load", "--size", "small"),
            said=tmp_path / "stdout",
            complained=tmp_path / "stderr",
            DEMO_PASSWORD=PASSWORD,
        )
        try:
            until(lambda: is_there("wait_event_type = 'Lock'"), seconds=60)
        finally:
            loading.kill()
            loading.join()
        holder.execute("rollback")
        until(lambda: not is_there("true"), seconds=60)
        for table in ("users", "organizations", "interactions", "engagement_changes"):
            assert watcher.execute(f"select count(*) from {table}").fetchone() == (0,)
