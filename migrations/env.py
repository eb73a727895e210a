"""How `flask db …` and plain alembic change the database: as kp_owner, one at a time, without long waits.

Every revision is a transaction of its own, so an upgrade that was killed goes on where it stopped when it is
run again. At head the objects of migrations/sql are swapped (see objects.py) and the firm's name and zone are
written. Before a book is changed there must be a fresh backup of it: one is made where that is possible.
"""

import logging
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.runtime.migration import RevisionStep

import crm.models  # noqa: F401 - makes the tables known, for `flask db check`
from crm import clock, config
from crm.db import Base
from crm.errors import Refused
from crm.services import backups
from migrations import objects

log = logging.getLogger("alembic.env")

# Any number that no other program here uses: the lock that two migrations at once would both want.
LOCK = 7_203_914_652
# Waiting for a lock makes everybody else wait behind us: rather give up and be run again.
LOCK_TIMEOUT = "set lock_timeout = '3s'"


def is_ours(thing: Any, _name: str | None, kind: str, *_: Any) -> bool:
    """Whether revisions are to be held against this; views are remade from files, not migrated."""
    return not (kind == "table" and thing.info.get("is_view"))


def offline() -> None:
    """Write the SQL of the revisions instead of running it (`--sql`): for reading, for linters, and to be
    kept, so what leads down takes the objects away first, as `online` does.
    """
    context.configure(dialect_name="postgresql", literal_binds=True, transaction_per_migration=True)
    migration = context.get_context()
    plan = migration._migrations_fn  # noqa: SLF001

    def planned(*args: Any) -> Iterator[Any]:
        steps = list(plan(*args))
        if any(step.is_downgrade for step in steps):
            migration.impl.static_output("BEGIN;\n\n" + objects.DROP_ALL + "\n\nCOMMIT;")
        return iter(steps)

    migration._migrations_fn = planned  # noqa: SLF001
    with context.begin_transaction():
        context.execute(LOCK_TIMEOUT)
        context.run_migrations()


def online() -> None:
    """Run the revisions, then put the objects of migrations/sql in place unless they are there."""
    settings = config.load()
    engine = sa.create_engine(settings.database_for("commands"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(LOCK_TIMEOUT)
        objects.check_set_up(connection)
        if not connection.exec_driver_sql(f"select pg_try_advisory_lock({LOCK})").scalar():
            raise SystemExit("Another migration is running. Wait for it to end, then run this again.")
        connection.commit()
        head = set(context.get_head_revisions())
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=is_ours,
            compare_server_default=True,
            transaction_per_migration=True,
        )
        moved = _watch(connection, settings)
        # Alembic must not find a transaction open: a revision that leaves it for a while could not.
        connection.commit()
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        at_head = set(context.get_context().get_current_heads()) == head
        if at_head and (moved or _is_upgrade(head)):
            if objects.remembered_digest(connection) != objects.digest():
                objects.remake(connection)
                log.info("Views, functions, triggers and grants were made anew from migrations/sql")
            _write_firm(connection, settings)
        connection.commit()


def _watch(connection: sa.Connection, settings: config.Settings) -> list[RevisionStep]:
    """Take objects that stand in the way before the first step is run; the list tells later which steps ran.

    `current` and `stamp` plan no revision step and lose nothing. A downgrade takes triggers and functions,
    too: they would name tables and columns that are gone. The older code's upgrade puts its own in place.
    """
    migration = context.get_context()
    # Private, and the only place that knows the plan before it is carried out; a test upgrades through it.
    plan = migration._migrations_fn  # noqa: SLF001
    moved: list[RevisionStep] = []

    def planned(*args: Any) -> Iterator[Any]:
        steps = list(plan(*args))
        moved.extend(step for step in steps if isinstance(step, RevisionStep))
        has_book = _has_book(connection)
        connection.commit()  # nobody waits for us while the backup is made
        if moved and has_book:
            _back_up(settings)
        if any(step.is_downgrade for step in moved):
            objects.drop_all(connection)
            objects.forget(connection)
        elif any(getattr(step.revision.module, "drops_views", False) for step in moved):
            objects.drop_views(connection)
            objects.forget(connection)
        connection.commit()
        return iter(steps)

    migration._migrations_fn = planned  # noqa: SLF001
    return moved


def _has_book(connection: sa.Connection) -> bool:
    """Whether anything would be lost; what a migration seeds can be made again."""
    if connection.exec_driver_sql("select to_regclass('organizations')").scalar() is None:
        return False
    return bool(connection.exec_driver_sql("select exists (select from organizations)").scalar())


def _back_up(settings: config.Settings) -> None:
    """See to it that there is a fresh and whole backup. Raises `SystemExit` where there is none and none can
    be made.
    """
    if settings.migrate_without_backup:
        log.warning("No backup is made: %s", settings.migrate_without_backup)
        return
    now = clock.now()
    try:
        made = backups.fresh(settings, now=now) or backups.create_whole(settings, now=now)
    except Refused as refused:
        raise SystemExit(
            f"Nothing was changed, for there is no fresh backup of this book. {refused.message} Make one "
            "(flask backup create) or say in MIGRATE_WITHOUT_BACKUP why none is needed."
        ) from refused
    log.info("The backup %s is whole: flask backup restore takes it back", made.folder.name)


def _is_upgrade(head: set[str]) -> bool:
    """Whether the command asked for head; `current` and the like ask for nothing."""
    try:
        return context.get_revision_argument() in ("head", "heads", *head)
    except KeyError:
        return False


def _write_firm(connection: sa.Connection, settings: config.Settings) -> None:
    """The database tells days and weeks in the firm's zone, so it must know the one of the settings."""
    connection.execute(
        sa.text(
            "insert into firm_settings as f (name, time_zone) values (:name, :time_zone) "
            "on conflict (is_the_one) do update set name = excluded.name, time_zone = excluded.time_zone "
            "where (f.name, f.time_zone) is distinct from (excluded.name, excluded.time_zone)"
        ),
        {"name": settings.firm_name, "time_zone": settings.firm_timezone},
    )


if context.is_offline_mode():
    offline()
else:
    online()
