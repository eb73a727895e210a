"""An index for the ledger of promises, which reads those of some weeks: it holds all that counts there."""

from alembic import op

from migrations.building import concurrently

revision = "033"
down_revision = "032"


def upgrade() -> None:
    concurrently(
        "ix_interactions_promises",
        "interactions (follow_up_date, interaction_id) include (owner_id, completed_at) "
        "where follow_up_required and deleted_at is null",
    )


def downgrade() -> None:
    op.execute("drop index ix_interactions_promises")
