"""Everything that one digest tells, as the letter and the page in the app show it."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from crm import clock
from crm.enums import EngagementLevel, MailKind
from crm.models import User
from crm.queries import books, digests, principal_weeks
from crm.queries.books import Expiring, Neglected, Stale, Unanswered
from crm.queries.digests import Move
from crm.queries.promises import Promise
from crm.queries.standings import Standing

EVERY_SECTION: Final = frozenset({MailKind.NEGLECTED, MailKind.EXPIRING, MailKind.STALE})
"""The sections that a person may leave out."""


@dataclass(frozen=True)
class LateOf:
    """The late promises of one person, "" = of nobody."""

    owner: str
    promises: Sequence[Promise]


@dataclass(frozen=True)
class Tally:
    """A principal's touches in the week against its goal."""

    principal_id: int
    name: str
    touches: int
    goal: int
    """0 = none is set."""

    @property
    def is_met(self) -> bool:
        return 0 < self.goal <= self.touches


@dataclass(frozen=True, kw_only=True)
class Digest:
    """The week of one book. Lists are whole; who shows them decides how many rows."""

    on: date
    monday: date
    yesterday: date
    levels: dict[EngagementLevel, int]
    never_count: int
    """Principals not contacted yet."""
    cold: Sequence[Standing]
    fallen: Sequence[Standing]
    """Those of them that fell already; they come first in `cold`."""
    late: Sequence[LateOf]
    late_count: int
    moves: Sequence[Move]
    samples: Sequence[Unanswered]
    neglected: Sequence[Neglected]
    expiring: Sequence[Expiring]
    stale: Sequence[Stale]
    tallies: Sequence[Tally]

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to say."""
        said = (self.cold, self.late, self.moves, self.samples, self.neglected, self.expiring, self.stale)
        return not any(said) and not any(tally.touches for tally in self.tallies)

    @property
    def falling_count(self) -> int:
        """Principals that will fall within a week if nobody is in touch."""
        return len(self.cold) - len(self.fallen)

    @property
    def met_count(self) -> int:
        """Principals that met their goal, ..."""
        return sum(tally.is_met for tally in self.tallies)

    @property
    def aimed_count(self) -> int:
        """... of those that have one."""
        return sum(tally.goal > 0 for tally in self.tallies)


def of(user: User, *, on: date, sections: Collection[MailKind] = EVERY_SECTION) -> Digest:
    """What the digest of `user` tells on that day; of the sections that may be left out only `sections`.

    It tells of the firm's week that yesterday was in: on a Monday of the whole week before, on another day of
    the running week so far.
    """
    yesterday = on - timedelta(days=1)
    monday = clock.week_of(yesterday)
    book = books.of(user)
    principals = digests.standing(book, on=on)
    cold = digests.going_cold(principals, on=on)
    late = digests.late(book, on=on)
    levels = Counter(principal.level for principal in principals)
    return Digest(
        on=on,
        monday=monday,
        yesterday=yesterday,
        levels={level: levels[level] for level in EngagementLevel},
        never_count=levels[None],
        cold=cold,
        fallen=[one for one in cold if digests.has_fallen(one, on=on)],
        late=_by_owner(late),
        late_count=len(late),
        moves=digests.moves(book, first_on=monday, last_on=yesterday),
        samples=books.unanswered(book, on=on),
        neglected=books.neglected(book, on=on) if MailKind.NEGLECTED in sections else (),
        expiring=books.expiring(book, on=on) if MailKind.EXPIRING in sections else (),
        stale=books.stale(book, on=on) if MailKind.STALE in sections else (),
        tallies=_tallies(principals, yesterday),
    )


def _tallies(principals: Sequence[Standing], day: date) -> list[Tally]:
    numbers = [one.principal_id for one in principals]
    touches = principal_weeks.tallies(numbers, today=day)
    return [
        Tally(one.principal_id, one.name, touches.get(one.principal_id, 0), one.goal) for one in principals
    ]


def _by_owner(late: Sequence[Promise]) -> list[LateOf]:
    """Grouped by person, those with most first, what belongs to nobody last."""
    groups: dict[str, list[Promise]] = {}
    for promise in late:
        groups.setdefault(promise.owner.name if promise.owner else "", []).append(promise)
    ordered = sorted(groups.items(), key=lambda group: (not group[0], -len(group[1]), group[0]))
    return [LateOf(owner, theirs) for owner, theirs in ordered]
