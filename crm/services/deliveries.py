"""Making one person's letter of one kind for one local date: at most once, or nothing to say."""

import sqlalchemy as sa

from crm import queries
from crm.db import db
from crm.enums import DeliveryState, MailKind
from crm.models import Delivery, DeliveryItem, User
from crm.services import digests, mails, reminders

WRITERS = {MailKind.REMINDER: reminders.write, MailKind.DIGEST: digests.write}

NOTHING = {
    MailKind.REMINDER: "Nothing was due or late.",
    MailKind.DIGEST: "Nothing was late, nobody went quiet, nothing moved.",
}
"""Why there is no letter although one was wanted."""


def make(delivery_id: int) -> None:
    """Write the letter of a planned delivery into the mail ledger, with the promises it names, all at once.
    Does nothing if another worker has it or it was made before.

    What it says is as of the delivery's own day. Who has turned this mail off in the meantime gets none.
    """
    delivery = db.session.execute(
        sa.select(Delivery)
        .where(Delivery.delivery_id == delivery_id, Delivery.state == DeliveryState.PLANNED)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if delivery is None:
        return
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
