"""Who may do what in the database, by the real login roles: the last line behind the application's checks."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from crm.db import Base
from migrations import objects
from tests.databases import Database, clone

DENIED = psycopg.errors.InsufficientPrivilege

BEFORE_A_PERSON = {"api_tokens", "users", "firm_settings", "sign_in_attempts", "heartbeats"}
"""The tables that kp_web may read as a whole before a person is named."""

TABLES = sorted(name for name in Base.metadata.tables)
SUMMARIES = ("principal_summaries", "principal_weeks", "principal_deltas", "engagement_changes")


@pytest.fixture(scope="module")
def book(template: Database, worker_id: str) -> Iterator[Database]:
    """A book with one of everything; its tests roll back what they try."""
    with clone(template, f"grants_{worker_id}") as copy:
        with copy.connect("owner", role=None) as owner:
            owner.execute(
                """
                insert into users (email, full_name, fs_uniquifier) values ('nell@pantry', 'Nell', 'n');
                insert into organizations (name, is_principal) values ('Maker', true);
                insert into opportunities (name) values ('Placement');
                insert into opportunity_principals (opportunity_id, principal_id) values (1, 1);
                insert into interactions (opportunity_id, interaction_type, author_id) values (1, 'Note', 1);
                insert into mail_messages (message_id, to_address, subject, text_body)
                    values ('<1>', 'a', 'b', 'c');
                """
            )
        yield copy


@pytest.fixture
def web(book: Database) -> Iterator[psycopg.Connection]:
    """The web's connection before a person is named."""
    with book.connect("web", role=None) as connection, connection.transaction(force_rollback=True):
        yield connection


@pytest.fixture
def staff(book: Database) -> Iterator[psycopg.Connection]:
    """The web's connection with a person, as every request has it."""
    with book.connect("web", role=None) as connection, connection.transaction(force_rollback=True):
        connection.execute(
            "select set_config('app.user_id', '1', true), set_config('role', 'kp_staff', true)"
        )
        yield connection


@pytest.fixture
def system(book: Database) -> Iterator[psycopg.Connection]:
    with book.connect("worker", role=None) as connection, connection.transaction(force_rollback=True):
        connection.execute("select set_config('role', 'kp_system', true)")
        yield connection


def may(connection: psycopg.Connection, statement: str | sql.Composable) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement)  # type: ignore[arg-type]
    except DENIED:
        return False
    return True


def read(table: str) -> sql.Composable:
    return sql.SQL("select * from {} limit 1").format(sql.Identifier(table))


@pytest.mark.parametrize("login", ["web", "worker"])
def test_without_a_person_a_login_sees_no_business_row(book: Database, login: str) -> None:
    with book.connect(login, role=None) as connection:
        seen = {table for table in TABLES if may(connection, read(table))}
    assert seen == (BEFORE_A_PERSON if login == "web" else set())


def test_the_web_cannot_become_the_system_or_the_owner(web: psycopg.Connection) -> None:
    for role in ("kp_system", "kp_owner", "kp_backup", "kp_worker"):
        assert not may(web, sql.SQL("set local role {}").format(sql.Identifier(role)))
    assert may(web, "set local role kp_staff")


def test_signing_in_needs_no_person(web: psycopg.Connection) -> None:
    assert may(
        web, "update users set last_login_at = now(), login_count = 1, password = 'x' where user_id = 1"
    )
    assert may(
        web, "insert into sign_in_attempts (email) values ('a@b.example') returning sign_in_attempt_id"
    )
    assert may(web, "delete from sign_in_attempts where email = 'a@b.example'")
    assert not may(web, "update users set email = 'other@pantry.example' where user_id = 1")


def test_a_reset_letter_is_written_without_a_person_and_its_body_stays_unread(
    web: psycopg.Connection,
) -> None:
    assert may(
        web,
        "insert into mail_messages (message_id, to_address, subject, text_body, is_secret) "
        "values ('<2>', 'a', 'b', 'c', true) returning mail_message_id, state, next_attempt_at, created_at",
    )
    assert not may(web, "select text_body from mail_messages")
    assert not may(web, "delete from mail_messages")


