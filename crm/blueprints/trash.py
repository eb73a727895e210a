"""Trash: what was archived, and the way back."""

from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.datastructures import MultiDict

from crm import queries, record_pages, services, web
from crm.enums import Archivable, RecordKind
from crm.queries.trash import Key

bp = Blueprint("trash", __name__, url_prefix="/trash")

ONE = "/<kind>/<int(max=9223372036854775807):record_id>"

PAGES = {
    Archivable.ORGANIZATION: ("organizations.show", "organization_id"),
    Archivable.CONTACT: ("contacts.show", "contact_id"),
    Archivable.PRODUCT: ("products.show", "product_id"),
    Archivable.OPPORTUNITY: ("opportunities.show", "opportunity_id"),
    Archivable.INTERACTION: ("interaction_records.show", "interaction_id"),
    Archivable.SAMPLE: ("samples.history", "sample_id"),
}
"""The page of a record of each kind, archived or not."""


@bp.get("")
def index() -> Response:
    """Everything archived, the latest first, or what is of one kind."""
    return web.render("trash/index.html", "trash/_content.html", **content(request.args))


def content(args: "MultiDict[str, str]") -> dict[str, Any]:
    """What the page shows."""
    kind = _kind(args.get("kind", ""))
    rows, following = queries.trash.page(kind=kind, before=Key.parse(args.get("before", "")))
    return {
        "rows": [
            (row, page_of(row.kind, row.record_id), record_pages.may_change(*row.owners)) for row in rows
        ],
        "kind": kind,
        "kinds": list(Archivable),
        "following": following
        and url_for("trash.index", before=str(following), kind=kind.value if kind else None),
    }


web.redraws("trash.index", "trash/_content.html", content)


@bp.post(f"{ONE}/restoration")
@web.once
def restore(kind: str, record_id: int) -> Response:
    """Bring it back into the book."""
    known = _kind(kind) or abort(404)
    archived = queries.trash.get(known, record_id)
    record_pages.must_be_allowed(*archived.owners)
    if archived.at is None:
        abort(404, "It is in the book already: somebody restored it, or it was never archived.")
    _bring_back(known, record_id)
    page = page_of(known, record_id)
    web.toast(f"{archived.name} is in the book again.", link=page, link_text="Open it")
    return web.done(page)


def page_of(kind: Archivable, record_id: int) -> str:
    """The address of the page of a record."""
    endpoint, name = PAGES[kind]
    number: dict[str, Any] = {name: record_id}
    return url_for(endpoint, **number)


def _bring_back(kind: Archivable, record_id: int) -> None:
    if kind is Archivable.OPPORTUNITY:  # not beside another one for the same product
        services.opportunities.restore(queries.opportunities.record(record_id))
    elif kind is Archivable.SAMPLE:  # with the promise to ask, where it is open
        services.samples.put_back(queries.samples.get(record_id).record)
    else:
        services.records.restore(RecordKind(kind.value), record_id)


def _kind(word: str) -> Archivable | None:
    return Archivable(word) if word in set(Archivable) else None
