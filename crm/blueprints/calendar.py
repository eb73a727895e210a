"""The calendar of a person's follow-ups, at an address that is its own key."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app
from werkzeug.exceptions import Unauthorized

from crm import bearer, clock, flags, queries, web
from crm.config import Settings
from crm.queries.promises import When

bp = Blueprint("calendar", __name__, url_prefix="/calendar")

MOST = 500
"""Promises that a calendar shows."""


@bp.get("/<key>.ics")
def show(key: str) -> Response:
    """Open promises of the person whose address it is, on their days. 404 for an address that is none any
    more.
    """
    from crm import calendars  # with the first calendar: what it writes them with takes its time to read

    try:
        bearer.come_in(key, is_calendar=True)
    except Unauthorized:
        abort(404)
    flags.must_be_on("api")
    me = web.person()
    settings: Settings = current_app.config["SETTINGS"]
    promises, _ = queries.follow_ups.page(me.user_id, today=web.today(), limit=MOST)
    snoozed, _ = queries.follow_ups.page(me.user_id, today=web.today(), when=When.SNOOZED, limit=MOST)
    body = calendars.of(
        [*promises, *snoozed],
        name=f"Follow-ups of {me.full_name}",
        host=urlsplit(settings.base_url).hostname or "localhost",
        base_url=settings.base_url,
        now=clock.now(),
    )
    return Response(body, mimetype="text/calendar")
