"""Restoring: into an empty database only, compared row for row, and no letter leaves twice afterwards."""

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

import crm
from crm import cli, services
from crm.config import Settings
from crm.db import SYSTEM, act_as, db, transaction
from crm.enums import MailState
from crm.errors import Refused
from crm.models import MailMessage
from crm.services.backups import FILES, MANIFEST, Backup, survey
from crm.services.restores import DRILLS
from tests import databases
from tests.databases import Database

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
EXPORT = b"name\nMarlowe Bend\n"
LEFT, ASKED, REFUSED, LATER = (f"<{name}@pantry.example>" for name in ("left", "asked", "refused", "later"))


@pytest.fixture(autouse=True, scope="module")
def _programs() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POSTGRES_PROGRAMS", os.environ["TEST_POSTGRES_PROGRAMS"])
        yield


def fill(book: Database) -> None:
    """A few rows, one of them of a file, and three letters that wait."""
    with book.connect("owner", role=None) as owner:
        owner.execute(
            """
            insert into users (email, full_name, fs_uniquifier) values ('nell@pantry.example', 'Nell', 'n');
            insert into organizations (name, tags) values ('Marlowe Bend', '{a,"b c"}'), ('Größe 春', '{}');
            insert into contacts (first_name, organization_id)
                select 'C ' || n, 1 from generate_series(1, 40) n;
            insert into jobs (kind, run_key, state, requested_by) values ('export', 'x', 'done', 1);
            """
        )
        owner.execute(
            "insert into files (job_id, user_id, name, path, size, sha256, expires_at) "
            "values (1, 1, 'Places.csv', 'exports/1.csv', %s, %s, '2027-01-01')",
            (len(EXPORT), hashlib.sha256(EXPORT).hexdigest()),
        )
        for message_id in (LEFT, ASKED, REFUSED):
            owner.execute(
                "insert into mail_messages (message_id, to_address, subject, text_body) "
                "values (%s, 'nell@pantry.example', 'Due', 'Call Marlowe Bend')",
                [message_id],
            )


@pytest.fixture(scope="module")
def book(template: Database, worker_id: str) -> Iterator[Database]:
    """A small book. Nothing here changes it: it is read, and refused to be restored over."""
    with databases.clone(databases.once("kept", template, fill), f"kept_{worker_id}") as copy:
        yield copy


def settings_of(book: Database, folder: Path) -> Settings:
    return book.settings(
        "commands",
        data_dir=folder,
        mail_journal=folder / "outside.journal",
        mail_from="Pantry <pantry@pantry.example>",
        database_backup_url=book.url("backup"),
    )


