"""What comes in when a promise is snoozed, moved or handed over."""

from datetime import date, timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, IntegerField, SelectField, ValidationError
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, StopValidation
from wtforms.widgets import HiddenInput

from crm.queries.keys import read_number

FARTHEST = timedelta(days=2 * 366)
"""A day beyond this is a slip of the year, not a plan."""
TOO_FAR = "That is more than two years away. Check the year."


class Day(DateField):
    """A day that says how to write it when it cannot be read."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if not "".join(valuelist).strip():
            return
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Write the day as year-month-day, like 2026-11-30.") from None

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 - the signature is WTForms'
        """A day that could not be read is not looked at further."""
        if self.process_errors:
            raise StopValidation


class PromiseForm(FlaskForm):
    """What the forms of one promise share: the version of it that the person looked at."""

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired("Load the page again.")])

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today


class SnoozeForm(PromiseForm):
    """Hide it until a day from tomorrow on."""

    until = Day("Snooze until", [InputRequired("Choose the day on which it should come back.")])

    def validate_until(self, field: Day) -> None:
        if field.data <= self.today:
            raise ValidationError("Choose a day from tomorrow on.")
        _not_too_far(field.data, self.today)


class DayForm(PromiseForm):
    """Promise it for another day from today on."""

    date = Day("New day", [InputRequired("Choose the new day.")])

    def validate_date(self, field: Day) -> None:
        if field.data < self.today:
            raise ValidationError("Choose a day from today on.")
        _not_too_far(field.data, self.today)


class OwnerForm(PromiseForm):
    """Let a colleague keep it."""

    owner = SelectField("Hand to", coerce=lambda value: read_number(str(value)), validate_choice=False)

    def validate_owner(self, field: SelectField) -> None:
        """Whether this is the number of somebody who works here, the service looks."""
        if field.data is None:
            raise ValidationError("Choose a colleague.")


class MoveForm(FlaskForm):
    """Move all that is overdue in the list that was seen."""

    mark = HiddenField(validators=[InputRequired("Load the page again.")])


def days_offered(today: date) -> list[tuple[str, date]]:
    """The days that can be promised at one tap, wherever one can be."""
    offers = (("Tomorrow", 1), ("In 3 days", 3), ("Next week", 7))
    return [(words, today + timedelta(days=days)) for words, days in offers]


def snooze_days(due: date, today: date) -> list[tuple[str, date]]:
    """Those of `days_offered` on which a promise that is due on `due` can wake up: none before it is due."""
    return [(words, day) for words, day in days_offered(today) if day > due]


def _not_too_far(day: date, today: date) -> None:
    if day > today + FARTHEST:
        raise ValidationError(TOO_FAR)
