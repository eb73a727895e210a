"""Products: what a principal makes."""

from typing import TYPE_CHECKING

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
    principal_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    """None only of products that an old book had for nobody; people always name one."""
    name: Mapped[str] = mapped_column(sa.String(255))
    name_key: Mapped[str] = mapped_column(sa.Computed("fold(name)", persisted=True))
    category: Mapped[str | None] = mapped_column(sa.String(100))
    description: Mapped[str | None]
    status: Mapped[ProductStatus] = mapped_column(
        server_default=ProductStatus.ACTIVE.value, default=ProductStatus.ACTIVE
    )
    manufacturer_code: Mapped[str | None]
    """The maker's own item number."""
    unit_size: Mapped[str | None]
    allergens: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text), server_default="{}", default=list)
    certifications: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text), server_default="{}", default=list)

    principal: Mapped["Organization | None"] = relationship(lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": Versioned.version}
    __table_args__ = (
        sa.CheckConstraint("btrim(name) <> ''", name="name"),
        sa.Index("idx_products_principal_id", "principal_id"),
        sa.CheckConstraint("array_position(allergens, null) is null", name="allergens"),
        sa.CheckConstraint("array_position(certifications, null) is null", name="certifications"),
        sa.Index("idx_products_category", "category"),
        sa.Index("ix_products_name_key", "name_key", "product_id"),
        sa.Index(
            "ix_products_name_key_trgm",
            "name_key",
            postgresql_using="gin",
            postgresql_ops={"name_key": "gin_trgm_ops"},
        ),
        sa.Index("ix_products_updated_at", "updated_at", "product_id"),
        sa.Index("ix_products_principal_id_name_key", "principal_id", "name_key", "product_id"),
        sa.Index("ix_products_category_name_key", "category", "name_key", "product_id"),
        sa.Index("ix_products_status", "status", "name_key", "product_id"),
        sa.Index("ix_products_manufacturer_code", sa.text("lower(manufacturer_code)")),
        sa.Index(
            "ix_products_manufacturer_code_trgm",
            sa.func.lower(sa.text("manufacturer_code")).label("code"),
            postgresql_using="gin",
            postgresql_ops={"code": "gin_trgm_ops"},
        ),
        sa.Index(
            "ix_products_category_key", sa.text("fold(coalesce(category, ''))"), "name_key", "product_id"
        ),
        sa.Index(
            "ix_products_category_key_trgm",
            sa.func.fold(sa.func.coalesce(sa.text("category"), "")).label("words"),
            postgresql_using="gin",
            postgresql_ops={"words": "gin_trgm_ops"},
        ),
        sa.Index("ix_products_archived", "deleted_at", postgresql_where=sa.text("deleted_at is not null")),
    )
