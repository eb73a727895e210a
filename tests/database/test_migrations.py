"""Migrations: the models say what the tables are; up, down and up again; killed, refused, run again."""

import functools
import itertools
import json
import multiprocessing
import os
import random
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.util import CommandError
from psycopg import sql
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from crm import cli
from crm.db import Base, db
from migrations import objects, standing
from tests import databases
from tests.database.sessions import signed_in, until
from tests.databases import FIRM_NAME, FIRM_TIMEZONE, ROOT, SECRET_KEY, Database, migrate

OBJECTS = ("functions", "triggers", "views")
REVISIONS = sorted(path.name[:3] for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))

SCHEMA = """
select 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        || case when a.attnotnull then ' not null' else '' end
        || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || ' '
        || a.attidentity::text || a.attgenerated::text
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v') and a.attnum > 0
        and not a.attisdropped
union all select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'public'::regnamespace
union all select 'index ' || indexdef from pg_indexes where schemaname = 'public'
union all select 'trigger ' || pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
union all select 'function ' || pg_get_functiondef(p.oid) || coalesce(p.proacl::text, '') from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
        and not exists (select from pg_depend where objid = p.oid and deptype = 'e')
union all select 'view ' || viewname || definition from pg_views where schemaname = 'public'
union all select 'type ' || typname || ' ' || string_agg(enumlabel, ',' order by enumsortorder)
    from pg_enum join pg_type on pg_type.oid = enumtypid group by typname
union all select 'grant ' || relname || ' ' || coalesce(relacl::text, '')
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')
union all select 'column grant ' || attrelid::regclass || '.' || attname || ' ' || attacl::text
    from pg_attribute where attacl is not null and attrelid > 16383
union all select 'security ' || relname || relrowsecurity::text || relforcerowsecurity::text
    from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
union all select 'policy ' || tablename || ' ' || policyname || permissive || roles::text || cmd
        || coalesce(qual, '') || coalesce(with_check, '')
    from pg_policies
union all select 'storage ' || relname || ' ' || reloptions::text
    from pg_class where relnamespace = 'public'::regnamespace and reloptions is not null
order by 1
"""


def schema(database: Database) -> list[str]:
    """Everything about the schema that a dump would tell, one line a thing."""
    with database.connect("owner", role=None) as connection:
        return schema_by(connection)


def schema_by(connection: psycopg.Connection) -> list[str]:
    """The same by a connection that is there."""
    return [str(line) for (line,) in connection.execute(SCHEMA)]


def of_tables(lines: list[str]) -> list[str]:
    """What of a schema is made by the numbered migrations."""
    kinds = ("column ", "constraint", "index", "type", "security", "storage")
    return [line for line in lines if line.startswith(kinds)]


@pytest.fixture
def fresh(worker_id: str) -> Iterator[Database]:
    """A database that was set up and never migrated."""
    with databases.empty(f"fresh_{worker_id}") as made:
        yield made


def test_the_models_and_the_tables_say_the_same(shared_database: Database) -> None:
    assert "No new upgrade operations detected" in migrate("check", database=shared_database)


def test_the_check_notices_a_difference(own_database: Database) -> None:
    with own_database.connect("owner", role=None) as connection:
        connection.execute("drop index ix_contacts_owner_id")
    with pytest.raises(CommandError, match="ix_contacts_owner_id"):
        migrate("check", database=own_database)


def test_the_checks_of_the_models_are_the_checks_of_the_tables(own_database: Database) -> None:
    """Alembic does not compare checks: each of a model's is put beside the table's and must read the same."""
    expected = {
        constraint.name: str(constraint.sqltext)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    }
    checks = (
        "select conname, pg_get_constraintdef(oid) from pg_constraint "
        "where contype = 'c' and connamespace = 'public'::regnamespace"
    )
    with own_database.connect("owner", role=None) as connection:
        found = dict(connection.execute(checks).fetchall())
        assert set(found) == {f"{name}" for name in expected}
        for table in Base.metadata.tables.values():
            for constraint in table.constraints:
                if isinstance(constraint, sa.CheckConstraint):
                    connection.execute(
                        sql.SQL("alter table {} add constraint again check (").format(
                            sql.Identifier(table.name)
                        )
                        + sql.SQL(str(constraint.sqltext))
                        + sql.SQL(")")
                    )
                    again = connection.execute(
                        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'again'"
                    ).fetchone()
                    assert again == (found[str(constraint.name)],)
                    connection.execute(
                        sql.SQL("alter table {} drop constraint again").format(sql.Identifier(table.name))
                    )


