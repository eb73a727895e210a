"""Several people and the same two records: one merge, nothing twice, and whoever waits is told."""

from concurrent.futures import ThreadPoolExecutor

import psycopg

from tests.databases import Database

BE_ADA = "select set_config('app.user_id', '1', true), set_config('role', 'kp_staff', true)"
MERGE = "select merge_records('organization', %s, %s, '{}')"


def book(database: Database) -> None:
    with database.connect("owner", role=None) as owner:
        owner.execute(
            """
            insert into users (email, full_name, fs_uniquifier, role) values ('ada', 'Ada', 'a', 'admin');
            insert into organizations (name) select 'Grill ' || n from generate_series(1, 4) n;
            insert into contacts (first_name, organization_id)
                select 'Dana', 1 + n % 4 from generate_series(1, 40) n;
            insert into opportunities (name, organization_id)
                select 'Deal', 1 + n % 4 from generate_series(1, 40) n;
            insert into interactions (organization_id, opportunity_id, interaction_type)
                select 1 + n % 4, n, 'Note' from generate_series(1, 40) n;
            """
        )


def attempt(database: Database, keep: int, other: int) -> str:
    """Merge as somebody at a desk of their own; how it ended."""
    with database.connect("web", role=None) as person:
        try:
            with person.transaction():
                person.execute(BE_ADA)
                person.execute(MERGE, [keep, other])
        except psycopg.errors.ObjectNotInPrerequisiteState:
            return "was merged"
        except psycopg.errors.DeadlockDetected:
            return "let go"
        return "merged"


def test_of_many_who_merge_the_same_two_one_does(own_database: Database) -> None:
    book(own_database)
    tries = [(1, 2), (2, 1)] * 4
    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(lambda pair: attempt(own_database, *pair), tries))
    assert sorted(ends) == ["merged"] + ["was merged"] * 7
    with own_database.connect() as system:
        (log,) = system.execute("select survivor_id, absorbed_id from merge_log").fetchall()
        for table in ("contacts", "opportunities", "interactions"):
            row = system.execute(
                f"select count(*) filter (where organization_id = %s), count(*) filter "  # type: ignore[arg-type]
                f"(where organization_id = %s) from {table}",
                list(log),
            ).fetchone()
            assert row == (20, 0), table


def test_merges_that_cross_end_as_one_after_the_other(own_database: Database) -> None:
    book(own_database)
    tries = [(1, 2), (2, 3), (3, 4), (4, 1)]
    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(lambda pair: attempt(own_database, *pair), tries))
    assert "let go" not in ends
    with own_database.connect() as system:
        merged = system.execute("select count(*) from merge_log").fetchone()
        live = system.execute("select count(*) from organizations where deleted_at is null").fetchone()
        lost = system.execute(
            "select count(*) from contacts join organizations o using (organization_id) "
            "where o.deleted_at is not null"
        ).fetchone()
    assert merged == (ends.count("merged"),)
    assert live == (4 - ends.count("merged"),)
    assert lost == (0,), "everything stands at a record that is there"
