"""What the firm keeps about itself: its lists of words, its weekly goals, what is switched on."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import TYPES
from crm.enums import Picklist, Role
from crm.models.base import Counted, Id, Model, Versioned

if TYPE_CHECKING:
    from crm.models.organization import Organization
    from crm.models.user import User


class PicklistValue(Versioned, Model):
    """A word that forms offer. Rows hold the word itself, so one that files brought need not stand here.

    An archived one is no longer offered and stays on the rows that have it; one in use is never deleted.
    """

    __tablename__ = "picklist_values"

    picklist_value_id: Mapped[Id]
    picklist: Mapped[Picklist]
    value: Mapped[str]
    under: Mapped[str | None]
    """Where it is offered: an interaction type for an activity, a closed stage for a close reason; null =
    everywhere.
    """
    place: Mapped[int] = mapped_column(sa.Integer, server_default="0", default=0)
    """Lists go by place, then by the word."""

    __mapper_args__ = {"version_id_col": Versioned.version}
    __table_args__ = (
        sa.CheckConstraint("btrim(value) <> '' and char_length(value) <= 100", name="value"),
        sa.Index("uq_picklist_values_value", "picklist", sa.text("fold(value)"), unique=True),
    )


class ActivityGoal(Counted, Model):
    """How many interactions a week a principal should have: by one rep, or by all together (no `user_id`).

    Without a row the goal is `DEFAULT`.
    """

    __tablename__ = "activity_goals"
    DEFAULT: ClassVar = 10

    activity_goal_id: Mapped[Id]
    principal_id: Mapped[int] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    per_week: Mapped[int] = mapped_column(sa.Integer, server_default="10", default=10)

    principal: Mapped["Organization"] = relationship(lazy="raise_on_sql")
    user: Mapped["User | None"] = relationship(lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": Counted.version}
    __table_args__ = (
        sa.CheckConstraint("per_week between 0 and 1000", name="per_week"),
        sa.Index("uq_activity_goals_whose", "principal_id", sa.text("coalesce(user_id, 0)"), unique=True),
        sa.Index("ix_activity_goals_user_id", "user_id"),
    )


class FeatureFlag(Model):
    """A feature that can be switched. One without a row is off. Read once for each request."""

    __tablename__ = "feature_flags"

    flag: Mapped[str] = mapped_column(primary_key=True)
    is_on: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    roles: Mapped[list[Role]] = mapped_column(sa.ARRAY(TYPES[Role]), server_default="{}", default=list)
    """For whom it is on; all three empty = for everybody."""
    people: Mapped[list[int]] = mapped_column(sa.ARRAY(sa.BigInteger), server_default="{}", default=list)
    percent: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0", default=0)
    """For so many in a hundred people; who has it keeps it when there are more."""
    note: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=sa.func.now(), server_onupdate=sa.FetchedValue()
    )

    __table_args__ = (
        sa.CheckConstraint("flag ~ '^[a-z][a-z0-9-]*$'", name="flag"),
        sa.CheckConstraint("array_position(people, null) is null", name="people"),
        sa.CheckConstraint("percent between 0 and 100", name="percent"),
    )


class FeatureFlagChange(Model):
    """How a feature was switched once, by whom (null = by a command) and when."""

    __tablename__ = "feature_flag_changes"

    feature_flag_change_id: Mapped[Id]
    flag: Mapped[str]
    is_on: Mapped[bool]
    roles: Mapped[list[Role]] = mapped_column(sa.ARRAY(TYPES[Role]))
    people: Mapped[list[int]] = mapped_column(sa.ARRAY(sa.BigInteger))
    percent: Mapped[int] = mapped_column(sa.SmallInteger)
    changed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"), index=True)
    changed_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())

    __table_args__ = (sa.Index("ix_feature_flag_changes_flag", "flag", "feature_flag_change_id"),)
