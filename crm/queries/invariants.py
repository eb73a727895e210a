"""What must hold after anything that can happen: each rule says what would be wrong, and how many rows
are.
"""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfoNotFoundError

import sqlalchemy as sa

from crm import clock
from crm.db import db
from crm.models import Delivery, Heartbeat
from crm.queries import mails, notification_preferences
from crm.queries.notification_preferences import Wish

GRACE: Final = timedelta(minutes=5)
"""What became due a moment ago may still be on its way to being planned."""

RULES: Final = {
    "covered: a due promise is in no reminder of its owner for that day": """
        select count(*)
          from (select distinct on (user_id) delivery_id, user_id, local_date, updated_at, state
                  from deliveries where kind = 'reminder' order by user_id, local_date desc) d
          join interactions i on i.owner_id = d.user_id
         where d.state in ('made', 'nothing to say')
           and i.follow_up_required and i.completed_at is null and i.deleted_at is null
           and i.follow_up_date <= d.local_date
           and (i.snoozed_until_on is null or i.snoozed_until_on <= d.local_date)
           and i.updated_at < d.updated_at - interval '1 minute'
           and not exists (select from delivery_items n
                            where n.delivery_id = d.delivery_id and n.interaction_id = i.interaction_id)""",
    "visible: a letter was skipped without a reason": """
        select count(*) from deliveries where state in ('nothing to say', 'superseded') and reason is null""",
    "visible: a letter came to nothing without a reason": """
        select count(*) from mail_messages where state in ('failed', 'in doubt') and last_error is null""",
    "visible: a letter is held by a worker that is long gone": """
        select count(*) from mail_messages where state in ('claimed', 'handing over')
        and lease_until < now() - interval '15 minutes'""",
    "visible: a job failed without a reason": """
        select count(*) from jobs where state = 'failed' and last_error is null""",
    "jobs: one is running without a lease": """
        select count(*) from jobs where state = 'running' and (lease_until is null or lease_token is null)""",
    "jobs: one is done and does not say when": """
        select count(*) from jobs where state = 'done' and finished_at is null""",
}


def broken(*, now: datetime) -> dict[str, int]:
    """The rules that do not hold, those of the mail ledger among them; empty = all is well."""
    counts = {wrong: db.session.execute(sa.text(sql)).scalar_one() for wrong, sql in RULES.items()}
    counts["complete: a letter was due and never planned"] = len(unplanned(now=now - GRACE))
    return {wrong: count for wrong, count in counts.items() if count} | mails.broken()


def unplanned(*, now: datetime) -> list[tuple[int, date]]:
    """Who should have a letter by `now` that nobody planned, and for which day. Nobody while no planner was
    ever at work, as in a book that was loaded a moment ago: its first tick plans what the last week asks for.
    """
    if db.session.get(Heartbeat, "planner") is None:
        return []
    newest = sa.select(Delivery.user_id, Delivery.kind, sa.func.max(Delivery.local_date)).group_by(
        Delivery.user_id, Delivery.kind
    )
    planned = {(user_id, kind): day for user_id, kind, day in db.session.execute(newest)}
    missing = []
    for wish in notification_preferences.wanted(now=now):
        day = _newest_due(wish, now)
        last = planned.get((wish.user.user_id, wish.preference.kind))
        if day is not None and (last is None or last < day):
            missing.append((wish.user.user_id, day))
    return missing


def _newest_due(wish: Wish, now: datetime) -> date | None:
    """Today's or yesterday's letter, if it was due by `now` when its reader was here already."""
    try:
        today = clock.today_for(wish.user.time_zone, now)
        for day in (today, today - timedelta(days=1)):
            at = clock.at(wish.user.time_zone, day, wish.preference.hour)
            if wish.is_for(day) and wish.user.created_at <= at <= now:
                return day
    except (ZoneInfoNotFoundError, ValueError):
        return None  # nobody knows when that is; the log says so at each tick
    return None
