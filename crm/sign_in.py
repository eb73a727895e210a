"""Signing in: Flask-Security with our templates, our mail ledger and our one-commit rule.

Floor 5. Every page but `PUBLIC` asks for a person. Failed tries are counted in PostgreSQL, so the limit holds
while Redis is away. A form that was posted after the session had ended is kept on the sign-in page, signed,
and
goes on after sign-in.
"""

import hashlib
from datetime import timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_security import (
    LoginForm,
    MailUtil,
    Security,
    SQLAlchemyUserDatastore,
    UserMixin,
    current_user,
    user_authenticated,
)
from flask_wtf.csrf import CSRFProtect
from itsdangerous import BadData, URLSafeTimedSerializer

from crm import bearer, clock, services, two_factor, watch, web
from crm.config import Settings
from crm.db import act_as, db
from crm.models import User
from crm.models.user import SignInRole

PUBLIC = (
    "static",
    "probes.healthz",
    "probes.readyz",
    "security.login",
    "security.two_factor_token_validation",
    "security.forgot_password",
    "security.reset_password",
    "invitations.choose",
    "invitations.accept",
    *bearer.PUBLIC,
)
"""The endpoints that answer without a person. Everything else asks to sign in."""

UNUSED = (
    "security.verify",
    "security.two_factor_setup",
    "security.two_factor_setup_validate",
    "security.two_factor_rescue",
    "security.tf_select",
)
"""Pages that Flask-Security brings and ours stand in for: nobody finds them."""

MACHINES = ("ops.index", "ops.figures")
"""The endpoints that also answer a machine with the token of OPS_TOKEN."""

KEPT_FOR = 12 * 60 * 60
"""Seconds for which a form kept on the sign-in page may be sent after all."""

CHEAP_HASHING = {"argon2__time_cost": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}
"""For the tests, which sign in hundreds of times; everywhere else hashing is slow on purpose."""

SPENT_LINK = "This link is used up or too old. Ask for a new one."

csrf = CSRFProtect()


class Datastore(SQLAlchemyUserDatastore):
    """Flask-Security's door to the users; its commit is a flush, because only `db.transaction` commits."""

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> UserMixin | None:
        """As it comes; but whose session this is, every request asks, so that statement is built once."""
        if kwargs.keys() == {"fs_uniquifier"}:
            return db.session.scalar(_whose_session(), kwargs)
        return super().find_user(case_insensitive, **kwargs)

    def commit(self) -> None:
        if db.session().info.get("in_unit"):
            db.session.flush()
        elif db.session.new or db.session.dirty or db.session.deleted:
            raise RuntimeError("written after the unit of work was over")


@cache
def _whose_session() -> "sa.Select[User]":
    return sa.select(User).where(User.fs_uniquifier == sa.bindparam("fs_uniquifier", type_=sa.Text))


