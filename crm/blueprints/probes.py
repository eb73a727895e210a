"""What the machines that watch us ask: alive, and ready."""

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, make_response

from crm.db import db

bp = Blueprint("probes", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers. Says nothing of the database, so that a database away restarts nobody."""
    return _plain("ok", 200)


@bp.get("/readyz")
def readyz() -> Response:
    """The process can do its work: the database answers and has the tables of this version or of a later one,
    which serve it as well (docs/releasing.md).
    """
    try:
        revision = db.session.execute(sa.text("select version_num from alembic_version")).scalar() or ""
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        return _plain("the database does not answer, or `flask db upgrade` was not run", 503)
    needed = _newest_revision(current_app.root_path)
    if revision < needed:
        return _plain(f"the tables are of {revision} and have to be of {needed}: run `flask db upgrade`", 503)
    return _plain("ready", 200)


@cache
def _newest_revision(folder: str) -> str:
    """The number of the newest migration that comes with the application in `folder`: they are counted."""
    return max(path.name[:3] for path in (Path(folder).parent / "migrations" / "versions").glob("[0-9]*.py"))


def _plain(text: str, status: int) -> Response:
    response = make_response(text + "\n", status)
    response.mimetype = "text/plain"
    return response
