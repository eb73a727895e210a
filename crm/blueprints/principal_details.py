"""The details of a principal: the facts of the organization that it is."""

from typing import Any

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from crm import queries, record_pages, web

bp = Blueprint("principal_details", __name__, url_prefix="/principals")


@bp.get("/<int(max=9223372036854775807):principal_id>/details")
def show(principal_id: int) -> Response:
    """Everything that is noted of it, with the way to change it."""
    context = details(request.args, principal_id)
    return web.render("principal_details/show.html", "principal_details/_content.html", **context)


def details(args: "MultiDict[str, str]", principal_id: int) -> dict[str, Any]:  # noqa: ARG001 - as redrawn
    """What the page shows."""
    today = web.firm_today()
    record = queries.principals.get(principal_id, today=today)
    profile = queries.organizations.get(principal_id)
    organization = profile.organization
    return {
        "record": record,
        "done": queries.principal_weeks.tallies([principal_id], today=today).get(principal_id, 0),
        "firm_today": today,
        "profile": profile,
        "organization": organization,
        "may_change": record_pages.may_change(organization.owner_id, organization.second_owner_id),
    }


web.redraws("principal_details.show", "principal_details/_content.html", details)
