"""A principal at a glance: how its level went, the week of the firm, what it makes; in one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from crm.clock import week_of
from crm.db import db
from crm.enums import EngagementLevel, InteractionType, ProductStatus
from crm.queries.products import Line

LAST_CHANGES = 6
MOST_PRODUCTS = 500
EACH_DAY = 3
"""What a day of the plan names; the rest is a figure."""


@dataclass(frozen=True)
class Change:
    """On a day of the firm the level became another one; `before` None = it was never contacted."""

    on: date
    before: EngagementLevel | None
    level: EngagementLevel
    cause: str


@dataclass(frozen=True)
class Slot:
    """One thing of a day: a touch that is done, or a promise that is open."""

    interaction_id: int
    interaction_type: InteractionType
    text: str
    is_done: bool


@dataclass(frozen=True)
class Day:
    """One day of the week: the first things of it, and how many of each kind there are."""

    on: date
    slots: list[Slot]
    done: int
    planned: int

    @property
    def more(self) -> int:
        """Things of the day that are not named."""
        return self.done + self.planned - len(self.slots)


@dataclass(frozen=True)
class Outlook:
    """The last changes of the level, newest first, and the week from Monday on; Saturday and Sunday stand in
    it only with something to do.
    """

    changes: list[Change]
    week: list[Day]
    lines: list[Line]
    """Its line card, by category and name; products without a category come last."""


_OUTLOOK = sa.text(
    """
    with things as (
        select firm_day(ip.interaction_date) as day, true as is_done, ip.interaction_date as at,
               i.interaction_id, i.interaction_type,
               concat_ws(', ', i.subject, coalesce(btrim(c.first_name || ' ' || c.last_name), o.name)) as text
          from interaction_principals ip
          join interactions i using (interaction_id)
          left join contacts c using (contact_id)
          left join organizations o on o.organization_id = coalesce(i.organization_id, c.organization_id)
         where ip.principal_id = :principal and ip.counts
           and ip.interaction_date >= cast(:monday as timestamp) at time zone firm_zone()
           and ip.interaction_date < cast(:next_monday as timestamp) at time zone firm_zone()
        union all
        select i.follow_up_date, false, i.interaction_date, i.interaction_id, i.interaction_type,
               coalesce(nullif(i.follow_up_note, ''), nullif(i.subject, ''), 'Follow up')
          from interactions i
         where i.follow_up_required and i.completed_at is null and i.deleted_at is null
           and i.follow_up_date >= :monday and i.follow_up_date < :next_monday
           and i.interaction_id in (select interaction_id from interaction_principals
                                     where principal_id = :principal)),
    placed as (
        select *, row_number() over (partition by day order by is_done desc, at desc, interaction_id)
                  as place,
               count(*) filter (where is_done) over (partition by day) as done,
               count(*) filter (where not is_done) over (partition by day) as planned
          from things)
    select (select json_agg(json_build_array(e.changed_on, e.from_level, e.to_level, e.cause)
                            order by e.changed_on desc)
              from (select * from engagement_changes where principal_id = :principal
                     order by changed_on desc limit :changes) e),
           (select json_agg(json_build_array(day, interaction_id, interaction_type, text, is_done, done,
                                             planned) order by day, place)
              from placed where place <= :each),
           (select json_agg(json_build_array(product_id, name, category, status, placed)
                            order by fold(category) nulls last, category, name_key, product_id)
              from (select p.product_id, p.name, p.name_key, p.category, p.status,
                           (select count(*)
                              from opportunity_products l join opportunities d using (opportunity_id)
                             where l.product_id = p.product_id and d.closed_at is null
                               and d.deleted_at is null) as placed
                      from products p where p.principal_id = :principal and p.deleted_at is null
                     order by p.name_key, p.product_id limit :products) lines)
    """
)


def of(principal_id: int, *, today: date) -> Outlook:
    """What is to be seen of it on `today`, a day of the firm."""
    monday = week_of(today)
    asked = {
        "principal": principal_id,
        "monday": monday,
        "next_monday": monday + timedelta(days=7),
        "products": MOST_PRODUCTS,
        "changes": LAST_CHANGES,
        "each": EACH_DAY,
    }
    changes, things, lines = db.session.execute(_OUTLOOK, asked).one()
    return Outlook(
        [
            Change(date.fromisoformat(on), before and EngagementLevel(before), EngagementLevel(level), cause)
            for on, before, level, cause in changes or ()
        ],
        _week(monday, things or ()),
        [Line(one[0], one[1], one[2], ProductStatus(one[3]), one[4]) for one in lines or ()],
    )


def _week(monday: date, things: Iterable[Sequence[Any]]) -> list[Day]:
    days = {monday + timedelta(days=n): Day(monday + timedelta(days=n), [], 0, 0) for n in range(5)}
    for on, number, kind, text, is_done, done, planned in things:
        day = date.fromisoformat(on)
        slots = days[day].slots if day in days else []
        slot = Slot(number, InteractionType(kind), text or kind, is_done)
        days[day] = Day(day, [*slots, slot], done, planned)
    return [days[day] for day in sorted(days)]
