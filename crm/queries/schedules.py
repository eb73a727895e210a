"""Follow-ups for many rows of a list at once: what each row would get, and which get none and why.

One selection stands behind the preview and what is written down (`services.schedules`), so that neither can
say what the other does not.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.db import Base, db
from crm.models import Contact, Interaction, InteractionPrincipal, JobRow, Opportunity, Organization, User
from crm.models.interaction import OPEN_PROMISE
from crm.queries.jobs import MOST_ROWS
from crm.queries.lists import Listing, Wanted, numbered
from crm.queries.lists.listing import Condition, Select
from crm.queries.organizations import CADENCE

GONE: Final = "It was archived in the meantime."
PROMISED: Final = "A follow-up is open already."
NOBODYS: Final = "Nobody looks after it."
AWAY: Final = "Whoever looks after it does not sign in any more."
OTHERS: Final = "Somebody of another team looks after it."
UNRANKED: Final = "It has no priority, so no cadence says when."
MOVED_ON: Final = "They do not work there any more."

Home: Any = aliased(Organization, name="home")
"""The organization that a contact works for, or that an opportunity is at."""


class When(StrEnum):
    """By which rule the days are chosen."""

    DAY = "day"
    SPREAD = "spread"
    """So many on each workday, for each of those who keep them."""
    CADENCE = "cadence"
    """As often as the priority asks for, from the last touch on; on workdays."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When the promises fall due, and whose they are."""

    when: When
    on: date
    """The day, or the first one."""
    per_day: int = 1
    keeper: int | None = None
    """Who keeps all of them; None = whoever looks after each."""
    keepers: Collection[int] | None = None
    """To whom the asker may give some; None = to everybody."""


@dataclass(frozen=True)
class Subject:
    """What promises can be about: a table, and how interactions name its rows."""

    names: Any
    """The column of interactions with its key."""
    keeper: Any
    priority: Any
    home: Any
    """What an interaction with it has as organization."""
    is_in_home: Condition | None = None
    """How it hangs on `Home`; None = it is an organization itself."""
    is_away: Condition | None = None

    def is_promised(self, key: Any) -> Condition:
        """A promise with it is open."""
        return sa.exists().where(self.names == key, sa.text(f"interactions.{_OPEN}"))

    def last_at(self, key: Any) -> Any:
        """The moment of the last touch; of a principal also of one at somebody else's that counts for it."""
        touch = sa.select(sa.func.max(Interaction.interaction_date)).where(
            self.names == key, Interaction.is_touch, Interaction.deleted_at.is_(None)
        )
        counted = sa.select(sa.func.max(InteractionPrincipal.interaction_date)).where(
            InteractionPrincipal.principal_id == key, InteractionPrincipal.counts
        )
        if self.is_in_home is not None:
            return touch.scalar_subquery()
        return sa.func.greatest(touch.scalar_subquery(), counted.scalar_subquery())


_OPEN = OPEN_PROMISE.replace(" and ", " and interactions.")

SUBJECTS: Final[dict[type[Base], Subject]] = {
    Organization: Subject(
        names=Interaction.organization_id,
        keeper=sa.func.coalesce(Organization.owner_id, Organization.second_owner_id),
        priority=Organization.priority,
        home=Organization.organization_id,
    ),
    Contact: Subject(
        names=Interaction.contact_id,
        keeper=sa.func.coalesce(Contact.owner_id, Home.owner_id),
        priority=Home.priority,
        home=Contact.organization_id,
        is_in_home=Home.organization_id == Contact.organization_id,
        is_away=Contact.left_on.is_not(None),
    ),
    Opportunity: Subject(
        names=Interaction.opportunity_id,
        keeper=sa.func.coalesce(Opportunity.owner_id, Opportunity.second_owner_id, Home.owner_id),
        priority=Home.priority,
        home=Opportunity.organization_id,
        is_in_home=Home.organization_id == Opportunity.organization_id,
    ),
}


@dataclass(frozen=True)
class Preview:
    """What would be made of the chosen rows."""

    made: int
    first_on: date | None
    last_on: date | None
    keepers: list[tuple[str, int]]
    """How many for whom, those with most first."""
    left: list[tuple[str, int]]
    """Why how many get none, most first."""

    @property
    def left_count(self) -> int:
        return sum(n for _, n in self.left)

    @property
    def total(self) -> int:
        return self.made + self.left_count

    @property
    def mark(self) -> str:
        """The same as long as the same comes of it."""
        return f"{self.made}.{self.first_on}.{self.last_on}.{self.left_count}"


