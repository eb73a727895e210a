"""What a person sets for themselves: their zone, single keys, which news come which way and when, and who
stands in while they are away.
"""

import functools
import zoneinfo
from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, SelectChoice, SelectField, SelectMultipleField, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from crm.enums import Channel
from crm.queries.notification_preferences import Preference
from crm.queries.users import Colleague

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


def hour_or_none(text: str | None) -> int | None:
    """The hour that a choice stands for; None for none. Raises `ValueError` for anything else."""
    return int(text) if text not in (None, "", "None") else None


class PersonForm(FlaskForm):
    """Zone, keys and quiet hours."""

    time_zone = SelectField("Your time zone", choices=zones)
    has_single_keys = BooleanField("Single keys")
    quiet_from = SelectField(
        "No mail from", coerce=hour_or_none, choices=lambda: [SelectChoice("", "No quiet hours"), *hours()]
    )
    quiet_until = SelectField(
        "Until", coerce=hour_or_none, choices=lambda: [SelectChoice("", "No quiet hours"), *hours()]
    )

    def validate_quiet_until(self, field: SelectField) -> None:
        if (self.quiet_from.data is None) != (field.data is None):
            raise ValidationError("Choose both hours, or none.")
        if field.data is not None and field.data == self.quiet_from.data:
            raise ValidationError("Choose another hour, or no mail would ever come.")

    @property
    def quiet(self) -> tuple[int, int] | None:
        """From which hour to which no mail comes; None without quiet hours."""
        if self.quiet_from.data is None or self.quiet_until.data is None:
            return None
        return self.quiet_from.data, self.quiet_until.data


class NewsForm(FlaskForm):
    """One kind of news: which way it comes."""

    channel = SelectField(
        "How",
        choices=[
            SelectChoice(Channel.MAIL.value, "By mail and in the app"),
            SelectChoice(Channel.APP.value, "In the app only"),
            SelectChoice(Channel.OFF.value, "Not at all"),
        ],
    )

    def __init__(self, preference: Preference, **kwargs: Any) -> None:
        super().__init__(
            prefix=preference.kind.value,
            data={
                "channel": preference.channel.value,
                "hour": preference.hour,
                "weekdays": list(preference.weekdays),
            },
            meta={"csrf": False},  # the form around it carries the token
            **kwargs,
        )
        self.kind = preference.kind

    @property
    def preference(self) -> Preference:
        """What was chosen."""
        return Preference(self.kind, Channel(self.channel.data))


class LetterForm(NewsForm):
    """News that is a letter of its own: at what hour, on which days."""

    hour = SelectField("At", coerce=int, choices=hours())
    weekdays = SelectMultipleField(
        "On",
        coerce=int,
        choices=[SelectChoice(str(number), name) for number, name in enumerate(DAYS, 1)],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def validate_weekdays(self, field: SelectMultipleField) -> None:
        if self.channel.data == Channel.MAIL and not field.data:
            raise ValidationError("Choose at least one day, or another way than mail.")

    @property
    def preference(self) -> Preference:
        """What was chosen."""
        days = tuple(sorted(self.weekdays.data))
        return Preference(self.kind, Channel(self.channel.data), self.hour.data, days)


class CoverForm(FlaskForm):
    """Who stands in, from when to when."""

    stand_in = SelectField("Stands in", coerce=int)
    starts_on = DateField("From")
    ends_on = DateField("Until")

    def __init__(self, colleagues: Sequence[Colleague], **kwargs: Any) -> None:
        super().__init__(prefix="cover", **kwargs)
        self.stand_in.choices = [SelectChoice(str(one.user_id), one.full_name) for one in colleagues]
