"""The form of an organization."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from wtforms import BooleanField, ValidationError

from crm.enums import Priority
from crm.forms.base import EditForm
from crm.forms.fields import (
    Choice,
    Email,
    Line,
    Notes,
    Number,
    Phone,
    Tags,
    Website,
    monday_of,
    weeks_to_focus_on,
)
from crm.queries.keys import read_number
from crm.queries.promises import Named
from crm.services.organizations import Entry


class OrganizationForm(EditForm):
    """A name is all that is required."""

    FIELDS: ClassVar = (
        "name", "legal_name", "is_principal", "is_distributor", "segment", "priority", "owner_id",
        "second_owner_id", "parent_organization_id", "usual_distributor_id", "weekly_focus_on", "is_anchor",
        "phone", "second_phone", "email", "website", "linkedin", "address_line1", "address_line2", "city",
        "state", "postal_code", "country", "tags", "notes",
    )  # fmt: skip

    name = Line("Name", required="Give it the name that is on the door.")
    legal_name = Line("Legal name")
    is_principal = BooleanField("Principal")
    is_distributor = BooleanField("Distributor")
    segment = Choice("Segment")
    priority = Choice("Priority")
    owner_id = Choice("Owner", nothing="Nobody yet")
    second_owner_id = Choice("Second owner", nothing="Nobody")
    parent_organization_id = Number("Belongs to")
    usual_distributor_id = Choice("Usual distributor", nothing="Not known")
    weekly_focus_on = Choice("Weekly focus", nothing="Not in focus")
    is_anchor = BooleanField("Anchor account")
    phone = Phone("Phone")
    second_phone = Phone("Second phone")
    email = Email()
    website = Website("Website")
    linkedin = Website("LinkedIn")
    address_line1 = Line("Street")
    address_line2 = Line("Suite, floor")
    city = Line("City")
    state = Line("State")
    postal_code = Line("Postal code", most=20)
    country = Line("Country")
    tags = Tags("Tags")
    notes = Notes()
    is_another = BooleanField("It is another place")
    """Ticked by a person who was shown that the name is in the book already."""

    def __init__(
        self,
        *args: Any,
        today: date,
        segments: Iterable[str],
        suggested: Iterable[str],
        colleagues: Iterable[tuple[int, str]],
        distributors: Iterable[Named],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(number), name) for number, name in colleagues]
        self.segment.offer((one, one) for one in segments)
        self.tags.offer(suggested)
        self.priority.offer((one.value, one.value) for one in Priority)
        self.owner_id.offer(people)
        self.second_owner_id.offer(people)
        self.usual_distributor_id.offer((str(one.number), one.name) for one in distributors)
        focus = self.weekly_focus_on.object_data
        self.weekly_focus_on.offer(weeks_to_focus_on(today, focus))
        self.parent_name = ""
        """What the organization chosen as parent is called."""

    def said(self, name: str) -> str:
        """As `EditForm` says it; the parent by its name."""
        if name == "parent_organization_id" and self.parent_organization_id.data:
            return self.parent_name or f"No. {self.parent_organization_id.data}"
        return super().said(name)

    def validate_second_owner_id(self, field: Choice) -> None:
        """A second owner is somebody else."""
        if field.data and field.data == self.owner_id.data:
            raise ValidationError("The second owner is somebody other than the owner.")

    @property
    def entry(self) -> Entry:
        """What was typed. Meaningful after the form was found valid."""
        same = (
            "legal_name", "phone", "second_phone", "email", "website", "linkedin", "address_line1",
            "address_line2", "city", "state", "postal_code", "country", "notes",
        )  # fmt: skip
        return Entry(
            name=self.name.data,
            is_principal=self.is_principal.data,
            is_distributor=self.is_distributor.data,
            segment=self.segment.kept,
            priority=Priority(self.priority.data) if self.priority.data else None,
            owner_id=read_number(self.owner_id.data),
            second_owner_id=read_number(self.second_owner_id.data),
            parent_organization_id=self.parent_organization_id.data,
            usual_distributor_id=read_number(self.usual_distributor_id.data),
            weekly_focus_on=monday_of(self.weekly_focus_on.data),
            is_anchor=self.is_anchor.data,
            tags=self.tags.data or [],
            **{name: self[name].data for name in same},
        )
