"""The larger features stand behind a flag each; they are on until somebody switches them off."""

from alembic import op

revision = "032"
down_revision = "031"

ADDED = (
    *("api", "board", "bulk-changes", "dashboard-details", "duplicates"),
    *("exports", "imports", "legacy", "live-updates"),
)


def upgrade() -> None:
    rows = ", ".join(f"('{name}', true)" for name in ADDED)
    op.execute(f"insert into feature_flags (flag, is_on) values {rows} on conflict do nothing")


def downgrade() -> None:
    names = ", ".join(f"'{name}'" for name in ADDED)
    op.execute(
        f"delete from feature_flag_changes where flag in ({names}); "
        f"delete from feature_flags where flag in ({names})"
    )
