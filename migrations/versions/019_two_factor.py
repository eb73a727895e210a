"""A second step of signing in: the key that a person's phone shares with us, the last code that counted, and
the recovery codes that are left."""

from alembic import op

revision = "019"
down_revision = "018"


def upgrade() -> None:
    op.execute(
        """
        alter table users
            add column two_factor_on_at timestamptz,
            add column tf_totp_secret text,
            add column tf_last_counter bigint,
            add column mf_recovery_codes text[],
            add constraint ck_users_two_factor check (
                (two_factor_on_at is null) = (tf_totp_secret is null)
            ) not valid;
        alter table users validate constraint ck_users_two_factor;
        """
    )


def downgrade() -> None:
    op.execute(
        """
        alter table users
            drop constraint ck_users_two_factor,
            drop column two_factor_on_at,
            drop column tf_totp_secret,
            drop column tf_last_counter,
            drop column mf_recovery_codes;
        """
    )
