"""Promises are read in slices of days, and open ones by when they wake, from indexes that hold all of it."""

from alembic import op

from migrations.building import concurrently

revision = "033"
down_revision = "032"

OPEN = "follow_up_required and completed_at is null and deleted_at is null"


def upgrade() -> None:
    concurrently(
        "ix_interactions_promises",
        "interactions (follow_up_date, interaction_id) include (owner_id, completed_at) "
        "where follow_up_required and deleted_at is null",
    )
    concurrently(
        "ix_interactions_open_promises_awake",
        f"interactions (owner_id, follow_up_date, interaction_id) include (snoozed_until_on) where {OPEN}",
    )
    op.execute("drop index ix_interactions_open_promises")
    op.execute("alter index ix_interactions_open_promises_awake rename to ix_interactions_open_promises")


def downgrade() -> None:
    op.execute("drop index ix_interactions_promises")
    op.execute("drop index ix_interactions_open_promises")
    op.execute(
        "create index ix_interactions_open_promises "
        f"on interactions (owner_id, follow_up_date, interaction_id) where {OPEN}"
    )
