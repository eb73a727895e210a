"""Who carries what: products at distributors, and how far each distributor has taken a principal on."""

from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.enums import AuthorizationState, StockStatus
from crm.models.base import Id, Model, Versioned

if TYPE_CHECKING:
    from crm.models.contact import Contact
    from crm.models.organization import Organization
    from crm.models.product import Product


class ProductDistributor(Versioned, Model):
    """A distributor that has a product, under which number. One of a product's distributors is its primary
    one at most.
    """

    __tablename__ = "product_distributors"

    product_distributor_id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.product_id"))
    distributor_id: Mapped[int] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    item_number: Mapped[str | None]
    """The distributor's own; several products may share one by mistake, so it is not unique."""
    status: Mapped[StockStatus] = mapped_column(
        server_default=StockStatus.STOCKED.value, default=StockStatus.STOCKED
    )
    since_on: Mapped[date | None]
    is_primary: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)

    product: Mapped["Product"] = relationship(lazy="raise_on_sql")
    distributor: Mapped["Organization"] = relationship(lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": Versioned.version}
    __table_args__ = (
        sa.CheckConstraint("btrim(item_number) <> ''", name="item_number"),
        sa.Index(
            "uq_product_distributors_pair",
            "product_id",
            "distributor_id",
            unique=True,
            postgresql_where=sa.text("deleted_at is null"),
        ),
        sa.Index(
            "uq_product_distributors_primary",
            "product_id",
            unique=True,
            postgresql_where=sa.text("is_primary and deleted_at is null"),
        ),
        sa.Index("ix_product_distributors_product_id", "product_id"),
        sa.Index("ix_product_distributors_distributor_id", "distributor_id", "status"),
        sa.Index("ix_product_distributors_item_number", sa.text("lower(item_number)")),
        sa.Index(
            "ix_product_distributors_item_number_trgm",
            sa.func.lower(sa.text("item_number")).label("number"),
            postgresql_using="gin",
            postgresql_ops={"number": "gin_trgm_ops"},
        ),
    )


class DistributorPrincipal(Versioned, Model):
    """How far a distributor has taken a principal on. What lapsed warns and never blocks."""

    __tablename__ = "distributor_principals"

    distributor_principal_id: Mapped[Id]
    distributor_id: Mapped[int] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    principal_id: Mapped[int] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    state: Mapped[AuthorizationState] = mapped_column(
        server_default=AuthorizationState.TARGET.value, default=AuthorizationState.TARGET
    )
    buyer_contact_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contacts.contact_id"))
    since_on: Mapped[date | None]
    """Since when it is in this state."""
    expires_on: Mapped[date | None]
    notes: Mapped[str | None]

    distributor: Mapped["Organization"] = relationship(foreign_keys=[distributor_id], lazy="raise_on_sql")
    principal: Mapped["Organization"] = relationship(foreign_keys=[principal_id], lazy="raise_on_sql")
    buyer: Mapped["Contact | None"] = relationship(lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": Versioned.version}
    __table_args__ = (
        sa.CheckConstraint("expires_on >= since_on", name="days"),
        sa.Index(
            "uq_distributor_principals_pair",
            "distributor_id",
            "principal_id",
            unique=True,
            postgresql_where=sa.text("deleted_at is null"),
        ),
        sa.Index("ix_distributor_principals_distributor_id", "distributor_id", "state"),
        sa.Index("ix_distributor_principals_principal_id", "principal_id", "state"),
        sa.Index("ix_distributor_principals_buyer_contact_id", "buyer_contact_id"),
        sa.Index("ix_distributor_principals_expires_on", "expires_on"),
    )

    def is_lapsed(self, today: date) -> bool:
        """Whether what was agreed no longer holds on the day `today`."""
        return self.state is AuthorizationState.EXPIRED or (
            self.state in (AuthorizationState.AUTHORIZED, AuthorizationState.STOCKED)
            and self.expires_on is not None
            and self.expires_on < today
        )
