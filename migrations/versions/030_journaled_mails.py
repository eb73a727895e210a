"""What the mail journal tells after a restore: letters that had left, unknown to the restored book."""

from alembic import op

revision = "030"
down_revision = "029"


def upgrade() -> None:
    op.execute(
        """
        create table journaled_mails (
            message_id text not null,
            state mail_state_enum not null,
            noted_at timestamptz not null default now(),
            constraint pk_journaled_mails primary key (message_id),
            constraint ck_journaled_mails_state check (state in ('sent', 'in doubt'))
        );
        """
    )


def downgrade() -> None:
    op.execute("drop table journaled_mails")
