"""What became of one person's mail: every letter that was due, made, sent or skipped and why, and what is
next.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.enums import DeliveryState, MailKind, MailState
from crm.models import Delivery, DeliveryItem, FirmSetting, MailMessage, User
from crm.queries import notification_preferences
from crm.queries.notification_preferences import LETTERS, next_at, quiet_until

LAST = 60
"""Letters that the page shows."""


@dataclass(frozen=True)
class Line:
    """One letter of one day, whether or not it came to be."""

    kind: MailKind
    local_date: date
    due_at: datetime
    state: DeliveryState
    reason: str | None
    decided_at: datetime
    """When it was made or skipped."""
    mail_state: MailState | None
    sent_at: datetime | None
    attempts: int
    next_attempt_at: datetime | None
    last_error: str | None
    promises: int


@dataclass(frozen=True)
class Next:
    """When the next letter of a kind is due; None while it does not come by mail."""

    kind: MailKind
    due_at: datetime | None


@dataclass(frozen=True)
class Proof:
    """What is known of one person's mail."""

    lines: list[Line]
    nexts: list[Next]
    quiet_until: datetime | None
    """The end of the quiet hours that these are."""
    held_since: datetime | None
    """Since when all mail of the firm is on hold."""
    held_because: str | None


def of(user: User, *, now: datetime) -> Proof:
    """The newest letters of `user`, and what comes next."""
    held = db.session.execute(sa.select(FirmSetting.mail_held_at, FirmSetting.mail_held_because)).one()
    preferences = {one.kind: one for one in notification_preferences.of(user)}
    return Proof(
        lines=_lines(user.user_id),
        nexts=[Next(kind, next_at(preferences[kind], user.time_zone, now=now)) for kind in LETTERS],
        quiet_until=quiet_until(user, now=now),
        held_since=held.mail_held_at,
        held_because=held.mail_held_because,
    )


def _lines(user_id: int) -> list[Line]:
    named = sa.select(sa.func.count()).where(DeliveryItem.delivery_id == Delivery.delivery_id)
    rows: Iterable[Any] = db.session.execute(
        sa.select(
            Delivery.kind, Delivery.local_date, Delivery.due_at, Delivery.state, Delivery.reason,
            Delivery.updated_at, MailMessage.state, MailMessage.sent_at,
            sa.func.coalesce(MailMessage.attempts, 0), MailMessage.next_attempt_at, MailMessage.last_error,
            named.scalar_subquery(),
        )
        .outerjoin(MailMessage, MailMessage.delivery_id == Delivery.delivery_id)
        .where(Delivery.user_id == user_id)
        .order_by(Delivery.local_date.desc(), Delivery.kind)
        .limit(LAST)
    )  # fmt: skip
    return [Line(*row) for row in rows]
