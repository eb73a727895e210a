"""Row security for the tables of the book that came before it.

It binds the owner, too, so the owner gets a policy at once. The other roles keep every row until the end of
the upgrade by a policy that is there for the time between: whoever works goes on as before, and the policies
of migrations/sql/policies take its place when the objects are swapped.
"""

from alembic import op

revision = "008"
down_revision = "007"

TABLES = (
    *("organizations", "organization_aliases", "contacts", "products", "opportunities"),
    *("opportunity_products", "opportunity_principals", "opportunity_stage_changes", "interactions"),
    *("interaction_principals", "principal_summaries", "principal_weeks", "principal_deltas"),
    *("engagement_changes", "notification_preferences", "person_aliases"),
)


def upgrade() -> None:
    for table in TABLES:
        op.execute(
            f"create policy owner_all on {table} to kp_owner using (true) with check (true); "
            f"create policy until_swapped on {table} to kp_staff, kp_system using (true) with check (true); "
            f"alter table {table} enable row level security; "
            f"alter table {table} force row level security"
        )


def downgrade() -> None:
    for table in TABLES:
        op.execute(
            f"alter table {table} no force row level security; "
            f"alter table {table} disable row level security; "
            f"drop policy if exists until_swapped on {table}; "
            f"drop policy owner_all on {table}"
        )
