"""Whose rows a digest tells of, and what in them waits for their owners: neglected accounts, authorizations
that lapse, opportunities and samples that have gone quiet. `on` is always the firm's day.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from crm.db import db
from crm.enums import EngagementLevel, MailKind, OpportunityStage, Role
from crm.models import EngagementChange, Notification, Organization, User
from crm.queries import users
from crm.queries.opportunity_stages import QUIET_AFTER
from crm.queries.organizations import CADENCE
from crm.queries.spans import begins

LAPSES_WITHIN: Final = 30
LAPSED_WITHIN: Final = 7
"""Days ahead in which an authorization is told of before it lapses, and days for which it is afterwards."""
FEEDBACK_AFTER: Final = 7
"""Days after which a sample without feedback is worth a question."""


Kind: TypeAlias = Literal["the firm's", "theirs", "theirs and nobody's"]
"""The three ways in which a book is asked for; what one asks with is built once for each (`covers`)."""

_PEOPLE: Final = sa.bindparam("people", type_=ARRAY(sa.BigInteger))


@dataclass(frozen=True)
class Book:
    """A part of the firm's records: those that one of `people` owns, and perhaps those of nobody. `people` is
    None for the whole of it.
    """

    people: Collection[int] | None
    has_nobodys: bool = True

    @property
    def kind(self) -> Kind:
        if self.people is None:
            return "the firm's"
        return "theirs and nobody's" if self.has_nobodys else "theirs"

    @property
    def asked(self) -> dict[str, Any]:
        """What `covers` stands for in a statement that asks for this book."""
        return {} if self.people is None else {"people": list(self.people)}

    def has(self, *owner_ids: int | None) -> bool:
        """Whether a row with these owners is in it, as `covers` says it to the database."""
        if self.people is None:
            return True
        owners = {owner for owner in owner_ids if owner is not None}
        return bool(owners & set(self.people)) if owners else self.has_nobodys


def covers(kind: Kind, *owners: Any) -> sa.ColumnElement[bool]:
    """True for a row of a book of this kind, with its owners in these columns; whose book it is, `Book.asked`
    says when the statement runs.
    """
    if kind == "the firm's":
        return sa.true()
    theirs = sa.or_(*(owner == sa.any_(_PEOPLE) for owner in owners))
    # Nobody's are told column by column, for so an index finds them.
    return theirs if kind == "theirs" else sa.or_(theirs, sa.and_(*(owner.is_(None) for owner in owners)))


FIRM: Final = Book(None)


def of(user: User) -> Book:
    """Whose rows this person's digest tells of: a rep's own; a manager's and their team's, one level down,
    and those of nobody. A manager nobody reports to and an admin see the firm.
    """
    return of_each([user])[0]


def of_each(people: Sequence[User]) -> list[Book]:
    """The book of each of these people."""
    teams = users.teams([user.user_id for user in people if user.role is Role.MANAGER])
    return [_book(user, teams.get(user.user_id, frozenset())) for user in people]


def _book(user: User, team: frozenset[int]) -> Book:
    if user.role is Role.REP:
        return Book(frozenset({user.user_id}), has_nobodys=False)
    return Book(team) if len(team) > 1 else FIRM


def together(books: Iterable[Book]) -> Book:
    """One book with the rows of all of these, which are of one kind."""
    first, *others = books
    if first.people is None:
        return FIRM
    return Book(frozenset(first.people).union(*(book.people or () for book in others)), first.has_nobodys)


@dataclass(frozen=True)
class Neglected:
    """An account without a touch for longer than its priority allows."""

    organization_id: int
    name: str
    priority: str
    owner_name: str | None
    last_on: date | None
    """The firm's day of the last touch; None = never."""
    days: int
    """Since then, or since it came into the book."""
    owner_id: int | None = None
    second_owner_id: int | None = None


@dataclass(frozen=True)
class Expiring:
    """What a distributor agreed for a principal, and when that ends."""

    distributor_principal_id: int
    principal_id: int
    principal: str
    distributor: str
    owner_name: str | None
    expires_on: date
    owner_id: int | None = None
    """Of the principal."""
    second_owner_id: int | None = None


@dataclass(frozen=True)
class Stale:
    """An open opportunity that has neither moved nor been touched for longer than its stage allows."""

    opportunity_id: int
    name: str
    stage: OpportunityStage
    owner_name: str | None
    days: int
    owner_id: int | None = None
    second_owner_id: int | None = None


