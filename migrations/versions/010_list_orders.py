"""Indexes for orders of lists by columns that may be empty, or by what is not written as it is sorted.

A list goes on where its page ended by one comparison of all that it is sorted by, so nothing of that is null.
"""

from alembic import op

from migrations.building import concurrently

revision = "010"
down_revision = "009"

INDEXES = {
    "ix_organizations_priority_rank": (
        "organizations ((priority is null), coalesce(priority, 'D'), name_key, organization_id)"
    ),
    "ix_organizations_place": (
        "organizations (coalesce(state, ''), fold(coalesce(city, '')), name_key, organization_id)"
    ),
    "ix_contacts_last_name_key": "contacts (fold(last_name), name_key, contact_id)",
}


def upgrade() -> None:
    for name, on in INDEXES.items():
        concurrently(name, on)


def downgrade() -> None:
    for name in reversed(INDEXES):
        op.execute(f"drop index {name}")
