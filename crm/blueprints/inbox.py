"""The demo's inbox: the mails that the catcher took, as people would get them. Not there in production."""

from pathlib import Path

from flask import Blueprint, Response, abort, current_app, make_response

from crm import queries, web
from crm.config import Settings
from crm.queries.inbox import Opened

bp = Blueprint("inbox", __name__, url_prefix="/inbox")

MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""For a mail's own HTML, whoever wrote it: it may look like itself, run nothing and fetch nothing."""


@bp.get("")
def index() -> Response:
    """The list, newest first."""
    mails = queries.inbox.newest(_folder())
    return web.render("inbox/index.html", "inbox/_list.html", mails=mails)


@bp.get("/<key>")
def show(key: str) -> Response:
    """One mail: its text, and its HTML in a frame of its own."""
    return web.render("inbox/show.html", "inbox/_mail.html", mail=_opened(key))


@bp.get("/<key>/html")
def html(key: str) -> Response:
    """The HTML of one mail, for the frame on its page. Links open outside of it."""
    body = _opened(key).html
    if body is None:
        abort(404, "This mail has no HTML part.")
    response = make_response(body.replace("<head>", '<head><base target="_blank">', 1))
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


def _opened(key: str) -> Opened:
    opened = queries.inbox.get(_folder(), key)
    if opened is None:
        abort(404, "This mail is not in the inbox any more.")
    return opened


def _folder() -> Path:
    settings: Settings = current_app.config["SETTINGS"]
    if settings.inbox_dir is None:
        abort(404)
    return settings.inbox_dir