@pytest.fixture(scope="module")
def kept(book: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a file and one backup, which is there to be copied."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "exports").mkdir()
    (folder / "exports" / "1.csv").write_bytes(EXPORT)
    services.backups.create(settings_of(book, folder), now=NOW)
    return folder


@pytest.fixture
def settings(book: Database, kept: Path, tmp_path: Path) -> Settings:
    """Of the small book, with a data folder of the test's own."""
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    return settings_of(book, tmp_path)


@pytest.fixture
def backup(settings: Settings) -> Backup:
    made = services.backups.newest(settings)
    assert made is not None
    return made


@pytest.fixture
def fresh(worker_id: str) -> Iterator[Database]:
    """A database that was set up and never migrated, as one restores into."""
    with databases.empty(f"fresh_{worker_id}") as made:
        yield made


def looked_at(database: Database) -> tuple[dict[str, int], dict[str, str]]:
    with psycopg.connect(database.url("backup")) as connection:
        return survey(connection)


def test_what_comes_back_is_the_book_row_for_row_with_its_rules_and_with_mail_on_hold(
    settings: Settings, backup: Backup, fresh: Database, book: Database, tmp_path: Path
) -> None:
    elsewhere = settings.model_copy(update={"data_dir": tmp_path / "other"})
    done = services.restores.restore(backup, elsewhere, into=fresh.url("owner"))
    assert (done.rows, done.files, done.letters) == (backup.rows, 1, 0)
    assert (tmp_path / "other" / "exports" / "1.csv").read_bytes() == EXPORT
    rows, sums = looked_at(fresh)
    kept_rows, kept_sums = looked_at(book)
    assert rows == kept_rows
    assert {table for table in sums if sums[table] != kept_sums[table]} == {"firm_settings"}, (
        "mail is on hold"
    )
    with fresh.connect("owner", role=None) as owner:
        assert owner.execute("select mail_held_because from firm_settings").fetchone() == (
            services.restores.HELD,
        )
        number = owner.execute(
            "insert into organizations (name) values ('Next') returning organization_id, name_key"
        ).fetchone()
    assert number == (3, "next"), "numbers go on, and triggers and functions are there"
    with fresh.connect("web", role=None) as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute("select from organizations")
    databases.migrate("upgrade", "head", database=fresh)


def test_letters_that_left_after_the_backup_do_not_leave_again_and_the_others_do(
    settings: Settings, backup: Backup, fresh: Database
) -> None:
    assert settings.mail_journal is not None
    settings.mail_journal.write_text(
        f"handing over\t{LEFT}\nsent\t{LEFT}\nhanding over\t{ASKED}\n"
        f"handing over\t{REFUSED}\nnot taken\t{REFUSED}\nhanding over\t{LATER}\nsent\t{LATER}\n"
        "a torn li"
    )
    done = services.restores.restore(backup, settings, into=fresh.url("owner"))
    assert done.letters == 3
    app = crm.create_app("worker", fresh.settings("worker", mail_from=settings.mail_from))
    with app.app_context():
        act_as(SYSTEM)
        with transaction():
            states = {m.message_id: m.state for m in db.session.scalars(sa.select(MailMessage))}
            assert states == {LEFT: MailState.SENT, ASKED: MailState.IN_DOUBT, REFUSED: MailState.PLANNED}
            for name in ("later", "new"):
                services.mails.queue(to="nell@pantry.example", subject="Due", text="Call", name=name)
            written = {m.message_id: m for m in db.session.scalars(sa.select(MailMessage))}
            assert written[LATER].state is MailState.SENT
            assert written[LATER].sent_at is not None
            assert written["<new@pantry.example>"].state is MailState.PLANNED
        db.engine.dispose()


def test_a_database_that_went_back_in_time_by_other_means_is_told_what_had_left(
    book: Database, tmp_path: Path, worker_id: str
) -> None:
    words = ["mail", "hold", "--because", "Taken back to a moment.", "--journal"]
    with databases.clone(book, f"went_back_{worker_id}") as gone_back:
        settings = settings_of(gone_back, tmp_path)
        flask = cli.create_app(settings)
        refused = flask.test_cli_runner().invoke(args=words)
        assert (refused.exit_code, "There is no mail journal" in refused.stderr) == (1, True)
        assert settings.mail_journal is not None
        settings.mail_journal.write_text(f"handing over\t{LEFT}\nsent\t{LEFT}\nhanding over\t{ASKED}\n")
        done = flask.test_cli_runner().invoke(args=words)
        assert "names 2 letters that left" in done.stdout
        with gone_back.connect("owner", role=None) as owner:
            states = dict(owner.execute("select message_id, state::text from mail_messages").fetchall())
            held = owner.execute("select mail_held_because from firm_settings").fetchone()
        with flask.app_context():
            db.engine.dispose()
    assert states == {LEFT: "sent", ASKED: "in doubt", REFUSED: "planned"}
    assert held == ("Taken back to a moment.",), "also where the journal could not be read"


@pytest.mark.slow
def test_where_files_cannot_be_written_the_rows_are_back_and_mail_is_on_hold_all_the_same(
    settings: Settings, backup: Backup, fresh: Database, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    elsewhere = settings.model_copy(update={"data_dir": tmp_path / "taken"})
    with pytest.raises(Refused, match="files could not be written"):
        services.restores.restore(backup, elsewhere, into=fresh.url("owner"))
    with fresh.connect("owner", role=None) as owner:
        held = owner.execute("select mail_held_because from firm_settings").fetchone()
    assert held == (services.restores.HELD,)
    assert looked_at(fresh)[0] == backup.manifest["rows"]


def test_files_come_back_on_a_python_that_cannot_filter_archives(
    settings: Settings, backup: Backup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of Debian 12, which is older than 3.11.4."""
    monkeypatch.delattr("tarfile.TarFile.extract")
    file = tmp_path / "exports" / "1.csv"
    file.unlink()
    assert services.restores._unpack(backup, settings) == 1
    assert file.read_bytes() == EXPORT


def test_a_file_that_would_land_outside_of_the_data_folder_is_not_written(
    settings: Settings, backup: Backup, tmp_path: Path
) -> None:
    with tarfile.open(backup.folder / FILES, "w") as tar:
        outside = tarfile.TarInfo("../outside.csv")
        outside.size = len(EXPORT)
        tar.addfile(outside, io.BytesIO(EXPORT))
    with pytest.raises(Refused, match="does not belong into"):
        services.restores._unpack(backup, settings)
    assert not (tmp_path.parent / "outside.csv").exists()


def test_nothing_is_restored_over_a_book(backup: Backup, settings: Settings, book: Database) -> None:
    before = looked_at(book)
    with pytest.raises(Refused, match="not empty"):
        services.restores.restore(backup, settings, into=book.url("owner"))
    assert looked_at(book) == before


@pytest.mark.slow
def test_what_differs_is_told_and_a_drill_leaves_the_database_empty_and_a_line_in_the_record(
    backup: Backup, settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    """One story in one database, of which each part needs what the one before must have left: nothing."""
    manifest = json.loads((backup.folder / MANIFEST).read_text())
    manifest["sums"]["contacts"] = "1"
    manifest["rows"]["organizations"] = 3
    wrong = Backup(backup.folder, manifest)
    with pytest.raises(Refused, match="not what was kept: contacts, organizations"):
        services.restores.restore(wrong, settings, into=fresh.url("owner"))
    assert looked_at(fresh) == ({}, {})

    services.restores.drill(backup, into=fresh.url("owner"), now=NOW)
    assert looked_at(fresh) == ({}, {})

    (tmp_path / "exports" / "1.csv").write_bytes(b"other")
    of_another_file = services.backups.create(settings, now=NOW.replace(hour=4))
    with pytest.raises(Refused, match="1 files are not"):
        services.restores.drill(of_another_file, into=fresh.url("owner"), now=NOW)
    assert looked_at(fresh) == ({}, {})
    good, bad = drills(settings)
    assert (good["backup"], good["rows"], "wrong" in good) == (backup.folder.name, backup.rows, False)
    assert (bad["backup"], "1 files are not" in bad["wrong"]) == (of_another_file.folder.name, True)


def drills(settings: Settings) -> list[dict[str, Any]]:
    """The record of drills."""
    lines = (settings.data_dir / "backups" / DRILLS).read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_a_drill_of_a_part_that_rusted_says_so_there_and_in_the_record(
    backup: Backup, settings: Settings, fresh: Database
) -> None:
    (backup.folder / FILES).write_bytes(b"rust")
    with pytest.raises(Refused, match="not whole"):
        services.restores.drill(backup, into=fresh.url("owner"), now=NOW)
    (line,) = drills(settings)
    assert "not whole" in line["wrong"]
