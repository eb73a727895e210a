"""The old database to look at: its tables, its rows without amounts, and what became of each."""

import json
from typing import Any

from flask import Blueprint, Response, abort, request, url_for

from crm import queries, record_sentences, web
from crm.queries.legacy import Became

bp = Blueprint("legacy", __name__, url_prefix="/legacy")

PAGES = {
    "organizations": ("organizations.show", "organization_id"),
    "contacts": ("contacts.show", "contact_id"),
    "products": ("products.show", "product_id"),
    "opportunities": ("opportunities.show", "opportunity_id"),
    "interactions": ("interaction_records.show", "interaction_id"),
    "users": ("team.show", "user_id"),
}
"""The page of a row of ours."""


@bp.get("")
def index() -> Response:
    """Every table of the old database and where its rows are."""
    return web.render("legacy/index.html", "legacy/_tables.html", tables=queries.legacy.tables())


@bp.get("/<source>")
def rows(source: str) -> Response:
    """The rows of one old table, by their keys."""
    after = request.args.get("after", "").replace("\x00", "")[:100]
    lines, following = queries.legacy.page(source.replace("\x00", ""), after=after)
    if not lines and not after:
        abort(404, "The old database had no table of this name, or no row in it.")
    return web.render(
        "legacy/rows.html",
        "legacy/_rows.html",
        source=source,
        lines=lines,
        following=following and url_for("legacy.rows", source=source, after=following),
    )


@bp.get("/<source>/<legacy_id>")
def show(source: str, legacy_id: str) -> Response:
    """One old row as it was, and what became of it."""
    row = queries.legacy.get(source.replace("\x00", ""), legacy_id.replace("\x00", ""))
    return web.render(
        "legacy/show.html",
        "legacy/_row.html",
        row=row,
        fields=[
            (column.replace("_", " ").capitalize(), said(value), row.points_to.get(str(value)))
            for column, value in row.shown.items()
            if value not in (None, "", [], {})
        ],
        empty=[
            column.replace("_", " ") for column, value in row.shown.items() if value in (None, "", [], {})
        ],
        page_of=page_of,
        kind_of=kind_of,
    )


def page_of(one: Became) -> str:
    """The address of the page of a row of ours; "" for one that has none."""
    if one.table not in PAGES:
        return ""
    endpoint, name = PAGES[one.table]
    number: dict[str, Any] = {name: one.number}
    return url_for(endpoint, **number)


def kind_of(one: Became) -> str:
    """What a row of ours is, in words."""
    return record_sentences.KINDS.get(one.table, one.table.replace("_", " "))


def said(value: Any) -> str:
    """A value of an old row as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ", ".join(map(str, value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, indent=1)
    return str(value)
