"""Open opportunities that have been quiet for longer than their stage allows, the quietest first."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.enums import OpportunityStage
from crm.models import Opportunity
from crm.queries.dashboard.pulses import Whose
from crm.queries.lists import OPPORTUNITIES, Asker
from crm.queries.lists.opportunities import last_stir
from crm.queries.opportunity_stages import QUIET_AFTER


@dataclass(frozen=True)
class Stale:
    """One of them: quiet for so many days of the firm, where its stage allows `limit`."""

    opportunity_id: int
    name: str
    stage: OpportunityStage
    organization: str | None
    principals: list[str]
    owner: str | None
    days: int
    limit: int


def of(whose: Whose, *, today: date, at_most: int) -> tuple[list[Stale], int]:
    """The first `at_most` of a book, and how many there are: what the list shows as "Quiet for too long"."""
    asker = Asker(0 if whose == "everyone" else whose, today)
    asked = {"state": "stale"} | ({} if whose == "everyone" else {"owner": str(whose)})
    conditions = [
        condition
        for name, value in asked.items()
        if (known := OPPORTUNITIES.filter(name)) and (condition := known.condition(value, asker)) is not None
    ]
    stirred = last_stir().label("stirred_at")
    first = (
        sa.select(Opportunity.opportunity_id, stirred, sa.func.count().over().label("total"))
        .where(OPPORTUNITIES.scope, *conditions)
        .order_by(stirred, Opportunity.opportunity_id)
        .limit(at_most)
        .subquery()
    )
    rows = db.session.execute(
        OPPORTUNITIES.details.add_columns(first.c.total)
        .join(first, first.c.opportunity_id == Opportunity.opportunity_id)
        .order_by(first.c.stirred_at, first.c.opportunity_id)
    ).all()
    return [_stale(row, today) for row in rows], rows[0].total if rows else 0


def _stale(row: sa.Row[Any], today: date) -> Stale:
    return Stale(
        row.opportunity_id,
        row.name,
        row.stage,
        row.organization_name,
        row.principals or [],
        row.owner_name,
        (today - row.quiet_since).days,
        QUIET_AFTER[row.stage],
    )
