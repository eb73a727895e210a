"""Views, functions, triggers, policies and grants: one object, one file under sql/, always the current text.

While tables migrate the old objects stay in place; at head all of them are swapped in one transaction, so
that a kill in between never leaves a table without its triggers or policies. Text goes through the driver's
own cursor, where % and : mean nothing.
"""

import hashlib
import time
from pathlib import Path

import sqlalchemy as sa
from psycopg import errors

SQL = Path(__file__).parent / "sql"

ROLES = ("kp_owner", "kp_web", "kp_worker", "kp_backup", "kp_staff", "kp_system")
EXTENSIONS = ("pg_trgm", "unaccent")

# How often all tables are asked for, and how long each time: others wait behind us so long, and work so
# long before the next time.
ATTEMPTS = 8
PATIENCE_MS = 300

# Made by a migration, because generated columns are made of it; never swapped.
KEPT_FUNCTIONS = ("fold",)

# A view is dropped once nothing reads it any more; never with CASCADE, which could take more than we
# meant. Views of extensions stay.
DROP_VIEWS = """
do $do$
declare
    unread regclass;
begin
    loop
        select c.oid::regclass into unread
        from pg_class c
        where c.relkind = 'v' and c.relnamespace = 'public'::regnamespace
            and not exists (select from pg_depend x where x.objid = c.oid and x.deptype = 'e')
            and not exists (
                select from pg_depend d join pg_rewrite w on w.oid = d.objid
                where d.classid = 'pg_rewrite'::regclass and d.refobjid = c.oid and w.ev_class <> c.oid)
        limit 1;
        exit when unread is null;
        execute format('drop view %s', unread);
    end loop;
end
$do$
"""

# The owner's own policy is the migrations': without it the next one would see no row.
KEPT_POLICY = "owner_all"

DROP_POLICIES = f"""
do $do$
declare
    found record;
begin
    for found in
        select policyname as name, tablename as on_table
        from pg_policies
        where schemaname = 'public' and policyname <> '{KEPT_POLICY}'
        order by tablename, policyname
    loop
        execute format('drop policy %I on %I', found.name, found.on_table);
    end loop;
end
$do$
"""

DROP_TRIGGERS = """
do $do$
declare
    found record;
begin
    for found in
        select t.tgname as name, t.tgrelid::regclass as on_table
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where not t.tgisinternal and c.relnamespace = 'public'::regnamespace
        order by t.tgrelid, t.tgname
    loop
        execute format('drop trigger %I on %s', found.name, found.on_table);
    end loop;
end
$do$
"""

# A function that another one names in its arguments' defaults or its body goes after that one.
DROP_FUNCTIONS = f"""
do $do$
declare
    unread regprocedure;
begin
    loop
        select p.oid::regprocedure into unread
        from pg_proc p
        where p.pronamespace = 'public'::regnamespace
            and p.proname <> all (array[{", ".join(f"'{name}'" for name in KEPT_FUNCTIONS)}])
            and not exists (select from pg_depend x where x.objid = p.oid and x.deptype = 'e')
            and not exists (
                select from pg_depend d
                where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_proc'::regclass
                    and d.refobjid = p.oid and d.objid <> p.oid)
        limit 1;
        exit when unread is null;
        execute format('drop function %s', unread);
    end loop;
end
$do$
"""

REVOKE_GRANTS = f"revoke all on all tables in schema public from {', '.join(ROLES[1:])}"
DROPS = (DROP_VIEWS, DROP_POLICIES, DROP_TRIGGERS, DROP_FUNCTIONS, REVOKE_GRANTS)
FORGET = "comment on table alembic_version is null"

# The same as a text, for whoever goes down by hand.
DROP_ALL = "\n\n".join(f"{text.strip()};" for text in (*DROPS, FORGET))


