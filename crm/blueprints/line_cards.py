"""The line card of a principal, as it is shown to a kitchen or a buyer and printed for them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from crm import queries, record_pages, web
from crm.queries.products import Item
from crm.queries.samples import Verdicts

bp = Blueprint("line_cards", __name__, url_prefix="/principals")


@dataclass(frozen=True)
class Category:
    """The products of one category."""

    name: str
    items: list[Item]


@bp.get("/<int(max=9223372036854775807):principal_id>/products")
def show(principal_id: int) -> Response:
    """The whole line card, by category."""
    context = line_card(request.args, principal_id)
    return web.render("line_cards/show.html", "line_cards/_content.html", **context)


def line_card(args: "MultiDict[str, str]", principal_id: int) -> dict[str, Any]:  # noqa: ARG001 - as redrawn
    """What the page shows."""
    today = web.firm_today()
    record = queries.principals.get(principal_id, today=today)
    organization = queries.organizations.record(principal_id)
    items, total = queries.products.card(principal_id)
    return {
        "record": record,
        "done": queries.principal_weeks.tallies([principal_id], today=today).get(principal_id, 0),
        "firm_today": today,
        "categories": list(_categories(items)),
        "shown": len(items),
        "verdicts": sum((item.verdicts for item in items), Verdicts(0, {})),
        "placed": sum(bool(item.numbers) for item in items),
        "taken": sum(any(one.is_won for one in item.takers) for item in items),
        "total": total,
        "may_change": not organization.is_archived
        and record_pages.may_change(organization.owner_id, organization.second_owner_id),
    }


web.redraws("line_cards.show", "line_cards/_content.html", line_card)


def _categories(items: Iterable[Item]) -> Iterator[Category]:
    for name, of_category in groupby(items, key=lambda item: item.category or "Other products"):
        yield Category(name, list(of_category))