def test_the_storage_settings_of_the_models_are_those_of_the_tables(shared_database: Database) -> None:
    text = str(CreateTable(Base.metadata.tables["principal_summaries"]).compile(dialect=postgresql.dialect()))
    assert "fillfactor = 50" in text
    assert "storage principal_summaries {fillfactor=50}" in schema(shared_database)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["small", pytest.param("broker", marks=pytest.mark.long)])
@pytest.mark.timeout(900)  # as many steps as there are migrations, three times, among the rows of a book
def test_every_step_down_to_nothing_can_be_gone_up_again_and_keeps_the_book(
    own_database: Database, size: str
) -> None:
    """From head to the first one: a step down, up again, down for good by the SQL that is kept; at last down
    to nothing and the whole way up. What a column holds that existed before is the same each time, row for
    row.
    """
    load(own_database, size)
    # One that stays, for each new one would have to read the whole catalogue first.
    with own_database.connect("owner", role=None) as asking:
        asking.prepare_threshold = None  # what is asked for changes under it
        before = stood = schema_by(asking)
        held = sums(asking)
        assert held["interactions"]["rows"] != "0"
        for above, revision in itertools.pairwise(reversed(REVISIONS)):
            migrate("downgrade", revision, database=own_database)
            lower, kept = schema_by(asking), sums(asking)
            assert [line for line in lower if line.startswith(("trigger", "view"))] == [], revision
            assert differences(held, kept) == ONLY_ABOVE.get(above, set()), above
            migrate("upgrade", above, database=own_database)
            # What stands in SQL files is made again at head only.
            assert of_tables(schema_by(asking)) == of_tables(stood), above
            assert above != REVISIONS[-1] or schema_by(asking) == before
            go_down_by_hand(own_database, above)
            assert (schema_by(asking), sums(asking)) == (lower, kept), above
            stood, held = lower, kept
        migrate("downgrade", "base", database=own_database)
        assert [line for line in schema_by(asking) if "alembic_version" not in line] == []
        migrate("upgrade", "head", database=own_database)
        assert schema_by(asking) == before


def load(database: Database, size: str) -> None:
    """What `flask demo load` does."""
    commands = cli.create_app(database.settings("commands", demo_password=SECRET_KEY))
    done = commands.test_cli_runner().invoke(args=["demo", "load", "--size", size])
    assert done.exit_code == 0, done.output
    with commands.app_context():
        db.engine.dispose()


ONLY_ABOVE = {"011": {"feature_flags"}, "032": {"feature_flags"}}
"""Tables of which a revision's way down takes rows away that only the schema above it can hold."""


def sums(connection: psycopg.Connection) -> dict[str, dict[str, str]]:
    """Of each table how many rows it has, and for each column a sum over its values with their rows' keys."""
    found = connection.execute(
        """
        select c.relname, array_agg(a.attname order by a.attnum),
               array_agg(a.attname order by a.attnum) filter (where a.attnum = any (k.conkey))
          from pg_class c
          join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
         where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
           and c.relname <> 'alembic_version'
         group by c.relname
        """
    ).fetchall()
    told = {}
    for table, columns, keys in found:
        row = connection.execute(sums_of(table, tuple(columns), tuple(keys or ()))).fetchone()
        assert row is not None
        told[table] = dict(zip(["rows", *columns], row, strict=True))
    return told


@functools.cache  # most tables are the same from one revision to the next
def sums_of(table: str, columns: tuple[str, ...], keys: tuple[str, ...]) -> bytes:
    """The question for how many rows a table has and for the sum of each of these columns."""
    sum_of = sql.SQL("coalesce(sum(hashtextextended(concat_ws('|', {}), 0)::numeric), 0)::text")
    asked = [sum_of.format(sql.SQL(", ").join(map(sql.Identifier, [*keys, column]))) for column in columns]
    query = sql.SQL("select count(*)::text, {} from {}")
    return query.format(sql.SQL(", ").join(asked), sql.Identifier(table)).as_bytes(None)


