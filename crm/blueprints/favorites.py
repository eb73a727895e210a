"""Favourites, and what a person looked at last."""

from typing import Any

from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict

from crm import queries, services, web
from crm.blueprints import trash
from crm.enums import Archivable, RecordKind

bp = Blueprint("favorites", __name__, url_prefix="/favorites")


@bp.get("")
def index() -> Response:
    """Both lists of the person signed in."""
    return web.render("favorites/index.html", "favorites/_content.html", **content(request.args))


def content(_: "MultiDict[str, str]") -> dict[str, Any]:
    """What the page shows."""
    found = [
        (one, trash.page_of(Archivable(one.kind.value), one.record_id))
        for one in queries.habits.at_hand(web.person().user_id)
    ]
    return {
        "favorites": [pair for pair in found if pair[0].is_favorite],
        "recents": [pair for pair in found if not pair[0].is_favorite],
    }


web.redraws("favorites.index", "favorites/_content.html", content)


@bp.post("/<kind>/<int(max=9223372036854775807):record_id>")
@web.once
def toggle(kind: str, record_id: int) -> Response:
    """Make a record a favourite, or none any more."""
    known = RecordKind(kind) if kind in set(RecordKind) else abort(404)
    name = queries.habits.name_of(known, record_id)
    is_now = services.habits.favor(known, record_id, by=web.person().user_id)
    web.toast(f"{name} is a favourite now." if is_now else f"{name} is no favourite any more.")
    return web.done(trash.page_of(Archivable(known.value), record_id))
