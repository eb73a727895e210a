"""The tick: once a minute, and harmless however often. It decides from rows what is due, and rings for it.

Two ticks at once, none for a day, or a flushed Redis change nothing but the delay. What each step does stands
in its own transaction, so a step that fails does not stop the others.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final, cast
from zoneinfo import ZoneInfoNotFoundError

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from crm import bell, clock, queries
from crm.db import db, transaction
from crm.enums import DeliveryState, MailKind
from crm.models import Delivery
from crm.queries.notification_preferences import Wish, next_at
from crm.services import backups, engagement, heartbeats, jobs, mails

DAYS_BACK: Final = 7
MOST_BELLS: Final = 200
"""Bells of one kind in one tick; the rest is rung for in the next."""
HANDS: Final = 4
"""How many workers one tick asks to work off letters that wait, as long as there are any."""
MISSED: Final = "Nothing could be planned on that day; the next letter holds what it would have said."
OVERTAKEN: Final = "A newer one was due before this one could be written; it holds what this would have said."
FOLD_AT_MOST: Final = 20
"""Rounds of folding in one tick, so that a flood of writes cannot hold up the mail."""

_DELIVERIES: Final = cast("sa.Table", Delivery.__table__)

log = structlog.get_logger()


def tick(*, now: datetime) -> None:
    """Do all that is due at `now`. Raises an `ExceptionGroup` of what failed, when all steps were tried.

    Where the database does not answer it raises at once: the other steps would fail alike.
    """
    failures: list[Exception] = []
    for step in (fold, plan_deliveries, jobs.plan, free, ring, note):
        try:
            with transaction():
                step(now=now)
        except sa.exc.OperationalError as error:
            if _is_away(error):
                raise
            failures.append(error)
        except Exception as error:  # noqa: BLE001 - told below, with what else failed
            failures.append(error)
    if failures:
        raise ExceptionGroup("steps of the tick failed", failures)


def _is_away(error: sa.exc.OperationalError) -> bool:
    """True if nobody answered; a server that says no gives a code with it."""
    return getattr(error.orig, "sqlstate", None) is None


def fold(*, now: datetime) -> None:  # noqa: ARG001 - every step takes the moment
    """Fold the counts that triggers appended, until less than a full round is left."""
    for _ in range(FOLD_AT_MOST):
        if not engagement.fold():
            return


def plan_deliveries(*, now: datetime) -> None:
    """Plan the newest due letter of each kind for each person who wants it; what is older is superseded.

    Days without a planner are caught up on for a week; only the newest is sent, and what the older ones would
    have said is in it. Planning again changes nothing.
    """
    planned = _newest_planned()
    nexts: list[datetime] = []
    rows: list[dict[str, Any]] = []
    for wish in queries.notification_preferences.wanted(now=now, days_back=DAYS_BACK):
        user, preference = wish.user, wish.preference
        try:
            due = due_dates(wish, now=now)
            nexts += filter(None, [next_at(preference, user.time_zone, now=now)])
        except (ZoneInfoNotFoundError, ValueError):
            log.exception("nobody knows this zone; no letter is planned", user_id=user.user_id)
            continue
        last = planned.get((user.user_id, preference.kind))
        missed = [day for day in due[1:] if last is not None and day > last]
        rows.extend(
            {
                "user_id": user.user_id,
                "kind": preference.kind,
                "local_date": day,
                "due_at": clock.at(user.time_zone, day, preference.hour),
                "state": DeliveryState.PLANNED if day == due[0] else DeliveryState.SUPERSEDED,
                "reason": None if day == due[0] else MISSED,
            }
            for day in [day for day in due[:1] if last is None or day > last] + missed
        )
    if rows:
        db.session.execute(insert(_DELIVERIES).on_conflict_do_nothing(), rows)
    _supersede()
    heartbeats.beat("planner", now=now, next_due_at=min(nexts, default=None))


def due_dates(wish: Wish, *, now: datetime) -> list[date]:
    """The local dates of the last week whose letter is due at `now`, newest first."""
    today = clock.today_for(wish.user.time_zone, now)
    days = [today - timedelta(days=back) for back in range(DAYS_BACK + 1)]
    return [
        day
        for day in days
        if wish.is_for(day) and clock.at(wish.user.time_zone, day, wish.preference.hour) <= now
    ]


def free(*, now: datetime) -> None:
    """Take back what workers that are gone had claimed."""
    mails.free_expired(now=now)
    jobs.free_expired(now=now)


def ring(*, now: datetime) -> None:
    """Ring for every row that waits and is due."""
    if backups.is_due(now=now):
        bell.ring("backups.make_due")
    for queue in bell.QUEUES:
        bell.ring(f"heartbeats.{queue}")
    letters: tuple[tuple[str, Callable[..., list[int]]], ...] = (
        ("deliveries.make_waiting", queries.mails.deliveries_waiting),
        *([] if queries.mails.held() else [("mails.send_waiting", queries.mails.waiting)]),
    )
    for task, which in letters:
        for _ in which(now=now, most=HANDS):
            bell.ring(task, bell.ROUNDS)
    for task, which in (("jobs.run_one", queries.jobs.waiting), ("jobs.work_one", queries.jobs.long_waiting)):
        for number in which(now=now, most=MOST_BELLS):
            bell.ring(task, number)


def note(*, now: datetime) -> None:
    """Give a sign of life, for those who watch."""
    heartbeats.beat("tick", now=now)


def _newest_planned() -> dict[tuple[int, MailKind], date]:
    rows = db.session.execute(
        sa.select(Delivery.user_id, Delivery.kind, sa.func.max(Delivery.local_date)).group_by(
            Delivery.user_id, Delivery.kind
        )
    )
    return {(user_id, kind): newest for user_id, kind, newest in rows}


def _supersede() -> None:
    """A letter that was planned and not made is overtaken by a newer one of its kind."""
    newer = aliased(Delivery)
    db.session.execute(
        sa.update(Delivery)
        .where(
            Delivery.state == DeliveryState.PLANNED,
            sa.exists().where(
                newer.user_id == Delivery.user_id,
                newer.kind == Delivery.kind,
                newer.local_date > Delivery.local_date,
            ),
        )
        .values(state=DeliveryState.SUPERSEDED, reason=OVERTAKEN)
        .execution_options(synchronize_session=False)
    )
