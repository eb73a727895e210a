"""Tags as a list of words: the rows go on holding the words themselves, in an array."""

from alembic import op

revision = "020"
down_revision = "019"


def upgrade() -> None:
    op.execute("alter type picklist_enum add value if not exists 'tag' after 'contact role'")


def downgrade() -> None:
    op.execute(
        """
        delete from picklist_values where picklist = 'tag';
        alter type picklist_enum rename to picklist_enum_with_tag;
        create type picklist_enum as enum (
            'segment', 'context', 'activity', 'position', 'source', 'close reason', 'product category',
            'contact role'
        );
        alter table picklist_values
            alter column picklist type picklist_enum using picklist::text::picklist_enum;
        drop type picklist_enum_with_tag;
        """
    )
