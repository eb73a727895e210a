"""A manager's letter: the week's sentence, who goes cold, what is late, what moved, the goal."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from crm import clock, mail, queries
from crm.enums import EngagementLevel
from crm.models import User
from crm.queries.notification_preferences import Preference
from crm.queries.promises import Promise
from crm.queries.standings import Standing
from crm.services import letters

MOST_COLD: Final = 12
MOST_LATE_OF_ONE: Final = 3
MOST_MOVES: Final = 8
"""Rows a letter shows; its figures count all, and a link leads to the rest."""


@dataclass(frozen=True)
class LateOf:
    """The late promises of one person, "" = of nobody: all are counted, the oldest shown."""

    owner: str
    count: int
    shown: Sequence[Promise]


@dataclass(frozen=True)
class Tally:
    """A principal's touches in the week against the goal."""

    name: str
    touches: int
    goal: int
    """0 = none is set."""

    @property
    def is_met(self) -> bool:
        return 0 < self.goal <= self.touches


def write(user: User, *, on: date, preference: Preference) -> letters.Written | None:
    """The digest of `user` for their day `on`, or None if there is nothing to say.

    It tells of the firm's week that yesterday was in: on a Monday of the whole week before, on another day of
    the running week so far.
    """
    yesterday = on - timedelta(days=1)
    monday = clock.week_of(yesterday)
    book = queries.digests.book_of(user)
    principals = queries.digests.standing(book, on=on)
    cold = queries.digests.going_cold(principals, on=on)
    late = queries.digests.late(book, on=on)
    moves = queries.digests.moves(book, first_on=monday, last_on=yesterday)
    tallies = _tallies(principals, yesterday)
    if not (cold or late or moves or any(tally.touches for tally in tallies)):
        return None
    fallen = [one for one in cold if queries.digests.has_fallen(one, on=on)]
    levels = Counter(principal.level for principal in principals)
    return letters.Written(
        mail.render(
            "digest",
            greeting=letters.greeting(preference.hour),
            first_name=user.first_name,
            today=on,
            monday=monday,
            yesterday=yesterday,
            levels={level: levels[level] for level in EngagementLevel},
            never_count=levels[None],
            cold=cold[:MOST_COLD],
            fallen=fallen,
            falling_count=len(cold) - len(fallen),
            late=_by_owner(late),
            late_count=len(late),
            moves=moves[-MOST_MOVES:],
            moves_count=len(moves),
            tallies=tallies,
            met_count=sum(tally.is_met for tally in tallies),
            aimed_count=sum(tally.goal > 0 for tally in tallies),
            rhythm=letters.rhythm(preference),
        )
    )


def _tallies(principals: Sequence[Standing], day: date) -> list[Tally]:
    touches = queries.principal_weeks.tallies([one.principal_id for one in principals], today=day)
    return [Tally(one.name, touches.get(one.principal_id, 0), one.goal) for one in principals]


def _by_owner(late: Sequence[Promise]) -> list[LateOf]:
    """Grouped by person, those with most first, what belongs to nobody last."""
    groups: dict[str, list[Promise]] = {}
    for promise in late:
        groups.setdefault(promise.owner.name if promise.owner else "", []).append(promise)
    ordered = sorted(groups.items(), key=lambda group: (not group[0], -len(group[1]), group[0]))
    return [LateOf(owner, len(theirs), theirs[:MOST_LATE_OF_ONE]) for owner, theirs in ordered]
