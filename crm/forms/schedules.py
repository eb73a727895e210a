"""What comes in when follow-ups are scheduled for many rows of a list."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    ValidationError,
)

from crm.forms.follow_ups import FARTHEST, TOO_FAR, Day, days_offered
from crm.queries.keys import read_number
from crm.queries.schedules import Rule, When
from crm.queries.users import Colleague

LONGEST_NOTE = 500
MOST_A_DAY = 200
EACH = "each"
"""Whoever looks after each row."""


class ScheduleForm(FlaskForm):
    """What should happen, when, and who sees to it. `asked` is what the address of the list says, ticked rows
    included; `seen` the mark of what the person was told would come of it.
    """

    asked = HiddenField()
    seen = HiddenField()
    note = StringField("What should happen")
    when = RadioField("When")
    on = Day("Which day")
    per_day = IntegerField("How many a day for each person", default=5)
    keeper = SelectField("Who sees to it", default=EACH, validate_choice=False)

    def __init__(self, *args: Any, today: date, takers: Sequence[Colleague], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.offered = {str(n): (text, day) for n, (text, day) in enumerate(days_offered(today))}
        self.when.choices = [
            *(SelectChoice(value, text) for value, (text, _) in self.offered.items()),
            SelectChoice(When.DAY.value, "Another day"),
            SelectChoice(When.SPREAD.value, "Some each workday"),
            SelectChoice(When.CADENCE.value, "By priority"),
        ]
        self.keeper.choices = [
            SelectChoice(EACH, "Whoever looks after each"),
            *(SelectChoice(str(one.user_id), one.full_name) for one in takers),
        ]
        self.takers = {one.user_id for one in takers}
        if self.when.data is None:
            self.when.data = "1"
        if self.on.data is None and not self.on.raw_data:
            self.on.data = today + timedelta(days=1)

    def validate_note(self, field: StringField) -> None:
        field.data = " ".join((field.data or "").replace("\x00", " ").split())
        if len(field.data) > LONGEST_NOTE:
            raise ValidationError(f"At most {LONGEST_NOTE} characters.")

    def validate_on(self, field: Day) -> None:
        if self.when.data in self.offered:
            return
        if field.data is None:
            raise ValidationError("Choose the day.")
        if field.data < self.today:
            raise ValidationError("Choose a day from today on.")
        if field.data > self.today + FARTHEST:
            raise ValidationError(TOO_FAR)

    def validate_per_day(self, field: IntegerField) -> None:
        if self.when.data == When.SPREAD and not 1 <= (field.data or 0) <= MOST_A_DAY:
            raise ValidationError(f"Say how many, from 1 to {MOST_A_DAY}.")

    def validate_keeper(self, field: SelectField) -> None:
        if field.data != EACH and read_number(field.data or "") not in self.takers:
            raise ValidationError("Choose whoever looks after each, or somebody of your team.")

    def rule(self, *, is_everybodys: bool) -> Rule:
        """The rule that was chosen; `is_everybodys` = promises may be given to everybody."""
        when = str(self.when.data)
        return Rule(
            when=When.DAY if when in self.offered else When(when),
            on=self.offered[when][1] if when in self.offered else self.on.data or self.today,
            per_day=self.per_day.data or 1,
            keeper=None if self.keeper.data == EACH else int(self.keeper.data),
            keepers=None if is_everybodys else self.takers,
        )