@dataclass(frozen=True)
class Unanswered:
    """A sample that was sent and of which nobody has said anything yet."""

    sample_id: int
    opportunity_id: int
    product: str
    opportunity: str
    contact: str
    owner_name: str | None
    sent_on: date
    days: int
    owner_id: int | None = None
    second_owner_id: int | None = None


@dataclass(frozen=True)
class Slipped:
    """A principal that time has let fall to Low."""

    principal_id: int
    name: str
    changed_on: date
    last_on: date | None


_NEGLECTED = """
    with mine as materialized (
        select o.organization_id, o.name, o.name_key, o.priority::text as priority, u.full_name as owner_name,
               o.owner_id, o.second_owner_id, firm_day(o.created_at) as since_on,
               firm_day(greatest(
                   (select max(i.interaction_date) from interactions i
                     where i.organization_id = o.organization_id and i.is_touch and i.deleted_at is null),
                   (select max((select max(i.interaction_date) from interactions i
                                 where i.contact_id = c.contact_id and i.organization_id is null
                                   and i.is_touch and i.deleted_at is null))
                      from contacts c where c.organization_id = o.organization_id),
                   (select max((select max(i.interaction_date) from interactions i
                                 where i.opportunity_id = p.opportunity_id and i.organization_id is null
                                   and i.is_touch and i.deleted_at is null))
                      from opportunities p where p.organization_id = o.organization_id))) as last_on
          from organizations o left join users u on u.user_id = o.owner_id
         where o.deleted_at is null and not o.is_principal and o.priority is not null and {whose})
    select m.organization_id, m.name, m.priority, m.owner_name, m.last_on,
           :on - coalesce(m.last_on, m.since_on) as days, m.owner_id, m.second_owner_id
      from mine m join json_each_text(cast(:cadence as json)) as ideal on ideal.key = m.priority
     where :on - coalesce(m.last_on, m.since_on) > 2 * ideal.value::int
     order by array_position(array['A+', 'A', 'B', 'C', 'D'], m.priority), days desc, m.name_key
    """
"""An entry that names no organization itself counts for that of its contact or opportunity. Each last
touch is the end of an index, so an account with a long history takes no longer.
"""

_EXPIRING = """
    select dp.distributor_principal_id, p.organization_id, p.name, d.name, u.full_name, dp.expires_on,
           p.owner_id, p.second_owner_id
      from distributor_principals dp
      join organizations p on p.organization_id = dp.principal_id and p.deleted_at is null
      join organizations d on d.organization_id = dp.distributor_id and d.deleted_at is null
      left join users u on u.user_id = p.owner_id
     where dp.deleted_at is null and dp.state in ('authorized', 'stocked')
       and dp.expires_on between :first_on and :last_on and {whose}
     order by dp.expires_on, p.name_key, d.name_key
    """

_STALE = """
    with mine as (
        select o.opportunity_id, o.name, o.stage, u.full_name as owner_name,
               o.owner_id, o.second_owner_id, firm_day(greatest(o.stage_changed_at, (
                   select max(i.interaction_date) from interactions i
                    where i.opportunity_id = o.opportunity_id and i.is_touch and i.deleted_at is null)))
                   as quiet_since
          from opportunities o left join users u on u.user_id = o.owner_id
         where o.deleted_at is null and o.closed_at is null and {whose})
    select m.opportunity_id, m.name, m.stage, m.owner_name, :on - m.quiet_since as days,
           m.owner_id, m.second_owner_id
      from mine m join json_each_text(cast(:limits as json)) as allowed on allowed.key = m.stage::text
     where :on - m.quiet_since > allowed.value::int
     order by days desc, m.opportunity_id
    """

_UNANSWERED = """
    select s.sample_id, o.opportunity_id, p.name, o.name,
           coalesce(btrim(c.first_name || ' ' || c.last_name), ''), u.full_name, s.sent_on, :on - s.sent_on,
           o.owner_id, o.second_owner_id
      from samples s
      join opportunities o on o.opportunity_id = s.opportunity_id and o.deleted_at is null
      join products p on p.product_id = s.product_id
      left join contacts c on c.contact_id = s.contact_id
      left join users u on u.user_id = o.owner_id
     where s.deleted_at is null and s.status <> 'feedback' and s.sent_on < :sent_before and {whose}
     order by s.sent_on, s.sample_id
    """


