"""Promises that are still open: how many, and which, in the order in which they are due.

One predicate stands behind the badge, the lists, their counts and the reminder mail. `today` is always the
day of the person who asks. A promise that is snoozed beyond today is counted apart and listed apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from crm.clock import week_of
from crm.db import db
from crm.models import Contact, Interaction, Opportunity
from crm.queries import promises
from crm.queries.limits import LIMIT, at_most
from crm.queries.promises import Key, Promise, When
from crm.queries.whom import Subject

Whose: TypeAlias = int | Literal["everyone", "nobody"]
"""Whose promises: a person's by id, all of the firm's, or those that nobody keeps."""

Day: TypeAlias = date | sa.ColumnElement[date]

PAGE = 50
MOST_KEPT = 3
"""Promises that the log form proposes to close."""

# The statements of every page are built once and told whom and when at each run: building costs more than
# running them.
_KEEPER = sa.bindparam("keeper", type_=sa.BigInteger)
_TODAY = sa.bindparam("today", type_=sa.Date)
_SUNDAY = sa.bindparam("sunday", type_=sa.Date)
_MONDAY = sa.bindparam("monday", type_=sa.Date)
_EVER = sa.literal_column("date '-infinity'", sa.Date)
"""Before all days. PostgreSQL plans once for a day that it does not know: it expects a third of all promises
before it, and few between two days. So the count of every page is planned once, and not for each page.
"""


@dataclass(frozen=True)
class Counts:
    """How many open promises stand in each group, and how many people wait today."""

    of: dict[When, int]
    waiting: int
    """People (or places, where no person is named) with a promise that is overdue or due today."""
    waiting_since_last_week: int
    """Those of them with a promise from before this week's Monday."""
    overdue_mark: str
    """Changes when a promise becomes overdue or stops being so: fixes what "all" means in a form."""

    @property
    def overdue(self) -> int:
        return self.of[When.OVERDUE]

    @property
    def today(self) -> int:
        return self.of[When.TODAY]

    @property
    def total(self) -> int:
        """Everything that is listed unless one asks for the snoozed ones."""
        return sum(self.of.values()) - self.of[When.SNOOZED]


