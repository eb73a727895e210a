"""News for the person signed in: what the bell counts."""

from typing import Any

from flask import Blueprint, Response, url_for
from werkzeug.datastructures import MultiDict

from crm import clock, queries, services, web

bp = Blueprint("notifications", __name__, url_prefix="/notifications")


@bp.get("")
def index() -> Response:
    """The newest, read or not; looking at them does not make them read."""
    return web.render("notifications/index.html", "notifications/_content.html", **content(MultiDict()))


def content(args: "MultiDict[str, str]") -> dict[str, Any]:  # noqa: ARG001 - as redrawn
    """What the page shows."""
    news = queries.notifications.of(web.person().user_id)
    return {"news": news, "has_unread": any(one.read_at is None for one in news)}


@bp.get("/bell")
def bell() -> Response:
    """What every open page asks for when there is news: the counts around it come along."""
    return web.render("notifications/_bell.html", "notifications/_bell.html")


@bp.post("/reading")
@web.once
def read() -> Response:
    """Everything is read."""
    services.notifications.read_all(by=web.person().user_id, now=clock.now())
    return web.done(url_for("notifications.index"))


web.redraws("notifications.index", "notifications/_content.html", content)
