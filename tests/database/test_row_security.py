"""Who may do what to which row, asked of the database itself: each table × each person × each act.

The tables come from the catalogue, so one that a later revision adds fails here until it has its rules.
"""

from collections.abc import Iterator
from typing import NamedTuple

import psycopg
import pytest
from psycopg import sql

from tests.databases import Database, clone

PEOPLE = {"nell": 1, "otis": 2, "mara": 3, "olga": 4, "ada": 5, "dora": 6, "nobody": None, "a stranger": 99}
"""Everything is nell's; mara is her manager, olga another one, ada an admin, dora no longer active."""

OWNERS = {"nell", "mara", "ada"}
ACTIVE = {"nell", "otis", "mara", "olga", "ada"}
MANAGERS = {"mara", "olga", "ada"}
ADMINS = {"ada"}
NELL = {"nell"}
NOBODY: set[str] = set()

BOOK = """
insert into users (email, full_name, fs_uniquifier, role, manager_id, active) values
    ('nell', 'Nell', 'n', 'rep', null, true), ('otis', 'Otis', 'o', 'rep', null, true),
    ('mara', 'Mara', 'm', 'manager', null, true), ('olga', 'Olga', 'l', 'manager', null, true),
    ('ada', 'Ada', 'a', 'admin', null, true), ('dora', 'Dora', 'd', 'rep', null, false);
update users set manager_id = 3 where user_id in (1, 6);
insert into organizations (name, is_principal, is_distributor, owner_id, second_owner_id) values
    ('Grill', false, false, 1, null), ('Maker', true, false, null, null), ('House', false, true, null, null),
    ('Bistro', false, false, 2, 1), ('Other maker', true, false, null, null);
insert into organization_aliases values ('the grill', 1);
insert into person_aliases values ('nellie', 1);
insert into contacts (first_name, organization_id, owner_id) values ('Dana', 1, 1), ('Bo', 3, null),
    ('Cy', 1, null);
insert into products (name, principal_id) values ('Sauce', 2), ('Soup', 2);
insert into opportunities (name, organization_id, owner_id, primary_contact_id) values ('Placement', 1, 1, 1);
insert into opportunity_products values (1, 1);
insert into opportunity_principals (opportunity_id, principal_id) values (1, 5);
insert into opportunity_contacts (opportunity_id, contact_id) values (1, 2);
insert into interactions (opportunity_id, interaction_type, author_id, owner_id, follow_up_required,
    follow_up_date) values (1, 'Note', 1, 1, true, '2026-12-01'), (1, 'Note', null, null, false, null);
insert into interaction_principals (interaction_id, principal_id) values (1, 2);
insert into samples (opportunity_id, product_id, follow_up_id, sent_on) values (1, 1, 1, '2026-11-20');
insert into contact_advocacies (contact_id, principal_id, status, since_on)
    values (1, 2, 'Champion', '2026-01-01');
insert into product_distributors (product_id, distributor_id) values (1, 3);
insert into distributor_principals (distributor_id, principal_id) values (3, 2);
insert into activity_goals (principal_id) values (2);
insert into saved_views (user_id, list_name, name, query) values (1, 'organizations', 'Mine', 'tag=a');
insert into favorites (user_id, kind, record_id) values (1, 'organization', 1);
insert into recent_items (user_id, kind, record_id) values (1, 'organization', 1);
insert into notification_preferences (user_id, kind) values (1, 'reminder');
insert into jobs (kind, run_key, requested_by) values ('export', 'x', 1);
insert into files (job_id, user_id, name, path, size, sha256, expires_at)
    values (1, 1, 'x.csv', 'exports/x.csv', 0, repeat('0', 64), '2027-01-01');
insert into notifications (user_id, kind, subject, link) values (1, 'job', 'Done', '/jobs');
insert into dashboard_preferences (user_id) values (1);
insert into covers (user_id, stand_in_id, starts_on, ends_on) values (1, 2, '2026-12-01', '2026-12-05');
insert into merge_log (kind, survivor_id, absorbed_id, merged_by) values ('organization', 2, 5, 1);
insert into duplicate_pairs (kind, one_id, other_id) values ('organization', 1, 4);
insert into engagement_changes (principal_id, changed_on, to_level, cause)
    values (2, '2026-11-01', 'Low', '-');
insert into principal_summaries (principal_id) values (2);
insert into import_sessions (user_id, name, file_size, file_sha256, kept_until)
    values (1, 'x.csv', 0, repeat('0', 64), '2027-01-01');
insert into import_sheets (import_session_id, place, name) values (1, 1, 'x');
insert into import_rows (import_sheet_id, row, cells) values (1, 1, '{}');
insert into import_steps (import_session_id, place, import_sheet_id, row, kind, is_new, values)
    values (1, 1, 1, 1, 'organizations', true, '{}');
insert into import_layouts (fingerprint, kind, fields, user_id) values ('x', 'other', '{}', 1);
insert into principal_weeks (principal_id, week_on, author_id, interaction_type)
    values (2, '2026-11-02', 1, 'Note');
"""

