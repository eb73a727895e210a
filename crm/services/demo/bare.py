"""Tables without what makes a row dear: for a million rows at once, in a transaction that puts it all back.

Indexes are built anew from sorted rows, foreign keys are checked by one join each, and the triggers that
follow rows one by one stand aside while `derived.py` does for all rows together what they would have done.
What stays in force: checks, primary and unique keys, row security, the audit trail and what else works by
statement.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import sql

FOLLOWING: Final = {
    "contacts": ("keep_first_employment",),
    "opportunities": ("record_first_stage", "follow_first_primary_contact"),
    "opportunity_products": ("lock_opportunity_of_products", "trigger_sync_opportunity_principals"),
    "opportunity_principals": (
        "lock_opportunity_of_principals",
        "make_room_for_chosen_principal",
        "add_opportunity_principals",
    ),
    "interactions": ("follow_new_interactions",),
    "interaction_principals": ("name_interaction_principal", "count_new_interactions"),
    "samples": ("check_sample_promise",),
    "contact_advocacies": ("end_advocacy",),
}
"""The triggers that stand aside. One that is made later is not among them: it does its work on each row."""

_INDEXES = """
    select pg_get_indexdef(i.indexrelid), i.indexrelid::regclass::text
    from pg_index i
    where i.indrelid = any (%s::regclass[])
        and not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype <> 'f')
    order by i.indexrelid
"""
_FOREIGN_KEYS = """
    select conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    from pg_constraint
    where conrelid = any (%s::regclass[]) and contype = 'f'
    order by conrelid, conname
"""


@contextmanager
def bare(cursor: psycopg.Cursor[Any], tables: Sequence[str]) -> Iterator[None]:
    """While the block runs, `tables` are without indexes, foreign keys and the triggers of `FOLLOWING`.

    Acts as the owner of the tables and locks them until the transaction ends. Raises what the database says
    of rows that the indexes and keys do not take.
    """
    names = list(tables)
    indexes = cursor.execute(_INDEXES, [names]).fetchall()
    keys = cursor.execute(_FOREIGN_KEYS, [names]).fetchall()
    for table, name, _ in keys:
        cursor.execute(
            sql.SQL("alter table {} drop constraint {}").format(*map(sql.Identifier, (table, name)))
        )
    for _, name in indexes:
        cursor.execute(sql.SQL("drop index {}").format(sql.Identifier(name)))
    _let_triggers(cursor, "disable")
    yield
    _let_triggers(cursor, "enable")
    for definition, _ in indexes:
        cursor.execute(sql.SQL(definition))
    for table, name, definition in keys:
        cursor.execute(
            sql.SQL("alter table {} add constraint {} {}").format(
                sql.Identifier(table), sql.Identifier(name), sql.SQL(definition)
            )
        )


def _let_triggers(cursor: psycopg.Cursor[Any], do: str) -> None:
    for table, triggers in FOLLOWING.items():
        for trigger in triggers:
            cursor.execute(
                sql.SQL("alter table {} {} trigger {}").format(
                    sql.Identifier(table), sql.SQL(do), sql.Identifier(trigger)
                )
            )
