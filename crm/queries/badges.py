"""The counts around every page, in one question."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from crm.db import db
from crm.queries import follow_ups, notifications


@dataclass(frozen=True)
class Counts:
    """What waits for a person: promises whose day has passed, and news that they have not read."""

    overdue: int
    unread: int


def counts(user_id: int, *, today: date) -> Counts:
    """The counts as their lists have them."""
    asked = sa.select(follow_ups.overdue_number(), notifications.unread_count(user_id))
    return Counts(*db.session.execute(asked, {"keeper": user_id, "today": today}).one())
