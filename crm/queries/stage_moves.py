"""Steps of opportunities from stage to stage, as the timeline of the record they belong to tells them."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa

from crm.db import db
from crm.enums import OpportunityStage
from crm.models import Opportunity, OpportunityStageChange, User
from crm.queries.timeline import Place


@dataclass(frozen=True)
class Move:
    """One step; `from_stage` is None where it began."""

    number: int
    at: datetime
    opportunity_id: int
    opportunity_name: str
    from_stage: OpportunityStage | None
    to_stage: OpportunityStage
    by_name: str | None

    kind: ClassVar = "move"
    rank: ClassVar = 1
    """Its place among things of the same moment, see `timeline.Place`."""


def of(
    whose: sa.ColumnElement[bool], *, before: Place | None = None, limit: int, is_archived_too: bool = False
) -> list[Move]:
    """Steps of the opportunities for which `whose` holds, newest first; at most `limit`."""
    change = OpportunityStageChange
    query = (
        sa.select(
            change.opportunity_stage_change_id,
            change.changed_at,
            Opportunity.opportunity_id,
            Opportunity.name,
            change.from_stage,
            change.to_stage,
            User.full_name,
        )
        .join(Opportunity, Opportunity.opportunity_id == change.opportunity_id)
        .outerjoin(User, User.user_id == change.changed_by)
        .where(whose, sa.true() if is_archived_too else Opportunity.deleted_at.is_(None))
        .order_by(change.changed_at.desc(), change.opportunity_stage_change_id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(
            sa.tuple_(change.changed_at, sa.literal(Move.rank), change.opportunity_stage_change_id)
            < sa.tuple_(*(sa.literal(part) for part in before))
        )
    return [Move(*row) for row in db.session.execute(query)]
