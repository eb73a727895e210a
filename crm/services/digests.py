"""The letter of a week: its sentence, who goes cold, what is late, what moved, what waits, the goals."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from crm import mail, queries
from crm.enums import MailKind, Role
from crm.queries.digest_sections import Digest
from crm.services import letters

MOST: Final = {"cold": 12, "people": 12, "late": 3, "moves": 8, "samples": 8, "neglected": 8, "expiring": 8,
               "stale": 8, "tallies": 40}  # fmt: skip
"""Rows of each list that a letter shows (of late ones, for each of so many people); its figures count all,
and a link leads to the rest. A letter beyond 100 KB is cut off by readers of mail.
"""


def write(asked: Sequence[letters.Asked], *, on: date) -> list[letters.Written | None]:
    """The digest of each of these people for their day `on`, with the sections they want by mail; None for
    whom there is nothing to say.
    """
    wanted = [(one.user, [kind for kind, way in one.preferences.items() if way.is_on]) for one in asked]
    digests = queries.digest_sections.of_each(wanted, on=on)
    return [
        None if digest.is_empty else _write(one, digest, on=on)
        for one, digest in zip(asked, digests, strict=True)
    ]


def _write(asked: letters.Asked, digest: Digest, *, on: date) -> letters.Written:
    preference = asked.preferences[MailKind.DIGEST]
    return letters.Written(
        mail.render(
            "digest",
            greeting=letters.greeting(preference.hour),
            first_name=asked.user.first_name,
            today=on,
            digest=digest,
            most=MOST,
            is_own_book=asked.user.role is Role.REP,
            rhythm=letters.rhythm(preference),
        )
    )
