"""The second step of signing in, with the parts that Flask-Security brings: keys, codes, recovery codes.

Floor 5. Keys and recovery codes are sealed with keys that are made from SECRET_KEY before they reach the
database, so whoever reads a dump signs in with nothing of it.
"""

import base64
import hashlib
import re
from typing import Any, Final, cast

from flask import current_app, g, request
from flask_security import Security, Totp, TwoFactorRescueForm, TwoFactorVerifyCodeForm
from flask_wtf import FlaskForm
from itsdangerous import BadData, URLSafeTimedSerializer
from passlib.totp import TotpMatch

from crm import clock, services
from crm.config import Settings
from crm.models import User

SKEW: Final = 30
"""Seconds by which the clock of a phone may differ from ours."""
ASKED_FOR: Final = 10 * 60
"""Seconds after the password for which the code is waited for."""
SHOWN_FOR: Final = 30 * 60
"""Seconds for which a key that was offered may be taken."""
RECOVERY: Final = "recovery"
"""The way in for who has no phone at hand."""

NOT_IT: Final = "That code is not the one, or it has been used. Wait for the next one."
NOT_LEFT: Final = "That is none of the recovery codes that are left. Each is good once."

_BY_PHONE = re.compile(r"\d{6}")


class OnceOnly(Totp):
    """Flask-Security's codes, of which each counts once, however often it is posted."""

    def get_last_counter(self, user: User) -> int | None:  # type: ignore[override]
        return user.tf_last_counter

    def set_last_counter(self, user: User, tmatch: TotpMatch) -> None:  # type: ignore[override]
        user.tf_last_counter = tmatch.counter


class CodeForm(TwoFactorVerifyCodeForm):
    """Flask-Security's form, which also takes a recovery code, counts what was wrong as a wrong password is
    counted, and only changes its question where somebody has no phone at hand.
    """

    def validate(self, extra_validators: Any = None, **_: Any) -> bool:
        if "way" in request.form:
            self.code.data = ""
            return False
        if not FlaskForm.validate(self, extra_validators):
            return False
        user = services.two_factor.lock(cast("User", self.user))
        email = user.email.lower()
        wait = services.sign_in.wait_for(email, now=clock.now())
        if wait is not None:
            self.form_errors = [f"Too many wrong codes. Wait {wait} minutes."]
            return False
        typed = re.sub(r"[\s-]", "", self.code.data or "").lower()
        if _BY_PHONE.fullmatch(typed):
            is_in, why_not = is_right(typed, secret=self.tf_totp_secret, user=user), NOT_IT
        else:
            is_in, why_not = _spend_recovery_code(user, typed), NOT_LEFT
        if is_in:
            services.sign_in.forget_failures(email)
        else:
            services.sign_in.note_failure(email, ip=request.remote_addr)
            self.code.errors = (why_not,)
        return is_in


class NoRescueForm(TwoFactorRescueForm):
    """Flask-Security has ways around the phone on that page; ours, a recovery code, goes into the form."""

    help_setup = None  # type: ignore[assignment]  # how WTForms takes a field away


def config(settings: Settings) -> dict[str, object]:
    """What Flask-Security is told about it."""
    return {
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": SKEW,
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/login/code",
        "SECURITY_TOTP_SECRETS": {"1": _key(settings, "codes")},
        "SECURITY_TOTP_ISSUER": f"KitchenPantry {settings.firm_name}".replace(":", " "),
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": [_key(settings, "recovery codes")],
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": services.two_factor.RECOVERY_CODES,
        "SECURITY_MSG_TWO_FACTOR_PERMISSION_DENIED": ("Sign in with your password first.", "error"),
    }


def offer(user: User) -> str:
    """A new key for this person's phone, sealed: kept in the form until its first code is typed."""
    return str(_seal().dumps([user.user_id, _security().totp_factory.generate_totp_secret()]))


def offered(sealed: str, *, to: User) -> str | None:
    """The key that was offered to this person; None if it was not, or too long ago."""
    try:
        user_id, secret = _seal().loads(sealed, max_age=SHOWN_FOR)
    except (BadData, ValueError, TypeError):
        return None
    return str(secret) if user_id == to.user_id else None


def is_right(code: str, *, secret: str, user: User) -> bool:
    """Whether a phone that holds this key shows this code now; it then counts as used."""
    typed = re.sub(r"\s", "", code)
    return bool(
        _BY_PHONE.fullmatch(typed)
        and _security().totp_factory.verify_totp(typed, secret, user=user, window=SKEW)
    )


def words(secret: str) -> str:
    """The key to type where nothing can be scanned, in groups of four."""
    return str(_security().totp_factory.get_totp_pretty_key(secret)).replace("-", " ")


def address(secret: str, *, user: User) -> str:
    """The key as a link that an app for codes opens."""
    return str(_security().totp_factory.get_totp_uri(user.email, secret))


def picture(text: str) -> str:
    """The QR code of `text`: the width of its field, a space, and the path to draw."""
    # Read when somebody sets it up: every start of every process would wait for it.
    from qrcode.image.svg import SvgPathImage
    from qrcode.main import QRCode

    code = QRCode(border=2, image_factory=SvgPathImage, box_size=10)
    code.add_data(text)
    image: Any = code.make_image()
    return f"{image.pixel_size // 10} {image.path.get('d')}"


def new_recovery_codes(user: User) -> None:
    """Make new recovery codes; those from before count no more."""
    _security().mf_recovery_codes_util.create_recovery_codes(user)


def recovery_codes(user: User) -> list[str]:
    """Those that are left, to be read."""
    return list(_security().mf_recovery_codes_util.get_recovery_codes(user))


def _spend_recovery_code(user: User, typed: str) -> bool:
    codes = _security().mf_recovery_codes_util
    code = "-".join(typed[at : at + 4] for at in range(0, len(typed), 4))
    if not codes.check_recovery_code(user, code):
        return False
    codes.delete_recovery_code(user, code)
    services.two_factor.tell_of_recovery(user)
    g.recovery_codes_left = len(user.mf_recovery_codes or [])
    return True


def _security() -> Security:
    security: Security = current_app.extensions["security"]
    return security


def _seal() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="two-factor key")


def _key(settings: Settings, use: str) -> str:
    """A key for one use, made from SECRET_KEY, as both passlib and Fernet take it."""
    return base64.urlsafe_b64encode(hashlib.sha256(f"{use} {settings.secret_key}".encode()).digest()).decode()
