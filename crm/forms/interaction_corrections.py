"""The form that puts right what was logged."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from wtforms import DateField, IntegerField, RadioField, SelectChoice, ValidationError
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional

from crm.enums import InteractionType, Sentiment
from crm.forms.base import EditForm
from crm.forms.fields import Choice, Line, Notes
from crm.forms.interactions import TYPES
from crm.services.interactions import Correction


class CorrectionForm(EditForm):
    """Everything about an interaction but whom it was with."""

    FIELDS: ClassVar = (
        "interaction_type", "activity", "happened_on", "subject", "notes", "sentiment", "location",
        "duration_minutes", "follow_up_note",
    )  # fmt: skip

    interaction_type = RadioField(
        "What was it?",
        [InputRequired("Choose what it was.")],
        choices=[SelectChoice(one.value) for one in TYPES],
    )
    activity = Choice("Activity", nothing="Nothing special")
    happened_on = DateField("When", [DataRequired("Choose the day it was on.")])
    subject = Line("Subject")
    notes = Notes()
    sentiment = RadioField("How did it go?", choices=[SelectChoice(word.value) for word in Sentiment])
    location = Line("Where")
    duration_minutes = IntegerField(
        "Minutes", [Optional(), NumberRange(0, 1440, "Between 0 and 1,440 minutes, a whole day.")]
    )
    follow_up_note = Line("What was promised", most=200)

    def __init__(self, *args: Any, today: date, activities: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.activity.offer((word, word) for word in activities)

    def validate_happened_on(self, field: DateField) -> None:
        """What is still to come was not an interaction."""
        if field.data is not None and field.data > self.today:
            raise ValidationError("That day is still to come. A plan is a follow-up.")

    @property
    def entry(self) -> Correction:
        """What was typed. Meaningful after the form was found valid."""
        return Correction(
            interaction_type=InteractionType(self.interaction_type.data),
            activity=self.activity.kept,
            happened_on=self.happened_on.data,
            subject=self.subject.data,
            notes=self.notes.data,
            sentiment=Sentiment(self.sentiment.data),
            location=self.location.data,
            duration_minutes=self.duration_minutes.data,
            follow_up_note=self.follow_up_note.data,
        )
