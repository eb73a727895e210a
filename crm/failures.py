"""What is answered when something is wrong: a page (or a toast for htmx) that tells the way out.

Floor 5.
"""

from typing import Any

import structlog
from flask import Flask, Response, make_response, render_template, request, session
from flask_wtf.csrf import CSRFError
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.exc import NoResultFound, ProgrammingError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, InternalServerError

from crm import web
from crm.errors import Forbidden, Refused

log = structlog.get_logger()

WAYS_OUT = {
    400: "We could not read that. Go back, load the page again and send it once more.",
    401: "Please sign in and try again.",
    403: "That is not yours to change. Its owner, their manager or an admin can.",
    404: "There is nothing at this address. It may have been moved or archived.",
    405: "This address does not take that kind of request. Start from the page itself.",
    409: "Somebody changed this since you opened it. Load it again to see the newest version.",
    413: "That is larger than we take.",
    500: "Something broke on our side. Nothing was changed. Try again in a minute.",
}


def init(app: Flask) -> None:
    """Register the error pages of `app`."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(Refused, lambda error: answer(422, error.message))
    app.register_error_handler(Forbidden, lambda error: answer(403, str(error)))
    app.register_error_handler(NoResultFound, lambda _: answer(404))
    app.register_error_handler(StaleDataError, lambda _: answer(409))
    app.register_error_handler(ProgrammingError, _denied)
    app.register_error_handler(InternalServerError, _broken)


def answer(status: int, message: str = "") -> Response:
    """The page for `status` with `message` or the usual way out; htmx gets a toast beside what is there."""
    context: dict[str, Any] = {"status": status, "message": message or WAYS_OUT.get(status, WAYS_OUT[400])}
    if web.is_fragment():
        response = make_response(render_template("errors/_toast.html", **context), status)
        response.headers["HX-Retarget"] = "#toasts"
        response.headers["HX-Reswap"] = "beforeend"
        return response
    return make_response(render_template([f"errors/{status}.html", "errors/error.html"], **context), status)


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    status = error.code or 500
    own_words = error.description if error.description != type(error).description else ""
    return answer(status, own_words or "")


def _csrf(_: CSRFError) -> Response:
    return answer(
        400, "This form is out of date. Go back (your text is still there), load the page and send it again."
    )


def _denied(error: ProgrammingError) -> Response:
    """403 where row security says that the row is somebody else's; anything else, a grant that we forgot
    among it, is ours to mend.
    """
    denial = error.orig
    if isinstance(denial, InsufficientPrivilege) and "permission denied" not in str(denial):
        log.warning("denied by row security", reason=str(denial))
        return answer(403)
    raise error


def _broken(_: InternalServerError) -> Response:
    if request.blueprint == "security":
        session.clear()  # half a sign-in must not leave a session behind
    try:
        return answer(500)
    except Exception:
        log.exception("error page failed")
        return make_response(WAYS_OUT[500] + "\n", 500, {"Content-Type": "text/plain; charset=utf-8"})