def differences(one: dict[str, dict[str, str]], other: dict[str, dict[str, str]]) -> set[str]:
    """The tables of both that hold something else in a column of both."""
    return {
        table
        for table in one.keys() & other.keys()
        if any(
            one[table][column] != other[table][column] for column in one[table].keys() & other[table].keys()
        )
    }


def go_down_by_hand(database: Database, above: str) -> None:
    """By the SQL that is kept of a revision, as somebody would who has the files and no code."""
    with database.connect("owner", role=None) as connection:
        for name in ("objects", above):
            connection.execute((ROOT / "migrations" / "downgrades" / f"{name}.sql").read_bytes())


@pytest.mark.slow
def test_rows_of_the_founding_columns_survive_a_way_down_and_up(own_database: Database) -> None:
    with own_database.connect("owner", role=None) as connection:
        connection.execute(
            "insert into organizations (name, is_principal, notes) values ('Maker', true, 'note')"
        )
        connection.execute("insert into contacts (first_name, organization_id) values ('Dana', 1)")
        connection.execute("insert into opportunities (name, organization_id) values ('Placement', 1)")
        connection.execute("insert into opportunity_principals (opportunity_id, principal_id) values (1, 1)")
        connection.execute("insert into interactions (opportunity_id, interaction_type) values (1, 'Note')")
    migrate("downgrade", "002", database=own_database)
    migrate("upgrade", "head", database=own_database)
    with own_database.connect("owner", role=None) as connection:
        row = connection.execute("select name, is_principal, notes, name_key from organizations").fetchone()
        assert row == ("Maker", True, None, "maker")
        assert connection.execute("select last_name from contacts").fetchall() == [("Contact 1",)]
        # The kept counts are gone with their tables; a recompute makes them again from the history.
        connection.execute("select recompute_interaction_principals(), recompute_principal_summaries()")
        counts = connection.execute(
            "select opportunities_count, interactions_count from principal_activity_summary"
        ).fetchone()
        assert counts == (1, 1)


def test_an_upgrade_that_stopped_halfway_goes_on_where_it_stopped(
    fresh: Database, template: Database
) -> None:
    migrate("upgrade", "003", database=fresh)
    assert [line for line in schema(fresh) if line.startswith("view")] == []
    migrate("upgrade", "head", database=fresh)
    with databases.clone(template, "whole") as whole:
        assert schema(fresh) == schema(whole)


def test_an_upgrade_killed_before_the_objects_were_swapped_swaps_them_when_run_again(
    own_database: Database,
) -> None:
    before = schema(own_database)
    with own_database.connect("owner", role=None) as connection:
        connection.execute("drop view principal_activity_summary")
        connection.execute("drop trigger follow_new_interactions on interactions")
        connection.execute("comment on table alembic_version is null")
    migrate("upgrade", "head", database=own_database)
    assert schema(own_database) == before


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(2))
def test_an_upgrade_that_is_killed_again_and_again_comes_to_the_same_end(
    fresh: Database, template: Database, seed: int
) -> None:
    """Each time it is let go on a little longer, from its start to somewhere in the middle of it."""
    chance, kills = random.Random(seed), 0
    begin = multiprocessing.get_context("forkserver").Process
    for seconds in (chance.uniform(0, 0.2 * longer) for longer in range(1, 30)):
        process = begin(target=migrate, args=("upgrade", "head"), kwargs={"database": fresh})
        process.start()
        process.join(seconds)
        process.kill()
        process.join()
        kills += process.exitcode == -signal.SIGKILL
    assert kills > 5
    until(lambda: nobody_is_in(fresh))
    migrate("upgrade", "head", database=fresh)
    with databases.clone(template, "whole") as whole:
        assert schema(fresh) == schema(whole)


def nobody_is_in(database: Database) -> bool:
    """Whether the sessions of whoever was killed are over."""
    asked = "select count(*) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()"
    with database.connect("superuser", role=None) as connection:
        return connection.execute(asked, [database.name]).fetchone() == (0,)


