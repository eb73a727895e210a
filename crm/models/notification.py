"""What a person is told inside the application."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Id, Model


class Notification(Model):
    """One piece of news for one person, and where it leads. Until it is read it counts at the bell."""

    __tablename__ = "notifications"

    notification_id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"))
    kind: Mapped[str]
    subject: Mapped[str]
    link: Mapped[str]
    read_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())

    __table_args__ = (
        sa.CheckConstraint("btrim(subject) <> '' and char_length(subject) <= 500", name="subject"),
        sa.Index("ix_notifications_user_id", "user_id", "notification_id"),
        sa.Index("ix_notifications_unread", "user_id", postgresql_where=sa.text("read_at is null")),
    )
