"""Turning two-factor sign-in on and off: with the password once more, so that who only found a screen open
gets no further.
"""

from typing import Any

from flask import request
from flask_security import verify_password
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from crm import clock, services, two_factor
from crm.models import User


class FreshForm(FlaskForm):
    """Wants the password of who is signed in. Wrong ones count as they do at the door."""

    password = PasswordField("Your password", [InputRequired("Type your password as well.")])

    def __init__(self, person: User, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.person = person
        self.is_counted = False
        """Whether a wrong password was counted, which is to last."""

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        email = self.person.email.lower()
        wait = services.sign_in.wait_for(email, now=clock.now())
        if wait is not None:
            self.form_errors = [f"Too many wrong passwords. Wait {wait} minutes."]
            return False
        if verify_password(self.password.data or "", self.person.password or ""):
            return True
        services.sign_in.note_failure(email, ip=request.remote_addr)
        self.is_counted = True
        self.password.errors = ("That is not your password. Try again.",)
        return False


class PhoneForm(FreshForm):
    """The first code of a phone that was given a key."""

    key = HiddenField()
    code = StringField("What your app shows now", [InputRequired("Type the six digits that your app shows.")])

    @property
    def secret(self) -> str | None:
        """The key that was offered; None if that is too long ago."""
        return two_factor.offered(self.key.data or "", to=self.person)

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if self.secret is None:
            self.form_errors = ["That key has waited too long. Scan this new one."]
            return False
        if two_factor.is_right(self.code.data or "", secret=self.secret, user=self.person):
            return True
        self.code.errors = (
            "That is not what this key shows now. Type the next code, or scan the key again.",
        )
        return False
