"""Who wants which mail, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from crm import clock
from crm.db import db
from crm.enums import DeliveryState, MailKind, MailState, Role
from crm.models import Delivery, MailMessage, NotificationPreference, User


@dataclass(frozen=True)
class Preference:
    """When one kind of mail reaches one person: at `hour` of their clock, on these ISO days (Monday = 1)."""

    kind: MailKind
    is_on: bool
    hour: int
    weekdays: tuple[int, ...]


@dataclass(frozen=True)
class Last:
    """The newest letter of one kind: for which day, what became of it, and when it left."""

    delivery: Delivery
    mail_state: MailState | None
    sent_at: datetime | None


WORKING_DAYS = (1, 2, 3, 4, 5)
_REMINDER = Preference(MailKind.REMINDER, is_on=True, hour=7, weekdays=WORKING_DAYS)
_NO_REMINDER = Preference(MailKind.REMINDER, is_on=False, hour=7, weekdays=WORKING_DAYS)
_DIGEST = Preference(MailKind.DIGEST, is_on=True, hour=7, weekdays=(1,))
_NO_DIGEST = Preference(MailKind.DIGEST, is_on=False, hour=7, weekdays=(1,))

DEFAULTS = {
    Role.REP: (_REMINDER,),
    Role.MANAGER: (_NO_REMINDER, _DIGEST),
    Role.ADMIN: (_NO_REMINDER, _NO_DIGEST),
}
"""What each role may have, and has without a choice of its own (rulings, Time)."""


def of(user: User) -> list[Preference]:
    """Each kind of mail that `user` may have, as they chose it or as their role has it."""
    chosen = db.session.scalars(
        sa.select(NotificationPreference).where(NotificationPreference.user_id == user.user_id)
    ).all()
    return _effective(user, chosen)


def wanted() -> list[tuple[User, Preference]]:
    """Every active person with each kind of mail they want."""
    users = db.session.scalars(sa.select(User).where(User.active).order_by(User.user_id)).all()
    chosen: dict[int, list[NotificationPreference]] = {}
    for row in db.session.scalars(sa.select(NotificationPreference)):
        chosen.setdefault(row.user_id, []).append(row)
    return [
        (user, preference)
        for user in users
        for preference in _effective(user, chosen.get(user.user_id, []))
        if preference.is_on and preference.weekdays
    ]


def next_at(preference: Preference, time_zone: str, *, now: datetime) -> datetime | None:
    """The next moment at which this letter is due; None while it is off."""
    if not preference.is_on:
        return None
    today = clock.today_for(time_zone, now)
    days = (today + timedelta(days=ahead) for ahead in range(8))
    moments = (
        clock.at(time_zone, day, preference.hour) for day in days if day.isoweekday() in preference.weekdays
    )
    return next((moment for moment in moments if moment > now), None)


def last_of(user_id: int) -> dict[MailKind, Last]:
    """The newest letter of each kind that was made for this person or had nothing to say."""
    rows = db.session.execute(
        sa.select(Delivery, MailMessage.state, MailMessage.sent_at)
        .outerjoin(MailMessage, MailMessage.delivery_id == Delivery.delivery_id)
        .where(Delivery.user_id == user_id, Delivery.state != DeliveryState.SUPERSEDED)
        .ext(distinct_on(Delivery.kind))
        .order_by(Delivery.kind, Delivery.local_date.desc())
    )
    return {delivery.kind: Last(delivery, state, sent_at) for delivery, state, sent_at in rows}


def _effective(user: User, chosen: Sequence[NotificationPreference]) -> list[Preference]:
    mine = {
        row.kind: Preference(row.kind, row.is_on, row.hour, tuple(sorted(row.weekdays))) for row in chosen
    }
    return [mine.get(default.kind, default) for default in DEFAULTS[user.role]]
