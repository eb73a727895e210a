"""Two-factor sign-in: a person turns it on with their phone, gets recovery codes, and turns it off again."""

from flask import Blueprint, Response, g, request, session, url_for
from flask.typing import ResponseReturnValue

from crm import clock, services, two_factor, web
from crm.forms.two_factor import FreshForm, PhoneForm
from crm.models import User

bp = Blueprint("two_factor", __name__, url_prefix="/settings/two-factor")

CODES_SHOWN_FOR = 10 * 60
"""Seconds for which recovery codes are shown once they are made, to whoever made them."""


@bp.get("")
def index() -> Response:
    """The page: what to scan where it is off; where it is on, what is left and how to turn it off."""
    return _show()


@bp.post("")
@web.once
def turn_on() -> ResponseReturnValue:
    """Ask for codes from now on, if the phone shows a right one."""
    me = _me()
    form = PhoneForm(me)
    if me.two_factor_on_at is None:
        if not form.validate() or form.secret is None:
            return _show(form)
        services.two_factor.turn_on(me, secret=form.secret, now=clock.now())
        _make_codes(me)
        _stay_signed_in(me)
        web.toast("Two-factor sign-in is on. Keep the recovery codes where your phone is not.")
    return web.done(url_for("two_factor.index"))


@bp.post("/recovery-codes")
@web.once
def remake_codes() -> ResponseReturnValue:
    """Make new recovery codes in place of those that are left."""
    me = _me()
    form = FreshForm(me, prefix="codes")
    if me.two_factor_on_at is not None:
        if not form.validate():
            return _show(form)
        _make_codes(me)
        web.toast("Here are new recovery codes. The old ones let nobody in any more.")
    return web.done(url_for("two_factor.index"))


@bp.post("/removal")
@web.once
def turn_off() -> ResponseReturnValue:
    """Let the password do again."""
    me = _me()
    form = FreshForm(me, prefix="off")
    if me.two_factor_on_at is not None:
        if not form.validate():
            return _show(form)
        services.two_factor.turn_off(me)
        web.toast("Two-factor sign-in is off.")
    return web.done(url_for("two_factor.index"))


def _me() -> User:
    return services.two_factor.lock(web.person())


def _make_codes(me: User) -> None:
    two_factor.new_recovery_codes(me)
    session["codes_until"] = clock.now().timestamp() + CODES_SHOWN_FOR


def _stay_signed_in(me: User) -> None:
    """Here, while every other session of theirs ends."""
    session["_user_id"] = me.fs_uniquifier
    if "remember_token" in request.cookies:
        session["_remember"] = "set"


def _show(refused: FreshForm | None = None) -> Response:
    me = web.person()
    is_on = me.two_factor_on_at is not None
    forms = {
        "phone": PhoneForm(me, formdata=None),
        "codes": FreshForm(me, prefix="codes", formdata=None),
        "off": FreshForm(me, prefix="off", formdata=None),
    }
    if refused is not None:
        forms["phone" if isinstance(refused, PhoneForm) else refused._prefix.rstrip("-")] = refused  # noqa: SLF001
    is_fresh = session.get("codes_until", 0) > clock.now().timestamp()
    return web.render(
        "two_factor/index.html",
        "two_factor/_two_factor.html",
        status=_status(refused),
        on_at=me.two_factor_on_at,
        offer=None if is_on else _offer(me, forms["phone"]),
        forms=forms,
        left=len(me.mf_recovery_codes or []),
        most=services.two_factor.RECOVERY_CODES,
        codes=two_factor.recovery_codes(me) if is_on and is_fresh else [],
    )


def _status(refused: FreshForm | None) -> int:
    """As at the door, a wrong password is answered with 200: a 4xx would take back that it was counted."""
    if refused is None:
        return 200
    g.location = url_for("two_factor.index")
    return 200 if refused.is_counted else 422


def _offer(me: User, form: FreshForm) -> dict[str, str]:
    """The key to scan, the same one while its form is filled in."""
    sealed = form["key"].data or ""
    secret = two_factor.offered(sealed, to=me)
    if secret is None:
        sealed = two_factor.offer(me)
        secret = two_factor.offered(sealed, to=me) or ""
    form["key"].data = sealed
    address = two_factor.address(secret, user=me)
    width, path = two_factor.picture(address).split(" ", 1)
    return {"words": two_factor.words(secret), "address": address, "width": width, "path": path}
