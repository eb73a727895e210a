"""What is answered when something is wrong: a page (or a toast for htmx) that tells the way out.

Floor 5.
"""

from typing import Any

import structlog
from flask import Flask, Response, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from jinja2 import Template
from psycopg.errors import (
    DeadlockDetected,
    InsufficientPrivilege,
    LockNotAvailable,
    SerializationFailure,
)
from sqlalchemy.exc import IntegrityError, NoResultFound, OperationalError, ProgrammingError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, InternalServerError

from crm import problems, web
from crm.errors import Forbidden, MovedOn, Refused, SwitchedOff, refusal_of

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

MERGED = {
    "organization": ("organizations.show", {"organization_id", "principal_id", "record_id", "other_id"}),
    "contact": ("contacts.show", {"contact_id", "record_id", "other_id"}),
}
"""The page of a record that was merged, and how addresses name such records."""


def init(app: Flask) -> None:
    """Register the error pages of `app`."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(Refused, lambda error: answer(422, error.message, field=error.field))
    app.register_error_handler(Forbidden, lambda error: answer(403, str(error)))
    app.register_error_handler(SwitchedOff, lambda error: answer(403, str(error), page="off"))
    app.register_error_handler(MovedOn, _moved_on)
    app.register_error_handler(NoResultFound, lambda _: answer(404))
    app.register_error_handler(StaleDataError, lambda _: answer(409))
    app.register_error_handler(IntegrityError, _against_a_rule)
    app.register_error_handler(OperationalError, _in_the_way)
    app.register_error_handler(ProgrammingError, _denied)
    app.register_error_handler(InternalServerError, _broken)


def answer(status: int, message: str = "", *, field: str | None = None, page: str = "") -> Response:
    """The page for `status` (or another `page`) with `message` or the usual way out; htmx gets a toast beside
    what is there, a script a problem that names the `field` to blame.
    """
    if problems.are_wanted():
        return problems.answer(status, message, field=field)
    context: dict[str, Any] = {"status": status, "message": message or WAYS_OUT.get(status, WAYS_OUT[400])}
    if web.is_fragment():
        response = make_response(render_template("errors/_toast.html", **context), status)
        response.headers["HX-Retarget"] = "#toasts"
        response.headers["HX-Reswap"] = "beforeend"
        return response
    pages: list[str | Template] = [f"errors/{page or status}.html", "errors/error.html"]
    return make_response(render_template(pages, **context), status)


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    status = error.code or 500
    own_words = error.description if error.description != type(error).description else ""
    refusal = answer(status, own_words or "")
    for name, value in error.get_headers():
        if name != "Content-Type":
            refusal.headers[name] = value
    return refusal


def _csrf(_: CSRFError) -> Response:
    return answer(
        400, "This form is out of date. Go back (your text is still there), load the page and send it again."
    )


def _against_a_rule(error: IntegrityError) -> Response:
    """A script's request that a rule of the database refuses; forms catch that themselves (`web.attempt`)."""
    refused = refusal_of(error)
    if refused is None or not problems.are_wanted():
        raise error
    return answer(422, refused.message, field=refused.field)


def _moved_on(error: MovedOn) -> ResponseReturnValue:
    """The address of a record that was merged leads to the one that stayed: to the same page of it, and a
    change to its page with a word that nothing was saved. For as long as the merge stands: 303, not 301.
    """
    if problems.are_wanted():
        return problems.moved_on(error)
    endpoint, names = MERGED[error.kind]
    here = request.view_args or {}
    args: dict[str, Any] = {name: error.now if value == error.was else value for name, value in here.items()}
    if request.method == "GET" and names & here.keys():
        web.toast("That record was merged into this one.")
        location = url_for(request.endpoint or endpoint, **args)
        if request.query_string:
            location += "?" + request.query_string.decode("ascii", "replace")
    else:
        web.toast("That record was merged into this one meanwhile. Nothing was saved; do it here.")
        number: dict[str, Any] = {f"{error.kind}_id": error.now}
        location = url_for(endpoint, **number)
    if web.is_fragment():
        response = make_response("", 200)
        response.headers["HX-Redirect"] = location
        return response
    return redirect(location, 303)


def _in_the_way(error: OperationalError) -> Response:
    """409 where two changes waited for one another and the database let go of this one: nothing was done, and
    trying again helps. Anything else is ours to mend.
    """
    if isinstance(error.orig, DeadlockDetected | LockNotAvailable | SerializationFailure):
        log.warning("given up for another change", reason=str(error.orig))
        return answer(409, "Somebody changed the same records in that moment. Nothing was done; try again.")
    raise error


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
