"""Opportunities: one organization, one or more principals, and the way to a placement."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.enums import OpportunityStage
from crm.models.base import Counted, Id, Model, Versioned

if TYPE_CHECKING:
    from crm.models.organization import Organization
    from crm.models.user import User


class Opportunity(Versioned, Model):
    """A placement we work for: who, which makers' products, how far. Closed ones carry when and why."""

    __tablename__ = "opportunities"

    opportunity_id: Mapped[Id]
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(sa.Computed("fold(name)", persisted=True))
    organization_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    primary_contact_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contacts.contact_id"))
    stage: Mapped[OpportunityStage] = mapped_column(
        server_default=OpportunityStage.NEW_LEAD.value, default=OpportunityStage.NEW_LEAD
    )
    context: Mapped[str | None] = mapped_column(sa.String(100))
    notes: Mapped[str | None]
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    second_owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    distributor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    source: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text), server_default="{}", default=list)
    started_on: Mapped[date | None]
    stage_changed_at: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=sa.func.now(), server_onupdate=sa.FetchedValue()
    )
    """Since when it is in its stage; a trigger sets it with the stage."""
    closed_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    close_reason: Mapped[str | None]
    close_note: Mapped[str | None]
    next_action: Mapped[str | None]
    expected_close_on: Mapped[date | None]
    cases_per_week: Mapped[int | None] = mapped_column(sa.Integer)

    organization: Mapped["Organization | None"] = relationship(
        foreign_keys=[organization_id], lazy="raise_on_sql"
    )
    owner: Mapped["User | None"] = relationship(foreign_keys=[owner_id], lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": Versioned.version}
    __table_args__ = (
        sa.CheckConstraint("btrim(name) <> ''", name="name"),
        sa.CheckConstraint(
            "(stage in ('Closed - Won', 'Closed - Stalled', 'Closed - No Fit')) = (closed_at is not null)",
            name="closed_at",
        ),
        sa.CheckConstraint("(closed_at is null) = (close_reason is null)", name="close_reason"),
        sa.CheckConstraint("cases_per_week >= 0", name="cases_per_week"),
        sa.Index("idx_opportunities_stage", "stage"),
        sa.Index("idx_opportunities_organization_id", "organization_id"),
        sa.Index("ix_opportunities_primary_contact_id", "primary_contact_id"),
        sa.Index("ix_opportunities_owner_id", "owner_id"),
        sa.Index("ix_opportunities_second_owner_id", "second_owner_id"),
        sa.Index("ix_opportunities_distributor_id", "distributor_id"),
        sa.Index(
            "ix_opportunities_name_key_trgm",
            "name_key",
            postgresql_using="gin",
            postgresql_ops={"name_key": "gin_trgm_ops"},
        ),
        sa.CheckConstraint("array_position(tags, null) is null", name="tags"),
        sa.Index("ix_opportunities_name_key", "name_key", "opportunity_id"),
        sa.Index("ix_opportunities_updated_at", "updated_at", "opportunity_id"),
        sa.Index("ix_opportunities_stage_changed_at", "stage_changed_at", "opportunity_id"),
        sa.Index(
            "ix_opportunities_stage_moved",
            "stage",
            "stage_changed_at",
            "opportunity_id",
        ),
        sa.Index("ix_opportunities_stage_name_key", "stage", "name_key", "opportunity_id"),
        sa.Index("ix_opportunities_owner_id_name_key", "owner_id", "name_key", "opportunity_id"),
        sa.Index("ix_opportunities_expected_close_on", "expected_close_on", "opportunity_id"),
        sa.Index("ix_opportunities_context", "context"),
        sa.Index("ix_opportunities_source", "source"),
        sa.Index("ix_opportunities_tags", "tags", postgresql_using="gin"),
        sa.Index(
            "ix_opportunities_archived", "deleted_at", postgresql_where=sa.text("deleted_at is not null")
        ),
    )


class OpportunityProduct(Model):
    """A product that an opportunity is about."""

    __tablename__ = "opportunity_products"

    opportunity_id: Mapped[int] = mapped_column(
        sa.ForeignKey("opportunities.opportunity_id", ondelete="CASCADE"), primary_key=True
    )
    product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("products.product_id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())

    __table_args__ = (sa.Index("ix_opportunity_products_product_id", "product_id"),)


class OpportunityPrincipal(Model):
    """A principal of an opportunity: derived from its products by a trigger, or chosen by hand."""

    __tablename__ = "opportunity_principals"

    opportunity_id: Mapped[int] = mapped_column(
        sa.ForeignKey("opportunities.opportunity_id", ondelete="CASCADE"), primary_key=True
    )
    principal_id: Mapped[int] = mapped_column(
        sa.ForeignKey("organizations.organization_id", ondelete="CASCADE"), primary_key=True
    )
    is_derived: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())

    __table_args__ = (sa.Index("ix_opportunity_principals_principal_id", "principal_id", "opportunity_id"),)


class OpportunityContact(Counted, Model):
    """A person who has a say in an opportunity, and which.

    `is_primary` follows `opportunities.primary_contact_id` by triggers and is never written by hand: set that
    column, and its contact stands here as the primary one. Taking that row away clears the column.
    """

    __tablename__ = "opportunity_contacts"

    opportunity_id: Mapped[int] = mapped_column(
        sa.ForeignKey("opportunities.opportunity_id", ondelete="CASCADE"), primary_key=True
    )
    contact_id: Mapped[int] = mapped_column(
        sa.ForeignKey("contacts.contact_id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str | None]
    """A word of the picklist `contact role`."""
    is_primary: Mapped[bool] = mapped_column(server_default=sa.false())

    __mapper_args__ = {"version_id_col": Counted.version}
    __table_args__ = (
        sa.Index(
            "uq_opportunity_contacts_primary",
            "opportunity_id",
            unique=True,
            postgresql_where=sa.text("is_primary"),
        ),
        sa.Index("ix_opportunity_contacts_contact_id", "contact_id"),
    )


class OpportunityStageChange(Model):
    """One step of an opportunity from stage to stage; the first has no `from_stage`."""

    __tablename__ = "opportunity_stage_changes"

    opportunity_stage_change_id: Mapped[Id]
    opportunity_id: Mapped[int] = mapped_column(
        sa.ForeignKey("opportunities.opportunity_id", ondelete="CASCADE")
    )
    from_stage: Mapped[OpportunityStage | None]
    to_stage: Mapped[OpportunityStage]
    changed_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
    changed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))

    __table_args__ = (
        sa.Index("ix_opportunity_stage_changes_opportunity_id", "opportunity_id", "changed_at"),
        sa.Index("ix_opportunity_stage_changes_changed_at", "changed_at"),
        sa.Index("ix_opportunity_stage_changes_changed_by", "changed_by"),
    )
