"""Fields of the forms of records: what a person types is cleaned here, so that every form cleans it alike."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import phonenumbers
from wtforms import HiddenField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length, Optional, Regexp
from wtforms.validators import Email as IsEmail

from crm import clock
from crm.filters import day
from crm.queries.keys import read_day, read_number

MOST_LINE = 255
MOST_NOTES, LONG_NOTES = 10_000, 2_000
MOST_TAGS, MOST_TAG = 20, 40
MOST_SUGGESTED = 8
HOME = "US"
"""Numbers without a country code are of this country."""

_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that nobody types; PostgreSQL takes no NUL at all."""

NO_EMAIL = "Write it like name@place.example, with the part after the dot."
NO_WEBSITE = "Write it like place.example."
WEBSITE = re.compile(r"(?:https?://)?[^\s/:@]+\.[^\s/:@]+(?::\d+)?(?:/\S*)?\Z", re.IGNORECASE)


def clean_line(text: str | None) -> str | None:
    """One line as it is kept: no control characters, single blanks; None for nothing."""
    return " ".join(_NOT_TEXT.sub("", text or "").split()) or None


def clean_text(text: str | None) -> str | None:
    """Several lines as they are kept: no control characters, plain line ends, trimmed; None for nothing."""
    return _NOT_TEXT.sub("", (text or "").replace("\r\n", "\n").replace("\r", "\n")).strip() or None


def clean_phone(text: str) -> str:
    """A telephone number as its country writes it; a short local number as it was typed.

    Raises `ValueError`, which says how to write one.
    """
    try:
        number = phonenumbers.parse(text, HOME)
    except phonenumbers.NumberParseException:
        raise ValueError("Write it in digits, like (312) 555-0142 or +44 20 7946 0958.") from None
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return text
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise ValueError("That has too few or too many digits for a phone number. Check it.")
    is_home = phonenumbers.region_code_for_country_code(number.country_code or 0) == HOME
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, style.NATIONAL if is_home else style.INTERNATIONAL)


def clean_tags(texts: Iterable[str]) -> list[str]:
    """The words between the commas of `texts`, each in the spelling in which it stands there first."""
    first: dict[str, str] = {}
    for word in (clean_line(word) for text in texts for word in text.split(",")):
        if word:
            first.setdefault(word.casefold(), word)
    return list(first.values())


def too_much(tags: Sequence[str]) -> str:
    """What to say of more or longer tags than a record holds; "" of others."""
    if len(tags) > MOST_TAGS:
        return f"At most {MOST_TAGS} tags. Take out some."
    if any(len(word) > MOST_TAG for word in tags):
        return f"A tag has at most {MOST_TAG} characters. Put commas between tags."
    return ""


class Line(StringField):
    """One line of text, None when empty. `required`: what to say when it is missing."""

    def __init__(
        self,
        label: str,
        validators: Sequence[Any] = (),
        *,
        required: str = "",
        most: int = MOST_LINE,
        **kwargs: Any,
    ) -> None:
        too_long = f"Keep it to {most} characters; the notes take more."
        must = [DataRequired(required)] if required else [Optional()]
        super().__init__(
            label, [*must, Length(max=most, message=too_long), *validators], filters=[clean_line], **kwargs
        )


class Notes(TextAreaField):
    """Text of several lines, None when empty."""

    def __init__(self, label: str = "Notes", **kwargs: Any) -> None:
        too_long = "Notes take up to 10,000 characters. Shorten them, or log a part of them as a note."
        super().__init__(
            label, [Optional(), Length(max=MOST_NOTES, message=too_long)], filters=[clean_text], **kwargs
        )


class Phone(Line):
    """A telephone number, kept as its country writes it; a short local number is kept as it was typed."""

    def post_validate(self, form: Any, validation_stopped: bool) -> None:  # noqa: ARG002 - WTForms' own
        """Bring it into form, or say how to write it."""
        if self.data is None or self.errors:
            return
        try:
            self.data = clean_phone(self.data)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class Email(Line):
    """A mail address; whether its server exists nobody asks."""

    def __init__(self, label: str = "Email", **kwargs: Any) -> None:
        super().__init__(label, [IsEmail(NO_EMAIL)], **kwargs)


class Website(Line):
    """A web address, with or without https:// in front; nothing else can be linked to."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, [Regexp(WEBSITE, message=NO_WEBSITE)], **kwargs)


class Tags(StringField):
    """Words with commas between them, as a list without repeats, at most 20 of 40 characters."""

    hint = "Commas between them."

    def offer(self, words: Iterable[str]) -> None:
        """Suggest the first of the tags that the firm keeps; any other may be written, too."""
        some = ", ".join(list(words)[:MOST_SUGGESTED])
        self.hint = f"Commas between them. Ours: {some}." if some else Tags.hint

    def _value(self) -> str:
        return ", ".join(self.data or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the list; the first spelling of a word that stands there twice is kept."""
        self.data = clean_tags(valuelist)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' own
        """Say what is too much."""
        if problem := too_much(self.data or []):
            raise ValidationError(problem)


class Number(HiddenField):
    """The number of another record, as a picker or a list of radio buttons posts it; None for none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """The last value posted counts: where scripts are missing there may be several controls."""
        said = [value for value in valuelist if value]
        self.data = read_number(said[-1]) if said else None
        if said and self.data is None:
            raise ValueError("Choose one of the list.")


class Choice(SelectField):
    """One of a list, or nothing. A value that left the list since stays choosable where it is set."""

    def __init__(self, label: str, *, nothing: str = "Not chosen", **kwargs: Any) -> None:
        self.nothing = nothing
        super().__init__(label, coerce=str, validate_choice=False, choices=[], **kwargs)

    def offer(self, offers: Iterable[tuple[str, str]]) -> None:
        """Offer these (value, words), after "nothing"."""
        offered = [("", self.nothing), *offers]
        known = {value for value, _ in offered}
        self.offered = known
        if self.object_data and str(self.object_data) not in known:
            offered.append((str(self.object_data), str(self.object_data)))
        self.choices = offered

    @property
    def kept(self) -> str | None:
        """What was chosen, None for nothing."""
        return self.data or None

    def process_data(self, value: Any) -> None:
        """None is nothing, not the word None."""
        self.data = "" if value is None else str(value)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' own
        """Only what is offered may be chosen."""
        if self.data not in {value for value, _ in self.choices}:
            raise ValidationError("Choose one of the list.")


def weeks_to_focus_on(today: date, kept: date | None) -> list[tuple[str, str]]:
    """The Mondays on offer for a weekly focus: this week's and the next three, and the one that is set."""
    monday = clock.week_of(today)
    words = ("This week", "Next week", "In two weeks", "In three weeks")
    mondays = {said: monday + timedelta(weeks=n) for n, said in enumerate(words)}
    offers = {on: f"{said}, from {day(on, today)}" for said, on in mondays.items()}
    if kept is not None and kept not in offers:
        offers[kept] = f"The week from {day(kept, today)}"
    return [(on.isoformat(), said) for on, said in sorted(offers.items())]


def monday_of(value: str) -> date | None:
    """The day that a choice of `weeks_to_focus_on` names."""
    return read_day(value) if value else None
