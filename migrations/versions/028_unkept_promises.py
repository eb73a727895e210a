"""An index for the promises that nobody keeps: they stand in the digest of every manager."""

from alembic import op

from migrations.building import concurrently

revision = "028"
down_revision = "027"


def upgrade() -> None:
    concurrently(
        "ix_interactions_unkept",
        "interactions (follow_up_date, interaction_id) "
        "where follow_up_required and completed_at is null and deleted_at is null and owner_id is null",
    )


def downgrade() -> None:
    op.execute("drop index ix_interactions_unkept")
