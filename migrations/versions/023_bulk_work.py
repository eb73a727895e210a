"""What is to be made for each row of a job, fixed when it was asked for."""

from alembic import op

revision = "023"
down_revision = "022"


def upgrade() -> None:
    op.execute("alter table job_rows add column plan jsonb")


def downgrade() -> None:
    op.execute("alter table job_rows drop column plan")