class LedgerMail(MailUtil):
    """Hands Flask-Security's letters (reset links) to the mail ledger; they are wiped once sent."""

    def send_mail(
        self,
        template: str,  # noqa: ARG002 - the signature is Flask-Security's
        subject: str,
        recipient: str | tuple[str, str],
        sender: str | tuple[str, str],  # noqa: ARG002
        body: str | None,
        html: str | None,
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        to = recipient if isinstance(recipient, str) else recipient[1]
        services.mails.queue(to=to, subject=str(subject), text=body or "", html=html, is_secret=True)


class SignInForm(LoginForm):
    """Flask-Security's form, which stops trying for a while after too many failed tries for one address, and
    never tells which of address and password was wrong.
    """

    def validate(self, extra_validators: Any = None, **kwargs: Any) -> bool:
        email = self.email.data = (self.email.data or "").strip().lower()
        wait = services.sign_in.wait_for(email, now=clock.now())
        if wait is not None:
            self.form_errors = [
                f"Too many tries for this address. Wait {wait} minutes, or choose a new password by mail."
            ]
            return False
        if super().validate(extra_validators=extra_validators, **kwargs):
            if self.user and not self.user.tf_totp_secret:  # else wrong codes count on
                services.sign_in.forget_failures(email)
            return True
        if email and self.password.data and not self.errors.get("csrf_token"):
            services.sign_in.note_failure(email, ip=request.remote_addr)
            self.email.errors = self.password.errors = ()
            self.form_errors = ["That e-mail and password do not go together. Try again."]
        return False


def init(app: Flask, settings: Settings) -> None:
    """Set up sign-in on `app`: Flask-Security, CSRF, who is acting, and the kept form."""
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of an algorithm
        SECURITY_PASSWORD_SALT=hashlib.sha256(b"password " + settings.secret_key.encode()).hexdigest(),
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=CHEAP_HASHING if settings.pantry_env == "test" else {},
        SECURITY_PASSWORD_LENGTH_MIN=10,
        SECURITY_PASSWORD_CONFIRM_REQUIRED=True,
        SECURITY_CACHE_CONTROL=None,  # crm.headers says it for every page
        SECURITY_RECOVERABLE=True,
        SECURITY_TRACKABLE=True,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_RESET_PASSWORD_WITHIN=timedelta(hours=1),
        SECURITY_JOIN_USER_ROLES=False,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False, "test_environment": True},
        SECURITY_EMAIL_SENDER=settings.mail_from,
        SECURITY_EMAIL_SUBJECT_PASSWORD_RESET="Choose a new password for KitchenPantry",  # noqa: S106
        SECURITY_EMAIL_SUBJECT_PASSWORD_NOTICE="Your KitchenPantry password was changed",  # noqa: S106
        SECURITY_MSG_PASSWORD_RESET_REQUEST=(
            "If %(email)s is one of ours, a link is on its way. Look into your mail.",
            "info",
        ),
        SECURITY_MSG_PASSWORD_RESET_NO_LOGIN=(
            "Your password is changed. Sign in with the new one.",
            "success",
        ),
        SECURITY_MSG_INVALID_RESET_PASSWORD_TOKEN=(SPENT_LINK, "error"),
        SECURITY_MSG_PASSWORD_RESET_EXPIRED=(SPENT_LINK, "error"),
        SECURITY_MSG_PASSWORD_INVALID_LENGTH=("Use at least %(length)s characters.", "error"),
        SECURITY_MSG_RETYPE_PASSWORD_MISMATCH=("The two are not the same. Type both again.", "error"),
        SECURITY_POST_LOGIN_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/login",
        SECURITY_POST_RESET_VIEW="/login",
        SECURITY_AUTO_LOGIN_AFTER_RESET=False,
        SECURITY_STATIC_FOLDER=None,
        **two_factor.config(settings),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=settings.is_https,
        REMEMBER_COOKIE_DURATION=30 * 24 * 60 * 60,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.is_https,
    )
    csrf.init_app(app)
    security = Security(
        app,
        Datastore(db, User, SignInRole),
        login_form=SignInForm,
        two_factor_verify_code_form=two_factor.CodeForm,
        two_factor_rescue_form=two_factor.NoRescueForm,
        totp_cls=two_factor.OnceOnly,
        mail_util_cls=LedgerMail,
    )
    app.before_request(_who_is_it)
    app.view_functions["security.logout"] = _sign_out_everywhere(app.view_functions["security.logout"])
    app.view_functions["security.login"] = _sign_in_and_go_on(app.view_functions["security.login"])
    code = "security.two_factor_token_validation"
    app.view_functions[code] = _sign_in_and_go_on(_while_it_is_asked_for(app.view_functions[code]))
    app.view_functions |= dict.fromkeys(UNUSED, _not_here)
    security.login_context_processor(lambda: {"kept": request.form.get("kept", "")})
    security.tf_token_validation_context_processor(_around_the_code)
    user_authenticated.connect(_signed_in, app)


def _signed_in(_: Flask, user: User, **__: Any) -> None:
    act_as(user.user_id)


def _who_is_it() -> ResponseReturnValue | None:
    """Name the person of this request, or ask for one; then look at the form's token."""
    if request.endpoint is None or request.endpoint == "static":
        return None
    if request.blueprint in bearer.DOORS:
        bearer.sign_in()
        return None
    if current_user.is_authenticated:
        act_as(current_user.user_id)
    elif request.endpoint in MACHINES and watch.has_token():
        return None
    elif request.endpoint not in PUBLIC:
        return _ask_to_sign_in()
    if request.blueprint != "security":
        csrf.protect()
    return None


