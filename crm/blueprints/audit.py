"""The audit trail across rows: who changed what, filtered, page by page, and as a file."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request, send_file, url_for
from werkzeug.datastructures import MultiDict

from crm import csv_lines, filters, policy, queries, record_sentences, services, web
from crm.forms.audit import SYSTEM, Filter
from crm.queries.audit import MOST_EXPORTED, NOUNS, Deed, Entry

bp = Blueprint("audit", __name__, url_prefix="/audit")

PAGES = {
    "organization": ("organizations.show", "organization_id", "organizations"),
    "contact": ("contacts.show", "contact_id", "contacts"),
    "product": ("products.show", "product_id", "products"),
    "opportunity": ("opportunities.show", "opportunity_id", "opportunities"),
    "interaction": ("interaction_records.show", "interaction_id", "interactions"),
    "user": ("team.show", "user_id", "people"),
}
"""Where a record of each kind stands, archived or not, and the noun by which its changes are asked for."""

for_readers = web.only(
    policy.may_read_audit,
    "Managers and admins read the trail across records. The history of each record stands on its page.",
)


@bp.get("")
@for_readers
def index() -> Response:
    """The changes that are asked for, newest first."""
    return web.render("audit/index.html", "audit/_content.html", **content(request.args))


@bp.get("/export.csv")
@for_readers
def export() -> Response:
    """The same as a file, a line for each field: the newest `MOST_EXPORTED` changes of what is asked for."""
    entries, _ = queries.audit.page(Filter.read(request.args).asked, limit=MOST_EXPORTED)
    head = ["When", "Who", "What", "Of what", "Record", "Field", "Before", "After"]
    written = csv_lines.file(head, (line for entry in entries for line in _lines(entry)))
    name = f"audit-{web.today().isoformat()}.csv"
    return send_file(written, "text/csv; charset=utf-8", as_attachment=True, download_name=name)


def content(args: "MultiDict[str, str]") -> dict[str, Any]:
    """What the page shows."""
    form = Filter.read(args)
    entries, following = queries.audit.page(form.asked, after=form.after)
    people = queries.audit.people()
    return {
        "form": form,
        "rows": [(entry, *_addresses(entry)) for entry in entries],
        "people": [(SYSTEM, "The system"), *((str(number), name) for number, name in people)],
        "nouns": list(NOUNS),
        "deeds": list(Deed),
        "chips": list(_chips(form, dict(people), entries)),
        "following": url_for("audit.index", **form.address(after=following)) if following else "",
        "first": url_for("audit.index", **form.address()) if form.after else "",
        "export_url": url_for("audit.export", **form.address()),
        "most": MOST_EXPORTED,
    }


web.redraws("audit.index", "audit/_content.html", content)


def _addresses(entry: Entry) -> tuple[str, str]:
    """The page of the record, and the trail of it alone; "" where there is none."""
    if entry.record_id is None or entry.thing not in PAGES:
        return "", ""
    endpoint, argument, noun = PAGES[entry.thing]
    alone = url_for("audit.index", noun=noun, record=entry.record_id)
    numbered: dict[str, Any] = {argument: entry.record_id}
    return url_for(endpoint, **numbered), alone


def _chips(form: Filter, people: dict[int, str], entries: list[Entry]) -> Iterator[tuple[str, str]]:
    """What is asked for, each with the way to ask it no more."""

    def without(**names: str) -> str:
        return url_for("audit.index", **form.address(**names))

    if form.who is not None:
        yield f"Who: {people.get(form.who, 'The system' if form.who == 0 else 'Nobody')}", without(who="")
    if form.record is not None:
        name = next((entry.name for entry in entries if entry.record_id == form.record), f"No. {form.record}")
        yield f"Record: {name}", without(record="")
    elif form.noun is not None:
        yield f"Of what: {form.noun}", without(noun="")
    if form.deed is not None:
        yield f"What: {form.deed}", without(deed="")
    if form.since is not None:
        yield f"Since {filters.day(form.since, web.today())}", without(since="")
    if form.until is not None:
        yield f"Until {filters.day(form.until, web.today())}", without(until="")


def _lines(entry: Entry) -> Iterator[list[object]]:
    change = entry.change
    said = [
        services.exports.cell(change.at, web.person().time_zone),
        change.by_name or "The system",
        record_sentences.deed(change),
        record_sentences.kind(entry.table),
        entry.name,
    ]
    for one in change.alterations:
        yield [*said, record_sentences.label(one.column, entry.table), one.before, one.after]
    if not change.alterations:
        yield [*said, "", "", ""]
