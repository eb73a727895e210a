"""Making people's letters of one kind for one local date: each at most once, or nothing to say."""

import time
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import ARRAY

from crm import bell, queries
from crm.db import db, transaction
from crm.enums import DeliveryState, MailKind
from crm.models import Delivery, DeliveryItem, User
from crm.services import digests, letters, mails, reminders

WRITERS = {MailKind.REMINDER: reminders.write, MailKind.DIGEST: digests.write}

NOTHING = {
    MailKind.REMINDER: "Nothing was due or late.",
    MailKind.DIGEST: "Nothing was late, nobody went quiet, nothing moved.",
}
"""Why there is no letter although one was wanted."""


AT_ONCE: Final = 20
"""So many letters are made in one transaction: what they ask is asked once for all of them."""

_PLANNED_ONCE: Final = sa.text("set local plan_cache_mode = force_generic_plan")
"""Each letter asks the same of another person. To plan that anew took longer than to answer it."""

log = structlog.get_logger()


def make_waiting(*, now: datetime, rounds: int) -> None:
    """Make the letters that wait, some at once, for some seconds; then ring for those that are left, so many
    more `rounds`.

    A letter that cannot be made is left to the next tick and stops no other. Those of people whose quiet
    hours these are wait.
    """
    with transaction():
        asleep = queries.notification_preferences.asleep(now=now)
    failed: list[int] = []
    until = time.monotonic() + bell.ROUND_SECONDS
    while time.monotonic() < until:
        numbers: list[int] = []
        try:
            with transaction():
                some = _waiting(Delivery.user_id.not_in(asleep), Delivery.delivery_id.not_in(failed))
                if not some:
                    bell.ring("mails.send_waiting", bell.ROUNDS)
                    return
                numbers = [delivery.delivery_id for delivery in some]
                _make(some)
        except Exception:
            if not numbers:
                raise
            failed += _one_by_one(numbers)
    with transaction():
        bell.ring("mails.send_waiting", bell.ROUNDS)
        bell.ring_again("deliveries.make_waiting", rounds)


def _one_by_one(numbers: Sequence[int]) -> list[int]:
    """Make these letters, each in a transaction of its own; those that could not be made."""
    failed = []
    for number in numbers:
        try:
            with transaction():
                make(number)
        except Exception:
            log.exception("letter not written", delivery_id=number)
            failed.append(number)
    return failed


def make(delivery_id: int) -> None:
    """Make one letter; do nothing if another worker has it or it was made before."""
    _make(_waiting(Delivery.delivery_id == delivery_id))


def _waiting(*which: sa.ColumnElement[bool]) -> Sequence[Delivery]:
    """Some of these that nobody makes yet, held until the transaction ends."""
    return db.session.scalars(
        sa.select(Delivery)
        .where(Delivery.state == DeliveryState.PLANNED, *which)
        .order_by(Delivery.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()


def _make(deliveries: Sequence[Delivery]) -> None:
    """Write the letters of planned deliveries into the mail ledger, with the promises they name, all at once.

    What a letter says is as of the delivery's own day. Who has turned this mail off in the meantime gets
    none.
    """
    if not deliveries:
        return
    db.session.execute(_PLANNED_ONCE)
    wanted = _still_wanted(deliveries)
    for (kind, day), some in _by_kind_and_day(deliveries):
        asked = {one: wanted[one.delivery_id] for one in some if one.delivery_id in wanted}
        written = WRITERS[kind](list(asked.values()), on=day) if asked else []
        for (delivery, one), letter in zip(asked.items(), written, strict=True):
            _keep(delivery, one.user, letter)
    db.session.flush()


def _still_wanted(deliveries: Sequence[Delivery]) -> dict[int, letters.Asked]:
    """Who wants these letters, by delivery; the others get none, and it is said why."""
    users = _users(deliveries)
    days = [(users[delivery.user_id], delivery.local_date) for delivery in deliveries]
    wanted = {}
    ways = queries.notification_preferences.of_each(days)
    for delivery, preferences in zip(deliveries, ways, strict=True):
        user = users[delivery.user_id]
        if user.active and preferences[delivery.kind].is_on:
            wanted[delivery.delivery_id] = letters.Asked(user, preferences)
        else:
            delivery.state = DeliveryState.SUPERSEDED
            delivery.reason = "This mail was turned off." if user.active else "They no longer sign in."
    return wanted


def _users(deliveries: Sequence[Delivery]) -> dict[int, User]:
    numbers = [delivery.user_id for delivery in deliveries]
    asked = sa.select(User).where(User.user_id == sa.any_(sa.literal(numbers, ARRAY(sa.BigInteger))))
    return {user.user_id: user for user in db.session.scalars(asked)}


def _by_kind_and_day(
    deliveries: Sequence[Delivery],
) -> Iterator[tuple[tuple[MailKind, date], Iterator[Delivery]]]:
    def which(delivery: Delivery) -> tuple[MailKind, date]:
        return delivery.kind, delivery.local_date

    return groupby(sorted(deliveries, key=which), key=which)


def _keep(delivery: Delivery, user: User, letter: letters.Written | None) -> None:
    """Put the letter into the ledger, or say that there is none."""
    if letter is None:
        delivery.state = DeliveryState.NOTHING_TO_SAY
        delivery.reason = NOTHING[delivery.kind]
        return
    delivery.state = DeliveryState.MADE
    if letter.promise_ids:
        db.session.execute(
            sa.insert(DeliveryItem),
            [
                {"delivery_id": delivery.delivery_id, "interaction_id": number}
                for number in letter.promise_ids
            ],
        )
    mails.queue(
        to=user.email,
        subject=letter.content.subject,
        text=letter.content.text,
        html=letter.content.html,
        delivery_id=delivery.delivery_id,
        name=f"{delivery.kind.value}.{delivery.local_date:%Y-%m-%d}.{user.user_id}",
    )
