"""Weeks of a principal: touches by everyone, Monday to Sunday of the firm. Their goals: `queries.goals`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from crm import clock
from crm.db import db
from crm.enums import EngagementLevel


@dataclass(frozen=True)
class Week:
    """One week: the Monday it began on, its touches, the level it ended with (None = not contacted yet)."""

    monday: date
    interactions: int
    level: EngagementLevel | None


_TALLIES = sa.text(
    """
    select principal_id, sum(n) from principal_touches
     where principal_id = any (:principals) and week_on = :since
     group by principal_id
    """
)

_STRIP = sa.text(
    """
    select w.monday::date, coalesce(c.n, 0)::int,
           case when l.at is not null
                then calculate_engagement_level(l.at, least(w.monday::date + 6, :today)) end
      from generate_series(:since ::timestamp, :today ::timestamp, interval '7 days') as w (monday)
      left join (select week_on, sum(n) as n from principal_touches
                  where principal_id = :principal and week_on >= :since group by week_on) as c
             on c.week_on = w.monday::date
     cross join lateral (
           select max(ip.interaction_date) as at from interaction_principals ip
            where ip.principal_id = :principal and ip.counts
              and ip.interaction_date < (w.monday + interval '7 days') at time zone firm_zone()) as l
     order by w.monday
    """
)


def tallies(principal_ids: Collection[int], *, today: date) -> dict[int, int]:
    """Touches of each of these principals in the firm's week of `today`; one without any is left out."""
    rows = db.session.execute(_TALLIES, {"principals": list(principal_ids), "since": clock.week_of(today)})
    return {principal_id: int(n) for principal_id, n in rows}


def strip(principal_id: int, *, today: date, weeks: int = 26) -> list[Week]:
    """The last `weeks` weeks of a principal up to the running one of `today`, oldest first.

    The level of a week is the one its Sunday ended with, and today's for the week still running: by the days
    of the firm between that day and the last touch before its midnight, as the history is known now. So an
    interaction logged late mends the band of the weeks it belongs to. Each level is one probe of an index.
    """
    since = clock.week_of(today) - timedelta(weeks=weeks - 1)
    rows = db.session.execute(_STRIP, {"principal": principal_id, "since": since, "today": today})
    return [Week(monday, n, level and EngagementLevel(level)) for monday, n, level in rows]


def running(weeks: list[Week]) -> int:
    """For how many of `weeks`, counted back from the last one, the level has been what it is now."""
    now = weeks[-1].level
    return next((i for i, week in enumerate(reversed(weeks)) if week.level != now), len(weeks))
