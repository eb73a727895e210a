"""What the machines that watch us ask: alive, and ready."""

import sqlalchemy as sa
from flask import Blueprint, Response, make_response

from crm.db import db

bp = Blueprint("probes", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers. Says nothing of the database, so that a database away restarts nobody."""
    return _plain("ok", 200)


@bp.get("/readyz")
def readyz() -> Response:
    """The process can do its work: the database answers and has the tables of this version."""
    try:
        db.session.execute(sa.text("select 1 from firm_settings"))
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        return _plain("the database does not answer, or `flask db upgrade` was not run", 503)
    return _plain("ready", 200)


def _plain(text: str, status: int) -> Response:
    response = make_response(text + "\n", status)
    response.mimetype = "text/plain"
    return response
