"""The letter of a week: its sentence, who goes cold, what is late, what moved, what waits, the goals."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from crm import mail, queries
from crm.enums import MailKind, Role
from crm.models import User
from crm.queries.notification_preferences import Preference
from crm.services import letters

MOST: Final = {"cold": 12, "people": 12, "late": 3, "moves": 8, "samples": 8, "neglected": 8, "expiring": 8,
               "stale": 8, "tallies": 40}  # fmt: skip
"""Rows of each list that a letter shows (of late ones, for each of so many people); its figures count all,
and a link leads to the rest. A letter beyond 100 KB is cut off by readers of mail.
"""


def write(user: User, *, on: date, preferences: Mapping[MailKind, Preference]) -> letters.Written | None:
    """The digest of `user` for their day `on`, with the sections they want by mail; None if there is nothing
    to say.
    """
    sections = {kind for kind, preference in preferences.items() if preference.is_on}
    digest = queries.digest_sections.of(user, on=on, sections=sections)
    if digest.is_empty:
        return None
    preference = preferences[MailKind.DIGEST]
    return letters.Written(
        mail.render(
            "digest",
            greeting=letters.greeting(preference.hour),
            first_name=user.first_name,
            today=on,
            digest=digest,
            most=MOST,
            is_own_book=user.role is Role.REP,
            rhythm=letters.rhythm(preference),
        )
    )
