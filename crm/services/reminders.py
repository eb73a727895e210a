"""A rep's morning letter: what they promised and is due or late."""

from datetime import date

from crm import mail, queries
from crm.models import User
from crm.queries.digests import EVERYTHING
from crm.queries.notification_preferences import Preference
from crm.queries.promises import When
from crm.services import letters


def write(user: User, *, on: date, preference: Preference) -> letters.Written | None:
    """The reminder of `user` for their day `on`, or None if nothing is due.

    It names every due promise. Those that sleep until after `on` are left out and counted.
    """
    promises = queries.follow_ups.due(user.user_id, today=on, limit=EVERYTHING)
    if not promises:
        return None
    return letters.Written(
        mail.render(
            "reminder",
            greeting=letters.greeting(preference.hour),
            first_name=user.first_name,
            today=on,
            overdue=[promise for promise in promises if promise.follow_up_date < on],
            due=[promise for promise in promises if promise.follow_up_date == on],
            snoozed=queries.follow_ups.counts(user.user_id, today=on).of[When.SNOOZED],
            rhythm=letters.rhythm(preference),
        ),
        promise_ids=[promise.interaction_id for promise in promises],
    )
