"""News that somebody is told inside the application, and that was read."""

from datetime import date, datetime

import sqlalchemy as sa

from crm import queries
from crm.db import db
from crm.enums import Channel, MailKind
from crm.models import Notification


def tell_slipped(*, today: date) -> int:
    """Tell those who look after principals that slipped to Low on the firm's day `today`, but for who wants
    no such news; once for each principal and day, however often it is asked. How many were told.
    """
    slipped = queries.books.slipped_on(today)
    told = 0
    for owner_id in {one.owner_id for one in slipped}:
        wishes = queries.notification_preferences.of(queries.users.get(owner_id))
        if any(wish.kind is MailKind.SLIPPED and wish.channel is Channel.OFF for wish in wishes):
            continue
        news = [
            Notification(
                user_id=owner_id,
                kind=MailKind.SLIPPED.value,
                subject=f"{one.name[:450]} slipped to Low today.",
                link=f"/principals/{one.principal_id}",
            )
            for one in slipped
            if one.owner_id == owner_id
        ]
        db.session.add_all(news)
        told += len(news)
    db.session.flush()
    return told


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
