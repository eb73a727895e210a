"""Building an index while people work."""

import sqlalchemy as sa
from alembic import context, op


def concurrently(name: str, on: str) -> None:
    """Build the index `name` `on` a table and its columns without shutting writers out; for a revision of
    indexes alone, which can be killed and run again.

    What is built already is left as it is, but for one whose build was broken off: that one is built anew. It
    waits for everybody who has touched the table, so it must not give up after three seconds.
    """
    if context.is_offline_mode():
        op.execute(f"create index {name} on {on}")
        return
    with op.get_context().autocommit_block():
        is_broken = sa.text("select not indisvalid from pg_index where indexrelid = to_regclass(:name)")
        if op.get_bind().execute(is_broken, {"name": name}).scalar():
            op.execute(f"drop index concurrently {name}")
        op.execute("set lock_timeout = 0")
        op.execute(f"create index concurrently if not exists {name} on {on}")
        op.execute("set lock_timeout = '3s'")
