"""Whether somebody reads the list of principals as cards or as a table."""

from alembic import op

revision = "021"
down_revision = "020"


def upgrade() -> None:
    op.execute(
        """
        alter table dashboard_preferences
            add column principals_as text not null default 'cards',
            add constraint ck_dashboard_preferences_principals_as
                check (principals_as in ('cards', 'table')) not valid;
        alter table dashboard_preferences validate constraint ck_dashboard_preferences_principals_as;
        """
    )


def downgrade() -> None:
    op.execute("alter table dashboard_preferences drop column principals_as")
