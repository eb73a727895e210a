"""The form of who has a say in an opportunity."""

from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, ValidationError

from crm.forms.fields import Choice
from crm.queries.keys import read_number
from crm.services.opportunity_contacts import Say


class SayForm(FlaskForm):
    """Who, in which role, and whether they are the one we speak with first."""

    contact_id = Choice("Contact", nothing="Choose somebody")
    role = Choice("Role", nothing="Not said")
    is_primary = BooleanField("Primary contact")

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = is_new

    def offer(self, people: Iterable[tuple[int, str]], roles: Iterable[str]) -> None:
        """Fill what can be chosen."""
        self.contact_id.offer((str(number), name) for number, name in people)
        self.role.offer((word, word) for word in roles)

    def validate_contact_id(self, field: Choice) -> None:
        """Somebody new is named; of somebody known the address says who."""
        if self.is_new and not field.data:
            raise ValidationError("Choose who has a say.")

    @property
    def who(self) -> int:
        """Who was chosen. Meaningful after the form was found valid."""
        return read_number(self.contact_id.data) or 0

    @property
    def say(self) -> Say:
        """What was said of their part. Meaningful after the form was found valid."""
        return Say(role=self.role.kept, is_primary=self.is_primary.data)
