"""What a distributor carries: a part of its record, which is an organization's."""

from typing import Any

from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict

from crm import clock, queries, record_pages, rights, services, web
from crm.enums import RecordKind

bp = Blueprint("distributors", __name__, url_prefix="/organizations")


@bp.get("/<int(max=9223372036854775807):organization_id>/distribution")
def show(organization_id: int) -> Response:
    """How far they have taken our principals on, and what they have under which number."""
    context = distribution(request.args, organization_id)
    return web.render("distributors/show.html", "distributors/_content.html", **context)


def distribution(args: "MultiDict[str, str]", organization_id: int) -> dict[str, Any]:  # noqa: ARG001 - as redrawn
    """What the page shows."""
    today = web.firm_today()
    organization = queries.organizations.record(organization_id)
    if not organization.is_distributor:
        abort(404)
    is_favorite = services.habits.visit(
        RecordKind.ORGANIZATION, organization_id, by=web.person().user_id, now=clock.now()
    )
    rows = queries.authorizations.of_distributor(organization_id, today=today)
    lines, lines_total = queries.stock.at_distributor(organization_id)
    return {
        "organization": organization,
        "may_change": record_pages.may_change(organization.owner_id, organization.second_owner_id),
        "is_favorite": is_favorite,
        "authorizations": rights.with_rights(rows),
        "lapsed": [row for row in rows if row.is_lapsed],
        "lines": rights.with_rights(lines),
        "lines_total": lines_total,
        "firm_today": today,
    }


web.redraws("distributors.show", "distributors/_content.html", distribution)
