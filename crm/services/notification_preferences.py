"""A person's own choices: their clock, their keys, and which mail reaches them when."""

from collections.abc import Iterable

from sqlalchemy.dialects.postgresql import insert

from crm.db import db
from crm.models import NotificationPreference, User
from crm.queries.notification_preferences import Preference


def choose(user: User, *, time_zone: str, has_single_keys: bool, mails: Iterable[Preference]) -> None:
    """Keep what `user` chose for themselves. It counts from the next tick on.

    A letter of a day that was made already is not made again, whatever hour is chosen.
    """
    user.time_zone = time_zone
    user.has_single_keys = has_single_keys
    for mail in mails:
        chosen = {"is_on": mail.is_on, "hour": mail.hour, "weekdays": list(mail.weekdays)}
        db.session.execute(
            insert(NotificationPreference)
            .values(user_id=user.user_id, kind=mail.kind, **chosen)
            .on_conflict_do_update(index_elements=["user_id", "kind"], set_=chosen)
        )
    db.session.flush()