def look(listing: Listing, wanted: Wanted, rule: Rule) -> Select:
    """Each chosen row by `place` and `record_id`: who keeps its promise (`keeper`) and when (`due_on`), or
    the `reason` why it gets none. At most one row more than `MOST_ROWS`.
    """
    subject = SUBJECTS[listing.model]
    chosen = numbered(listing, wanted, most=MOST_ROWS + 1).subquery("chosen")
    is_by_cadence = rule.when is When.CADENCE
    keeper = subject.keeper if rule.keeper is None else sa.literal(rule.keeper, sa.BigInteger)
    facts = (
        sa.select(
            chosen.c.place,
            chosen.c.key.label("record_id"),
            keeper.label("keeper"),
            subject.priority.label("priority"),
            subject.is_promised(chosen.c.key).label("is_promised"),
            sa.func.firm_day(subject.last_at(chosen.c.key), type_=sa.Date).label("last_on")
            if is_by_cadence
            else sa.cast(sa.null(), sa.Date).label("last_on"),
            (subject.is_away if subject.is_away is not None else sa.false()).label("is_away"),
        )
        .select_from(chosen)
        .join(listing.model, listing.key == chosen.c.key)
    )
    if subject.is_in_home is not None:
        facts = facts.outerjoin(Home, subject.is_in_home)
    known = facts.cte("known").prefix_with("materialized")
    may_keep = [] if rule.keepers is None else [(known.c.keeper.not_in(rule.keepers), OTHERS)]
    reason = sa.case(
        (known.c.is_away, MOVED_ON),
        (known.c.is_promised, PROMISED),
        (known.c.keeper.is_(None), NOBODYS),
        (User.active.is_not(sa.true()), AWAY),
        *may_keep,
        *([(known.c.priority.is_(None), UNRANKED)] if is_by_cadence else []),
    )
    judged = (
        sa.select(known, User.full_name.label("keeper_name"), reason.label("reason"))
        .outerjoin(User, User.user_id == known.c.keeper)
        .cte("judged")
    )
    nth = sa.func.row_number(type_=sa.Integer).over(
        partition_by=(judged.c.keeper, judged.c.reason.is_(None)), order_by=judged.c.place
    )
    due_on = _day(rule, nth, judged.c)
    return sa.select(
        judged.c.place,
        judged.c.record_id,
        judged.c.reason,
        judged.c.keeper,
        judged.c.keeper_name,
        sa.case((judged.c.reason.is_(None), due_on)).label("due_on"),
    )


def preview(listing: Listing, wanted: Wanted, rule: Rule) -> Preview:
    """What would be made of the chosen rows, counted."""
    rows = look(listing, wanted, rule).subquery("rows")
    return _counted(rows.c.reason, rows.c.keeper_name, rows.c.due_on, sa.true())


def planned(job_id: int) -> Preview:
    """The same of what is written down for a job."""
    return _counted(
        JobRow.reason,
        sa.select(User.full_name).where(User.user_id == JobRow.plan["keeper"].as_integer()).scalar_subquery(),
        sa.cast(JobRow.plan["on"].as_string(), sa.Date),
        JobRow.job_id == job_id,
    )


def _counted(reason: Any, keeper_name: Any, due_on: Any, where: Any) -> Preview:
    each = sa.select(
        reason.label("reason"), keeper_name.label("keeper_name"), due_on.label("due_on")
    ).where(where).subquery("each")  # fmt: skip
    name = sa.case((each.c.reason.is_(None), each.c.keeper_name))
    found = db.session.execute(
        sa.select(
            each.c.reason,
            name.label("keeper_name"),
            sa.func.count().label("n"),
            sa.func.min(each.c.due_on).label("first_on"),
            sa.func.max(each.c.due_on).label("last_on"),
        )
        .group_by(each.c.reason, name)
        .order_by(sa.desc("n"), "keeper_name", "reason")
    ).all()
    made = [row for row in found if row.reason is None]
    return Preview(
        made=sum(row.n for row in made),
        first_on=min((row.first_on for row in made), default=None),
        last_on=max((row.last_on for row in made), default=None),
        keepers=[(row.keeper_name, row.n) for row in made],
        left=[(row.reason, row.n) for row in found if row.reason is not None],
    )


def _day(rule: Rule, nth: Any, row: Any) -> Any:
    """The day of the promise of a row which is the `nth` of its keeper."""
    first = sa.literal(rule.on, sa.Date)
    if rule.when is When.DAY:
        return first
    if rule.when is When.SPREAD:
        beyond = rule.on.weekday() - 5
        begin = rule.on.toordinal() + (2 - beyond if beyond >= 0 else 0)
        monday = sa.literal(date.fromordinal(begin - date.fromordinal(begin).weekday()), sa.Date)
        workday = (nth - 1) // rule.per_day + date.fromordinal(begin).weekday()
        return monday + sa.cast(workday // 5 * 7 + workday % 5, sa.Integer)
    days = sa.case(*((row.priority == priority, n) for priority, n in CADENCE.items()))
    ideal = sa.func.greatest(first, row.last_on + days)
    weekday = sa.cast(sa.extract("isodow", ideal), sa.Integer)
    return ideal + sa.case((weekday > 5, 8 - weekday), else_=0)
