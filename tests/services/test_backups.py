"""Backups: consistent, whole or not there, checked, and forgotten in their time."""

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

import crm
from crm import services
from crm.config import Settings
from crm.db import SYSTEM, act_as, db
from crm.errors import Refused
from crm.services.backups import DUMP, LOCK, MANIFEST, Backup
from tests import databases
from tests.databases import Database

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_PROGRAMS", os.environ["TEST_POSTGRES_PROGRAMS"])


@pytest.fixture(scope="module")
def book(template: Database, worker_id: str) -> Iterator[Database]:
    """Two rows; a backup only reads them."""
    with databases.clone(template, f"backed_up_{worker_id}") as copy:
        with copy.connect("owner", role=None) as owner:
            owner.execute("insert into organizations (name) values ('Marlowe Bend'), ('Wrenfield')")
        yield copy


@pytest.fixture
def settings(book: Database, tmp_path: Path) -> Settings:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "export.csv").write_text("name\nMarlowe Bend\n")
    return book.settings("commands", data_dir=tmp_path, database_backup_url=book.url("backup"))


def test_a_backup_counts_every_row_and_holds_what_it_counted(settings: Settings) -> None:
    made = services.backups.create(settings, now=NOW)
    assert made.manifest["rows"]["organizations"] == 2
    assert services.backups.verify(made) == []
    assert [one.folder for one in services.backups.stored(settings)] == [made.folder]
    assert {path.name[0] for path in made.folder.parent.iterdir()} == {"2"}, "nothing half done is left"


def test_harm_to_any_part_is_found(settings: Settings, tmp_path: Path) -> None:
    made = services.backups.create(settings, now=NOW)
    for part in (DUMP, "files.tar"):
        for harm in (Path.unlink, lambda path: path.write_bytes(b"rust")):
            folder = tmp_path / "harmed"
            shutil.copytree(made.folder, folder)
            assert services.backups.verify(Backup(folder, made.manifest)) == []
            harm(folder / part)
            assert services.backups.verify(Backup(folder, made.manifest)) != [], part
            shutil.rmtree(folder)


def test_without_the_backup_login_it_is_refused_and_nothing_is_left(settings: Settings) -> None:
    for url, words in ((None, "DATABASE_BACKUP_URL"), ("postgresql://x@127.0.0.1:9/x", "does not answer")):
        with pytest.raises(Refused, match=words):
            services.backups.create(settings.model_copy(update={"database_backup_url": url}), now=NOW)
    assert list((settings.data_dir / "backups").iterdir()) == []


def test_of_two_workers_that_hear_of_the_night_one_makes_the_backup(
    settings: Settings, book: Database
) -> None:
    with psycopg.connect(book.url("backup")) as other:
        other.execute("select pg_advisory_lock(%s)", [LOCK])
        with crm.create_app("commands", settings).app_context():
            act_as(SYSTEM)
            assert services.backups.make_due(settings, now=NOW) is None
            db.session.remove()
            db.engine.dispose()
    assert services.backups.stored(settings) == []


def program_of(version: str, folder: Path) -> Path:
    """A pg_dump in a folder of its own that says it is of this version, and does nothing else."""
    folder.mkdir(parents=True)
    (folder / "pg_dump").write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}'\n")
    (folder / "pg_dump").chmod(0o755)
    return folder / "pg_dump"


def test_programs_of_an_older_version_on_the_path_are_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    older = program_of("15.18 (Debian 15.18-0+deb12u1)", tmp_path / "path")
    packaged = program_of("18.1", tmp_path / "packages")
    monkeypatch.delenv("POSTGRES_PROGRAMS")
    monkeypatch.setenv("PATH", f"{older.parent}:{os.defpath}")
    monkeypatch.setattr(services.backups, "PACKAGED", (str(packaged.parent),))
    assert services.backups.program("pg_dump") == str(packaged)
    named = program_of("18.4", tmp_path / "named")
    monkeypatch.setenv("POSTGRES_PROGRAMS", str(named.parent))
    assert services.backups.program("pg_dump") == str(named)


def test_where_all_programs_are_older_it_is_said_which_and_what_to_do(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    older = program_of("15.18", tmp_path / "path")
    monkeypatch.delenv("POSTGRES_PROGRAMS")
    monkeypatch.setenv("PATH", f"{older.parent}:/bin")
    monkeypatch.setattr(services.backups, "PACKAGED", ())
    with pytest.raises(Refused, match=rf"{older} is of PostgreSQL 15.*18.*POSTGRES_PROGRAMS"):
        services.backups.create(settings, now=NOW)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match=r"pg_dump is not on the PATH.*18.*POSTGRES_PROGRAMS"):
        services.backups.create(settings, now=NOW)


def test_backups_are_kept_for_days_weeks_and_months(settings: Settings, tmp_path: Path) -> None:
    for days in range(200):
        made = NOW - timedelta(days=days)
        folder = tmp_path / "backups" / made.strftime("%Y%m%dT%H%M%SZ")
        folder.mkdir(parents=True)
        (folder / MANIFEST).write_text(json.dumps({"made_at": made.isoformat(), "parts": {}, "rows": {}}))
    services.backups.rotate(settings)
    left = [one.folder.name[:8] for one in services.backups.stored(settings)]
    assert left[:7] == [f"202611{day}" for day in range(24, 17, -1)]
    assert len(left) <= 7 + 4 + 6
    assert left[-1].startswith("202606")
    assert services.backups.rotate(settings) == []
