"""How each person has their dashboard: the order of its panels, which are hidden, what was asked last."""

from alembic import op

revision = "014"
down_revision = "013"


def upgrade() -> None:
    op.execute(
        """
        create table dashboard_preferences (
            user_id bigint not null,
            panels text[] not null default '{}',
            hidden text[] not null default '{}',
            filters text not null default '',
            constraint pk_dashboard_preferences primary key (user_id),
            constraint ck_dashboard_preferences_panels
                check (cardinality(panels) <= 50 and array_position(panels, null) is null),
            constraint ck_dashboard_preferences_hidden
                check (cardinality(hidden) <= 50 and array_position(hidden, null) is null),
            constraint ck_dashboard_preferences_filters check (char_length(filters) <= 4000),
            constraint fk_dashboard_preferences_user_id foreign key (user_id) references users (user_id)
        );
        alter table dashboard_preferences enable row level security;
        alter table dashboard_preferences force row level security;
        create policy owner_all on dashboard_preferences to kp_owner using (true) with check (true);
        """
    )


def downgrade() -> None:
    op.execute("drop table dashboard_preferences")
