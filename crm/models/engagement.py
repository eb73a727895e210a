"""Engagement: counts that are kept, not scanned, and the days on which a level changed."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Base
from crm.enums import InteractionType
from crm.models.base import Id, Model


class PrincipalSummary(Model):
    """The folded counts of one principal; deltas not folded yet are added when read. Written by triggers
    only.
    """

    __tablename__ = "principal_summaries"

    principal_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    opportunities_count: Mapped[int] = mapped_column(server_default="0")
    interactions_count: Mapped[int] = mapped_column(server_default="0")
    touch_seen_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    """The last touch when levels were recorded last: tells a level that fell by time from one whose touch was
    archived or moved. Not the last activity, which the view reads from the history itself.
    """

    __table_args__ = ({"postgresql_with": {"fillfactor": 50}},)


class PrincipalWeek(Model):
    """Touches of one principal in one week of the firm (its Monday), by author and type. Written by the
    fold only.
    """

    __tablename__ = "principal_weeks"

    principal_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    week_on: Mapped[date] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    """0 = nobody known."""
    interaction_type: Mapped[InteractionType] = mapped_column(primary_key=True)
    interactions_count: Mapped[int] = mapped_column(sa.Integer, server_default="0")

    __table_args__ = (sa.Index("ix_principal_weeks_author_id", "author_id", "week_on"),)


principal_deltas = sa.Table(
    "principal_deltas",
    Base.metadata,
    sa.Column("principal_id", sa.BigInteger, nullable=False),
    sa.Column("week_on", sa.Date),
    sa.Column("author_id", sa.BigInteger),
    sa.Column("interaction_type", Base.registry.type_annotation_map[InteractionType]),
    sa.Column("opportunities", sa.Integer, nullable=False, server_default="0"),
    sa.Column("interactions", sa.Integer, nullable=False, server_default="0"),
)
"""Changes of counts not folded yet: appended by triggers, so that two writers never wait for one another.

`week_on` is null on a delta that only changes the number of opportunities. No key and no index on purpose:
all
writers would meet on the last leaf of one.
"""


class EngagementChange(Model):
    """The level of a principal changed on a day of the firm, and why: an interaction, or time passing."""

    __tablename__ = "engagement_changes"

    engagement_change_id: Mapped[Id]
    principal_id: Mapped[int] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    changed_on: Mapped[date]
    from_level: Mapped[str | None]
    """An `EngagementLevel`, or null = never contacted before."""
    to_level: Mapped[str]
    cause: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())

    __table_args__ = (
        sa.UniqueConstraint("principal_id", "changed_on"),
        sa.Index("ix_engagement_changes_changed_on", "changed_on"),
    )
