"""Loading the demo book into an empty database, in one transaction, with every trigger at work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import psycopg
import sqlalchemy as sa

from crm.clock import today_for
from crm.db import db
from crm.errors import Refused
from crm.models import Contact, Interaction, Opportunity, Organization, Product, User
from crm.services import engagement
from crm.services.demo import book, staff, staging
from crm.services.demo.frame import DAYS, Frame
from crm.services.demo.words import world

_PEOPLE: Final = (
    "manager_id",
    "owner_id",
    "second_owner_id",
    "author_id",
    "completed_by",
    "changed_by",
    "user_id",
)
"""Columns that name a person of the firm."""
KEYS: Final = {
    "users": "user_id",
    "organizations": "organization_id",
    "contacts": "contact_id",
    "products": "product_id",
    "opportunities": "opportunity_id",
    "opportunity_stage_changes": "opportunity_stage_change_id",
    "interactions": "interaction_id",
    "samples": "sample_id",
}
RECOUNTS: Final = "'principal_summaries'::regclass::oid::bigint"
"""The number of the lock under which kept counts are folded and made anew (migrations/sql/functions)."""
_FIRST_RECORDED: Final = 6
"""Days after the beginning of the book on which levels are recorded for the first time."""


@dataclass(frozen=True)
class Loaded:
    """How many rows of each table were written."""

    rows: dict[str, int]


def load(frame: Frame, *, password_hash: str, now: datetime) -> Loaded | None:
    """Write the book of `frame`; every account signs in with the password behind `password_hash`.

    Acts as the owner of the tables. Returns None if the demo book is here already, and changes nothing then.
    Raises `Refused` if the database holds anything else. Nothing is dated after `now` but promises, unless
    the day of the frame itself lies ahead.
    """
    connection = db.session.connection()
    if not has_room(connection):
        return None
    made = book.make(frame)
    give_passwords(made, password_hash)
    _renumber_people(made)
    latest = latest_of(frame, now)
    cursor = cursor_of(connection)
    for rows in made.tables():
        if rows and rows[0].table == "opportunity_stage_changes":
            # A new opportunity began its timeline with the stage it has today; the book knows the whole.
            cursor.execute("delete from opportunity_stage_changes")
        staging.write(cursor, rows, latest=latest)
    staging.count_on(cursor, KEYS.items())
    while engagement.fold():
        pass
    record_levels(connection, frame)
    _analyze(cursor, made)
    return Loaded({rows[0].table: len(rows) for rows in made.tables() if rows})


def has_room(connection: sa.Connection) -> bool:
    """Whether the book can be written: False if it is here already. One load at a time gets to know.

    Raises `Refused` if the database holds anything else.
    """
    connection.exec_driver_sql("set local statement_timeout = 0")
    connection.exec_driver_sql("set local idle_in_transaction_session_timeout = 0")  # a book is long to make
    connection.execute(sa.text("select pg_advisory_xact_lock(hashtext('demo book'))"))
    # The lock of every recount, first of all: one that began meanwhile would hold it and wait for the tables.
    connection.execute(sa.text(f"select pg_advisory_xact_lock({RECOUNTS})"))
    if _is_here():
        return False
    _insist_on_an_empty_book()
    return True


def latest_of(frame: Frame, now: datetime) -> datetime | None:
    """The moment after which nothing is dated: none, if the day of the frame lies ahead."""
    return None if frame.today > today_for(frame.time_zone, now) else now


def people_taken() -> int:
    """The highest number of an account that is here."""
    return db.session.scalar(sa.select(sa.func.max(User.user_id))) or 0


def _is_here() -> bool:
    """Whether the demo's people and its first principal are in this database."""
    return _accounts_taken() == len(staff.STAFF) and bool(
        db.session.scalar(
            sa.select(
                sa.exists().where(Organization.is_principal, Organization.name == world.makers()[0].name)
            )
        )
    )


def _accounts_taken() -> int:
    addresses = [staff.address_of(person.key) for person in staff.STAFF]
    taken = sa.select(sa.func.count()).where(sa.func.lower(User.email).in_(addresses))
    return db.session.execute(taken).scalar_one()


def _insist_on_an_empty_book() -> None:
    kinds: tuple[tuple[str, Any], ...] = (
        ("organizations", Organization),
        ("contacts", Contact),
        ("products", Product),
        ("opportunities", Opportunity),
        ("interactions", Interaction),
    )
    for name, model in kinds:
        count = db.session.scalar(sa.select(sa.func.count()).select_from(model))
        if count:
            raise Refused(
                f"There are {count:,} {name} in this database that the demo book did not bring. "
                "Load it into a database of its own."
            )
    if _accounts_taken():
        raise Refused(
            "Some of the demo's people have an account here, but their book is not. "
            "Load it into a database of its own."
        )


def give_passwords(made: book.Book, password_hash: str) -> None:
    for user in made.users:
        user.password = password_hash
        user.fs_uniquifier = uuid4().hex


def _renumber_people(made: book.Book) -> None:
    """Move the numbers of the book's people past those that are taken."""
    taken = people_taken()
    for rows in made.tables() if taken else []:
        _move(rows, taken)


def _move(rows: Sequence[Any], by: int) -> None:
    columns = [name for name in _PEOPLE if rows and hasattr(rows[0], name)]
    for row in rows:
        for name in columns:
            if (number := getattr(row, name)) is not None:
                setattr(row, name, number + by)


def record_levels(connection: sa.Connection, frame: Frame) -> None:
    """Record the level changes of the year, day by day, as the nightly recount would have."""
    connection.execute(
        sa.text(
            "select count(record_engagement_changes(day::date))"
            " from generate_series(cast(:first as timestamp), cast(:last as timestamp), '1 day') as day"
        ),
        {"first": frame.ago(DAYS - _FIRST_RECORDED), "last": frame.today},
    )
    # The recount looked at every principal from the start; one that came later was first seen when it came.
    connection.execute(
        sa.text(
            """
            update engagement_changes c
            set changed_on = firm_day(o.created_at)
            from organizations o
            where o.organization_id = c.principal_id and c.changed_on < firm_day(o.created_at)
            """
        )
    )
    connection.execute(
        sa.text(
            "update engagement_changes"
            " set created_at = least(now(), (changed_on + 1)::timestamp at time zone firm_zone())"
        )
    )


def _analyze(cursor: psycopg.Cursor[Any], made: book.Book) -> None:
    tables = [rows[0].table for rows in made.tables() if rows]
    cursor.execute(
        f"analyze {', '.join([*tables, 'engagement_changes', 'principal_summaries', 'principal_weeks'])}"
    )


def cursor_of(connection: sa.Connection) -> psycopg.Cursor[Any]:
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    return driver.cursor()
