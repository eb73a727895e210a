"""What reminders and digests have in common: a finished letter, and how its foot says when it comes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm import mail
from crm.enums import MailKind
from crm.models import User
from crm.queries.notification_preferences import WORKING_DAYS, Preference

DAY_NAMES = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True)
class Asked:
    """For whom a letter is written, and how each kind of news reaches them on its day."""

    user: User
    preferences: Mapping[MailKind, Preference]


@dataclass(frozen=True)
class Written:
    """A letter that is ready for the ledger, and the promises it names."""

    content: mail.Rendered
    promise_ids: Sequence[int] = ()


def greeting(hour: int) -> str:
    """What one says at that hour of the day."""
    if hour < 12:
        return "Good morning"
    return "Good afternoon" if hour < 17 else "Good evening"


def rhythm(preference: Preference) -> str:
    """When a letter comes: "on Mondays at 7 am", "on working days at 7 am", "every day at noon"."""
    return f"{_days(preference.weekdays)} at {_hour(preference.hour)}"


def listed(parts: Sequence[str]) -> str:
    """Parts of a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _days(weekdays: Sequence[int]) -> str:
    if len(weekdays) == 7:
        return "every day"
    if tuple(weekdays) == WORKING_DAYS:
        return "on working days"
    return "on " + listed([DAY_NAMES[day - 1] for day in weekdays])


def _hour(hour: int) -> str:
    if hour in {0, 12}:
        return "midnight" if hour == 0 else "noon"
    return f"{hour} am" if hour < 12 else f"{hour - 12} pm"
