"""Views of the database, for reading only."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Base
from crm.enums import InteractionType
from crm.models.base import Model


class PrincipalActivity(Model):
    """One principal with its counts, its last touch and its level today: the view
    `principal_activity_summary`.
    """

    __tablename__ = "principal_activity_summary"

    organization_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    opportunities_count: Mapped[int]
    interactions_count: Mapped[int]
    products_count: Mapped[int]
    last_activity_date: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    engagement_level: Mapped[str]

    __table_args__ = ({"info": {"is_view": True}},)


principal_touches = sa.Table(
    "principal_touches",
    Base.metadata,
    sa.Column("principal_id", sa.BigInteger),
    sa.Column("week_on", sa.Date),
    sa.Column("author_id", sa.BigInteger),
    sa.Column("interaction_type", Base.registry.type_annotation_map[InteractionType]),
    sa.Column("n", sa.Integer),
    info={"is_view": True},
)
"""Touches by principal, week of the firm, author and type, folded or not: a reader always sums `n`."""
