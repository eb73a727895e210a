"""What a person sets for themselves: their zone, single keys, and when each kind of mail comes."""

import functools
import zoneinfo
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectChoice, SelectField, SelectMultipleField, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from crm.queries.notification_preferences import Preference

UNITED_STATES = {
    "America/New_York": "Eastern (New York)",
    "America/Chicago": "Central (Chicago)",
    "America/Denver": "Mountain (Denver)",
    "America/Phoenix": "Arizona (Phoenix)",
    "America/Los_Angeles": "Pacific (Los Angeles)",
    "America/Anchorage": "Alaska (Anchorage)",
    "Pacific/Honolulu": "Hawaii (Honolulu)",
}
REGIONS = ("America", "Africa", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@functools.cache
def zones() -> list[SelectChoice]:
    """Every zone a person may live in, by region, the firm's likely ones first."""
    likely = [SelectChoice(name, words, optgroup="United States") for name, words in UNITED_STATES.items()]
    others = []
    for name in sorted(zoneinfo.available_timezones() - UNITED_STATES.keys()):
        region, _, place = name.partition("/")
        if region in REGIONS:
            words = place.replace("_", " ").replace("/", ", ")
            others.append(SelectChoice(name, words, optgroup=region))
    return [*likely, *others, SelectChoice("UTC", "UTC", optgroup="Elsewhere")]


def hours() -> list[SelectChoice]:
    """The hours of a day as a clock says them."""
    halves = ((hour, "am" if hour < 12 else "pm") for hour in range(24))
    return [SelectChoice(str(hour), f"{hour % 12 or 12}:00 {half}") for hour, half in halves]


class PersonForm(FlaskForm):
    """Zone and keys."""

    time_zone = SelectField("Your time zone", choices=zones)
    has_single_keys = BooleanField("Single keys")


class MailForm(FlaskForm):
    """One kind of mail: whether it comes, at what hour, on which days."""

    is_on = BooleanField("Send it")
    hour = SelectField("At", coerce=int, choices=hours())
    weekdays = SelectMultipleField(
        "On",
        coerce=int,
        choices=[SelectChoice(str(number), name) for number, name in enumerate(DAYS, 1)],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def __init__(self, preference: Preference, **kwargs: Any) -> None:
        super().__init__(
            prefix=preference.kind.value,
            data={
                "is_on": preference.is_on,
                "hour": preference.hour,
                "weekdays": list(preference.weekdays),
            },
            meta={"csrf": False},  # the form around it carries the token
            **kwargs,
        )
        self.kind = preference.kind

    def validate_weekdays(self, field: SelectMultipleField) -> None:
        if self.is_on.data and not field.data:
            raise ValidationError("Choose at least one day, or untick “Send it”.")

    @property
    def preference(self) -> Preference:
        """What was chosen."""
        return Preference(self.kind, self.is_on.data, self.hour.data, tuple(sorted(self.weekdays.data)))
