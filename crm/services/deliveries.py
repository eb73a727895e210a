"""Making one person's letter of one kind for one local date: at most once, or nothing to say."""

import time
from datetime import datetime

import sqlalchemy as sa
import structlog

from crm import bell, queries
from crm.db import db, transaction
from crm.enums import DeliveryState, MailKind
from crm.models import Delivery, DeliveryItem, User
from crm.services import digests, mails, reminders

WRITERS = {MailKind.REMINDER: reminders.write, MailKind.DIGEST: digests.write}

NOTHING = {
    MailKind.REMINDER: "Nothing was due or late.",
    MailKind.DIGEST: "Nothing was late, nobody went quiet, nothing moved.",
}
"""Why there is no letter although one was wanted."""


log = structlog.get_logger()


def make_waiting(*, now: datetime, rounds: int) -> None:
    """Make the letters that wait, one after the other, for some seconds; then ring for those that are left,
    so many more `rounds`.

    A letter that cannot be made is left to the next tick and stops no other. Those of people whose quiet
    hours these are wait.
    """
    with transaction():
        asleep = queries.notification_preferences.asleep(now=now)
    failed: list[int] = []
    until = time.monotonic() + bell.ROUND_SECONDS
    while time.monotonic() < until:
        number = None
        try:
            with transaction():
                delivery = _waiting(Delivery.user_id.not_in(asleep), Delivery.delivery_id.not_in(failed))
                if delivery is None:
                    bell.ring("mails.send_waiting", bell.ROUNDS)
                    return
                number = delivery.delivery_id
                _make(delivery)
        except Exception:
            if number is None:
                raise
            log.exception("letter not written", delivery_id=number)
            failed.append(number)
    with transaction():
        bell.ring("mails.send_waiting", bell.ROUNDS)
        bell.ring_again("deliveries.make_waiting", rounds)


def make(delivery_id: int) -> None:
    """Make one letter; do nothing if another worker has it or it was made before."""
    delivery = _waiting(Delivery.delivery_id == delivery_id)
    if delivery is not None:
        _make(delivery)


def _waiting(*which: sa.ColumnElement[bool]) -> Delivery | None:
    """One of these that nobody makes yet, held until the transaction ends."""
    return db.session.execute(
        sa.select(Delivery)
        .where(Delivery.state == DeliveryState.PLANNED, *which)
        .order_by(Delivery.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _make(delivery: Delivery) -> None:
    """Write the letter of a planned delivery into the mail ledger, with the promises it names, all at once.

    What it says is as of the delivery's own day. Who has turned this mail off in the meantime gets none.
    """
    delivery_id = delivery.delivery_id
    user = db.session.execute(sa.select(User).where(User.user_id == delivery.user_id)).scalar_one()
    preferences = queries.notification_preferences.on(user, delivery.local_date)
    if not user.active or not preferences[delivery.kind].is_on:
        delivery.state = DeliveryState.SUPERSEDED
        delivery.reason = "This mail was turned off." if user.active else "They no longer sign in."
        return
    letter = WRITERS[delivery.kind](user, on=delivery.local_date, preferences=preferences)
    if letter is None:
        delivery.state = DeliveryState.NOTHING_TO_SAY
        delivery.reason = NOTHING[delivery.kind]
        return
    delivery.state = DeliveryState.MADE
    db.session.flush()
    if letter.promise_ids:
        db.session.execute(
            sa.insert(DeliveryItem),
            [{"delivery_id": delivery_id, "interaction_id": number} for number in letter.promise_ids],
        )
    mails.queue(
        to=user.email,
        subject=letter.content.subject,
        text=letter.content.text,
        html=letter.content.html,
        delivery_id=delivery_id,
        name=f"{delivery.kind.value}.{delivery.local_date:%Y-%m-%d}.{user.user_id}",
    )
