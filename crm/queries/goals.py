"""Weekly goals: how many interactions a principal should have in a week of the firm."""

from collections.abc import Collection

import sqlalchemy as sa

from crm.db import db
from crm.models import ActivityGoal, User


def of(principal_ids: Collection[int], *, user_id: int | None = None) -> dict[int, int]:
    """The goal of each of these principals by everyone together, or (`user_id`) by one person.

    A person without a goal of their own has that of the principal, and a principal without one the firm's
    `ActivityGoal.DEFAULT`. 0 = no goal is set for them. Rows of `standings` already carry the goal of all.
    """
    whose: sa.ColumnElement[bool] = ActivityGoal.user_id.is_(None)
    if user_id is not None:
        whose = sa.or_(whose, ActivityGoal.user_id == user_id)
    rows = db.session.execute(
        sa.select(ActivityGoal.principal_id, ActivityGoal.per_week)
        .where(ActivityGoal.principal_id.in_(principal_ids), whose)
        .order_by(ActivityGoal.user_id.nulls_first())
    )
    return dict.fromkeys(principal_ids, ActivityGoal.DEFAULT) | {
        row.principal_id: row.per_week for row in rows
    }


def set_for(principal_id: int) -> dict[int | None, int]:
    """The goals that were set for a principal: by person, None = everyone together."""
    rows = db.session.execute(
        sa.select(ActivityGoal.user_id, ActivityGoal.per_week).where(
            ActivityGoal.principal_id == principal_id
        )
    )
    return {row.user_id: row.per_week for row in rows}


def own_goals(principal_ids: Collection[int]) -> dict[int, list[tuple[str, int]]]:
    """Who has a goal of their own with these principals, by name; a principal without any is left out."""
    rows = db.session.execute(
        sa.select(ActivityGoal.principal_id, User.full_name, ActivityGoal.per_week)
        .join(User, User.user_id == ActivityGoal.user_id)
        .where(ActivityGoal.principal_id.in_(principal_ids))
        .order_by(User.full_name)
    )
    found: dict[int, list[tuple[str, int]]] = {}
    for principal_id, name, per_week in rows:
        found.setdefault(principal_id, []).append((name, per_week))
    return found
