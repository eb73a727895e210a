"""The mail ledger: what is due to whom, what was made of it, and what the mail server said."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.enums import DeliveryState, MailKind, MailState
from crm.models.base import Id, Model, Timestamps

if TYPE_CHECKING:
    from crm.models.user import User


class Delivery(Timestamps, Model):
    """One person's mail of one kind on one local date: planned at most once, whoever plans."""

    __tablename__ = "deliveries"

    delivery_id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"))
    kind: Mapped[MailKind]
    local_date: Mapped[date]
    due_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    state: Mapped[DeliveryState] = mapped_column(
        server_default=DeliveryState.PLANNED.value, default=DeliveryState.PLANNED
    )

    reason: Mapped[str | None]
    """Why there is no letter, in words for its reader; null where there is one, or will be."""

    user: Mapped["User"] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        sa.UniqueConstraint("user_id", "kind", "local_date"),
        sa.Index("ix_deliveries_planned", "due_at", postgresql_where=sa.text("state = 'planned'")),
    )


class DeliveryItem(Model):
    """A promise that a reminder names."""

    __tablename__ = "delivery_items"

    delivery_id: Mapped[int] = mapped_column(
        sa.ForeignKey("deliveries.delivery_id", ondelete="CASCADE"), primary_key=True
    )
    interaction_id: Mapped[int] = mapped_column(
        sa.ForeignKey("interactions.interaction_id", ondelete="CASCADE"), primary_key=True, index=True
    )


class MailMessage(Timestamps, Model):
    """A letter to one address and how far it has come. `lease_token` fences: a worker that lost its lease and
    wakes up finds another token and may not write.
    """

    __tablename__ = "mail_messages"

    mail_message_id: Mapped[Id]
    delivery_id: Mapped[int | None] = mapped_column(sa.ForeignKey("deliveries.delivery_id"), unique=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    """The Message-ID header; the same at every attempt."""
    to_address: Mapped[str]
    subject: Mapped[str]
    text_body: Mapped[str | None]
    html_body: Mapped[str | None]
    is_secret: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    """The bodies hold a key (a reset link) and are wiped once sent."""
    state: Mapped[MailState] = mapped_column(
        server_default=MailState.PLANNED.value, default=MailState.PLANNED
    )
    attempts: Mapped[int] = mapped_column(sa.Integer, server_default="0", default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=sa.func.now()
    )
    lease_until: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    lease_token: Mapped[str | None] = mapped_column(sa.Uuid(as_uuid=False))
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))

    __table_args__ = (
        sa.Index(
            "ix_mail_messages_waiting",
            "next_attempt_at",
            postgresql_where=sa.text("state in ('planned', 'claimed', 'handing over')"),
        ),
        sa.Index(
            "ix_mail_messages_in_doubt", "mail_message_id", postgresql_where=sa.text("state = 'in doubt'")
        ),
    )


class JournaledMail(Model):
    """A letter that had left before the book was restored from a backup, as the mail journal tells: when it
    is written once more it is in this state and is not sent again.
    """

    __tablename__ = "journaled_mails"

    message_id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[MailState]
    noted_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())

    __table_args__ = (sa.CheckConstraint("state in ('sent', 'in doubt')", name="state"),)


class MailAttempt(Model):
    """One try to hand a message to the mail server, and its answer in its own words."""

    __tablename__ = "mail_attempts"

    mail_attempt_id: Mapped[Id]
    mail_message_id: Mapped[int] = mapped_column(
        sa.ForeignKey("mail_messages.mail_message_id", ondelete="CASCADE"), index=True
    )
    started_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
    ended_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    outcome: Mapped[str | None]
    """sent, deferred, failed or in doubt; null while under way."""
    reply: Mapped[str | None]
