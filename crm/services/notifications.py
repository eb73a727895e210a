"""News that was read."""

from datetime import datetime

import sqlalchemy as sa

from crm.db import db
from crm.models import Notification


def read_all(*, by: int, now: datetime) -> None:
    """Everything that this person was told is read now."""
    db.session.execute(
        sa.update(Notification)
        .where(Notification.user_id == by, Notification.read_at.is_(None))
        .values(read_at=now)
        .execution_options(synchronize_session=False)
    )


def read_of(link: str, *, by: int, now: datetime) -> None:
    """What leads to this address is read: the person is there."""
    db.session.execute(
        sa.update(Notification)
        .where(Notification.user_id == by, Notification.read_at.is_(None), Notification.link == link)
        .values(read_at=now)
        .execution_options(synchronize_session=False)
    )
