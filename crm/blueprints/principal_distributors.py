"""The distributors of a principal: how far each has taken them on."""

from typing import Any

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from crm import queries, record_pages, web

bp = Blueprint("principal_distributors", __name__, url_prefix="/principals")


@bp.get("/<int(max=9223372036854775807):principal_id>/distributors")
def show(principal_id: int) -> Response:
    """Every distributor that was spoken to about them."""
    context = distributors(request.args, principal_id)
    return web.render("principal_distributors/show.html", "principal_distributors/_content.html", **context)


def distributors(args: "MultiDict[str, str]", principal_id: int) -> dict[str, Any]:  # noqa: ARG001 - as redrawn
    """What the page shows."""
    today = web.firm_today()
    record = queries.principals.get(principal_id, today=today)
    organization = queries.organizations.record(principal_id)
    may_change = not organization.is_archived and record_pages.may_change(
        organization.owner_id, organization.second_owner_id
    )
    rows = queries.authorizations.of_principal(principal_id, today=today)
    return {
        "record": record,
        "done": queries.principal_weeks.tallies([principal_id], today=today).get(principal_id, 0),
        "firm_today": today,
        "authorizations": [(row, may_change) for row in rows],
        "stock": queries.stock.of_principal(principal_id),
        "lapsed": [row for row in rows if row.is_lapsed],
        "may_change": may_change,
    }


web.redraws("principal_distributors.show", "principal_distributors/_content.html", distributors)