GUARDED_BY_GRANTS = {
    "alembic_version": "how far the migrations have come",
    "users": "sign-in finds accounts before there is a person; grants and guard_users tell the rest",
    "sign_in_attempts": "counted before there is a person",
    "api_tokens": "a secret is looked up before there is a person; only its hash is kept",
    "request_keys": "a key is known to nobody but its form",
    "firm_settings": "the firm's name and zone, written by upgrades",
    "feature_flags": "set by commands",
    "feature_flag_changes": "who switched what, written with the switch",
    "heartbeats": "signs of life, not the book",
    "jobs": "work, not the book",
    "job_rows": "work, not the book",
    "deliveries": "mail, not the book",
    "delivery_items": "mail, not the book",
    "mail_messages": "mail, not the book",
    "mail_attempts": "mail, not the book",
    "journaled_mails": "mail that left before a restore, not the book",
    "merge_moves": "colleagues' stars among it: read and written by functions of the owner alone",
    "legacy_archive": "the old database, written by commands alone",
    "legacy_id_map": "the old database, written by commands alone",
    "legacy_findings": "the old database, written by commands alone",
}
"""Tables without row security, and why (rulings.md, People and access)."""

PERSONAL = {"saved_views", "favorites", "recent_items", "notification_preferences", "audit_log", "files",
            "notifications", "dashboard_preferences"}  # fmt: skip
"""Tables of which a person does not see every row."""


class Act(NamedTuple):
    """Something tried with a table, and who can."""

    name: str
    statement: str
    who: set[str]


def plain(table: str, key: str, insert: str, update: str, *, add: set[str], change: set[str]) -> list[Act]:
    """The acts of a table whose rows are archived: number 1 of it is nell's."""
    return [
        Act("insert", f"insert into {table} {insert}", add),
        Act("update", f"update {table} set {update} where {key} = 1", change),
        Act("archive", f"update {table} set deleted_at = now() where {key} = 1", change),
        Act("delete", f"delete from {table} where {key} = 1", NOBODY),
    ]


def written_by_triggers(table: str) -> list[Act]:
    return [
        Act("insert", f"insert into {table} select * from {table} limit 1", NOBODY),
        Act("delete", f"delete from {table}", NOBODY),
    ]


def written_by_jobs(table: str, update: str) -> list[Act]:
    return [*written_by_triggers(table), Act("update", f"update {table} set {update}", NOBODY)]


