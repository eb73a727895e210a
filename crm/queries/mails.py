"""The mail ledger, read."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from crm.db import db
from crm.enums import DeliveryState, MailState
from crm.models import Delivery, FirmSetting, MailMessage
from crm.queries.notification_preferences import asleep


def waiting(*, now: datetime, most: int) -> list[int]:
    """Letters that may be sent now, the one that has waited longest first; of those that the planner made
    none to people whose quiet hours these are.
    """
    return list(
        db.session.scalars(
            sa.select(MailMessage.mail_message_id)
            .outerjoin(Delivery, Delivery.delivery_id == MailMessage.delivery_id)
            .where(
                MailMessage.state == MailState.PLANNED,
                MailMessage.next_attempt_at <= now,
                sa.func.coalesce(Delivery.user_id, 0).not_in(asleep(now=now)),
            )
            .order_by(MailMessage.next_attempt_at)
            .limit(most)
        )
    )


def deliveries_waiting(*, now: datetime, most: int) -> list[int]:
    """Reminders and digests that are due, not made yet, and not for people whose quiet hours these are."""
    return list(
        db.session.scalars(
            sa.select(Delivery.delivery_id)
            .where(
                Delivery.state == DeliveryState.PLANNED,
                Delivery.due_at <= now,
                Delivery.user_id.not_in(asleep(now=now)),
            )
            .order_by(Delivery.due_at)
            .limit(most)
        )
    )


def held() -> bool:
    """True while somebody has put all mail on hold."""
    return db.session.scalar(sa.select(FirmSetting.mail_held_at)) is not None


def in_doubt() -> Sequence[MailMessage]:
    """Letters of which nobody knows whether they arrived, oldest first. A person decides about each."""
    return db.session.scalars(
        sa.select(MailMessage)
        .where(MailMessage.state == MailState.IN_DOUBT)
        .order_by(MailMessage.mail_message_id)
    ).all()


def undelivered(*, now: datetime, to: str | None = None) -> Sequence[MailMessage]:
    """Letters in doubt, and the last week's that failed, newest first; all, or those to one address."""
    troubled = sa.or_(
        MailMessage.state == MailState.IN_DOUBT,
        sa.and_(MailMessage.state == MailState.FAILED, MailMessage.updated_at > now - timedelta(days=7)),
    )
    letters = sa.select(MailMessage).where(troubled).order_by(MailMessage.mail_message_id.desc())
    if to is not None:
        letters = letters.where(sa.func.lower(MailMessage.to_address) == to.lower())
    return db.session.scalars(letters).all()


def states() -> dict[MailState, int]:
    """How many letters are in each state; a state without one is left out."""
    counted = sa.select(MailMessage.state, sa.func.count()).group_by(MailMessage.state)
    return {row[0]: row[1] for row in db.session.execute(counted)}


AUDIT = {
    "a delivery was made and has no letter": """
        select count(*) from deliveries d where state = 'made'
        and not exists (select from mail_messages m where m.delivery_id = d.delivery_id)""",
    "a delivery was not made and has a letter": """
        select count(*) from deliveries d join mail_messages m using (delivery_id) where d.state <> 'made'""",
    "a letter is sent and has no moment": """
        select count(*) from mail_messages where state = 'sent' and sent_at is null""",
    "a letter was taken by the server twice": """
        select count(*) from (select from mail_attempts where outcome = 'sent' group by mail_message_id
        having count(*) > 1) twice""",
    "a letter waits although the server took it": """
        select count(*) from mail_messages m where state in ('planned', 'claimed', 'handing over')
        and exists (select from mail_attempts a where a.mail_message_id = m.mail_message_id
        and a.outcome = 'sent')""",
    "a letter is claimed and has no lease": """
        select count(*) from mail_messages where state in ('claimed', 'handing over')
        and (lease_until is null or lease_token is null)""",
    "a secret letter is sent and still has its content": """
        select count(*) from mail_messages where state = 'sent' and is_secret
        and coalesce(text_body, html_body) is not null""",
    "a promise is in two reminders of its owner for one date": """
        select count(*) from (select from delivery_items i join deliveries d using (delivery_id)
        group by d.user_id, d.kind, d.local_date, i.interaction_id having count(*) > 1) twice""",
}
"""Invariants of the ledger: what would be wrong, and how many rows are."""


def broken() -> dict[str, int]:
    """The invariants that do not hold, with the number of rows that break each. Empty = all is well."""
    counts = {wrong: db.session.execute(sa.text(sql)).scalar_one() for wrong, sql in AUDIT.items()}
    return {wrong: count for wrong, count in counts.items() if count}
