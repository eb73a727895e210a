"""By whom and by which segments principals can be narrowed."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from crm.db import db
from crm.models import DashboardPreference, Organization, User
from crm.queries.lists.offers import Choice

OWNERS = (
    sa.select(
        sa.func.json_agg(
            aggregate_order_by(
                sa.func.json_build_array(sa.cast(User.user_id, sa.Text), User.full_name),
                sa.func.lower(User.full_name),
            )
        )
    )
    .where(User.active)
    .scalar_subquery()
)
SEGMENTS = (
    sa.select(sa.func.array_agg(sa.distinct(Organization.segment)))
    .where(Organization.is_principal, Organization.deleted_at.is_(None), Organization.segment.is_not(None))
    .scalar_subquery()
)
"""What the filters offer, as parts of a statement."""


@dataclass(frozen=True)
class Choices:
    """Everybody who can sign in, and every segment of a principal."""

    owners: list[Choice]
    segments: list[Choice]


def offered_to(user_id: int) -> tuple[Choices, str]:
    """What there is to choose from, and how this person reads the list of principals: as `cards` or as a
    `table`.
    """
    kept = DashboardPreference
    view = sa.select(kept.principals_as).where(kept.user_id == user_id).scalar_subquery()
    owners, segments, known = db.session.execute(sa.select(OWNERS, SEGMENTS, view)).one()
    return read(owners, segments), known or "cards"


def read(owners: list[list[str]] | None, segments: list[str] | None) -> Choices:
    """What a row with `OWNERS` and `SEGMENTS` offers."""
    return Choices([Choice(*one) for one in owners or ()], [Choice(one, one) for one in segments or ()])
