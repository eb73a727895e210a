"""The counts around every page, in one question."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from crm.db import db
from crm.queries import flags, follow_ups, notifications
from crm.queries.flags import Switch


@dataclass(frozen=True)
class Counts:
    """What waits for a person: promises whose day has passed, and news that they have not read."""

    overdue: int
    unread: int


def counts(user_id: int, *, today: date) -> Counts:
    """The counts as their lists have them."""
    return Counts(*db.session.execute(_asked(user_id), {"keeper": user_id, "today": today}).one())


def counts_and_switches(user_id: int, *, today: date) -> tuple[Counts, dict[str, Switch]]:
    """The same, and how features are switched, in one question."""
    asked = _asked(user_id).add_columns(flags.told())
    *numbers, rows = db.session.execute(asked, {"keeper": user_id, "today": today}).one()
    return Counts(*numbers), flags.read(rows)


def _asked(user_id: int) -> "sa.Select[int, int]":
    return sa.select(follow_ups.overdue_number(), notifications.unread_count(user_id))
