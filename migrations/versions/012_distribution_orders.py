"""Indexes for two lists: products by category, and distributors among organizations."""

from alembic import op

from migrations.building import concurrently

revision = "012"
down_revision = "011"

INDEXES = {
    "ix_products_category_key": "products (fold(coalesce(category, '')), name_key, product_id)",
    "ix_products_category_key_trgm": "products using gin (fold(coalesce(category, '')) gin_trgm_ops)",
    "ix_organizations_distributor_name_key": "organizations (name_key, organization_id) where is_distributor",
}


def upgrade() -> None:
    for name, on in INDEXES.items():
        concurrently(name, on)


def downgrade() -> None:
    for name in reversed(INDEXES):
        op.execute(f"drop index {name}")
