"""Everything that one digest tells, as the letter and the page in the app show it."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol, TypeVar

from crm import clock
from crm.enums import EngagementLevel, MailKind
from crm.models import User
from crm.queries import books, digests, principal_weeks
from crm.queries.books import Book, Expiring, Neglected, Stale, Unanswered
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
    return of_each([(user, sections)], on=on)[0]


def of_each(asked: Sequence[tuple[User, Collection[MailKind]]], *, on: date) -> list[Digest]:
    """The digest of each of these people on that day, with the sections they want.

    Each thing is asked once for all whose books are of one kind, and then every book takes what it has: what
    nobody looks after stands in the digest of every manager, and is read once.
    """
    mine = books.of_each([user for user, _ in asked])
    wanted = {section for _, sections in asked for section in sections}
    found = {
        kind: _read(books.together(book for book in mine if book.kind == kind), on=on, sections=wanted)
        for kind in {book.kind for book in mine}
    }
    return [
        _digest(found[book.kind].of(book), on=on, sections=sections)
        for book, (_, sections) in zip(mine, asked, strict=True)
    ]


class _Owned(Protocol):
    """What belongs to one or two people, or to nobody."""

    @property
    def owner_id(self) -> int | None: ...
    @property
    def second_owner_id(self) -> int | None: ...


T = TypeVar("T", bound=_Owned)


@dataclass(frozen=True, kw_only=True)
class _Found:
    """The rows of a book that a digest is made of."""

    principals: Sequence[Standing]
    touches: dict[int, int]
    late: Sequence[Promise]
    moves: Sequence[Move]
    samples: Sequence[Unanswered]
    neglected: Sequence[Neglected]
    expiring: Sequence[Expiring]
    stale: Sequence[Stale]

    def of(self, book: Book) -> "_Found":
        """What of it is in that book."""

        def its(rows: Sequence[T]) -> Sequence[T]:
            return [row for row in rows if book.has(row.owner_id, row.second_owner_id)]

        if book.people is None:
            return self
        return _Found(
            principals=its(self.principals),
            touches=self.touches,
            late=[one for one in self.late if book.has(one.owner.number if one.owner else None)],
            moves=its(self.moves),
            samples=its(self.samples),
            neglected=its(self.neglected),
            expiring=its(self.expiring),
            stale=its(self.stale),
        )


def _read(book: Book, *, on: date, sections: Collection[MailKind]) -> _Found:
    yesterday = on - timedelta(days=1)
    principals = digests.standing(book, on=on)
    return _Found(
        principals=principals,
        touches=principal_weeks.tallies([one.principal_id for one in principals], today=yesterday),
        late=digests.late(book, on=on),
        moves=digests.moves(book, first_on=clock.week_of(yesterday), last_on=yesterday),
        samples=books.unanswered(book, on=on),
        neglected=books.neglected(book, on=on) if MailKind.NEGLECTED in sections else (),
        expiring=books.expiring(book, on=on) if MailKind.EXPIRING in sections else (),
        stale=books.stale(book, on=on) if MailKind.STALE in sections else (),
    )


def _digest(found: _Found, *, on: date, sections: Collection[MailKind]) -> Digest:
    yesterday = on - timedelta(days=1)
    cold = digests.going_cold(found.principals, on=on)
    levels = Counter(principal.level for principal in found.principals)
    return Digest(
        on=on,
        monday=clock.week_of(yesterday),
        yesterday=yesterday,
        levels={level: levels[level] for level in EngagementLevel},
        never_count=levels[None],
        cold=cold,
        fallen=[one for one in cold if digests.has_fallen(one, on=on)],
        late=_by_owner(found.late),
        late_count=len(found.late),
        moves=found.moves,
        samples=found.samples,
        neglected=found.neglected if MailKind.NEGLECTED in sections else (),
        expiring=found.expiring if MailKind.EXPIRING in sections else (),
        stale=found.stale if MailKind.STALE in sections else (),
        tallies=[
            Tally(one.principal_id, one.name, found.touches.get(one.principal_id, 0), one.goal)
            for one in found.principals
        ],
    )


def _by_owner(late: Sequence[Promise]) -> list[LateOf]:
    """Grouped by person, those with most first, what belongs to nobody last."""
    groups: dict[str, list[Promise]] = {}
    for promise in late:
        groups.setdefault(promise.owner.name if promise.owner else "", []).append(promise)
    ordered = sorted(groups.items(), key=lambda group: (not group[0], -len(group[1]), group[0]))
    return [LateOf(owner, theirs) for owner, theirs in ordered]
