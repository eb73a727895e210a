"""A person's own choices: their clock, their keys, and which mail reaches them when."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy.dialects.postgresql import insert

from crm.db import db
from crm.enums import Channel
from crm.models import NotificationPreference, User
from crm.queries import notification_preferences
from crm.queries.notification_preferences import Preference


def choose(
    user: User,
    *,
    time_zone: str,
    has_single_keys: bool,
    quiet: tuple[int, int] | None,
    preferences: Iterable[Preference],
) -> None:
    """Keep what `user` chose for themselves; `quiet` is from which hour to which no mail comes. It counts
    from the next tick on.

    A letter of a day that was made already is not made again, whatever hour is chosen.
    """
    user.time_zone = time_zone
    user.has_single_keys = has_single_keys
    user.quiet_from, user.quiet_until = quiet or (None, None)
    for mail in preferences:
        chosen = {
            "is_on": mail.is_on,
            "is_in_app": mail.channel is not Channel.OFF,
            "hour": mail.hour,
            "weekdays": list(mail.weekdays),
        }
        db.session.execute(
            insert(NotificationPreference)
            .values(user_id=user.user_id, kind=mail.kind, **chosen)
            .on_conflict_do_update(index_elements=["user_id", "kind"], set_=chosen)
        )
    db.session.flush()


def mute(user: User) -> None:
    """Tell `user` nothing, by no way."""
    choose(
        user,
        time_zone=user.time_zone,
        has_single_keys=user.has_single_keys,
        quiet=None,
        preferences=[replace(one, channel=Channel.OFF) for one in notification_preferences.of(user)],
    )
