"""The form of a contact, and the small ones of its page: how they stand to us, and that they left."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectChoice, ValidationError
from wtforms.validators import InputRequired

from crm.enums import AdvocacyStatus
from crm.forms.base import EditForm
from crm.forms.fields import Choice, Email, Line, Notes, Number, Phone, Website
from crm.forms.follow_ups import Day
from crm.queries.keys import read_number
from crm.queries.promises import Named
from crm.services.contacts import Entry

CHANNELS = (("phone", "Phone"), ("text", "Text message"), ("e-mail", "E-mail"), ("in person", "In person"))


class ContactForm(EditForm):
    """A first or a last name is required, and where they work; that may be a new organization."""

    FIELDS: ClassVar = (
        "first_name", "last_name", "position", "department", "organization_id", "is_key_contact",
        "advocacy_status", "phone", "mobile_phone", "other_phone", "email", "linkedin", "preferred_channel",
        "reports_to_id", "owner_id", "notes",
    )  # fmt: skip

    first_name = Line("First name")
    last_name = Line("Last name")
    position = Line("Position")
    department = Line("Department")
    organization_id = Number("Where they work")
    new_organization = Line("A new organization")
    is_key_contact = BooleanField("Key contact")
    advocacy_status = RadioField(
        "Where they stand",
        choices=[SelectChoice(word.value) for word in AdvocacyStatus],
        default=AdvocacyStatus.NEUTRAL.value,
    )
    phone = Phone("Phone")
    mobile_phone = Phone("Mobile")
    other_phone = Phone("Another phone")
    email = Email()
    linkedin = Website("LinkedIn")
    preferred_channel = Choice("Likes to be reached by", nothing="Not known")
    reports_to_id = Choice("Reports to", nothing="Nobody known")
    owner_id = Choice("Owner", nothing="Nobody yet")
    notes = Notes()
    is_another = BooleanField("It is another person")
    """Ticked by a person who was shown that the organization has a contact of that name."""

    def __init__(self, *args: Any, colleagues: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.preferred_channel.offer(CHANNELS)
        self.owner_id.offer((str(number), name) for number, name in colleagues)
        self.organization_name = ""
        """What the organization chosen is called."""

    def offer_superiors(self, people: Iterable[Named]) -> None:
        """Fill "Reports to" with the contacts of the organization chosen."""
        self.reports_to_id.offer((str(one.number), one.name) for one in people)

    def said(self, name: str) -> str:
        """As `EditForm` says it; the organization by its name."""
        if name == "organization_id" and self.organization_id.data:
            return self.organization_name or f"No. {self.organization_id.data}"
        return super().said(name)

    def validate(self, extra_validators: Any = None) -> bool:
        """Shapes and words of every field, then whether it is clear where they work."""
        is_valid: bool = super().validate(extra_validators)
        if not (self.first_name.data or self.last_name.data or self.first_name.errors):
            self.first_name.errors = ("Give them a name; one word is enough.",)
            is_valid = False
        both = self.organization_id.data and self.new_organization.data
        neither = not self.organization_id.data and not self.new_organization.data
        if not (both or neither) or self.organization_id.errors:
            return is_valid
        self.organization_id.errors = (
            "Take one of the two: an organization of the book, or a new one."
            if both
            else "Choose where they work, or give a new organization its name.",
        )
        return False

    @property
    def entry(self) -> Entry:
        """What was typed. Meaningful after the form was found valid."""
        same = (
            "position", "department", "phone", "mobile_phone", "other_phone", "email", "linkedin", "notes",
        )  # fmt: skip
        return Entry(
            first_name=self.first_name.data or "",
            last_name=self.last_name.data or "",
            organization_id=self.organization_id.data,
            new_organization=self.new_organization.data,
            is_key_contact=self.is_key_contact.data,
            advocacy_status=AdvocacyStatus(self.advocacy_status.data),
            preferred_channel=self.preferred_channel.kept,
            reports_to_id=read_number(self.reports_to_id.data),
            owner_id=read_number(self.owner_id.data),
            **{name: self[name].data for name in same},
        )


class AdvocacyForm(FlaskForm):
    """How a contact speaks of us, or of one principal; why, if the person says so."""

    status = RadioField(
        "Where they stand",
        [InputRequired("Choose how they speak of us.")],
        choices=[SelectChoice(word.value) for word in AdvocacyStatus],
    )
    principal_id = Choice("About", nothing="All in all")
    note = Line("What made the difference", most=200)

    def offer_principals(self, principals: Iterable[Named]) -> None:
        """Fill "About" with these."""
        self.principal_id.offer((str(one.number), one.name) for one in principals)


class LeavingForm(FlaskForm):
    """Somebody left their organization, and where they are now if that is known."""

    left_on = Day("Since", [InputRequired("Choose the day, today if you do not know it.")])
    organization_id = Number("Now at")
    new_organization = Line("A new organization")
    position = Line("Position there")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def validate_left_on(self, field: Day) -> None:
        if field.data > self.today:
            raise ValidationError("Choose today or a day before it.")

    def validate_organization_id(self, field: Number) -> None:
        if field.data and self.new_organization.data:
            raise ValidationError("Take one of the two: an organization of the book, or a new one.")