def test_a_person_reads_the_whole_book(staff: psycopg.Connection) -> None:
    # With the owner stay: of the old database's rows what is on no page, and whose stars a merge moved.
    assert [table for table in TABLES if not may(staff, read(table))] == ["legacy_archive", "merge_moves"]
    assert may(staff, "select source_table, legacy_id, shown from legacy_archive")


def test_nobody_raises_their_own_role(staff: psycopg.Connection, web: psycopg.Connection) -> None:
    for change in ("role = 'admin'", "manager_id = user_id", "active = not active", "email = 'x'"):
        for connection in (staff, web):
            assert not may(connection, f"update users set {change} where user_id = 1"), change
    assert may(staff, "update users set full_name = 'Nell O.', time_zone = 'UTC' where user_id = 1")
    assert not may(staff, "insert into users (email, full_name, fs_uniquifier) values ('a', 'b', 'c')")
    assert not may(staff, "delete from users")


@pytest.mark.parametrize("table", SUMMARIES)
def test_a_person_never_writes_a_count(staff: psycopg.Connection, table: str) -> None:
    name = sql.Identifier(table)
    assert not may(staff, sql.SQL("insert into {} (principal_id) values (1)").format(name))
    assert not may(staff, sql.SQL("update {} set principal_id = 1").format(name))
    assert not may(staff, sql.SQL("delete from {}").format(name))


def test_what_a_person_does_counts_all_the_same(staff: psycopg.Connection) -> None:
    staff.execute("insert into interactions (opportunity_id, interaction_type) values (1, 'Email')")
    staff.execute(
        "insert into opportunity_principals (opportunity_id, principal_id) values (1, 1) "
        "on conflict do nothing"
    )
    staff.execute("update opportunities set stage = 'Demo Scheduled'")
    assert staff.execute("select interactions_count from principal_activity_summary").fetchone() == (2,)
    row = staff.execute(
        "select changed_by, to_stage::text from opportunity_stage_changes order by changed_at desc, "
        "opportunity_stage_change_id desc limit 1"
    ).fetchone()
    assert row == (1, "Demo Scheduled")


def test_people_archive_and_do_not_delete(staff: psycopg.Connection) -> None:
    for table in ("organizations", "contacts", "products", "opportunities", "interactions"):
        assert may(staff, sql.SQL("update {} set deleted_at = now()").format(sql.Identifier(table)))
        assert not may(staff, sql.SQL("delete from {}").format(sql.Identifier(table)))
        assert not may(staff, sql.SQL("truncate {} cascade").format(sql.Identifier(table)))


def test_only_the_system_keeps_the_counts(staff: psycopg.Connection, system: psycopg.Connection) -> None:
    for call in (
        "fold_principal_deltas()",
        "recompute_interaction_principals()",
        "recompute_principal_summaries()",
        "recompute_principal_weeks()",
        "record_engagement_changes(firm_today())",
    ):
        assert not may(staff, f"select {call}")
        assert may(system, f"select {call}")


def test_the_system_makes_no_accounts(system: psycopg.Connection) -> None:
    assert may(system, read("users"))
    assert not may(system, "update users set role = 'admin'")
    assert not may(system, "update firm_settings set time_zone = 'UTC'")


def test_the_backup_reads_everything_and_writes_nothing(book: Database) -> None:
    with book.connect("backup", role=None) as connection:
        assert [table for table in TABLES if not may(connection, read(table))] == []
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("delete from organizations")
        connection.execute("set default_transaction_read_only = off")
        assert not may(connection, "delete from organizations")


def test_no_table_is_left_without_a_rule() -> None:
    """A table that a later revision adds must be named in the grants, or kp_system could not write it."""
    text = (objects.SQL / "grants" / "kp_system.sql").read_text()
    only_read = {
        "api_tokens",
        "users",
        "person_aliases",
        "firm_settings",
        "principal_activity_summary",
        "principal_touches",
        "legacy_archive",
        "legacy_id_map",
        "legacy_findings",
        "feature_flag_changes",
        "journaled_mails",
        "merge_log",
    }
    assert [table for table in TABLES if table not in text and table not in only_read] == []
