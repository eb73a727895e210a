"""Invitations: the page behind the link of the letter, where somebody new chooses a password."""

import hmac

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security import hash_password
from flask_security.forms import ResetPasswordForm
from itsdangerous import BadData, URLSafeTimedSerializer

from crm import queries, services
from crm.models import User
from crm.services.invitations import DAYS

bp = Blueprint("invitations", __name__, url_prefix="/invitations")

SPENT = "This invitation is used up or too old. Ask whoever sent it for another."


def path_for(user: User) -> str:
    """The address where this person, and nobody else, chooses a password; good once and for `DAYS`."""
    return url_for("invitations.choose", token=_seal().dumps([user.user_id, user.fs_uniquifier]))


@bp.get("/<token>")
def choose(token: str) -> Response:
    """The page."""
    return _show(token, _invited(token), ResetPasswordForm(formdata=None))


@bp.post("/<token>")
def accept(token: str) -> ResponseReturnValue:
    """Keep the password. A second post finds the link used up: the first one's password stands."""
    user, form = _invited(token), ResetPasswordForm()
    form.user = user
    if not form.validate():
        return _show(token, user, form, status=422)
    services.accounts.choose_password(user, password_hash=str(hash_password(form.password.data)))
    flash("Your password is set. Sign in with it.", "success")
    return redirect(url_for("security.login"), 303)


def _invited(token: str) -> User:
    """Whose link this is. Anything but a link that is still good ends in words that tell the way out."""
    try:
        user_id, uniquifier = _seal().loads(token, max_age=DAYS * 24 * 60 * 60)
    except (BadData, ValueError, TypeError):
        abort(404, SPENT)
    user = queries.users.find(user_id)
    if user is None or not user.active or not hmac.compare_digest(user.fs_uniquifier, uniquifier):
        abort(404, SPENT)
    return user


def _show(token: str, user: User, form: ResetPasswordForm, *, status: int = 200) -> Response:
    page = render_template("security/invitation.html", token=token, user=user, form=form)
    return current_app.make_response((page, status))


def _seal() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="invitation")
