"""The form that logs an interaction."""

from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import AnyOf, InputRequired, Length
from wtforms.validators import Optional as Maybe
from wtforms.widgets import CheckboxInput, ListWidget

from crm.enums import InteractionType, Sentiment
from crm.forms.follow_ups import FARTHEST, TOO_FAR, Day, days_offered
from crm.queries.promises import Promise
from crm.queries.whom import Choice

MOST_NOTES = 10_000
LONG_NOTES = 2_000
A_DAY = "day"
TYPES = (
    InteractionType.PHONE_CALL,
    InteractionType.MEETING,
    InteractionType.DEMO_SAMPLED,
    InteractionType.EMAIL,
    InteractionType.FOLLOW_UP,
    InteractionType.NOTE,
)
"""In the order of a rep's thumb: what is logged most comes first."""


def _clean(text: str | None) -> str:
    """Text as it is kept: without the NUL that PostgreSQL refuses, with plain line ends, trimmed."""
    return (text or "").replace("\x00", "").replace("\r\n", "\n").strip()


def _are_numbers(field: SelectMultipleField) -> None:
    """Whether they exist and fit, the service looks; here only that PostgreSQL can take them."""
    if any(not 0 < number < 2**63 for number in field.data or ()):
        raise ValidationError("Choose from the list.")


class InteractionForm(FlaskForm):
    """Whom and type are required, everything else is prefilled, skippable or one tap."""

    about = HiddenField(
        "Who did you talk to?", [InputRequired("Choose whom this was with: type three letters of a name.")]
    )
    interaction_type = RadioField(
        "What was it?",
        [InputRequired("Choose what it was."), AnyOf(TYPES, "Choose one of these.")],
        choices=[SelectChoice(kind.value) for kind in TYPES],
        validate_choice=False,
    )
    opportunity = SelectField(
        "About", coerce=lambda value: int(value) if value else None, validate_choice=False
    )
    principals = SelectMultipleField(
        "For which principals?",
        coerce=int,
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    notes = TextAreaField(
        "Notes",
        [
            Length(
                max=MOST_NOTES,
                message="Notes take up to 10,000 characters. Shorten this, or log it in two parts.",
            )
        ],
        filters=[_clean],
    )
    sentiment = RadioField(
        "How did it go?",
        [AnyOf(tuple(Sentiment), "Choose one of these.")],
        choices=[SelectChoice(word.value) for word in Sentiment],
        default=Sentiment.NEUTRAL.value,
        validate_choice=False,
    )
    happened_on = Day("When", [Maybe()])
    follow_up = RadioField("Follow up?", default="", validate_choice=False)
    follow_up_date = Day("Day", [Maybe()])
    follow_up_note = StringField(
        "What did you promise?",
        [Length(max=200, message="Keep it to 200 characters; the notes take more.")],
        filters=[_clean],
    )
    keeps = SelectMultipleField(
        "Does this keep a promise?",
        coerce=int,
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    follow_up_kept = HiddenField()
    back = HiddenField()

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.offers = {
            "": ("No", "nothing due"),
            **{day.isoformat(): (words, f"{day:%a %-d %b}") for words, day in days_offered(today)},
            A_DAY: ("Pick a day", "calendar"),
        }
        self.follow_up.choices = [SelectChoice(value, words) for value, (words, _) in self.offers.items()]
        self._settle_follow_up()

    def _settle_follow_up(self) -> None:
        """A day that was offered when the form was opened and is not any more (midnight passed) is a picked
        day.
        """
        offered = self.follow_up.data
        if offered and offered not in self.offers:
            try:
                self.follow_up_date.data = date.fromisoformat(offered)
            except ValueError:
                self.follow_up_date.data = None
            self.follow_up.data = A_DAY

    def offer(
        self, *, opportunities: list[Choice], principals: list[Choice], promises: list[Promise]
    ) -> None:
        """Fill the choices that depend on whom it was with; a choice that no longer fits is dropped."""
        self.keeps.choices = [SelectChoice(str(one.interaction_id), one.what) for one in promises]
        self.opportunity.choices = [
            SelectChoice("", "Not about an opportunity"),
            *(SelectChoice(str(one.choice_id), f"{one.name} · {one.detail}") for one in opportunities),
        ]
        self.principals.choices = [SelectChoice(str(one.choice_id), one.name) for one in principals]

    @property
    def smalls(self) -> dict[str, str]:
        """The second line of each follow-up choice."""
        return {value: small for value, (_, small) in self.offers.items()}

    @property
    def follow_up_on(self) -> date | None:
        """The promised day, or None. Meaningful after the form was found valid."""
        if self.follow_up.data == A_DAY:
            day: date | None = self.follow_up_date.data
            return day
        return date.fromisoformat(self.follow_up.data) if self.follow_up.data else None

    def validate_opportunity(self, field: SelectField) -> None:
        """The service looks whether it exists and fits; here only that it is a number PostgreSQL can take."""
        if field.data is not None and not 0 < field.data < 2**63:
            raise ValidationError("Choose one of the list.")

    def validate_principals(self, field: SelectMultipleField) -> None:
        _are_numbers(field)

    def validate_keeps(self, field: SelectMultipleField) -> None:
        _are_numbers(field)

    def validate_happened_on(self, field: Day) -> None:
        """Whether that day has come, the service looks."""
        if field.data < self.today - FARTHEST:
            raise ValidationError("That is more than two years ago. Check the year.")

    def validate(self, extra_validators: Any = None) -> bool:
        """Shapes and words of every field, then what choice and day say together."""
        is_valid: bool = super().validate(extra_validators)
        wrong = self._wrong_with_follow_up()
        if wrong and not self.follow_up_date.errors:
            self.follow_up_date.errors = (wrong,)
        return is_valid and not wrong

    def _wrong_with_follow_up(self) -> str:
        chosen, day = self.follow_up.data, self.follow_up_date.data
        if chosen == A_DAY and day is None:
            return "Choose the day, or take “No”."
        if chosen != A_DAY and day is not None:
            return "You gave a day without “Pick a day”. Choose that, or clear the day."
        if day is not None and day < self.today:
            return "Choose a follow-up day from today on."
        if day is not None and day > self.today + FARTHEST:
            return TOO_FAR
        return ""