def check_set_up(connection: sa.Connection) -> None:
    """Raise SystemExit with the way out when the roles or extensions are missing, or somebody else migrates.

    They belong to the cluster and to its superuser, so no migration can make them.
    """
    way_out = "Run bin/stack/roles.sql as a superuser of PostgreSQL first, as bin/up and bin/test do."
    there = set(connection.exec_driver_sql("select rolname from pg_roles").scalars())
    if missing := [role for role in ROLES if role not in there]:
        raise SystemExit(f"This database is not set up: it lacks the roles {', '.join(missing)}. {way_out}")
    there = set(connection.exec_driver_sql("select extname from pg_extension").scalars())
    if missing := [extension for extension in EXTENSIONS if extension not in there]:
        raise SystemExit(
            f"This database is not set up: it lacks the extensions {', '.join(missing)}. {way_out}"
        )
    who = connection.exec_driver_sql("select current_user").scalar_one()
    if who != "kp_owner":
        raise SystemExit(
            f"Migrations run as kp_owner, who owns the tables, and not as {who}. Set DATABASE_OWNER_URL to "
            "the address of kp_owner."
        )


def digest() -> str:
    """The fingerprint of everything that `remake` puts in place."""
    found = hashlib.sha256(Path(__file__).read_bytes())
    for file in _files():
        found.update(file.relative_to(SQL).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()


def remembered_digest(connection: sa.Connection) -> str | None:
    """The fingerprint of the objects in the database; it lies as a comment on alembic's own table."""
    return connection.exec_driver_sql(
        "select obj_description(to_regclass('public.alembic_version'), 'pg_class')"
    ).scalar()


def forget(connection: sa.Connection) -> None:
    """Make the next upgrade that reaches head put all objects in place anew."""
    if connection.exec_driver_sql("select to_regclass('public.alembic_version')").scalar():
        _run(connection, FORGET)


def drop_views(connection: sa.Connection) -> None:
    """Take the views away, because a revision is about to change a column under them."""
    _run(connection, DROP_VIEWS)


def drop_all(connection: sa.Connection) -> None:
    """Take all objects away; the caller's transaction decides whether that stands.

    Raises SystemExit, with nothing changed, when a table is in use for too long.
    """
    _take_all_tables(connection)
    for text in DROPS:
        _run(connection, text)


def remake(connection: sa.Connection) -> None:
    """Swap all objects for those of the files and remember their fingerprint, in the caller's transaction."""
    drop_all(connection)
    _create_functions(connection, [file.read_text() for file in _files() if file.parent.name == "functions"])
    for kind in ("views", "triggers", "policies", "grants"):
        for file in _files():
            if file.parent.name == kind:
                _run(connection, file.read_text())
    _run(connection, f"comment on table alembic_version is '{digest()}'")


def _take_all_tables(connection: sa.Connection) -> None:
    """Lock every view and table at once, before anything is dropped.

    A trigger is dropped under a lock that shuts out everybody. Taken one by one, such locks would sooner or
    later meet somebody who works in another order, and one of the two would fail. So all are taken first,
    and given back whenever that takes longer than it takes PostgreSQL to look for such a knot (a second).
    """
    tables = connection.exec_driver_sql(
        "select string_agg(c.oid::regclass::text, ', ' order by relkind desc, c.oid) from pg_class c "
        "where relkind in ('r', 'v') and relnamespace = 'public'::regnamespace "
        "and not exists (select from pg_depend x where x.objid = c.oid and x.deptype = 'e')"
    ).scalar()
    for _ in range(ATTEMPTS):
        try:
            with connection.begin_nested():
                _run(connection, f"set local statement_timeout = '{PATIENCE_MS}ms'; lock table {tables}")
                _run(connection, "set local statement_timeout to default")
            return
        except (errors.QueryCanceled, errors.LockNotAvailable):
            time.sleep(PATIENCE_MS / 1000)
    raise SystemExit(
        "A table is in use by somebody who does not come to an end, so views, functions and triggers could "
        "not be changed; the old ones are in place. Run this again when it is quieter."
    )


def _create_functions(connection: sa.Connection, texts: list[str]) -> None:
    """Functions name one another: one that names a function not there yet waits for the next round."""
    waiting = []
    for text in texts:
        try:
            with connection.begin_nested():
                _run(connection, text)
        except errors.UndefinedFunction:
            if len(texts) == 1:
                raise
            waiting.append(text)
    if len(waiting) == len(texts):
        # Nothing moved, so nobody will come to help: let the first one say what it lacks.
        waiting = waiting[:1]
    if waiting:
        _create_functions(connection, waiting)


def _files() -> list[Path]:
    return sorted(SQL.glob("*/*.sql"))


def _run(connection: sa.Connection, text: str) -> None:
    with connection.connection.cursor() as cursor:
        cursor.execute(text)
