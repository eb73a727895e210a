"""${message}.

Says what changes and why; never edited once landed.
"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
# True when a view stands in the way (a column is dropped or changes its type); all views are made anew at head.
drops_views = False


def upgrade() -> None:
    op.execute("")


def downgrade() -> None:
    op.execute("")
