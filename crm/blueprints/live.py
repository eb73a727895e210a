"""Live updates where there are none: crm/live.py answers this address itself, the plain server cannot."""

from flask import Blueprint, Response, make_response

bp = Blueprint("live", __name__, url_prefix="/live")


@bp.get("")
def index() -> Response:
    """Nothing comes here, and asking again is no use: an event stream ends for good at 204."""
    return make_response("", 204)
