"""What a person was told, the newest first."""

from collections.abc import Sequence

import sqlalchemy as sa

from crm.db import db
from crm.models import Notification

MOST = 100


def of(user_id: int) -> Sequence[Notification]:
    """The newest news of this person, read or not."""
    return db.session.scalars(
        sa.select(Notification)
        .where(Notification.user_id == user_id)
        .order_by(Notification.notification_id.desc())
        .limit(MOST)
    ).all()


def unread(user_id: int) -> int:
    """How much of it nobody has read."""
    return db.session.execute(sa.select(unread_number(user_id))).scalar_one()


def unread_number(user_id: int | sa.ColumnElement[int]) -> sa.ScalarSelect[int]:
    """The same, to stand in another question."""
    return (
        sa.select(sa.func.count())
        .where(Notification.user_id == user_id, Notification.read_at.is_(None))
        .scalar_subquery()
    )
