"""The contacts of a principal: who speaks well of it and who does not, and the people who work there."""

from itertools import groupby
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from crm import queries, web

bp = Blueprint("principal_contacts", __name__, url_prefix="/principals")


@bp.get("/<int(max=9223372036854775807):principal_id>/contacts")
def show(principal_id: int) -> Response:
    """Everybody whose word about it is known, by what it is."""
    context = contacts(request.args, principal_id)
    return web.render("principal_contacts/show.html", "principal_contacts/_content.html", **context)


def contacts(args: "MultiDict[str, str]", principal_id: int) -> dict[str, Any]:  # noqa: ARG001 - as redrawn
    """What the page shows."""
    today = web.firm_today()
    record = queries.principals.get(principal_id, today=today)
    voices, total = queries.principal_contacts.of(principal_id)
    people, people_total = queries.organizations.people(principal_id)
    return {
        "record": record,
        "done": queries.principal_weeks.tallies([principal_id], today=today).get(principal_id, 0),
        "firm_today": today,
        "groups": [(status, list(some)) for status, some in groupby(voices, key=lambda one: one.now.status)],
        "shown": len(voices),
        "total": total,
        "people": people,
        "people_total": people_total,
    }


web.redraws("principal_contacts.show", "principal_contacts/_content.html", contacts)
