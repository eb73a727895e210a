"""Two-factor sign-in: a code of a phone beside the password, and recovery codes for when the phone is lost.

What the codes are is `crm.two_factor`'s. Each turn of it is told by mail: who did not do it hears of it.
"""

from datetime import datetime
from typing import Final
from uuid import uuid4

import sqlalchemy as sa

from crm import mail
from crm.db import db
from crm.errors import Refused
from crm.models import User
from crm.services import mails

RECOVERY_CODES: Final = 10
"""How many recovery codes are made at a time."""
PAGE: Final = "/settings/two-factor"


def lock(user: User) -> User:
    """The person as they are, until the transaction ends: two posts of one code come one after another."""
    db.session.execute(
        sa.select(User)
        .where(User.user_id == user.user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return user


def turn_on(user: User, *, secret: str, now: datetime) -> None:
    """Ask for a code of the phone that holds `secret` from now on. Sessions from before end."""
    user.tf_totp_secret = secret
    user.two_factor_on_at = now
    user.fs_uniquifier = uuid4().hex
    db.session.flush()
    _tell(
        user,
        "is on",
        "From now on a code of your phone is asked for beside your password. Everywhere else you were signed "
        "in, you are signed out.",
    )


def turn_off(user: User) -> None:
    """Let the password do again."""
    _forget(user)
    _tell(user, "is off", "Your password alone lets you in again.")


def reset(user: User, *, by: str) -> None:
    """Let the password of somebody do who has neither phone nor recovery codes. Their sessions end, for the
    phone may be in other hands. `by` says who did it. Raises `Refused` where it is off.
    """
    if user.two_factor_on_at is None:
        raise Refused(f"{user.full_name} signs in with the password alone already.")
    _forget(user)
    user.fs_uniquifier = uuid4().hex
    db.session.flush()
    _tell(
        user,
        "was reset",
        f"{by} did it. Your password alone lets you in, and wherever you were signed in, you are signed out. "
        "Turn it on again with your new phone.",
    )


def tell_of_recovery(user: User) -> None:
    """Somebody came in with one of the recovery codes."""
    left = len(user.mf_recovery_codes or [])
    db.session.flush()
    _tell(
        user,
        "was passed with a recovery code",
        f"It is used up; {left} of {RECOVERY_CODES} are left. New ones, or a new phone, take a minute.",
    )


def _forget(user: User) -> None:
    user.tf_totp_secret = user.two_factor_on_at = user.tf_last_counter = user.mf_recovery_codes = None
    db.session.flush()


def _tell(user: User, what: str, then: str) -> None:
    letter = mail.render(
        "two_factor", greeting="Hello", first_name=user.first_name, what=what, then=then, path=PAGE
    )
    mails.queue(to=user.email, subject=letter.subject, text=letter.text, html=letter.html)