FALLS: Final = ("time passed", "interaction withdrawn")
"""Causes of a change of level that let it fall; an interaction lifts it, also from Inactive to Low."""

_SLIPPED = """
    select c.principal_id, p.name, c.changed_on,
           (select firm_day(max(l.interaction_date)) from interaction_principals l
             where l.principal_id = c.principal_id and l.counts)
      from engagement_changes c join organizations p on p.organization_id = c.principal_id
     where c.to_level = 'Low Engagement' and c.cause in ('time passed', 'interaction withdrawn')
       and c.created_at > :since
       and p.deleted_at is null and {whose}
       and not exists (select from engagement_changes later
                        where later.principal_id = c.principal_id and later.changed_on > c.changed_on)
     order by c.changed_on, p.name_key
    """


def slipped(book: Book, *, since: datetime) -> list[Slipped]:
    """Principals of `book` whose fall to Low was recorded after `since` and that have stayed there."""
    return [Slipped(*row) for row in _ask(_SLIPPED, book, "p", since=since)]


@dataclass(frozen=True)
class Fall:
    """A principal that slipped to Low, and who looks after it."""

    principal_id: int
    name: str
    owner_id: int


def slipped_on(day: date) -> list[Fall]:
    """Principals whose fall to Low was recorded for that day of the firm, with an owner who signs in and was
    not told of it yet.
    """
    was_told = sa.exists().where(
        Notification.user_id == Organization.owner_id,
        Notification.kind == MailKind.SLIPPED.value,
        Notification.link == sa.literal("/principals/") + sa.cast(Organization.organization_id, sa.Text),
        Notification.created_at >= begins(day),
    )
    rows = db.session.execute(
        sa.select(Organization.organization_id, Organization.name, Organization.owner_id)
        .join(EngagementChange, EngagementChange.principal_id == Organization.organization_id)
        .join(User, User.user_id == Organization.owner_id)
        .where(
            EngagementChange.changed_on == day,
            EngagementChange.to_level == EngagementLevel.LOW.value,
            EngagementChange.cause.in_(FALLS),
            Organization.deleted_at.is_(None),
            User.active,
            ~was_told,
        )
        .order_by(Organization.name_key)
    )
    return [Fall(number, name, owner_id) for number, name, owner_id in rows if owner_id is not None]


def neglected(book: Book, *, on: date) -> list[Neglected]:
    """Accounts without a touch for more than twice their ideal days, those that matter most first."""
    return [Neglected(*row) for row in _ask(_NEGLECTED, book, "o", on=on, cadence=json.dumps(CADENCE))]


def expiring(book: Book, *, on: date) -> list[Expiring]:
    """What holds now and lapses soon, and what has just lapsed, by the principals of `book`; soonest
    first.
    """
    span = {"first_on": on - timedelta(days=LAPSED_WITHIN), "last_on": on + timedelta(days=LAPSES_WITHIN)}
    return [Expiring(*row) for row in _ask(_EXPIRING, book, "p", **span)]


def stale(book: Book, *, on: date) -> list[Stale]:
    """Open opportunities that have been quiet for longer than their stage allows, the quietest first."""
    limits = json.dumps({stage.value: days for stage, days in QUIET_AFTER.items()})
    rows = _ask(_STALE, book, "o", on=on, limits=limits)
    return [Stale(number, name, OpportunityStage(stage), *rest) for number, name, stage, *rest in rows]


def unanswered(book: Book, *, on: date) -> list[Unanswered]:
    """Samples sent a week ago or longer without feedback, the oldest first."""
    before = on - timedelta(days=FEEDBACK_AFTER)
    return [Unanswered(*row) for row in _ask(_UNANSWERED, book, "o", on=on, sent_before=before)]


def _ask(question: str, book: Book, alias: str, **facts: Any) -> Iterable[Any]:
    """The rows of `question` whose owners, in the columns of `alias`, `book` covers."""
    return db.session.execute(_question(question, book.kind, alias), facts | book.asked).all()


@cache
def _question(question: str, kind: Kind, alias: str) -> sa.TextClause:
    """`covers`, in words."""
    owners = f"{alias}.owner_id", f"{alias}.second_owner_id"
    whose = " or ".join(f"{owner} = any (cast(:people as bigint[]))" for owner in owners)
    if kind == "theirs and nobody's":
        whose += f" or {' and '.join(f'{owner} is null' for owner in owners)}"
    return sa.text(question.format(whose="true" if kind == "the firm's" else f"({whose})"))
