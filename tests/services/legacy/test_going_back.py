"""Stopped and gone on, looked at beforehand, edited afterwards, and taken out again."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from crm.db import act_as, db, transaction
from crm.enums import RecordKind
from crm.errors import Refused
from crm.models import Organization
from crm.services import legacy, merges
from crm.services.legacy import migrating
from tests.databases import Database, clone
from tests.services.legacy.conftest import TODAY, commands, expected, state

pytestmark = pytest.mark.slow


def counted(book: Database) -> dict[str, int]:
    return {table: rows for table, (rows, _) in state(book).items()}


class Killed(Exception):
    """What stops a run in a test."""


@pytest.mark.parametrize(
    ("of", "stops_at"),
    [
        ("few", "contacts"),
        pytest.param("v2", "contacts", marks=pytest.mark.long),
        pytest.param("v2", "organizations", marks=pytest.mark.long),
        pytest.param("v2", "interactions", marks=pytest.mark.long),
    ],
)
def test_a_run_that_was_stopped_goes_on_and_comes_to_the_same(
    template: Database,
    request: pytest.FixtureRequest,
    worker_id: str,
    monkeypatch: pytest.MonkeyPatch,
    of: str,
    stops_at: str,
) -> None:
    old, migrated = (request.getfixturevalue(f"{kind}_{of}") for kind in ("old", "migrated"))
    if of == "few":
        monkeypatch.setattr(migrating, "CHUNK", 10)
    stopped: list[tuple[int, int]] = []

    def stop(step: str, done: int, of: int) -> None:
        if step == stops_at and done >= of // 2:
            stopped.append((done, of))
            raise Killed

    with clone(template, f"stopped_{worker_id}") as book:
        with commands(book), legacy.Source.open(old.url("superuser")) as source:
            with pytest.raises(Killed):
                legacy.migrate(source, today=TODAY, progress=stop)
            ((done, rows),) = stopped
            assert done < rows, "in the middle of them"
            legacy.migrate(source, today=TODAY)
        came, wanted = state(book), state(migrated)
        assert {table: rows for table, rows in came.items() if rows != wanted[table]} == {}


def test_looking_writes_nothing_and_tells_what_would_be_made(
    template: Database, migrated_v2: Database, old_v2: Database, worker_id: str
) -> None:
    with clone(template, f"looked_{worker_id}") as book:
        before = state(book)
        with commands(book), transaction(), legacy.Source.open(old_v2.url("superuser")) as source:
            found = legacy.inspect(source, today=TODAY)
        assert state(book) == before
    made = counted(migrated_v2)
    for table in ("users", "organizations", "contacts", "products", "opportunities", "interactions"):
        assert found.made[table] == made[table] - before[table][0], table
    assert found.shape is legacy.Shape.V2
    assert found.fates["organizations"]["annual_revenue"] == "archive only (money)"
    assert found.fates["organizations"]["employees_count"] == "archive"
    assert {table.name: table.rows for table in found.tables} == expected("v2")["rows"]


def test_an_old_database_is_only_read(old_v2: Database) -> None:
    with (
        legacy.Source.open(old_v2.url("superuser")) as source,
        pytest.raises(Exception, match="read-only transaction"),
    ):
        source._connection.execute("delete from interactions")


def test_another_database_is_refused(template: Database, own_database: Database) -> None:
    with pytest.raises(Refused, match="not the old database"), legacy.Source.open(own_database.url("owner")):
        pass
    with pytest.raises(Refused, match="did not answer"), legacy.Source.open("postgresql://127.0.0.1:9/none"):
        pass


# tests/services/legacy/test_commands.py takes the older shape out again in every run.
@pytest.mark.parametrize("shape", [pytest.param("v1", marks=pytest.mark.long), "v2"])
def test_rolling_back_leaves_the_book_as_it_was(
    request: pytest.FixtureRequest, template: Database, worker_id: str, shape: str
) -> None:
    migrated: Database = request.getfixturevalue(f"migrated_{shape}")
    with clone(template, f"before_{worker_id}") as bare:
        before = state(bare)
    with clone(migrated, f"back_{worker_id}") as book:
        with commands(book), transaction():
            legacy.rollback()
        after = state(book)
        assert {table: rows for table, rows in after.items() if rows != before[table]} == {}


def test_what_was_there_before_stays_when_the_migration_is_taken_out(
    template: Database, old_few: Database, worker_id: str
) -> None:
    with clone(template, f"lived_in_{worker_id}") as book:
        with book.connect("owner", role=None) as connection:
            connection.execute(
                """
                insert into users (email, full_name, fs_uniquifier)
                    values ('marlow@example.com', 'M. Everholt', 'm');
                insert into organizations (name, is_principal, owner_id)
                    select 'Our maker', true, user_id from users where fs_uniquifier = 'm';
                insert into interactions (organization_id, interaction_type)
                    select max(organization_id), 'Note' from organizations;
                """
            )
        before = state(book)
        with commands(book):
            with legacy.Source.open(old_few.url("superuser")) as source:
                legacy.migrate(source, today=TODAY)
            mapped = db.session.scalar(
                sa.text(
                    "select full_name from legacy_id_map join users on user_id = target_id"
                    " where source_table = 'users' and not is_made"
                )
            )
            assert mapped == "M. Everholt"
            db.session.rollback()
            with transaction():
                legacy.rollback()
        after = state(book)
        # The recount that ends a migration looks at our maker, too.
        for table in ("engagement_changes", "principal_summaries"):
            del before[table], after[table]
        assert after == before


@pytest.mark.parametrize(
    ("later", "why"),
    [
        ("update contacts set phone = '555-0100' where contact_id = 1", "contacts 1 was changed"),
        (
            "insert into interactions (organization_id, interaction_type) values (1, 'Note')",
            "names organizations that came",
        ),
        ("insert into products (name, principal_id) values ('Own', 1)", "names organizations that came"),
    ],
)
def test_work_done_since_stands_in_the_way_of_a_rollback_and_is_told(
    migrated_few: Database, worker_id: str, later: str, why: str
) -> None:
    with clone(migrated_few, f"worked_{worker_id}") as book:
        with book.connect("owner", role=None) as connection:
            connection.execute(later)  # type: ignore[arg-type]
        before = state(book)
        with commands(book), pytest.raises(Refused, match=why), transaction():
            legacy.rollback()
        assert state(book) == before


@pytest.mark.parametrize(("keep", "other"), [("came", "came too"), ("ours", "came"), ("came", "ours")])
def test_a_merge_of_a_row_that_came_stands_in_the_way_until_it_is_undone(
    migrated_few: Database, worker_id: str, keep: str, other: str
) -> None:
    with clone(migrated_few, f"merged_{worker_id}") as book:
        with book.connect("owner", role=None) as connection:
            connection.execute(
                """
                insert into users (email, full_name, role, fs_uniquifier)
                    values ('ada@pantry.example', 'Ada Reyes', 'admin', 'ada');
                insert into organizations (name) values ('Our own house');
                """
            )
            [(ours, ada)] = connection.execute(
                "select max(organization_id), (select user_id from users where fs_uniquifier = 'ada')"
                " from organizations"
            ).fetchall()
        numbers = {"ours": ours, "came": 1, "came too": 2}
        with commands(book):
            act_as(ada)
            with transaction():
                pair = [db.session.get_one(Organization, numbers[name]) for name in (keep, other)]
                merge = merges.merge(
                    RecordKind.ORGANIZATION, numbers[keep], numbers[other], choices={},
                    seen=(pair[0].version, pair[1].version),
                )  # fmt: skip
        before = state(book)
        with commands(book), pytest.raises(Refused, match="Work was done since on what came"), transaction():
            legacy.rollback()
        assert state(book) == before
        with commands(book):
            act_as(ada)
            with transaction():
                assert merges.split(merge, now=datetime.now(UTC)) == []
        with commands(book), transaction():
            legacy.rollback()
        with book.connect("owner", role=None) as connection:
            assert connection.execute("select name from organizations").fetchall() == [("Our own house",)]


def test_an_edit_is_told_and_a_loss_is_found(migrated_few: Database, worker_id: str) -> None:
    with clone(migrated_few, f"tampered_{worker_id}") as book:
        with book.connect("owner", role=None) as connection:
            connection.execute("update opportunities set next_action = 'Call' where opportunity_id = 1")
        with commands(book), transaction():
            edited = legacy.verify(None, today=TODAY)
        assert edited.is_ok
        assert edited.edited == 1
        with book.connect("owner", role=None) as connection:
            connection.execute("delete from interactions where interaction_id = 1")
            connection.execute("delete from legacy_id_map where source_table = 'contacts' and target_id = 2")
        with commands(book), transaction():
            lost = legacy.verify(None, today=TODAY)
        failed = {check.name for check in lost.checks if not check.is_ok}
        assert "every old row is accounted for" in failed
        assert "every migrated row is there" in failed


def test_an_old_row_that_changed_afterwards_is_found(
    migrated_v1: Database, old_v1: Database, worker_id: str
) -> None:
    with clone(migrated_v1, f"changed_{worker_id}") as book, book.connect("owner", role=None) as connection:
        connection.execute(
            """update legacy_archive set "row" = jsonb_set("row", '{city}', '"Elsewhere"')
            where (source_table, legacy_id) = (select source_table, legacy_id from legacy_archive
                where source_table = 'organizations' limit 1)"""
        )
        with (
            commands(book),
            legacy.Source.open(old_v1.url("superuser")) as source,
            transaction(),
        ):
            report = legacy.verify(source, today=TODAY)
    assert [check.name for check in report.checks if not check.is_ok] == [
        "organizations: 140 old rows are in the archive as they are"
    ]
