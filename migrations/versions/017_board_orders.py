"""The order of the columns of the board: each stage by its last move."""

from alembic import op

from migrations.building import concurrently

revision = "017"
down_revision = "016"


def upgrade() -> None:
    concurrently(
        "ix_opportunities_stage_moved",
        "opportunities (stage, stage_changed_at, opportunity_id)",
    )


def downgrade() -> None:
    op.execute("drop index ix_opportunities_stage_moved")
