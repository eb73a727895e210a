"""A feature may be on for some roles only; and the first one that can be switched is on, as it was before."""

from alembic import op

revision = "011"
down_revision = "010"


def upgrade() -> None:
    op.execute(
        "alter table feature_flags add column if not exists roles role_enum[] not null default '{}'; "
        "insert into feature_flags (flag, is_on) values ('bulk-moves', true) on conflict do nothing"
    )


def downgrade() -> None:
    op.execute(
        "delete from feature_flags where flag = 'bulk-moves'; alter table feature_flags drop column roles"
    )