@pytest.mark.slow
def test_a_book_is_changed_only_on_a_fresh_backup_and_one_is_made_where_that_is_possible(
    own_database: Database, tmp_path: Path
) -> None:
    latest, before = REVISIONS[-1], REVISIONS[-2]

    def at() -> str:
        with own_database.connect("owner", role=None) as owner:
            return str(owner.execute("select version_num from alembic_version").fetchone()[0])  # type: ignore[index]

    must = {"MIGRATE_WITHOUT_BACKUP": "", "DATA_DIR": str(tmp_path)}
    migrate("downgrade", before, database=own_database, **must)
    with own_database.connect("owner", role=None) as owner:
        owner.execute("insert into organizations (name) values ('Marlowe Bend')")
    with pytest.raises(SystemExit, match="Nothing was changed, for there is no fresh backup"):
        migrate("upgrade", "head", database=own_database, **must)
    assert at() == before
    can = must | {
        "DATABASE_BACKUP_URL": own_database.url("backup"),
        "POSTGRES_PROGRAMS": os.environ["TEST_POSTGRES_PROGRAMS"],
    }
    for way, to in (("upgrade", "head"), ("downgrade", before), ("upgrade", "head")):
        migrate(way, to, database=own_database, **can)
    assert at() == latest
    (made,) = (tmp_path / "backups").glob("*/manifest.json")
    manifest = json.loads(made.read_text())
    assert (manifest["revision"], manifest["rows"]["organizations"]) == (before, 1), "of before the change"


def test_an_upgrade_with_nothing_to_do_leaves_the_objects_alone(own_database: Database) -> None:
    ask = "select oid from pg_class where relname = 'principal_activity_summary'"
    with own_database.connect("owner", role=None) as connection:
        before = connection.execute(ask).fetchone()
        migrate("upgrade", "head", database=own_database)
        assert connection.execute(ask).fetchone() == before


@pytest.mark.slow
def test_whether_there_is_anything_to_do_is_told_without_the_application(own_database: Database) -> None:
    url = own_database.url("owner")
    is_current = functools.partial(standing.is_current, firm_name=FIRM_NAME, firm_zone=FIRM_TIMEZONE)
    assert is_current(url)
    assert not standing.is_current(url, firm_name="Another", firm_zone=FIRM_TIMEZONE)
    assert not is_current(url + "_and_nowhere")
    with own_database.connect("owner", role=None) as connection:
        connection.execute("comment on table alembic_version is 'objects of other files'")
        assert not is_current(url)
    migrate("upgrade", "head", database=own_database)
    assert is_current(url)
    migrate("downgrade", "-1", database=own_database)
    assert not is_current(url)


