"""The digest in the app: what the letter tells, as of now, with every row and not only the first ones."""

from typing import Any

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from crm import clock, queries, web
from crm.enums import Channel, MailKind, Role
from crm.queries.notification_preferences import next_at

bp = Blueprint("digests", __name__, url_prefix="/digests")


@bp.get("")
def index() -> Response:
    """The week of the person's own book, or of their team's."""
    return web.render("digests/index.html", "digests/_content.html", **content(request.args))


def content(_: "MultiDict[str, str]") -> dict[str, Any]:
    """What the page shows: the sections that the person has not turned off."""
    me = web.person()
    preferences = queries.notification_preferences.of(me)
    wanted = {one.kind for one in preferences if one.channel is not Channel.OFF}
    letter = next(one for one in preferences if one.kind is MailKind.DIGEST)
    return {
        "digest": queries.digest_sections.of(me, on=web.firm_today(), sections=wanted),
        "is_own_book": me.role is Role.REP,
        "next_mail_at": next_at(letter, me.time_zone, now=clock.now()),
    }


web.redraws("digests.index", "digests/_content.html", content)
