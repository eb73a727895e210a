"""Indexes for when an account was touched last: by itself, or by those of its contacts and opportunities that
name no organization.
"""

from alembic import op

from migrations.building import concurrently

revision = "025"
down_revision = "024"

INDEXES = {
    "ix_interactions_account_touch": (
        "interactions (organization_id, interaction_date) where is_touch and deleted_at is null"
    ),
    "ix_interactions_homeless_contact": (
        "interactions (contact_id, interaction_date) "
        "where organization_id is null and is_touch and deleted_at is null"
    ),
    "ix_interactions_homeless_opportunity": (
        "interactions (opportunity_id, interaction_date) "
        "where organization_id is null and is_touch and deleted_at is null"
    ),
}


def upgrade() -> None:
    for name, on in INDEXES.items():
        concurrently(name, on)


def downgrade() -> None:
    for name in reversed(INDEXES):
        op.execute(f"drop index {name}")