@pytest.mark.slow
def test_objects_are_swapped_all_or_none(
    own_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = schema(own_database)
    for kind in (*OBJECTS, "policies", "grants"):
        (tmp_path / kind).mkdir()
        for file in (objects.SQL / kind).glob("*.sql"):
            (tmp_path / kind / file.name).write_text(file.read_text())
    (tmp_path / "triggers" / "zzz_broken.sql").write_text("create trigger broken before insert on nowhere")
    monkeypatch.setattr(objects, "SQL", tmp_path)
    engine = sa.create_engine(own_database.url("owner").replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection, pytest.raises(psycopg.errors.SyntaxError):
        objects.remake(connection)
    engine.dispose()
    assert schema(own_database) == before


def test_a_function_that_names_nothing_there_says_so(
    own_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "functions").mkdir()
    for name in ("one", "other"):
        (tmp_path / "functions" / f"{name}.sql").write_text(
            f"create function {name}() returns int language sql as 'select nobody_knows()'"
        )
    monkeypatch.setattr(objects, "SQL", tmp_path)
    engine = sa.create_engine(own_database.url("owner").replace("postgresql://", "postgresql+psycopg://"))
    with (
        engine.connect() as connection,
        pytest.raises(psycopg.errors.UndefinedFunction, match="nobody_knows"),
    ):
        objects.remake(connection)
    engine.dispose()


def test_a_file_that_is_gone_takes_its_object_along(own_database: Database) -> None:
    with own_database.connect("owner", role=None) as connection:
        connection.execute("create function left_over() returns int language sql as 'select 1'")
        connection.execute("create view left_view as select left_over() as one")
        connection.execute("comment on table alembic_version is 'an older state'")
    migrate("upgrade", "head", database=own_database)
    assert [line for line in schema(own_database) if "left_" in line and "left_on" not in line] == []


COARSER = """
from alembic import op

revision = "999"
down_revision = "{head}"
drops_views = {drops_views}


def upgrade():
    op.execute("alter table products alter column deleted_at type timestamptz(0)")


def downgrade():
    op.execute("alter table products alter column deleted_at type timestamptz")
"""


def head_of(database: Database) -> str:
    return migrate("heads", database=database).split()[0]


def test_views_of_an_extension_are_nobodys_to_lock_or_drop(own_database: Database) -> None:
    """An operator who looks at slow statements has such views, which the owner of the tables may not lock."""
    with own_database.connect("superuser", role=None) as connection:
        connection.execute("create extension pg_stat_statements")
        connection.execute("comment on table alembic_version is 'an older state'")
    migrate("upgrade", "head", database=own_database)
    with own_database.connect("superuser", role=None) as connection:
        assert connection.execute("select to_regclass('pg_stat_statements') is not null").fetchone() == (
            True,
        )


@pytest.mark.slow
def test_a_revision_that_drops_views_finds_them_gone_and_they_come_back(
    own_database: Database, tmp_path: Path
) -> None:
    """Through a private name of alembic (see env.py), so a new version of it shows here first."""
    before = schema(own_database)
    (tmp_path / "999_coarser.py").write_text(COARSER.format(head=head_of(own_database), drops_views=True))
    migrate("upgrade", "head", database=own_database, and_revisions_in=tmp_path)
    changed = set(schema(own_database)) - set(before)
    assert changed == {"column products.deleted_at timestamp(0) with time zone "}
    migrate("downgrade", "-1", database=own_database, and_revisions_in=tmp_path)
    migrate("upgrade", head_of(own_database), database=own_database)
    assert schema(own_database) == before


def test_a_revision_that_forgets_to_say_so_is_refused_and_changes_nothing(
    own_database: Database, tmp_path: Path
) -> None:
    before = schema(own_database)
    (tmp_path / "999_coarser.py").write_text(COARSER.format(head=head_of(own_database), drops_views=False))
    with pytest.raises(sa.exc.DBAPIError, match="used by a view"):
        migrate("upgrade", "head", database=own_database, and_revisions_in=tmp_path)
    assert schema(own_database) == before


def test_two_migrations_at_once_are_one_too_many(own_database: Database) -> None:
    migrate("downgrade", "-1", database=own_database)
    from_env = "7203914652"
    assert from_env in (ROOT / "migrations" / "env.py").read_text().replace("_", "")
    with own_database.connect("owner", role=None) as connection:
        connection.execute(f"select pg_advisory_lock({from_env})")
        with pytest.raises(SystemExit, match="Another migration is running"):
            migrate("upgrade", "head", database=own_database)
    migrate("upgrade", "head", database=own_database)


def test_a_migration_gives_up_rather_than_make_everybody_wait(
    own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "ATTEMPTS", 2)
    with own_database.connect("worker", role="kp_system") as somebody, somebody.transaction():
        somebody.execute("select from organizations")
        with pytest.raises(SystemExit, match="in use by somebody"):
            migrate("downgrade", "base", database=own_database)
    assert REVISIONS[-1] in migrate("current", database=own_database)
    migrate("upgrade", "head", database=own_database)


def test_current_drops_nothing(shared_database: Database) -> None:
    before = schema(shared_database)
    migrate("current", database=shared_database)
    migrate("history", database=shared_database)
    assert schema(shared_database) == before


def test_a_database_without_set_up_says_what_to_do(worker_id: str) -> None:
    with (
        databases.bare(f"bare_{worker_id}") as bare,
        pytest.raises(SystemExit, match=r"roles\.sql as a superuser"),
    ):
        migrate("upgrade", "head", database=bare)


@pytest.mark.parametrize("login", ["superuser", "worker"])
def test_only_the_owner_migrates(fresh: Database, login: str) -> None:
    with pytest.raises(SystemExit, match="Migrations run as kp_owner"):
        migrate("upgrade", "head", database=fresh, DATABASE_OWNER_URL=fresh.url(login))


def test_the_firm_is_written_at_the_end_of_every_upgrade(own_database: Database) -> None:
    ask = "select name, time_zone, firm_zone() from firm_settings"
    with own_database.connect("owner", role=None) as connection:
        row = connection.execute(ask).fetchone()
        assert row == (FIRM_NAME, FIRM_TIMEZONE, FIRM_TIMEZONE)
        migrate("upgrade", "head", database=own_database, FIRM_NAME="Other", FIRM_TIMEZONE="Pacific/Auckland")
        assert connection.execute(ask).fetchall() == [("Other", "Pacific/Auckland", "Pacific/Auckland")]


def test_the_sql_of_the_revisions_can_be_written_out(shared_database: Database) -> None:
    text = migrate("upgrade", "head", database=shared_database, sql=True)
    assert "create table interaction_principals" in text
    assert text.index("lock_timeout") < text.index("create table organizations")


def test_every_view_asks_with_the_rights_of_whoever_reads_it(shared_database: Database) -> None:
    with shared_database.connect("owner", role=None) as connection:
        views = connection.execute(
            "select relname, reloptions from pg_class "
            "where relkind = 'v' and relnamespace = 'public'::regnamespace"
        ).fetchall()
    assert views
    assert [name for name, options in views if "security_invoker=true" not in (options or [])] == []


def test_every_function_that_runs_as_its_owner_has_a_fixed_search_path(shared_database: Database) -> None:
    with shared_database.connect("owner", role=None) as connection:
        functions = connection.execute(
            "select proname, proconfig, prorettype = 'trigger'::regtype, "
            "coalesce(proacl::text, '=X') ~ '(^|[{,])=X' from pg_proc "
            "where pronamespace = 'public'::regnamespace and prosecdef"
        ).fetchall()
    assert len(functions) > 10
    assert [name for name, settings, *_ in functions if settings != ["search_path=pg_catalog, public"]] == []
    open_to_all = [name for name, _, is_trigger, is_public in functions if is_public and not is_trigger]
    assert open_to_all == [], "a function that runs as the owner is not for everybody to call"


def test_every_sql_file_opens_with_what_it_is_and_makes_one_object() -> None:
    files = sorted(objects.SQL.glob("*/*.sql"))
    assert len(files) > 40
    for file in files:
        text = file.read_text()
        assert text.startswith("-- "), file
        if file.parent.name in OBJECTS:
            kind = file.parent.name.removesuffix("s")
            made = [line for line in text.splitlines() if line.startswith("create")]
            assert len(made) == 1, file
            assert {kind, file.stem} <= set(re.findall(r"\w+", made[0])), file


@pytest.mark.slow
def test_a_swap_while_people_work_neither_loses_a_count_nor_fails_them(own_database: Database) -> None:
    with own_database.connect("owner", role=None) as connection:
        connection.execute("insert into organizations (name, is_principal) values ('Maker', true)")
        connection.execute("insert into opportunities (name) values ('Placement')")
        connection.execute("insert into opportunity_principals (opportunity_id, principal_id) values (1, 1)")
        connection.execute("comment on table alembic_version is 'an older state'")
    over = threading.Event()
    logged: list[int] = []

    def log() -> None:
        with signed_in(own_database) as person:
            while not over.is_set():
                person.execute(
                    "insert into interactions (opportunity_id, interaction_type) values (1, 'Note')"
                )
                found = person.execute("select interactions_count from principal_activity_summary").fetchone()
                assert found is not None
                logged.append(found[0])

    thread = threading.Thread(target=log)
    thread.start()
    try:
        until(lambda: len(logged) > 20)
        migrate("upgrade", "head", database=own_database)
        swapped_at = len(logged)
        until(lambda: len(logged) > swapped_at + 20)
    finally:
        over.set()
        thread.join()
    assert logged == list(range(1, len(logged) + 1))
