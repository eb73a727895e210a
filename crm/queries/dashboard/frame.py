"""What stands around the panels: how the person has them, and what their filters offer. One statement."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.db import db
from crm.models import DashboardPreference, User
from crm.queries import principal_choices
from crm.queries.principal_choices import Choices


@dataclass(frozen=True)
class Frame:
    """The preferences of a person (empty where they have none), their choices, and their team."""

    panels: list[str]
    hidden: list[str]
    filters: str
    choices: Choices
    team: frozenset[int]
    """Those they answer for, themselves included, as `queries.users.team`."""


def of(user_id: int) -> Frame:
    """The frame of this person's dashboard."""
    kept, member = DashboardPreference, aliased(User)
    team = sa.select(sa.func.array_agg(member.user_id)).where(member.manager_id == user_id).scalar_subquery()
    row = db.session.execute(
        sa.select(
            kept.panels,
            kept.hidden,
            kept.filters,
            principal_choices.OWNERS.label("owners"),
            principal_choices.SEGMENTS.label("segments"),
            team.label("team"),
        )
        .select_from(sa.select(sa.literal(user_id, sa.BigInteger).label("user_id")).subquery("person"))
        .outerjoin(kept, kept.user_id == user_id)
    ).one()
    return Frame(
        row.panels or [],
        row.hidden or [],
        row.filters or "",
        principal_choices.read(row.owners, row.segments),
        frozenset({user_id, *(row.team or ())}),
    )
