"""Telling the live updates that a session is over (crm/live.py ends its streams)."""

from typing import Final

import sqlalchemy as sa

from crm.db import db

CHANNEL: Final = "changes"
"""What triggers tell and live updates hear; see migrations/sql/functions/tell_change.sql."""
LEFT: Final = "left"
"""In place of a table: the sessions with these marks are over."""


def leave(mark: str) -> None:
    """The session with this mark is over, once this transaction is committed."""
    db.session.execute(sa.select(sa.func.pg_notify(CHANNEL, f"{LEFT}:{mark}")))