def session_mark() -> str:
    """What tells this session from others, also of the same person, and gives nothing of it away."""
    said = f"{session.get('_user_id', '')} {session.get('csrf_token', '')}"
    return hashlib.sha256(said.encode()).hexdigest()[:20]


def _sign_out_everywhere(view: Any) -> Any:
    """Signing out in one tab ends the live updates of all tabs of that session."""

    def inner(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        services.presence.leave(session_mark())
        answer: ResponseReturnValue = view(*args, **kwargs)
        return answer

    return inner


def _ask_to_sign_in() -> Response:
    """Lead to the sign-in page and back; what was posted is kept on it."""
    if request.method == "POST" and request.form:
        page = render_template(
            "security/login_user.html", login_user_form=SignInForm(formdata=None), kept=_keep(), next=""
        )
        response = make_response(page, 401)
        response.headers["HX-Retarget"] = "body"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    address = url_for("security.login", next=here)
    if "HX-Request" in request.headers:
        seen = request.headers.get("HX-Current-URL", "")
        path = "/" + seen.split("/", 3)[3] if seen.count("/") >= 3 else "/"
        response = make_response("", 401)
        response.headers["HX-Redirect"] = url_for("security.login", next=path)
        return response
    return make_response(redirect(address, 303))


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="kept form")


def _keep() -> str:
    """What was posted and where to, signed; without tokens and passwords."""
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in {"csrf_token", "password", "password_confirm"}
    ]
    kept: str = _signer().dumps({"path": request.full_path.rstrip("?"), "fields": fields})
    return kept


def _sign_in_and_go_on(view: Any) -> Any:
    """After a sign-in that a kept form waited for, show that form, ready to be sent. Where a code is asked
    for first, the form waits on that page as well.
    """

    def inner(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        response = make_response(view(*args, **kwargs))
        if request.method != "POST" or response.status_code not in (302, 303):
            return response
        if not current_user.is_authenticated:
            if session.get("tf_state") == "ready":
                session["code_asked_at"] = int(clock.now().timestamp())
                return _ask_for_code() if request.form.get("kept") else redirect(_address_of_code())
            return response
        kept = request.form.get("kept")
        if not kept:
            return response
        try:
            form = _signer().loads(kept, max_age=KEPT_FOR)
        except BadData:
            abort(400, "The kept form can no longer be read. Please write it again.")
        shown = [value for name, value in form["fields"] if name == "notes" and value]
        return render_template("security/go_on.html", path=form["path"], fields=form["fields"], shown=shown)

    return inner


def _while_it_is_asked_for(view: Any) -> Any:
    """The code is waited for as long as `two_factor.ASKED_FOR` says; whoever is in by now is let through."""

    def inner(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        if current_user.is_authenticated:
            return redirect(url_for("today.index"))
        if session.get("code_asked_at", 0) < clock.now().timestamp() - two_factor.ASKED_FOR:
            session.pop("tf_state", None)  # Flask-Security then leads to the password
        response: ResponseReturnValue = view(*args, **kwargs)
        if current_user.is_authenticated:
            session.pop("_flashes", None)  # that the code was right shows
        if current_user.is_authenticated and "recovery_codes_left" in g:
            web.toast(
                f"That recovery code is used up. Left: {g.recovery_codes_left}.",
                link=services.two_factor.PAGE,
                link_text="New ones, or a new phone",
            )
        return response

    return inner


def _ask_for_code() -> str:
    return render_template(
        "security/two_factor_verify_code.html",
        two_factor_verify_code_form=two_factor.CodeForm(formdata=None),
        **_around_the_code(),
    )


def _around_the_code() -> dict[str, object]:
    """What the page that asks for the code shows beside its form."""
    return {
        "kept": request.form.get("kept", ""),
        "way": request.form.get("way", request.form.get("chosen_way", "")),
        "address": _address_of_code(),
    }


def _address_of_code() -> str:
    """With where to go on, which Flask-Security looks at once more before it leads there."""
    return url_for("security.two_factor_token_validation", next=request.values.get("next") or None)


def _not_here(*_: Any, **__: Any) -> ResponseReturnValue:
    abort(404)
