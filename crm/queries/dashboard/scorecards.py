"""How each rep does in a span of days; every figure is the length of a list."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.enums import EngagementLevel, Role
from crm.models import Interaction, Opportunity, OpportunityStageChange, Organization, User
from crm.queries import happenings, standings
from crm.queries.happenings import Step
from crm.queries.spans import Span


@dataclass(frozen=True)
class Scorecard:
    """One rep: their interactions and kept promises, their opportunities that moved on, and of the principals
    that they look after how many somebody touched within seven days.
    """

    user_id: int
    name: str
    interactions: int
    kept: int
    moved: int
    warm: int
    """Principals at the level High."""
    principals: int

    @property
    def coverage(self) -> int | None:
        """The share of their principals that are at High, in percent; None for somebody without any."""
        return round(100 * self.warm / self.principals) if self.principals else None


def of(people: Collection[int] | None, span: Span, *, today: date) -> list[Scorecard]:
    """The scorecards of these users (None = every rep who can sign in), by name."""
    touched = (
        sa.select(Interaction.author_id.label("user_id"), sa.func.count().label("n"))
        .where(happenings.is_touch(), span.holds(Interaction.interaction_date))
        .group_by(Interaction.author_id)
        .subquery("touched")
    )
    kept = (
        sa.select(Interaction.owner_id.label("user_id"), sa.func.count().label("n"))
        .where(happenings.kept(span))
        .group_by(Interaction.owner_id)
        .subquery("kept")
    )
    moved, looked_after = _moved(span), _looked_after(today)
    parts = (touched, kept, moved, looked_after)
    query = sa.select(
        User.user_id,
        User.full_name,
        *(sa.func.coalesce(part.c.n, 0) for part in (touched, kept, moved)),
        sa.func.coalesce(looked_after.c.warm, 0),
        sa.func.coalesce(looked_after.c.n, 0),
    )
    for part in parts:
        query = query.outerjoin(part, part.c.user_id == User.user_id)
    who = User.role == Role.REP if people is None else User.user_id.in_(people)
    return [
        Scorecard(*row)
        for row in db.session.execute(
            query.where(User.active, who).order_by(sa.func.fold(User.full_name), User.user_id)
        )
    ]


def _moved(span: Span) -> Any:
    """Opportunities of each owner that moved on, each once."""
    change = OpportunityStageChange
    return (
        sa.select(User.user_id, sa.func.count(sa.distinct(Opportunity.opportunity_id)).label("n"))
        .join(change, change.opportunity_id == Opportunity.opportunity_id)
        .join(User, _is_one_of(Opportunity))
        .where(
            happenings.is_step(Step.MOVED), span.holds(change.changed_at), Opportunity.deleted_at.is_(None)
        )
        .group_by(User.user_id)
        .subquery("moved")
    )


def _looked_after(today: date) -> Any:
    """Principals of each owner, and how many of them are at High."""
    standing = standings.select(today)
    return (
        sa.select(
            User.user_id,
            sa.func.count().label("n"),
            sa.func.count().filter(standing.c.level == EngagementLevel.HIGH.value).label("warm"),
        )
        .select_from(standing)
        .join(Organization, Organization.organization_id == standing.c.principal_id)
        .join(User, _is_one_of(Organization))
        .group_by(User.user_id)
        .subquery("looked_after")
    )


def _is_one_of(model: Any) -> sa.ColumnElement[bool]:
    """True for the owner and the second owner of a row."""
    return User.user_id.in_((model.owner_id, model.second_owner_id))
