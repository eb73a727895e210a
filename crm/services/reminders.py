"""A rep's morning letter: what they promised and is due or late, what those they stand in for promised, and
who has slipped to Low.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import sqlalchemy as sa

from crm import mail, queries
from crm.db import db
from crm.enums import DeliveryState, MailKind
from crm.models import Delivery, User
from crm.queries.books import Book
from crm.queries.digests import EVERYTHING
from crm.queries.notification_preferences import Preference
from crm.queries.promises import When
from crm.services import letters


def write(asked: Sequence[letters.Asked], *, on: date) -> list[letters.Written | None]:
    """The reminder of each of these people for their day `on`; None for whom there is nothing to say.

    It names every due promise. Those that sleep until after `on` are left out and counted.
    """
    return [_write(one.user, one.preferences, on=on) for one in asked]


def _write(user: User, preferences: Mapping[MailKind, Preference], *, on: date) -> letters.Written | None:
    preference = preferences[MailKind.REMINDER]
    promises = queries.follow_ups.due(user.user_id, today=on, limit=EVERYTHING)
    stood_in_for = [
        (absence, queries.follow_ups.due(absence.person.number, today=on, limit=EVERYTHING))
        for absence in queries.covers.stood_in_for(user.user_id, on=on)
    ]
    covered = [(absence, theirs) for absence, theirs in stood_in_for if theirs]
    slipped = _slipped(user) if preferences[MailKind.SLIPPED].is_on else []
    if not (promises or covered or slipped):
        return None
    return letters.Written(
        mail.render(
            "reminder",
            greeting=letters.greeting(preference.hour),
            first_name=user.first_name,
            today=on,
            overdue=[promise for promise in promises if promise.follow_up_date < on],
            due=[promise for promise in promises if promise.follow_up_date == on],
            covered=covered,
            slipped=slipped,
            snoozed=queries.follow_ups.counts(user.user_id, today=on).of[When.SNOOZED],
            rhythm=letters.rhythm(preference),
        ),
        promise_ids=[
            promise.interaction_id
            for named in (promises, *(theirs for _, theirs in covered))
            for promise in named
        ],
    )


def _slipped(user: User) -> "list[queries.books.Slipped]":
    """Their principals that have slipped since the reminder before, a week back at most."""
    now = db.session.execute(sa.select(sa.func.now())).scalar_one()
    before = db.session.scalar(
        sa.select(sa.func.max(Delivery.updated_at)).where(
            Delivery.user_id == user.user_id,
            Delivery.kind == MailKind.REMINDER,
            Delivery.state.in_((DeliveryState.MADE, DeliveryState.NOTHING_TO_SAY)),
        )
    )
    since = max(before, now - timedelta(days=7)) if before else now - timedelta(days=1)
    return queries.books.slipped(Book({user.user_id}, has_nobodys=False), since=since)
