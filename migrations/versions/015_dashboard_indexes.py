"""Indexes for what happened in a span of days: touches by author and type, promises kept, samples sent."""

from alembic import op

from migrations.building import concurrently

revision = "015"
down_revision = "014"

INDEXES = {
    "ix_interactions_touches": (
        "interactions (interaction_date, author_id, interaction_type) where is_touch and deleted_at is null"
    ),
    "ix_interactions_completed_at": (
        "interactions (completed_at, owner_id) where completed_at is not null and deleted_at is null"
    ),
    "ix_samples_sent_on": "samples (sent_on, opportunity_id) where deleted_at is null",
}


def upgrade() -> None:
    for name, on in INDEXES.items():
        concurrently(name, on)


def downgrade() -> None:
    for name in reversed(INDEXES):
        op.execute(f"drop index {name}")
