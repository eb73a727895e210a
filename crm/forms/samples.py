"""The forms of samples: what went out, what they said of it, and one sample with all that is known of it."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, ValidationError
from wtforms.validators import InputRequired, Optional

from crm.enums import SampleVerdict
from crm.forms.base import EditForm
from crm.forms.fields import Choice, Notes
from crm.forms.follow_ups import FARTHEST, TOO_FAR, Day
from crm.forms.opportunities import Numbers
from crm.queries.keys import read_number
from crm.services import samples

ASK = "Ask for feedback on"


def _is_past(on: date | None, today: date) -> None:
    if on is not None and on > today:
        raise ValidationError("That day is still to come.")


def _is_ahead(on: date | None, today: date) -> None:
    if on is not None and on < today:
        raise ValidationError("Choose a day from today on.")
    if on is not None and on > today + FARTHEST:
        raise ValidationError(TOO_FAR)


class SendForm(FlaskForm):
    """What went out, to whom, and when we will ask."""

    products = Numbers("Products")
    contact_id = Choice("Sent to", nothing="Not known")
    sent_on = Day("Sent on", [InputRequired("Say when it went out.")])
    follow_up_on = Day(ASK, [InputRequired("An open sample needs a follow-up. Choose the day.")])

    def __init__(self, *args: Any, people: Iterable[tuple[int, str]], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.contact_id.offer((str(number), name) for number, name in people)

    def validate_products(self, field: Numbers) -> None:
        """Something went out."""
        if not field.numbers:
            raise ValidationError("Choose at least one product that was sent.")

    def validate_sent_on(self, field: Day) -> None:
        """It is on its way already."""
        _is_past(field.data, self.today)

    def validate_follow_up_on(self, field: Day) -> None:
        """A day on which somebody can ask."""
        _is_ahead(field.data, self.today)

    @property
    def sending(self) -> samples.Sending:
        """What was typed. Meaningful after the form was found valid."""
        return samples.Sending(
            sent_on=self.sent_on.data or self.today,
            follow_up_on=self.follow_up_on.data or self.today,
            contact_id=read_number(self.contact_id.data),
        )


class FeedbackForm(FlaskForm):
    """What they said of one product."""

    verdict = RadioField(
        "Verdict",
        choices=[SelectChoice(word.value, word.value.capitalize()) for word in SampleVerdict],
        validators=[InputRequired("Say how they found it.")],
    )
    feedback = Notes("What did they say?")


class SampleForm(EditForm):
    """One sample with all that is known of it. How far it is follows from what is filled in."""

    FIELDS: ClassVar = (
        "contact_id",
        "sent_on",
        "received_on",
        "tasted_on",
        "verdict",
        "feedback",
        "follow_up_on",
    )

    contact_id = Choice("Sent to", nothing="Not known")
    sent_on = Day("Sent on", [InputRequired("Say when it went out.")])
    received_on = Day("Received on", [Optional()])
    tasted_on = Day("Tasted on", [Optional()])
    verdict = Choice("Verdict", nothing="None yet")
    feedback = Notes("What did they say?")
    follow_up_on = Day(ASK, [Optional()])

    def __init__(self, *args: Any, people: Iterable[tuple[int, str]], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.kept_on = self.follow_up_on.object_data
        self.contact_id.offer((str(number), name) for number, name in people)
        self.verdict.offer((word.value, word.value.capitalize()) for word in SampleVerdict)

    def validate_sent_on(self, field: Day) -> None:
        """It is on its way already."""
        _is_past(field.data, self.today)

    def validate_received_on(self, field: Day) -> None:
        """It is there already."""
        _is_past(field.data, self.today)

    def validate_tasted_on(self, field: Day) -> None:
        """It was tasted already."""
        _is_past(field.data, self.today)

    def validate_feedback(self, field: Notes) -> None:
        """Words come with a verdict: without one the sample would count as open."""
        if field.data and not self.verdict.data:
            raise ValidationError("Choose a verdict, too: then it counts as feedback.")

    def validate_follow_up_on(self, field: Day) -> None:
        """A day on which somebody can ask; the one that it has may have passed."""
        if field.data != self.kept_on and not self.verdict.data:
            _is_ahead(field.data, self.today)

    @property
    def entry(self) -> samples.Entry:
        """What was typed. Meaningful after the form was found valid."""
        return samples.Entry(
            sent_on=self.sent_on.data or self.today,
            contact_id=read_number(self.contact_id.data),
            received_on=self.received_on.data,
            tasted_on=self.tasted_on.data,
            verdict=SampleVerdict(self.verdict.data) if self.verdict.data else None,
            feedback=self.feedback.data,
            follow_up_on=self.follow_up_on.data,
        )