ACTS: dict[str, list[Act]] = {
    "organizations": [
        *plain("organizations", "organization_id", "(name, owner_id) values ('New', 2)", "notes = 'x'",
               add=ACTIVE, change=OWNERS),
        Act("update of nobody's", "update organizations set notes = 'x' where organization_id = 2", ACTIVE),
        Act("update by the second owner", "update organizations set notes = 'x' where organization_id = 4",
            OWNERS | {"otis"}),
        Act("giving away", "update organizations set owner_id = 2 where organization_id = 1", ADMINS),
        Act("taking over", "update organizations set owner_id = app_user_id() where organization_id = 2",
            ACTIVE),
    ],
    "contacts": [
        *plain("contacts", "contact_id", "(first_name, owner_id) values ('New', 2)", "notes = 'x'",
               add=ACTIVE, change=OWNERS),
        Act("update of nobody's", "update contacts set notes = 'x' where contact_id = 2", ACTIVE),
    ],
    "products": plain("products", "product_id", "(name, principal_id) values ('New', 2)", "unit_size = 'x'",
                      add=ACTIVE, change=ACTIVE),
    "opportunities": [
        *plain("opportunities", "opportunity_id", "(name, owner_id) values ('New', 1)",
               "stage = 'Demo Scheduled'", add=OWNERS, change=OWNERS),
        Act("insert of nobody's", "insert into opportunities (name) values ('New')", ACTIVE),
    ],
    "interactions": [
        *plain("interactions", "interaction_id",
               "(organization_id, interaction_type, author_id) values (1, 'Note', 2)", "notes = 'x'",
               add=ACTIVE, change=OWNERS)[:2],
        # Number 1 carries a sample's promise and stays; so the one that nobody wrote is archived.
        Act("archive of nobody's", "update interactions set deleted_at = now() where interaction_id = 2",
            ACTIVE),
        Act("delete", "delete from interactions", NOBODY),
        Act("complete", "update interactions set completed_at = now(), completed_by = app_user_id() "
            "where interaction_id = 1", ACTIVE),
        Act("snooze", "update interactions set snoozed_until_on = '2027-01-01' where interaction_id = 1",
            OWNERS),
        Act("hand over", "update interactions set owner_id = 2 where interaction_id = 1", OWNERS),
        Act("note while completing", "update interactions set completed_at = now(), notes = 'x' "
            "where interaction_id = 1", OWNERS),
    ],
    "opportunity_products": [
        Act("insert", "insert into opportunity_products values (1, 2)", OWNERS),
        Act("update", "update opportunity_products set product_id = 2", OWNERS),
        Act("delete", "delete from opportunity_products", OWNERS),
    ],
    "opportunity_principals": [
        Act("insert", "insert into opportunity_principals (opportunity_id, principal_id) values (1, 2)",
            OWNERS),
        Act("delete", "delete from opportunity_principals where not is_derived", OWNERS),
    ],
    "opportunity_contacts": [
        Act("insert", "insert into opportunity_contacts (opportunity_id, contact_id) values (1, 3)", OWNERS),
        Act("update", "update opportunity_contacts set role = 'Chef' where contact_id = 2", OWNERS),
        Act("primary by hand", "update opportunity_contacts set is_primary = true where contact_id = 2",
            NOBODY),
        Act("delete", "delete from opportunity_contacts where contact_id = 2", OWNERS),
        Act("delete of the primary one", "delete from opportunity_contacts where contact_id = 1", OWNERS),
    ],
    "interaction_principals": [
        Act("insert", "insert into interaction_principals (interaction_id, principal_id) values (1, 5)",
            OWNERS),
        Act("insert at nobody's",
            "insert into interaction_principals (interaction_id, principal_id) values (2, 2)", ACTIVE),
        Act("update", "update interaction_principals set counts = false", NOBODY),
        Act("delete", "delete from interaction_principals where interaction_id = 1 and not is_derived",
            OWNERS),
    ],
    "samples": plain("samples", "sample_id",
                     "(opportunity_id, product_id, follow_up_id, sent_on) values (1, 2, 1, '2026-11-21')",
                     "received_on = '2026-11-22'", add=OWNERS, change=OWNERS),
    "employments": [
        Act("insert", "insert into employments (contact_id, organization_id, ended_on) "
            "values (1, 2, '2020-01-01')", OWNERS),
        Act("update", "update employments set started_on = '2021-01-01' where contact_id = 1", OWNERS),
        Act("delete", "delete from employments", NOBODY),
    ],
    "contact_advocacies": plain("contact_advocacies", "contact_advocacy_id",
                                "(contact_id, principal_id, status, since_on) "
                                "values (1, 2, 'Skeptic', '2026-02-01')",
                                "note = 'x'", add=OWNERS, change=OWNERS),
    "product_distributors": plain("product_distributors", "product_distributor_id",
                                  "(product_id, distributor_id) values (2, 3)", "item_number = '12'",
                                  add=ACTIVE, change=ACTIVE),
    "distributor_principals": plain("distributor_principals", "distributor_principal_id",
                                    "(distributor_id, principal_id) values (3, 5)", "state = 'stocked'",
                                    add=ACTIVE, change=ACTIVE),
    "activity_goals": [
        Act("insert", "insert into activity_goals (principal_id) values (5)", MANAGERS),
        Act("update", "update activity_goals set per_week = 12", MANAGERS),
        Act("delete", "delete from activity_goals", MANAGERS),
    ],
    "picklist_values": [
        Act("insert", "insert into picklist_values (picklist, value) values ('source', 'Podcast')", ADMINS),
        Act("update", "update picklist_values set place = 99 where picklist = 'source'", ADMINS),
        Act("archive", "update picklist_values set deleted_at = now() where picklist = 'source'", ADMINS),
        Act("delete", "delete from picklist_values where picklist = 'source'", ADMINS),
    ],
    "import_sessions": [
        Act("insert", "insert into import_sessions (user_id, name, file_size, file_sha256, kept_until) "
            "values (1, 'y.csv', 0, repeat('0', 64), '2027-01-01')", NELL),
        Act("update", "update import_sessions set answers = '{}'", NELL),
        Act("delete", "delete from import_sessions", NOBODY),
    ],
    "import_sheets": [
        Act("insert", "insert into import_sheets (import_session_id, place, name) "
            "values (1, 2, 'y')", NOBODY),
        Act("update", "update import_sheets set is_chosen = true", NELL),
        Act("delete", "delete from import_sheets", NOBODY),
    ],
    "import_rows": written_by_jobs("import_rows", "label = 'x'"),
    "import_steps": written_by_jobs("import_steps", "reason = 'x'"),
    "import_layouts": [
        Act("insert", "insert into import_layouts (fingerprint, kind, fields, user_id) "
            "values ('y', 'other', '{}', 1)", NELL),
        Act("say better", "update import_layouts set kind = 'contacts', user_id = app_user_id()", ACTIVE),
        Act("delete", "delete from import_layouts", NOBODY),
    ],
    "saved_views": [
        Act("insert", "insert into saved_views (user_id, list_name, name) values (1, 'contacts', 'x')", NELL),
        Act("update", "update saved_views set name = 'x'", NELL),
        Act("giving away", "update saved_views set user_id = 2", NOBODY),
        Act("renaming a word", "select rename_in_saved_views('organizations', 'tag=a', 'tag=b')", ADMINS),
        Act("delete", "delete from saved_views", NELL),
    ],
    "favorites": [
        Act("insert", "insert into favorites (user_id, kind, record_id) values (1, 'contact', 1)", NELL),
        Act("delete", "delete from favorites", NELL),
    ],
    "recent_items": [
        Act("insert", "insert into recent_items (user_id, kind, record_id) values (1, 'contact', 1)", NELL),
        Act("update", "update recent_items set seen_at = '2026-01-01'", NELL),
        Act("delete", "delete from recent_items", NELL),
    ],
    "notification_preferences": [
        Act("insert", "insert into notification_preferences (user_id, kind) values (1, 'digest')", NELL),
        Act("update", "update notification_preferences set hour = 9", NELL),
        Act("delete", "delete from notification_preferences", NOBODY),
    ],
    "files": written_by_triggers("files"),
    "notifications": [
        Act("insert", "insert into notifications (user_id, kind, subject, link) values (1, 'x', 'x', 'x')",
            NOBODY),
        Act("read", "update notifications set read_at = now()", NELL),
        Act("rewrite", "update notifications set subject = 'x'", NOBODY),
        Act("delete", "delete from notifications", NOBODY),
    ],
    "dashboard_preferences": [
        Act(
            "insert",
            "insert into dashboard_preferences (user_id) values (1) on conflict (user_id) do update"
            " set panels = '{}'",
            NELL,
        ),
        Act("insert for a colleague", "insert into dashboard_preferences (user_id) values (2)", {"otis"}),
        Act("update", "update dashboard_preferences set filters = 'whose=me'", NELL),
        Act("giving away", "update dashboard_preferences set user_id = 2", NOBODY),
        Act("delete", "delete from dashboard_preferences", NOBODY),
    ],
    "covers": [
        Act("insert", "insert into covers (user_id, stand_in_id, starts_on, ends_on) "
            "values (1, 2, '2027-01-01', '2027-01-02')", OWNERS),
        Act("update", "update covers set ends_on = '2027-01-01'", NOBODY),
        Act("delete", "delete from covers", OWNERS),
    ],
    "organization_aliases": [
        Act("insert", "insert into organization_aliases values ('grill two', 1)", ACTIVE),
        Act("update", "update organization_aliases set organization_id = 2", ACTIVE),
        Act("delete", "delete from organization_aliases", ACTIVE),
    ],
    "merge_log": written_by_triggers("merge_log"),
    "duplicate_pairs": [
        Act("tell apart", "insert into duplicate_pairs (kind, one_id, other_id, rejected_by, rejected_at) "
            "values ('organization', 2, 3, app_user_id(), now())", ACTIVE),
        Act("tell apart in another one's name", "insert into duplicate_pairs (kind, one_id, other_id, "
            "rejected_by, rejected_at) values ('organization', 2, 3, 5, now())", ADMINS),
        Act("judge", "update duplicate_pairs set rejected_by = app_user_id(), rejected_at = now()", ACTIVE),
        Act("find", "update duplicate_pairs set score = 99", NOBODY),
        Act("delete", "delete from duplicate_pairs", NOBODY),
    ],
    "person_aliases": [
        Act("insert", "insert into person_aliases values ('otti', 2)", ACTIVE),
        Act("delete", "delete from person_aliases", ACTIVE),
    ],
    **{
        table: written_by_triggers(table)
        for table in ("opportunity_stage_changes", "principal_summaries", "principal_weeks",
                      "principal_deltas", "engagement_changes", "audit_log")
    },
}  # fmt: skip

