"""Setting the weekly goals of a principal."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm.db import db
from crm.models import ActivityGoal


def set_for(principal_id: int, goals: Mapping[int | None, int | None]) -> int:
    """Set the goals of a principal by person, None = everyone together; a goal of None takes one away.

    Persons who are not named keep theirs. Answers how many goals were set, changed or taken away.
    """
    whose = sa.func.coalesce(ActivityGoal.user_id, 0)
    gone = [person or 0 for person, goal in goals.items() if goal is None]
    removed = db.session.execute(
        sa.delete(ActivityGoal)
        .where(ActivityGoal.principal_id == principal_id, whose.in_(gone))
        .returning(ActivityGoal.activity_goal_id)
    ).all()
    kept = [
        {"principal_id": principal_id, "user_id": person, "per_week": goal}
        for person, goal in goals.items()
        if goal is not None
    ]
    if not kept:
        return len(removed)
    put = insert(ActivityGoal)
    written = db.session.execute(
        put.values(kept)
        .on_conflict_do_update(
            index_elements=[ActivityGoal.principal_id, sa.text("coalesce(user_id, 0)")],
            set_={"per_week": put.excluded.per_week},
            where=ActivityGoal.per_week != put.excluded.per_week,
        )
        .returning(ActivityGoal.activity_goal_id)
    ).all()
    return len(removed) + len(written)
