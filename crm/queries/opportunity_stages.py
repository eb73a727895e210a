"""Stages: how long an opportunity was in which, how quiet it is, and where it stands on its path."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import Literal

import sqlalchemy as sa

from crm.db import db
from crm.enums import CLOSED_STAGES, OpportunityStage

QUIET_AFTER = {
    OpportunityStage.NEW_LEAD: 7,
    OpportunityStage.INITIAL_OUTREACH: 14,
    OpportunityStage.SAMPLE_VISIT_OFFERED: 14,
    OpportunityStage.AWAITING_RESPONSE: 14,
    OpportunityStage.FEEDBACK_LOGGED: 21,
    OpportunityStage.DEMO_SCHEDULED: 14,
}
"""Days after which an open opportunity has been quiet for too long (schema.md, section 3)."""

SLOWING = 0.8
"""The share of them from which it is slowing."""

SLOWING_AFTER = {stage: ceil(SLOWING * days) - 1 for stage, days in QUIET_AFTER.items()}
"""Days after which it is slowing."""

OPEN_STAGES = tuple(stage for stage in OpportunityStage if stage not in CLOSED_STAGES)


@dataclass(frozen=True)
class Stay:
    """One stay in a stage, by the firm's days; `until` is None for where it is now."""

    stage: OpportunityStage
    since: date
    until: date | None
    at: datetime
    number: int
    by: str | None
    """Who brought it there; None if nobody did it by hand."""
    came_from: OpportunityStage | None

    def days(self, today: date) -> int:
        """Whole days in it so far."""
        return max(((self.until or today) - self.since).days, 0)


@dataclass(frozen=True)
class Step:
    """One step of the path: an open stage, or at its end the closed ones as one."""

    name: str
    state: Literal["done", "now", "next"]
    stay: Stay | None
    """The last stay there; None if it never was."""
    days: int
    """Days there, all stays together."""


_STAYS = sa.text(
    """
    select c.to_stage::text, firm_day(c.changed_at),
           firm_day(lead(c.changed_at) over chain), c.changed_at, c.opportunity_stage_change_id, u.full_name,
           c.from_stage::text
      from opportunity_stage_changes c left join users u on u.user_id = c.changed_by
     where c.opportunity_id = :id
    window chain as (order by c.changed_at, c.opportunity_stage_change_id)
     order by c.changed_at, c.opportunity_stage_change_id
    """
)


def stays(opportunity_id: int) -> list[Stay]:
    """Every stay of an opportunity in a stage, oldest first."""
    return [
        Stay(
            OpportunityStage(stage),
            since,
            until,
            at,
            number,
            by,
            OpportunityStage(source) if source else None,
        )
        for stage, since, until, at, number, by, source in db.session.execute(_STAYS, {"id": opportunity_id})
    ]


def path(found: Sequence[Stay], stage: OpportunityStage, *, today: date) -> list[Step]:
    """The six open stages and the end, with what `found` tells of each; `stage` is where it is now.

    What lies before the present stage is done only if it was there; a stage may be passed over.
    """
    steps = [_step(one.value, {one}, found, is_now=one is stage, today=today) for one in OPEN_STAGES]
    name = stage.value if stage.is_closed else "Closed"
    return [*steps, _step(name, CLOSED_STAGES, found, is_now=stage.is_closed, today=today)]


def _step(
    name: str,
    stages: "set[OpportunityStage] | frozenset[OpportunityStage]",
    found: Sequence[Stay],
    *,
    is_now: bool,
    today: date,
) -> Step:
    there = [stay for stay in found if stay.stage in stages]
    state: Literal["done", "now", "next"] = "now" if is_now else "done" if there else "next"
    return Step(name, state, there[-1] if there else None, sum(stay.days(today) for stay in there))


def age(stage: OpportunityStage, quiet_days: int) -> Literal["", "slowing", "stale"]:
    """How an open opportunity that has been quiet for so many days stands against the limit of its stage."""
    limit = QUIET_AFTER.get(stage)
    if limit is None or quiet_days < SLOWING * limit:
        return ""
    return "stale" if quiet_days > limit else "slowing"