def is_open(whose: Whose | sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """The predicate of every list of promises, as `crm.models.OPEN_PROMISE` says it, for one keeper."""
    return sa.and_(
        Interaction.follow_up_required,
        Interaction.completed_at.is_(None),
        Interaction.deleted_at.is_(None),
        _kept_by(whose),
    )


def _kept_by(whose: Whose | sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    if isinstance(whose, str):
        return sa.true() if whose == "everyone" else Interaction.owner_id.is_(None)
    return Interaction.owner_id == whose


def is_awake(today: Day) -> sa.ColumnElement[bool]:
    """Not snoozed beyond `today`."""
    return sa.or_(Interaction.snoozed_until_on.is_(None), Interaction.snoozed_until_on <= today)


def _is_in(when: When) -> sa.ColumnElement[bool]:
    """True for what stands in this group on the day that the statement is told as `_days`."""
    if when is When.SNOOZED:
        return Interaction.snoozed_until_on > _TODAY
    day = Interaction.follow_up_date
    span = {
        When.OVERDUE: sa.and_(day >= _EVER, day < _TODAY),
        When.TODAY: day == _TODAY,
        When.WEEK: sa.and_(day > _TODAY, day <= _SUNDAY),
        When.LATER: day > _SUNDAY,
    }[when]
    return sa.and_(span, is_awake(_TODAY))


def _days(today: date) -> dict[str, Any]:
    return {"today": today, "sunday": promises.sunday(today), "monday": week_of(today)}


def overdue_count(user_id: int, *, today: date) -> int:
    """Open promises that this person keeps and whose day has passed, without the snoozed ones."""
    return db.session.execute(_overdue(), {"keeper": user_id, "today": today}).scalar_one()


def overdue_number() -> "sa.ScalarSelect[int]":
    """The same, to stand in another question; it is told `keeper` and `today`."""
    return _overdue().scalar_subquery()


@cache
def _overdue() -> sa.Select[int]:
    return sa.select(sa.func.count()).where(is_open(_KEEPER), _is_in(When.OVERDUE))


def counts(whose: Whose, *, today: date) -> Counts:
    """How many promises stand in each group, by the predicate that lists them."""
    *groups, waiting, since_last_week, sum_of_ids = db.session.execute(
        _counts(_named(whose)), _days(today) | {"keeper": whose}
    ).one()
    of = dict(zip(When, groups, strict=True))
    return Counts(of, waiting, since_last_week, overdue_mark=_mark(of[When.OVERDUE], sum_of_ids or 0))


def _named(whose: Whose) -> Literal["everyone", "nobody"] | None:
    """What changes the text of a statement; None = one person, whom it is told as `keeper`."""
    return whose if isinstance(whose, str) else None


@cache
def _counts(named: Literal["everyone", "nobody"] | None) -> sa.Select[*tuple[Any, ...]]:
    whom = sa.distinct(
        sa.case(
            (Interaction.contact_id.is_not(None), sa.func.concat("c", Interaction.contact_id)),
            (Interaction.organization_id.is_not(None), sa.func.concat("o", Interaction.organization_id)),
            else_=sa.func.concat("p", Interaction.opportunity_id),
        )
    )
    return sa.select(
        *(sa.func.count().filter(_is_in(when)) for when in When),
        sa.func.count(whom).filter(is_awake(_TODAY), Interaction.follow_up_date <= _TODAY),
        sa.func.count(whom).filter(is_awake(_TODAY), Interaction.follow_up_date < _MONDAY),
        sa.func.sum(Interaction.interaction_id).filter(_is_in(When.OVERDUE)),
    ).where(is_open(named or _KEEPER))


@dataclass(frozen=True)
class Late:
    """What moving an overdue promise needs to know of it."""

    interaction_id: int
    version: int
    follow_up_date: date
    owner_id: int | None


def overdue_for_update(whose: Whose, *, today: date, limit: int) -> list[Late]:
    """What is overdue, locked in the order of numbers; at most `limit`."""
    rows = db.session.execute(
        sa.select(
            Interaction.interaction_id, Interaction.version, Interaction.follow_up_date, Interaction.owner_id
        )
        .where(is_open(whose), _is_in(When.OVERDUE))
        .order_by(Interaction.interaction_id)
        .limit(limit)
        .with_for_update(),
        _days(today),
    )
    return [Late(row.interaction_id, row.version, row.follow_up_date, row.owner_id) for row in rows]


def mark_of(overdue: Sequence[Late]) -> str:
    """The `Counts.overdue_mark` of a list with these rows."""
    return _mark(len(overdue), sum(row.interaction_id for row in overdue))


def _mark(n: int, sum_of_ids: int) -> str:
    return f"{n}-{sum_of_ids}"


def page(
    whose: Whose, *, today: date, when: When | None = None, after: Key | None = None, limit: int = PAGE
) -> tuple[list[Promise], Key | None]:
    """One page of open promises by day, and where the next one begins (None = this was the last).

    Without `when` all groups follow one another, without the snoozed ones.
    """
    shown = _chosen(is_open(whose), _is_in(when) if when else is_awake(_TODAY))
    if after is not None:
        shown = shown.where(
            sa.tuple_(Interaction.follow_up_date, Interaction.interaction_id)
            > sa.tuple_(sa.literal(after.follow_up_date), sa.literal(after.interaction_id))
        )
    found = promises.read(shown.limit(at_most(limit + 1)), _days(today))
    return found[:limit], found[limit - 1].key if len(found) > limit else None


def overdue_where(condition: sa.ColumnElement[bool]) -> sa.Select[int]:
    """Chooses every overdue promise for which `condition` holds, without the snoozed ones; for those who keep
    what they ask with, and run it with `read_overdue`.
    """
    return _chosen(is_open("everyone"), condition, _is_in(When.OVERDUE))


def read_overdue(chosen: sa.Select[int], *, today: date, asked: dict[str, Any]) -> list[Promise]:
    """What `overdue_where` chose, oldest first. `asked` is what its condition stands for.

    Their numbers are found first: nobody can guess from a condition how few they are, and a wrong guess reads
    all of history to join it.
    """
    return promises.read_these(list(db.session.scalars(chosen, _days(today) | asked)))


def due(owner_id: int, *, today: date, limit: int = PAGE) -> list[Promise]:
    """What this person promised and is overdue or due today, oldest first; at most `limit` of each."""
    return promises.run(_due(), {"keeper": owner_id, "today": today, "limit": limit})


@cache
def _due() -> sa.Select[Any]:
    groups = (_chosen(is_open(_KEEPER), _is_in(when)) for when in (When.OVERDUE, When.TODAY))
    both = sa.union_all(*(sa.select(group.limit(LIMIT).subquery()) for group in groups))
    return promises.statement(sa.select(both.subquery()))


def keepable(
    subject: Subject | None, *, asked: int | None, of_user: int, limit: int = MOST_KEPT
) -> list[Promise]:
    """What talking with `subject` may keep: open promises to the same people, those of `of_user` first.

    The one that was `asked` for is among them, also if it is completed and was not logged yet; but not if
    the talk is with another organization than it was made to.
    """
    if subject is None and asked is None:
        return []
    with_them = sa.and_(Interaction.completed_at.is_(None), _is_with(subject)) if subject else sa.false()
    is_asked = sa.and_(
        Interaction.interaction_id == asked, Interaction.completed_with.is_(None), _may_be_at(subject)
    )
    first = (
        sa.select(Interaction.interaction_id)
        .where(
            Interaction.follow_up_required,
            Interaction.deleted_at.is_(None),
            sa.or_(with_them, is_asked) if asked else with_them,
        )
        .order_by(
            *((sa.desc(Interaction.interaction_id == asked),) if asked else ()),
            sa.desc(sa.func.coalesce(Interaction.owner_id == of_user, sa.false())),
            Interaction.follow_up_date,
            Interaction.interaction_id,
        )
        .limit(limit)
        .subquery()
    )
    return promises.read(sa.select(first.c.interaction_id))


def _may_be_at(subject: Subject | None) -> sa.ColumnElement[bool]:
    """False for interactions that are known to be with another organization, and not with the same person."""
    if subject is None or subject.organization_id is None:
        return sa.true()
    employer = sa.select(Contact.organization_id).where(Contact.contact_id == Interaction.contact_id)
    customer = sa.select(Opportunity.organization_id).where(
        Opportunity.opportunity_id == Interaction.opportunity_id
    )
    place = sa.func.coalesce(
        Interaction.organization_id, employer.scalar_subquery(), customer.scalar_subquery()
    )
    return sa.or_(place.is_(None), place == subject.organization_id, _is_with(subject))


def _is_with(subject: Subject) -> sa.ColumnElement[bool]:
    """True for interactions with the same people: the person, or their place where no person is named."""
    if subject.kind == "opportunity":
        return Interaction.opportunity_id == subject.subject_id
    if subject.kind == "contact":
        at_their_place = sa.and_(
            Interaction.contact_id.is_(None), Interaction.organization_id == subject.organization_id
        )
        return sa.or_(Interaction.contact_id == subject.subject_id, at_their_place)
    people = sa.select(Contact.contact_id).where(Contact.organization_id == subject.subject_id)
    return sa.or_(Interaction.organization_id == subject.subject_id, Interaction.contact_id.in_(people))


@dataclass(frozen=True)
class Required:
    """What calls for somebody today: the first few that are overdue, due today, or kept by nobody, each with
    how many there are of them. One that nobody keeps may stand in two parts.
    """

    overdue: tuple[list[Promise], int]
    today: tuple[list[Promise], int]
    unkept: tuple[list[Promise], int]


def required(whose: Whose, *, today: date, at_most: int) -> Required:
    """What the dashboard shows of a book and of those without a keeper; the counts are those of the lists."""
    parts = promises.read_parts(
        {
            "overdue": _chosen(is_open(whose), _is_in(When.OVERDUE)),
            "today": _chosen(is_open(whose), _is_in(When.TODAY)),
            "unkept": _chosen(is_open("nobody"), is_awake(_TODAY)),
        },
        at_most,
        _days(today),
    )
    return Required(**parts)


def get(interaction_id: int) -> Promise:
    """One promise, kept or not. Raises `sqlalchemy.exc.NoResultFound` if there is none under this number."""
    found = promises.read(_chosen(*_is_promise(interaction_id)))
    if not found:
        raise sa.exc.NoResultFound
    return found[0]


def record(interaction_id: int) -> Interaction:
    """The row behind one promise, to change it. Raises `sqlalchemy.exc.NoResultFound` as `get` does."""
    return db.session.execute(sa.select(Interaction).where(*_is_promise(interaction_id))).scalar_one()


def _chosen(*conditions: sa.ColumnElement[bool]) -> sa.Select[int]:
    """The numbers of the promises that meet the conditions, in the order of keys."""
    return (
        sa.select(Interaction.interaction_id)
        .where(*conditions)
        .order_by(Interaction.follow_up_date, Interaction.interaction_id)
    )


def _is_promise(interaction_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Interaction.interaction_id == interaction_id,
        Interaction.follow_up_required == sa.true(),
        Interaction.deleted_at.is_(None),
    )
