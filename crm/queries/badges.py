"""The counts around every page, in one question."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

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
    return Counts(*db.session.execute(_counts(), {"keeper": user_id, "today": today}).one())


def counts_and_switches(user_id: int, *, today: date) -> tuple[Counts, dict[str, Switch]]:
    """The same, and how features are switched, in one question."""
    asked = {"keeper": user_id, "today": today}
    *numbers, rows = db.session.execute(_counts_and_switches(), asked).one()
    return Counts(*numbers), flags.read(rows)


@cache
def _counts() -> "sa.Select[int, int]":
    keeper = sa.bindparam("keeper", type_=sa.BigInteger)
    return sa.select(follow_ups.overdue_number(), notifications.unread_number(keeper))


@cache
def _counts_and_switches() -> "sa.Select[Any]":
    return _counts().add_columns(flags.told())
