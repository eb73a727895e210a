"""Restoring: into an empty database only, compared row for row, and no letter leaves twice afterwards."""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

import crm
from crm import services
from crm.config import Settings
from crm.db import SYSTEM, act_as, db, transaction
from crm.enums import MailState
from crm.errors import Refused
from crm.models import MailMessage
from crm.services.backups import FILES, MANIFEST, Backup, survey
from crm.services.restores import DRILLS
from tests import databases
from tests.commands import flask_command
from tests.databases import Database

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
EXPORT = b"name\nMarlowe Bend\n"
LEFT, ASKED, REFUSED, LATER = (f"<{name}@pantry.example>" for name in ("left", "asked", "refused", "later"))


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_PROGRAMS", os.environ["TEST_POSTGRES_PROGRAMS"])


@pytest.fixture
def settings(own_database: Database, tmp_path: Path) -> Settings:
    """Of a small book with a file, and three letters that wait."""
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "1.csv").write_bytes(EXPORT)
    with own_database.connect("owner", role=None) as owner:
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
    return own_database.settings(
        "commands",
        data_dir=tmp_path,
        mail_journal=tmp_path / "outside.journal",
        mail_from="Pantry <pantry@pantry.example>",
        database_backup_url=own_database.url("backup"),
    )


@pytest.fixture
def backup(settings: Settings) -> Backup:
    return services.backups.create(settings, now=NOW)


@pytest.fixture
def fresh(worker_id: str) -> Iterator[Database]:
    """A database that was set up and never migrated, as one restores into."""
    with databases.empty(f"fresh_{worker_id}") as made:
        yield made


def looked_at(database: Database) -> tuple[dict[str, int], dict[str, str]]:
    with psycopg.connect(database.url("backup")) as connection:
        return survey(connection)


def test_what_comes_back_is_the_book_row_for_row_with_its_rules_and_with_mail_on_hold(
    settings: Settings, backup: Backup, fresh: Database, own_database: Database, tmp_path: Path
) -> None:
    elsewhere = settings.model_copy(update={"data_dir": tmp_path / "other"})
    done = services.restores.restore(backup, elsewhere, into=fresh.url("owner"))
    assert (done.rows, done.files, done.letters) == (backup.rows, 1, 0)
    assert (tmp_path / "other" / "exports" / "1.csv").read_bytes() == EXPORT
    rows, sums = looked_at(fresh)
    kept_rows, kept_sums = looked_at(own_database)
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
    settings: Settings, own_database: Database
) -> None:
    words = ("mail", "hold", "--because", "Taken back to a moment.", "--journal")
    journal = {"MAIL_JOURNAL": str(settings.mail_journal)}
    refused = flask_command(own_database, *words, **journal)
    assert (refused.returncode, "There is no mail journal" in refused.stderr) == (1, True)
    assert settings.mail_journal is not None
    settings.mail_journal.write_text(f"handing over\t{LEFT}\nsent\t{LEFT}\nhanding over\t{ASKED}\n")
    done = flask_command(own_database, *words, **journal)
    assert "names 2 letters that left" in done.stdout
    with own_database.connect("owner", role=None) as owner:
        states = dict(owner.execute("select message_id, state::text from mail_messages").fetchall())
        held = owner.execute("select mail_held_because from firm_settings").fetchone()
    assert states == {LEFT: "sent", ASKED: "in doubt", REFUSED: "planned"}
    assert held == ("Taken back to a moment.",), "also where the journal could not be read"


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
    settings: Settings, backup: Backup, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of Debian 12, which is older than 3.11.4."""
    monkeypatch.delattr("tarfile.TarFile.extract")
    file = tmp_path / "exports" / "1.csv"
    file.unlink()
    assert services.restores.restore(backup, settings, into=fresh.url("owner")).files == 1
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


def test_nothing_is_restored_over_a_book(backup: Backup, settings: Settings, own_database: Database) -> None:
    before = looked_at(own_database)
    with pytest.raises(Refused, match="not empty"):
        services.restores.restore(backup, settings, into=own_database.url("owner"))
    assert looked_at(own_database) == before


def test_what_differs_from_the_manifest_is_told_and_the_database_is_empty_again(
    backup: Backup, settings: Settings, fresh: Database
) -> None:
    manifest = json.loads((backup.folder / MANIFEST).read_text())
    manifest["sums"]["contacts"] = "1"
    manifest["rows"]["organizations"] = 3
    wrong = Backup(backup.folder, manifest)
    with pytest.raises(Refused, match="not what was kept: contacts, organizations"):
        services.restores.restore(wrong, settings, into=fresh.url("owner"))
    assert looked_at(fresh) == ({}, {})
    services.restores.restore(backup, settings, into=fresh.url("owner"))


def test_a_drill_leaves_the_database_empty_and_a_line_in_the_record(
    backup: Backup, settings: Settings, fresh: Database
) -> None:
    for _ in range(2):
        services.restores.drill(backup, into=fresh.url("owner"), now=NOW)
        assert looked_at(fresh) == ({}, {})
    record = [json.loads(line) for line in (settings.data_dir / "backups" / DRILLS).read_text().splitlines()]
    assert [(line["backup"], line["rows"], "wrong" in line) for line in record] == [
        (backup.folder.name, backup.rows, False)
    ] * 2


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda folder: (folder / FILES).write_bytes(b"rust"), "not whole"),
        (
            lambda folder: (folder.parent.parent / "exports" / "1.csv").write_bytes(b"other"),
            "1 files are not",
        ),
    ],
    ids=["a part that rusted", "a file that is another"],
)
def test_a_drill_that_fails_says_why_there_and_in_the_record(
    settings: Settings, fresh: Database, harm: Callable[[Path], object], words: str
) -> None:
    first = services.backups.create(settings, now=NOW)
    harm(first.folder)
    backup = first if words == "not whole" else services.backups.create(settings, now=NOW.replace(hour=4))
    with pytest.raises(Refused, match=words):
        services.restores.drill(backup, into=fresh.url("owner"), now=NOW)
    (line,) = (settings.data_dir / "backups" / DRILLS).read_text().splitlines()
    assert words in json.loads(line)["wrong"]
