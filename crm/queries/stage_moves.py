"""Steps of opportunities from stage to stage, as the timeline of the record they belong to tells them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa

from crm.enums import OpportunityStage
from crm.models import Opportunity, OpportunityStageChange, User


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


def steps(whose: sa.ColumnElement[bool], *, is_archived_too: bool = False) -> sa.Select[Any]:
    """Select the steps of the opportunities for which `whose` holds: columns `at`, `rank`, `number`, and
    `told`, of which `read` makes one.
    """
    change = OpportunityStageChange
    told = sa.func.jsonb_build_object(
        *("opportunity_id", Opportunity.opportunity_id, "opportunity_name", Opportunity.name),
        *("from_stage", change.from_stage, "to_stage", change.to_stage, "by_name", User.full_name),
    )
    return (
        sa.select(
            change.changed_at.label("at"),
            sa.literal(Move.rank).label("rank"),
            change.opportunity_stage_change_id.label("number"),
            told.label("told"),
        )
        .join(Opportunity, Opportunity.opportunity_id == change.opportunity_id)
        .outerjoin(User, User.user_id == change.changed_by)
        .where(whose, sa.true() if is_archived_too else Opportunity.deleted_at.is_(None))
    )


def read(number: int, at: datetime, told: dict[str, Any]) -> Move:
    """One step of what `steps` selects."""
    words = {
        "from_stage": OpportunityStage(told["from_stage"]) if told["from_stage"] else None,
        "to_stage": OpportunityStage(told["to_stage"]),
    }
    return Move(number=number, at=at, **(told | words))
