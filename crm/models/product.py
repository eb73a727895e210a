"""Products: what a principal makes."""

from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.enums import ProductStatus
from crm.models.base import Id, Model, Versioned

if TYPE_CHECKING:
    from crm.models.organization import Organization


class Product(Versioned, Model):
    """One item of a principal's line card."""

    __tablename__ = "products"

    product_id: Mapped[Id]
    principal_id: Mapped[int] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    name: Mapped[str] = mapped_column(sa.String(255))
    category: Mapped[str | None] = mapped_column(sa.String(100))
    description: Mapped[str | None]
    status: Mapped[ProductStatus] = mapped_column(
        server_default=ProductStatus.ACTIVE.value, default=ProductStatus.ACTIVE
    )
    manufacturer_code: Mapped[str | None]
    unit_size: Mapped[str | None]

    principal: Mapped["Organization"] = relationship(lazy="raise_on_sql")

    __mapper_args__: ClassVar = {"version_id_col": Versioned.version}
    __table_args__ = (
        sa.CheckConstraint("btrim(name) <> ''", name="name"),
        sa.Index("idx_products_principal_id", "principal_id"),
        sa.Index("idx_products_category", "category"),
    )
