"""The orders of the trail across rows: everything, one person's, one table's, each by its moment."""

from alembic import op

from migrations.building import concurrently

revision = "022"
down_revision = "021"

INDEXES = {
    "ix_audit_log_moment": "audit_log (changed_at, audit_log_id)",
    "ix_audit_log_user_moment": "audit_log (user_id, changed_at, audit_log_id)",
    "ix_audit_log_table_moment": "audit_log (table_name, changed_at, audit_log_id)",
}
REPLACED = {
    "ix_audit_log_changed_at": "audit_log (changed_at)",
    "ix_audit_log_user_id": "audit_log (user_id, audit_log_id)",
}


def upgrade() -> None:
    for name, on in INDEXES.items():
        concurrently(name, on)
    with op.get_context().autocommit_block():
        for name in REPLACED:
            op.execute(f"drop index concurrently if exists {name}")


def downgrade() -> None:
    for name, on in REPLACED.items():
        op.execute(f"create index {name} on {on}")
    for name in reversed(INDEXES):
        op.execute(f"drop index {name}")
