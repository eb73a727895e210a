"""Indexes for when an opportunity was touched last, and for the sources that opportunities name."""

from alembic import op

from migrations.building import concurrently

revision = "024"
down_revision = "023"

INDEXES = {
    "ix_interactions_last_touch": (
        "interactions (opportunity_id, interaction_date) where is_touch and deleted_at is null"
    ),
    "ix_opportunities_source": "opportunities (source)",
}


def upgrade() -> None:
    for name, on in INDEXES.items():
        concurrently(name, on)


def downgrade() -> None:
    for name in reversed(INDEXES):
        op.execute(f"drop index {name}")
