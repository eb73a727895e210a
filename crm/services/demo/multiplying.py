"""Staged rows of one office into the tables, once for each office: numbers moved, names changed, by SQL.

The row that is number n of the model is number (n - 1) * offices + office after the rows of earlier models,
so the rows of all offices follow one another as those of the model do: interactions in the order of time.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

import psycopg
from psycopg import sql

from crm.services.demo import staging, words
from crm.services.demo.offices import Office

_POINTING: Final = {
    "users": (
        "user_id manager_id owner_id second_owner_id author_id completed_by changed_by"  # people
    ),
    "organizations": (
        "organization_id parent_organization_id usual_distributor_id principal_id distributor_id"
    ),
    "contacts": "contact_id primary_contact_id buyer_contact_id",
    "products": "product_id",
    "opportunities": "opportunity_id",
    "opportunity_stage_changes": "opportunity_stage_change_id",
    "interactions": "interaction_id completed_with follow_up_id",
    "samples": "sample_id",
}
_TABLE_OF: Final = {column: table for table, columns in _POINTING.items() for column in columns.split()}
"""Which table's numbers a column holds."""

_AT: Final = "replace(s.{}, '.example', coalesce('.' || o.domain, '') || '.example')"
_FAMILY: Final = (
    "coalesce(o.families[(array_position(o.families, s.last_name) + o.moved - 1)"
    " % cardinality(o.families) + 1], s.last_name)"
)
_RENAMED: Final = {
    "users": {"full_name": "p.full_name", "email": "p.email"},
    "organizations": {
        "name": "case when t.renamed is null then s.name when strpos(s.name, t.town) > 0"
        " then replace(s.name, t.town, t.renamed) else s.name || ', ' || t.renamed end",
        "city": "coalesce(t.renamed, s.city)",
        "website": _AT.format("website"),
        "email": _AT.format("email"),
    },
    "contacts": {
        "last_name": _FAMILY,
        "email": "replace(split_part(s.email, '@', 1), lower(s.last_name), lower(" + _FAMILY + "))"
        " || '@' || " + _AT.format("email").replace("s.email", "split_part(s.email, '@', 2)"),
    },
}
"""What the columns of an office hold instead of those of the model."""
_JOINED: Final = {
    "users": "join staged_people p on (p.number, p.person) = (o.number, s.user_id)",
    "organizations": "left join staged_towns t on (t.number, t.town) = (o.number, s.city)",
    "interaction_principals": "join interactions i on i.interaction_id = {interaction_id}"
    " left join opportunities d on d.opportunity_id = i.opportunity_id",
}
_NAMED: Final = {
    "is_derived": "false",
    "interaction_date": "i.interaction_date",
    "author_id": "i.author_id",
    "interaction_type": "i.interaction_type",
    "counts": "i.is_touch and i.deleted_at is null and d.deleted_at is null",
}
"""The copies that a principal named by hand carries of its interaction."""


def open_offices(cursor: psycopg.Cursor[Any], offices: Sequence[Office]) -> None:
    """Stage what tells the offices of one model from one another."""
    cursor.execute(
        "create temporary table staged_offices (number integer, domain text, moved integer, families text[])"
        " on commit drop;"
        "create temporary table staged_towns (number integer, town text, renamed text) on commit drop;"
        "create temporary table staged_people (number integer, person bigint, full_name text, email text)"
        " on commit drop"
    )
    families = words.words("people", "family")
    with cursor.copy("copy staged_offices from stdin") as stream:
        for office in offices:
            stream.write_row((office.number, office.domain, office.families, families))
    with cursor.copy("copy staged_towns from stdin") as stream:
        for office in offices:
            for town, renamed in office.towns.items():
                stream.write_row((office.number, town, renamed))
    with cursor.copy("copy staged_people from stdin") as stream:
        for office in offices:
            for person, (full_name, email) in enumerate(office.people, 1):
                stream.write_row((office.number, person, full_name, email))


def close_offices(cursor: psycopg.Cursor[Any]) -> None:
    cursor.execute("drop table staged_offices, staged_towns, staged_people")


def write(cursor: psycopg.Cursor[Any], row: Any, *, after: dict[str, int], offices: int) -> None:
    """Add the staged rows of the table of `row` for each open office, numbered after those of `after`."""
    table = row.table

    def moved(column: str) -> str:
        first = after.get(_TABLE_OF[column], 0)
        return f"(s.{column} - 1) * {offices} + o.number + {first}"

    values = {}
    for part in fields(row):
        renamed = _RENAMED.get(table, {}).get(part.name)
        values[part.name] = renamed or (moved(part.name) if part.name in _TABLE_OF else f"s.{part.name}")
    if table == "users":
        values["fs_uniquifier"] = "s.fs_uniquifier || '-' || o.number"
    if touched := staging.TOUCHED.get(table):
        values["updated_at"] = touched
    joined = _JOINED.get(table, "")
    if table == "interaction_principals":
        values |= _NAMED
        joined = joined.format(interaction_id=values["interaction_id"])
    cursor.execute(
        sql.SQL(
            "insert into {} ({}) select {} from {} s cross join staged_offices o {} order by 1, 2"
        ).format(
            sql.Identifier(table),
            staging.listed(values),
            sql.SQL(", ").join(sql.SQL(value) for value in values.values()),
            staging.staged(table),
            sql.SQL(joined),
        )
    )
