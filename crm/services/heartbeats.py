"""Giving a sign of life."""

import socket
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm.db import db
from crm.models import Heartbeat


def beat(name: str, *, now: datetime, next_due_at: datetime | None = None) -> None:
    """Note that `name` lives, by the clock of the database and by `now`, the clock of who says so."""
    sign = {
        "beaten_at": sa.func.clock_timestamp(),
        "clock_at": now,
        "worker": socket.gethostname(),
        "next_due_at": next_due_at,
    }
    db.session.execute(
        insert(Heartbeat).values(name=name, **sign).on_conflict_do_update(index_elements=["name"], set_=sign)
    )
