"""Loading a firm of many offices into an empty database: by sets, in one transaction, told step by step."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import psycopg

from crm.db import db
from crm.services.demo import bare, book, derived, loading, multiplying, offices, staging
from crm.services.demo.frame import Frame
from crm.services.demo.loading import Loaded
from crm.services.demo.offices import Spread

TABLES: Final = (
    "users",
    "organizations",
    "contacts",
    "employments",
    "products",
    "opportunities",
    "opportunity_contacts",
    "opportunity_products",
    "opportunity_principals",
    "opportunity_stage_changes",
    "interactions",
    "interaction_principals",
    "samples",
    "distributor_principals",
    "product_distributors",
    "contact_advocacies",
    "audit_log",
)
"""Every table that the offices fill."""
FILLED: Final = (*TABLES, "principal_summaries", "principal_weeks", "engagement_changes")
"""... and what is counted from those."""
_ROOM: Final = "set local maintenance_work_mem = '256MB'; set local work_mem = '64MB'"

Say = Callable[[str, float], None]
"""Is told what has been done, and how many seconds it took."""


def load(frame: Frame, spread: Spread, *, password_hash: str, now: datetime, say: Say) -> Loaded | None:
    """Write the books of all offices of `spread`; the size of `frame` counts for nothing.

    As `loading.load`: acts as the owner of the tables, returns None if the demo book is here already, raises
    `Refused` if the database holds anything else. The tables are locked until the transaction ends.
    """
    connection = db.session.connection()
    if not loading.has_room(connection):
        return None
    cursor = loading.cursor_of(connection)
    cursor.execute(_ROOM)
    taken = loading.people_taken()
    rows: Counter[str] = Counter()
    with bare.bare(cursor, TABLES):
        for place in range(len(spread.models)):
            made = _model(frame, spread, place, password_hash, say)
            _write(cursor, frame, spread, place, made, rows, taken, now, say)
        with _told(say, "what follows from them"):
            derived.make(cursor)
        begun = time.monotonic()
    say("indexes and keys", time.monotonic() - begun)
    with _told(say, "counts"):
        derived.insist(cursor)
        derived.count(cursor)
    staging.count_on(cursor, loading.KEYS.items())
    with _told(say, "levels of the year"):
        cursor.execute(f"analyze {', '.join(TABLES)}, principal_summaries, principal_weeks")
        loading.record_levels(connection, frame)
        cursor.execute("analyze engagement_changes")
    return Loaded(dict(rows))


def _model(frame: Frame, spread: Spread, place: int, password_hash: str, say: Say) -> book.Book:
    """The book of one office, of which the others are told."""
    with _told(say, f"the model of {spread.offices} offices"):
        made = book.make(replace(frame, seed=frame.seed + place, size=spread.models[place]))
        loading.give_passwords(made, password_hash)
    return made


def _write(
    cursor: psycopg.Cursor[Any],
    frame: Frame,
    spread: Spread,
    place: int,
    made: book.Book,
    rows: Counter[str],
    taken: int,
    now: datetime,
    say: Say,
) -> None:
    multiplying.open_offices(cursor, offices.build(frame, spread, place))
    after = {**rows, "users": rows["users"] + taken}
    latest = loading.latest_of(frame, now)
    for of_table in made.tables():
        if not of_table:
            continue
        table, count = of_table[0].table, len(of_table) * spread.offices
        with _told(say, f"{count:,} {table.replace('_', ' ')}"):
            staging.copy(cursor, of_table, latest=latest)
            multiplying.write(cursor, of_table[0], after=after, offices=spread.offices)
            staging.drop(cursor, table)
        rows[table] += count
    multiplying.close_offices(cursor)


@contextmanager
def _told(say: Say, what: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    say(what, time.monotonic() - begun)
