"""What views share: answering page and fragment, refusing, request keys, toasts.

Floor 5. A view is: fetch, form, one service call, answer.
"""

import functools
from collections.abc import Callable
from datetime import date
from typing import Any, Final, NamedTuple, ParamSpec, TypeVar
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

from flask import (
    Response,
    abort,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue
from flask_security import current_user
from flask_wtf import FlaskForm
from markupsafe import Markup
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from wtforms import Field

from crm import clock
from crm.db import db
from crm.errors import Forbidden, Refused, refusal_of
from crm.models import User
from crm.services import request_keys

P = ParamSpec("P")
R = TypeVar("R")

MOST_KEYS: Final = 2**128


def person() -> User:
    """Who is signed in, as the model itself and not Flask-Login's proxy."""
    return current_user._get_current_object()  # type: ignore[no-any-return]  # noqa: SLF001 - its only door


def today() -> date:
    """The day it is for the person signed in."""
    return clock.today_for(person().time_zone, clock.now())


def firm_today() -> date:
    """The day it is for the firm: levels, weeks and tallies go by it."""
    zone: str = current_app.config["SETTINGS"].firm_timezone
    return clock.today_for(zone, clock.now())


def is_fragment() -> bool:
    """True if htmx asks for a part of the page and not for the whole of it."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def render(page: str, fragment: str, *, status: int = 200, **context: Any) -> Response:
    """Answer with the whole `page`, or with its `fragment` alone where htmx asked for that."""
    if is_fragment():
        body = render_template(fragment, **context)
        if "HX-Live" in request.headers:
            body += render_template("layouts/_badges.html", is_out_of_band=True)
    else:
        body = render_template(page, **context)
    response = make_response(body, status)
    response.vary.add("HX-Request")
    return response


class Redraw(NamedTuple):
    """How the content of a page is drawn again after something was done on it."""

    fragment: str
    content: Callable[..., dict[str, Any]]


_REDRAWS: dict[str, Redraw] = {}


def redraws(endpoint: str, fragment: str, content: Callable[..., dict[str, Any]]) -> None:
    """Let `done` draw the page of `endpoint` again: `fragment` with what `content(args, **view_args)` says.

    The root element of `fragment` has the id `content` and `hx-swap-oob` where `is_out_of_band` is true.
    """
    _REDRAWS[endpoint] = Redraw(fragment, content)


def done(location: str, *, instead: str | None = None) -> Response:
    """The work is done. A full page is sent on to `location` with 303; to htmx the answer brings the content
    of the page it stands on as it is now, the counts around it, and the waiting toasts.

    `location` is also what a repeated post under the same request key is answered with. `instead` takes the
    place of the form that was posted, which then stays open; without it the dialog it stands in closes.
    """
    g.location = location
    if not is_fragment():
        return make_response(redirect(location, 303))
    body = _page_again()
    if body is None:
        response = make_response("", 200)
        response.headers["HX-Redirect"] = location
        return response
    body += render_template("layouts/_badges.html", is_out_of_band=True)
    body += render_template("layouts/_toasts.html", is_out_of_band=True)
    if instead is not None:
        return make_response(instead + body, 200)
    response = make_response(body, 200)
    response.headers["HX-Reswap"] = "none"
    response.headers["HX-Trigger"] = "pantry:done"
    return response


def _page_again() -> str | None:
    """The content of the page that htmx stands on, drawn anew; None for a page that cannot be."""
    seen = urlsplit(request.headers.get("HX-Current-URL", ""))
    try:
        endpoint, view_args = current_app.url_map.bind("").match(seen.path, method="GET")
    except HTTPException:
        return None
    known = _REDRAWS.get(endpoint)
    if known is None:
        return None
    args: MultiDict[str, str] = MultiDict(parse_qsl(seen.query))
    db.session.flush()
    return render_template(known.fragment, is_out_of_band=True, **known.content(args, **view_args))


def toast(message: str, *, undo: str | None = None, link: str | None = None, link_text: str = "") -> None:
    """Say what happened, in the answer to this request or on the page it leads to.

    `undo` is an address that takes it back when posted to, `link` one to go on at.
    """
    flash({"message": message, "undo": undo, "link": link, "link_text": link_text})  # type: ignore[arg-type]


def attempt(form: FlaskForm, act: Callable[[], R]) -> R | None:
    """Do `act` in a savepoint. If the domain refuses, what it had done is undone, the form says why beside
    the field to blame (or on top), and None comes back.
    """
    try:
        with db.session.begin_nested():
            answer = act()
            db.session.flush()
            return answer
    except Refused as refused:
        _blame(form, refused)
    except IntegrityError as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        _blame(form, refusal)
    return None


def alone(draw: Callable[[], str], instead: Callable[[], str]) -> Markup:
    """A part of a page that fails without the others: what `draw` makes, in a savepoint of its own, or what
    `instead` makes if that fails for whatever reason; the log says why.
    """
    try:
        with db.session.begin_nested():
            return Markup(draw())  # noqa: S704  # nosec B704 - what a template made
    except Exception:
        current_app.logger.exception("a part of %s could not be shown", request.path)
        return Markup(instead())  # noqa: S704  # nosec B704 - the same


def _blame(form: FlaskForm, refused: Refused) -> None:
    field: Field | None = form._fields.get(refused.field or "")
    if field is None:
        form.form_errors.append(refused.message)
    else:
        field.errors = (*field.errors, refused.message)


def new_request_key() -> str:
    """The key that one rendered form carries. The first of a page is random, so nobody guesses any; the
    others count on from there, since a page may have a hundred.
    """
    number: int = g.get("request_key") or uuid4().int
    g.request_key = (number + 1) % MOST_KEYS
    return str(UUID(int=number))


def only(
    may: Callable[[User], bool], why: str
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Let only those through of whom `may` is true; everybody else is answered 403 with `why`, whatever they
    asked for. `why` says who can help.
    """

    def guard(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @functools.wraps(view)
        def inner(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if not may(person()):
                raise Forbidden(why)
            return view(*args, **kwargs)

        return inner

    return guard


def once(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Make a posting view run once for each request key; a second post gets the first one's answer."""

    @functools.wraps(view)
    def inner(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        try:
            key = str(UUID(request.form.get("request_key", "")))
        except ValueError:
            abort(400, "This form was not complete. Go back, load the page again and send it once more.")
        earlier = request_keys.claim(key, by=person().user_id)
        if earlier is not None:
            toast("That was saved already, and stands there once.")
            return done(earlier)
        response = make_response(view(*args, **kwargs))
        if response.status_code < 400:
            request_keys.settle(key, location=g.get("location") or response.headers.get("Location", "/"))
        return response

    return inner
