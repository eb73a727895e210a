"""Who wants which news by which way, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from crm import clock
from crm.db import db
from crm.enums import Channel, DeliveryState, MailKind, MailState, Role
from crm.models import Delivery, MailMessage, NotificationPreference, User
from crm.queries import covers


@dataclass(frozen=True)
class Preference:
    """Which way one kind of news reaches one person. A letter of its own comes at `hour` of their clock, on
    these ISO days (Monday = 1).
    """

    kind: MailKind
    channel: Channel
    hour: int = 7
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)

    @property
    def is_on(self) -> bool:
        """True if it comes by mail."""
        return self.channel is Channel.MAIL


@dataclass(frozen=True)
class Last:
    """The newest letter of one kind: for which day, what became of it, and when it left."""

    delivery: Delivery
    mail_state: MailState | None
    sent_at: datetime | None


LETTERS = (MailKind.REMINDER, MailKind.DIGEST)
"""The kinds that are letters of their own, and have an hour and days."""
SECTIONS = (MailKind.SLIPPED, MailKind.NEGLECTED, MailKind.EXPIRING, MailKind.STALE)
"""The kinds that stand in one of the letters."""

WORKING_DAYS = (1, 2, 3, 4, 5)
MONDAYS = (1,)


def _defaults(reminder: Channel, digest: Channel) -> tuple[Preference, ...]:
    return (
        Preference(MailKind.REMINDER, reminder, weekdays=WORKING_DAYS),
        Preference(MailKind.DIGEST, digest, weekdays=MONDAYS),
        *(Preference(kind, Channel.MAIL) for kind in SECTIONS),
    )


DEFAULTS = {
    Role.REP: _defaults(Channel.MAIL, Channel.APP),
    Role.MANAGER: _defaults(Channel.APP, Channel.MAIL),
    Role.ADMIN: _defaults(Channel.APP, Channel.APP),
}
"""What each role has without a choice of its own (rulings, Time). Everybody may have everything: a rep's
digest tells of their own book, and can be read in the app without being mailed.
"""


def of(user: User) -> list[Preference]:
    """Each kind of news with the way that `user` chose, or that their role has."""
    return _effective(user, _chosen([user]).get(user.user_id, []))


def of_each(asked: Sequence[tuple[User, date]]) -> list[dict[MailKind, Preference]]:
    """How each kind reaches each of these people on that day of theirs: as chosen, but for one thing. Who
    stands in for somebody gets a reminder by mail even if they want none else.
    """
    chosen = _chosen([user for user, _ in asked])
    days = [day for _, day in asked]
    absences = covers.stand_ins(first_on=min(days), last_on=max(days))
    return [
        _on(
            day,
            user,
            chosen.get(user.user_id, []),
            [one for one in absences if one.stand_in.number == user.user_id],
        )
        for user, day in asked
    ]


def _on(
    day: date, user: User, chosen: Sequence[NotificationPreference], stands_in: Sequence[covers.Absence]
) -> dict[MailKind, Preference]:
    preferences = {one.kind: one for one in _effective(user, chosen)}
    if any(absence.starts_on <= day <= absence.ends_on for absence in stands_in):
        preferences[MailKind.REMINDER] = _for_stand_in(preferences[MailKind.REMINDER])
    return preferences


def _chosen(users: Sequence[User]) -> dict[int, list[NotificationPreference]]:
    """What each of them chose."""
    found: dict[int, list[NotificationPreference]] = {}
    for row in db.session.scalars(_CHOSEN, {"people": [user.user_id for user in users]}):
        found.setdefault(row.user_id, []).append(row)
    return found


_CHOSEN = sa.select(NotificationPreference).where(
    NotificationPreference.user_id == sa.any_(sa.bindparam("people", type_=ARRAY(sa.BigInteger)))
)


@dataclass(frozen=True)
class Wish:
    """A letter that one person wants, and from when to when they stand in for somebody and so want it,
    too.
    """

    user: User
    preference: Preference
    only_on: tuple[tuple[date, date], ...] = ()
    """The spans of days outside of which it is not wanted; none = always wanted."""

    def is_for(self, day: date) -> bool:
        """Whether they want it on that day of theirs."""
        spans = self.only_on
        return day.isoweekday() in self.preference.weekdays and (
            not spans or any(first <= day <= last for first, last in spans)
        )


def wanted(*, now: datetime, days_back: int = 0) -> list[Wish]:
    """Every active person with each letter they want by mail now, or wanted in the last days as a
    stand-in.
    """
    users = db.session.scalars(sa.select(User).where(User.active).order_by(User.user_id)).all()
    chosen: dict[int, list[NotificationPreference]] = {}
    for row in db.session.scalars(sa.select(NotificationPreference)):
        chosen.setdefault(row.user_id, []).append(row)
    spans: dict[int, list[tuple[date, date]]] = {}
    near = (now.date() - timedelta(days=days_back + 1), now.date() + timedelta(days=1))  # whatever their zone
    for absence in covers.stand_ins(first_on=near[0], last_on=near[1]):
        spans.setdefault(absence.stand_in.number, []).append((absence.starts_on, absence.ends_on))
    wishes = []
    for user in users:
        for preference in _effective(user, chosen.get(user.user_id, [])):
            standing_in = tuple(spans.get(user.user_id, ()))
            if preference.is_on and preference.weekdays and preference.kind in LETTERS:
                wishes.append(Wish(user, preference))
            elif standing_in and preference.kind is MailKind.REMINDER:
                wishes.append(Wish(user, _for_stand_in(preference), standing_in))
    return wishes


def _for_stand_in(reminder: Preference) -> Preference:
    return replace(reminder, channel=Channel.MAIL, weekdays=reminder.weekdays or WORKING_DAYS)


def next_at(preference: Preference, time_zone: str, *, now: datetime) -> datetime | None:
    """The next moment at which this letter is due; None while it is not mailed."""
    if not preference.is_on:
        return None
    today = clock.today_for(time_zone, now)
    days = (today + timedelta(days=ahead) for ahead in range(8))
    moments = (
        clock.at(time_zone, day, preference.hour) for day in days if day.isoweekday() in preference.weekdays
    )
    return next((moment for moment in moments if moment > now), None)


def quiet_until(user: User, *, now: datetime) -> datetime | None:
    """When the quiet hours end that `user` has at `now`; None outside of them."""
    if user.quiet_from is None or user.quiet_until is None:
        return None
    here = now.astimezone(ZoneInfo(user.time_zone))
    hour = (here.hour - user.quiet_from) % 24
    if hour >= (user.quiet_until - user.quiet_from) % 24:
        return None
    day = here.date() + timedelta(days=here.hour >= user.quiet_until)
    return clock.at(user.time_zone, day, user.quiet_until)


def asleep(*, now: datetime) -> list[int]:
    """The ids of those whose quiet hours these are."""
    with_quiet = sa.select(User).where(User.quiet_from.is_not(None))
    return [user.user_id for user in db.session.scalars(with_quiet) if _is_asleep(user, now)]


def _is_asleep(user: User, now: datetime) -> bool:
    try:
        return quiet_until(user, now=now) is not None
    except (ZoneInfoNotFoundError, ValueError):  # a zone that nobody knows: theirs alone is the trouble
        return False


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
        row.kind: Preference(
            row.kind, channel(is_on=row.is_on, is_in_app=row.is_in_app), row.hour, tuple(sorted(row.weekdays))
        )
        for row in chosen
    }
    return [mine.get(default.kind, default) for default in DEFAULTS[user.role]]


def channel(*, is_on: bool, is_in_app: bool) -> Channel:
    """The channel that a row of preferences stands for."""
    if is_on:
        return Channel.MAIL
    return Channel.APP if is_in_app else Channel.OFF
