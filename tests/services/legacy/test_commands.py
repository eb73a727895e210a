"""`flask legacy`, as it is typed: looked at, brought in, verified, taken out."""

import os
from pathlib import Path

import pytest

from crm.cli.legacy import NOT_WELL, REFUSED, WELL
from tests.commands import flask_command
from tests.databases import Database
from tests.services.legacy.conftest import state

TODAY = ("--today", "2026-08-07")


@pytest.mark.slow
def test_the_older_shape_goes_the_whole_way_by_commands(
    old_v1: Database, own_database: Database, tmp_path: Path
) -> None:
    source = ("--source", old_v1.url("superuser"))
    backups = {
        "DATABASE_BACKUP_URL": own_database.url("backup"),
        "DATA_DIR": str(tmp_path),
        "POSTGRES_PROGRAMS": os.environ["TEST_POSTGRES_PROGRAMS"],
    }
    before = state(own_database)
    seen = flask_command(own_database, "legacy", "inspect", *source, *TODAY, "--columns")
    assert seen.returncode == WELL, seen.stderr
    assert "The old database has the shape v1." in seen.stdout
    assert "archive only (money)" in seen.stdout
    unsafe = flask_command(own_database, "legacy", "migrate", *source, *TODAY, DATA_DIR=str(tmp_path))
    assert unsafe.returncode == REFUSED, "without a backup nothing is brought in"
    assert "DATABASE_BACKUP_URL" in unsafe.stderr
    done = flask_command(own_database, "legacy", "migrate", *source, *TODAY, **backups)
    assert done.returncode == WELL, done.stdout + done.stderr
    assert "Backup first: " in done.stdout
    assert len(list((tmp_path / "backups").glob("*/manifest.json"))) == 1
    assert "organizations: 140 of 140" in done.stderr
    assert "23  organization made from a contact's text" in done.stdout
    assert "WRONG" not in done.stdout
    again = flask_command(own_database, "legacy", "migrate", *source, *TODAY, **backups)
    assert "0  organizations (140 were here before)" in again.stdout
    with own_database.connect("owner", role=None) as connection:
        connection.execute("delete from interactions where interaction_id = 1")
    off = flask_command(own_database, "legacy", "verify", *TODAY)
    assert off.returncode == NOT_WELL
    assert "WRONG  every migrated row is there: interactions 1" in off.stdout
    with own_database.connect("owner", role=None) as connection:
        connection.execute("insert into interactions (organization_id, interaction_type) values (1, 'Note')")
    refused = flask_command(own_database, "legacy", "rollback", "--yes")
    assert refused.returncode == REFUSED
    assert "Work was done since" in refused.stderr
    with own_database.connect("owner", role=None) as connection:
        connection.execute(
            "delete from interactions where interaction_id not in (select target_id from legacy_id_map)"
        )
    out = flask_command(own_database, "legacy", "rollback", "--yes")
    assert out.returncode == WELL, out.stderr
    assert "The migration is taken out." in out.stdout
    after = state(own_database)
    assert {table: rows for table, rows in after.items() if rows != before[table]} == {}
