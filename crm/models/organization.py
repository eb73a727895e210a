"""Organizations: operators we sell to, principals we represent, distributors we sell through."""

from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.enums import Priority
from crm.models.base import Id, Model, Versioned

if TYPE_CHECKING:
    from crm.models.user import User


class Organization(Versioned, Model):
    """A firm or institution. With `is_principal` a food maker we represent, with `is_distributor` one that
    stocks
    and delivers; one may be both. With neither it is an operator: a restaurant, school or hospital.
    """

    __tablename__ = "organizations"

    organization_id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(255))
    name_key: Mapped[str] = mapped_column(sa.Computed("fold(name)", persisted=True))
    """The name as lists sort and search it: without case and accents."""
    is_principal: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    is_distributor: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    legal_name: Mapped[str | None]
    segment: Mapped[str | None]
    priority: Mapped[Priority | None]
    parent_organization_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    second_owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    owner_text: Mapped[str | None]
    """An owner that an import named and nobody here answers to; kept so that nothing is lost."""
    usual_distributor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    phone: Mapped[str | None]
    second_phone: Mapped[str | None]
    email: Mapped[str | None]
    website: Mapped[str | None]
    linkedin: Mapped[str | None]
    address_line1: Mapped[str | None]
    address_line2: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    postal_code: Mapped[str | None]
    country: Mapped[str | None]
    notes: Mapped[str | None]
    weekly_focus_on: Mapped[date | None]
    is_anchor: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    tags: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text), server_default="{}", default=list)

    owner: Mapped["User | None"] = relationship(foreign_keys=[owner_id], lazy="raise_on_sql")
    usual_distributor: Mapped["Organization | None"] = relationship(
        foreign_keys=[usual_distributor_id], remote_side="Organization.organization_id", lazy="raise_on_sql"
    )

    __mapper_args__ = {"version_id_col": Versioned.version}
    __table_args__ = (
        sa.CheckConstraint("btrim(name) <> ''", name="name"),
        sa.CheckConstraint("parent_organization_id <> organization_id", name="own_parent"),
        sa.CheckConstraint("extract(isodow from weekly_focus_on) = 1", name="weekly_focus_monday"),
        sa.Index("idx_organizations_is_principal", "is_principal", postgresql_where=sa.text("is_principal")),
        sa.Index(
            "idx_organizations_is_distributor", "is_distributor", postgresql_where=sa.text("is_distributor")
        ),
        sa.Index("ix_organizations_name_key", "name_key", "organization_id"),
        sa.Index(
            "ix_organizations_name_key_trgm",
            "name_key",
            postgresql_using="gin",
            postgresql_ops={"name_key": "gin_trgm_ops"},
        ),
        sa.Index("ix_organizations_owner_id", "owner_id"),
        sa.Index("ix_organizations_second_owner_id", "second_owner_id"),
        sa.Index("ix_organizations_parent_organization_id", "parent_organization_id"),
        sa.Index("ix_organizations_usual_distributor_id", "usual_distributor_id"),
        sa.CheckConstraint("array_position(tags, null) is null", name="tags"),
        sa.Index("ix_organizations_updated_at", "updated_at", "organization_id"),
        sa.Index("ix_organizations_owner_id_name_key", "owner_id", "name_key", "organization_id"),
        sa.Index("ix_organizations_segment", "segment", "name_key", "organization_id"),
        sa.Index(
            "ix_organizations_priority_rank",
            sa.text("(priority is null)"),
            sa.text("coalesce(priority, 'D')"),
            "name_key",
            "organization_id",
        ),
        sa.Index(
            "ix_organizations_place",
            sa.text("coalesce(state, '')"),
            sa.text("fold(coalesce(city, ''))"),
            "name_key",
            "organization_id",
        ),
        sa.Index("ix_organizations_priority", "priority", "name_key", "organization_id"),
        sa.Index("ix_organizations_state", "state", "city", "organization_id"),
        sa.Index("ix_organizations_city", "city", "organization_id"),
        sa.Index("ix_organizations_tags", "tags", postgresql_using="gin"),
        sa.Index(
            "ix_organizations_weekly_focus_on",
            "weekly_focus_on",
            postgresql_where=sa.text("weekly_focus_on is not null"),
        ),
        sa.Index(
            "ix_organizations_is_anchor",
            "name_key",
            "organization_id",
            postgresql_where=sa.text("is_anchor"),
        ),
        sa.Index(
            "ix_organizations_distributor_name_key",
            "name_key",
            "organization_id",
            postgresql_where=sa.text("is_distributor"),
        ),
        sa.Index(
            "ix_organizations_archived", "deleted_at", postgresql_where=sa.text("deleted_at is not null")
        ),
    )


class OrganizationAlias(Model):
    """Another spelling under which files name an organization; compared in the folded form it is kept in."""

    __tablename__ = "organization_aliases"

    alias: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(sa.ForeignKey("organizations.organization_id"), index=True)