TABLES = "select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"


@pytest.fixture(scope="module")
def book(template: Database, worker_id: str) -> Iterator[Database]:
    """A book with a row in every table; each test undoes what it did."""
    with clone(template, f"security_{worker_id}") as copy:
        with copy.connect("owner", role=None) as owner:
            owner.execute(BOOK)
        yield copy


@pytest.fixture(scope="module")
def connection(book: Database) -> Iterator[psycopg.Connection]:
    """A connection that may be anybody."""
    with book.connect("test", role=None) as made:
        yield made


@pytest.fixture
def at(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The same, in a transaction that is undone."""
    with connection.transaction(force_rollback=True):
        yield connection


def be(connection: psycopg.Connection, role: str, person: str = "nobody") -> None:
    """Go on in that role, as that person, until the transaction ends."""
    number = PEOPLE[person]
    connection.execute(
        "select set_config('app.user_id', %s, true), set_config('role', %s, true)",
        ["" if number is None else str(number), role],
    )


def everything(connection: psycopg.Connection, table: str) -> object:
    be(connection, "kp_owner")
    ask = sql.SQL("select array_agg(t::text order by t::text) from {} t").format(sql.Identifier(table))
    return connection.execute(ask).fetchone()


def can(connection: psycopg.Connection, statement: str) -> bool:
    """Whether it is done to any row; a denial is an error or no row."""
    try:
        with connection.transaction():
            return connection.execute(statement).rowcount > 0  # type: ignore[call-overload]
    except psycopg.errors.InsufficientPrivilege:
        return False


def tables(connection: psycopg.Connection, condition: str = "true") -> set[str]:
    return {name for (name,) in connection.execute(f"{TABLES} and {condition}").fetchall()}


def test_every_table_is_under_row_security_or_says_why_not(connection: psycopg.Connection) -> None:
    bare = tables(connection, "not (relrowsecurity and relforcerowsecurity)")
    assert bare == set(GUARDED_BY_GRANTS)
    assert tables(connection, "relrowsecurity") == set(ACTS), "say in ACTS who may do what with it"


def test_only_people_and_the_planner_hold_policies_and_the_owner_one_on_every_table(
    connection: psycopg.Connection,
) -> None:
    held = connection.execute(
        "select tablename, policyname, roles::text[], cmd, qual, with_check from pg_policies"
    ).fetchall()
    assert {role for _, _, roles, *_ in held for role in roles} == {"kp_owner", "kp_staff", "kp_system"}
    owners = {(table, cmd, qual, check) for table, name, _, cmd, qual, check in held if name == "owner_all"}
    assert owners == {(table, "ALL", "true", "true") for table in ACTS}


def test_reading_the_book_is_a_constant_so_that_every_index_can_be_used(
    connection: psycopg.Connection,
) -> None:
    reading = connection.execute(
        "select tablename, qual from pg_policies where 'kp_staff' = any (roles) and cmd in ('SELECT', 'ALL')"
    ).fetchall()
    assert {table for table, qual in reading if qual == "true"} == set(ACTS) - PERSONAL
    assert {table for table, qual in reading if qual != "true"} == PERSONAL


@pytest.mark.parametrize("table", sorted(ACTS))
@pytest.mark.parametrize("login", ["kp_web", "kp_worker"])
def test_sql_without_a_person_sees_no_row_even_where_reading_is_granted(
    at: psycopg.Connection, table: str, login: str
) -> None:
    name = sql.Identifier(table)
    be(at, "kp_owner")
    assert at.execute(sql.SQL("select from {} limit 1").format(name)).rowcount == 1, "the test needs a row"
    at.execute(sql.SQL("grant all on {} to {}").format(name, sql.Identifier(login)))
    be(at, login)
    assert at.execute(sql.SQL("select from {}").format(name)).rowcount == 0
    assert at.execute(sql.SQL("delete from {}").format(name)).rowcount == 0


@pytest.mark.parametrize(
    ("table", "act"),
    [pytest.param(table, act, id=f"{table}-{act.name}") for table, acts in ACTS.items() for act in acts],
)
def test_who_may_do_it_and_nothing_changes_when_it_is_denied(
    connection: psycopg.Connection, table: str, act: Act
) -> None:
    done = set()
    for person in PEOPLE:
        with connection.transaction(force_rollback=True):
            before = everything(connection, table)
            be(connection, "kp_staff", person)
            if can(connection, act.statement):
                done.add(person)
            else:
                assert everything(connection, table) == before, f"{person} was denied and changed something"
    assert done == act.who


@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_reads_the_book_and_nobody_another_ones_habits(at: psycopg.Connection, person: str) -> None:
    def seen(table: str) -> bool:
        return at.execute(sql.SQL("select from {}").format(sql.Identifier(table))).rowcount > 0

    be(at, "kp_staff", person)
    for table in sorted(set(ACTS) - PERSONAL):
        assert seen(table), table
    for table in sorted(PERSONAL - {"audit_log", "notification_preferences"}):
        assert seen(table) is (person == "nell"), table
    assert seen("notification_preferences") is (person in MANAGERS | NELL), "they answer for the mail"
    assert seen("audit_log") is (person in MANAGERS)


def test_a_shared_view_is_seen_by_everybody_who_is_active(at: psycopg.Connection) -> None:
    be(at, "kp_owner")
    at.execute("update saved_views set is_shared = true")
    for person in PEOPLE:
        be(at, "kp_staff", person)
        assert (at.execute("select from saved_views").rowcount == 1) is (person in ACTIVE), person


@pytest.mark.parametrize("person", PEOPLE)
def test_the_history_of_one_row_is_everybodys(at: psycopg.Connection, person: str) -> None:
    be(at, "kp_staff", person)
    rows = at.execute("select action::text from row_history(array['organizations'], 1)").fetchall()
    assert rows == ([("insert",)] if person in ACTIVE else [])
    assert at.execute("select from row_history(array['users'], 1)").rowcount == 0


def test_the_planner_does_everything_with_the_book(at: psycopg.Connection) -> None:
    for table in sorted(set(ACTS) - {"audit_log"}):
        be(at, "kp_system")
        assert at.execute(sql.SQL("select from {}").format(sql.Identifier(table))).rowcount > 0, table
    assert can(at, "update organizations set notes = 'x'")
    assert can(at, "update interactions set notes = 'x' where interaction_id = 1")
    assert can(at, "delete from recent_items")
    assert not can(at, "delete from audit_log")


def test_an_admin_keeps_the_accounts_and_nobody_else_but_their_own(at: psycopg.Connection) -> None:
    acts = {
        "insert into users (email, full_name, fs_uniquifier) values ('new', 'New', 'x')": ADMINS,
        "update users set role = 'admin' where user_id = 1": ADMINS,
        "update users set manager_id = 4 where user_id = 1": ADMINS,
        "update users set active = false where user_id = 1": ADMINS,
        "update users set password = 'x' where user_id = 1": {"nell"} | ADMINS,
        "update users set full_name = 'x' where user_id = 1": {"nell"} | ADMINS,
        "delete from users where user_id = 1": NOBODY,
    }
    for statement, who in acts.items():
        for person in PEOPLE:
            with at.transaction(force_rollback=True):
                be(at, "kp_staff", person)
                assert can(at, statement) is (person in who), f"{person}: {statement}"


INDEXED = {
    "select * from opportunities where stage = 'New Lead'": "stage",
    "select * from organizations where priority = 'A+'": "ix_organizations_priority",
    "select * from interactions where sentiment = 'Negative'": "ix_interactions_sentiment",
    "select * from organizations where name_key like '%abcde%'": "ix_organizations_name_key_trgm",
    "select * from products where name_key like '%abcde%'": "ix_products_name_key_trgm",
    "select * from organizations where tags @> '{patio}'": "ix_organizations_tags",
    "select * from product_distributors where lower(item_number) = '12'": "distributors_item_number",
    "select * from product_distributors where lower(item_number) like '%4711%'": "item_number_trgm",
    "select * from products where lower(manufacturer_code) = '12'": "ix_products_manufacturer_code",
    "select * from contacts where lower(email) = 'a@b.example'": "ix_contacts_email",
    "select * from interactions where fold((coalesce(subject, '') || ' ') || coalesce(notes, '')) "
    "like '%abcde%'": "ix_interactions_words_trgm",
    "select * from organizations where (name_key, organization_id) > ('m', 7) order by name_key, "
    "organization_id limit 50": "ix_organizations_name_key",
    "select * from contacts where (updated_at, contact_id) < (now(), 7) order by updated_at desc, "
    "contact_id desc limit 50": "ix_contacts_updated_at",
    "select * from opportunities where owner_id = 1 order by name_key, opportunity_id limit 50": (
        "ix_opportunities_owner_id_name_key"
    ),
}


@pytest.mark.parametrize("statement", INDEXED)
def test_a_person_gets_every_index_that_the_owner_would(at: psycopg.Connection, statement: str) -> None:
    """A policy that is an expression would keep operators that are not leakproof from their indexes."""
    at.execute("set local enable_seqscan = off")
    be(at, "kp_staff", "nell")
    plan = "\n".join(line for (line,) in at.execute(f"explain (costs off) {statement}").fetchall())
    assert INDEXED[statement] in plan, plan
    assert "Index Cond" in plan, plan


def test_every_reference_has_an_index(connection: psycopg.Connection) -> None:
    missing = connection.execute(
        """
        select c.conrelid::regclass::text || '.' || a.attname
        from pg_constraint c
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
        where c.contype = 'f' and c.connamespace = 'public'::regnamespace
            and not exists (
                select from pg_index i
                where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1] and i.indpred is null)
        """
    ).fetchall()
    assert missing == []
