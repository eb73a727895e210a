"""Is it well? What /ops, /metrics and `flask doctor` ask of the database, each with what to do when it is
not.

Reads signs of life, counts and ages, never what a letter or a note says, so it is also answered without a
person.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from crm.db import db
from crm.enums import DeliveryState, JobState, MailState
from crm.models import Delivery, FirmSetting, Heartbeat, Job, MailMessage
from crm.queries.notification_preferences import asleep

A_TICK_LATE: Final = timedelta(minutes=3)
UNWRITTEN_LATE: Final = timedelta(minutes=10)
UNSENT_LATE: Final = timedelta(minutes=30)
BACKUP_LATE: Final = timedelta(hours=26)
MOST_SKEW: Final = 5.0
"""Seconds that two clocks may be apart."""
RECENT: Final = timedelta(days=7)
"""For how long a failure is shown."""


@dataclass(frozen=True)
class Sign:
    """One thing that is looked at: how it is, in words and as a figure, and what to do where it is not
    well.
    """

    name: str
    """Of the figure, for machines: `last_tick_age_seconds`."""
    label: str
    said: str
    figure: float | None
    """None = not known."""
    is_red: bool
    way_out: str = ""


def signs(*, now: datetime, queues: Collection[str]) -> list[Sign]:
    """All that the database knows, in the order in which one asks when something is wrong."""
    beats = {beat.name: beat for beat in db.session.scalars(sa.select(Heartbeat))}
    here = db.session.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return [
        _age("last_tick", "Last tick", beats.get("tick"), here, A_TICK_LATE,
             "Start beat and a worker for the queue `default`; `flask jobs tick` does one tick by hand."),
        *(
            _age(f"queue_{queue}", f"Queue {queue}, heard by a worker", beats.get(f"queue {queue}"), here,
                 A_TICK_LATE, f"Start a worker with `--queues {queue}`; its log says why it hears nothing.")
            for queue in queues
        ),
        _unplanned(beats.get("planner"), now),
        _unwritten(now),
        *_letters(now),
        _dead_jobs(now),
        _oldest_job(now),
        _age("last_backup", "Last backup", beats.get("backup"), here, BACKUP_LATE,
             "`flask backup create` makes one now and says why it cannot."),
        _skew(beats.values(), here, now),
    ]  # fmt: skip


def in_words(age: timedelta) -> str:
    """How long that is: "12 s", "5 min", "3 h", "2 days"."""
    seconds = max(int(age.total_seconds()), 0)
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length or (seconds >= length and unit == "h"):
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _age(name: str, label: str, beat: Heartbeat | None, now: datetime, late: timedelta, way_out: str) -> Sign:
    if beat is None:
        return Sign(f"{name}_age_seconds", label, "never", None, True, way_out)
    age = now - beat.beaten_at
    said = f"{in_words(age)} ago"
    return Sign(f"{name}_age_seconds", label, said, age.total_seconds(), age > late, way_out)


def _waiting(
    name: str, label: str, since: datetime | None, now: datetime, late: timedelta, way_out: str
) -> Sign:
    if since is None or since > now:
        return Sign(f"{name}_age_seconds", label, "nothing", 0.0, False, way_out)
    age = now - since
    return Sign(f"{name}_age_seconds", label, in_words(age), age.total_seconds(), age > late, way_out)


def _unplanned(planner: Heartbeat | None, now: datetime) -> Sign:
    """The letter that was due first after the planner was last at work."""
    since = planner.next_due_at if planner else None
    way_out = "The tick plans letters: see above. What is due is caught up on for a week, nothing is lost."
    return _waiting("oldest_unplanned", "Oldest due and unplanned", since, now, A_TICK_LATE, way_out)


def _unwritten(now: datetime) -> Sign:
    since = db.session.scalar(
        sa.select(sa.func.min(Delivery.due_at)).where(
            Delivery.state == DeliveryState.PLANNED, Delivery.user_id.not_in(asleep(now=now))
        )
    )
    way_out = "A worker for `default` writes them; its log says what fails. A later letter holds the same."
    return _waiting("oldest_unwritten", "Oldest planned and unwritten", since, now, UNWRITTEN_LATE, way_out)


def _letters(now: datetime) -> list[Sign]:
    under_way = (MailState.PLANNED, MailState.CLAIMED, MailState.HANDING_OVER)
    row = db.session.execute(
        sa.select(
            sa.func.min(MailMessage.created_at)
            .filter(MailMessage.state.in_(under_way))
            .label("unsent_since"),
            sa.func.count().filter(MailMessage.state.in_(under_way)).label("unsent"),
            sa.func.count().filter(MailMessage.state == MailState.IN_DOUBT).label("in_doubt"),
            sa.func.count()
            .filter(MailMessage.state == MailState.FAILED, MailMessage.updated_at > now - RECENT)
            .label("failed"),
        ).where(MailMessage.state != MailState.SENT)
    ).one()
    held_at = db.session.scalar(sa.select(FirmSetting.mail_held_at))
    unsent = _waiting(
        "oldest_unsent", "Oldest unsent letter", row.unsent_since, now, UNSENT_LATE,
        "Mend the mail server (below), or start a worker for `mail`. Letters are tried again by themselves.",
    )  # fmt: skip
    return [
        Sign("mail_held", "Mail on hold", f"since {in_words(now - held_at)}" if held_at else "no",
             float(held_at is not None), held_at is not None, "`flask mail release` lets it leave again."),
        unsent,
        _count("unsent", "Letters under way", row.unsent, ""),
        _count("in_doubt", "In doubt", row.in_doubt,
               "`flask mail in-doubt` shows them; decide each with `accept` or `resend`.",
               is_red=row.in_doubt), _count("failed_letters", "Refused for good, this week", row.failed,
               "`flask mail audit` tells the answers; mend the cause, then `flask mail resend`.",
               is_red=row.failed),
    ]  # fmt: skip


def _dead_jobs(now: datetime) -> Sign:
    failed = db.session.scalar(
        sa.select(sa.func.count(Job.job_id)).where(
            Job.state == JobState.FAILED, Job.updated_at > now - RECENT
        )
    )
    way_out = "`flask jobs list` tells why; `flask jobs retry` once the cause is mended."
    return _count("dead_jobs", "Dead jobs, this week", failed or 0, way_out, is_red=failed)


def _oldest_job(now: datetime) -> Sign:
    since = db.session.scalar(
        sa.select(sa.func.min(Job.next_attempt_at)).where(Job.state == JobState.PLANNED)
    )
    way_out = "A worker does them one after the other; add one, or look into its log."
    return _waiting("oldest_job", "Oldest waiting job", since, now, UNSENT_LATE, way_out)


def _count(name: str, label: str, n: int, way_out: str, *, is_red: Any = False) -> Sign:
    return Sign(name, label, f"{n:,}", float(n), bool(is_red), way_out)


def _skew(beats: Collection[Heartbeat], here: datetime, now: datetime) -> Sign:
    """How far the clock of this process, or of a worker, is from that of the database."""
    apart = [abs((here - now).total_seconds())]
    apart += [
        abs((beat.clock_at - beat.beaten_at).total_seconds()) for beat in beats if beat.name != "backup"
    ]
    worst = max(apart)
    way_out = "Let every machine take its time from the same server (chrony, systemd-timesyncd)."
    said = f"{worst:.1f} s" if worst < 60 else in_words(timedelta(seconds=worst))
    return Sign("clock_skew_seconds", "Clocks apart", said, worst, worst > MOST_SKEW, way_out)


def connections() -> tuple[int, int]:
    """How many connections the database has, and how many it takes."""
    row = db.session.execute(
        sa.text("select (select count(*) from pg_stat_activity), current_setting('max_connections')::int")
    ).one()
    return int(row[0]), int(row[1])


def is_well(signs: Sequence[Sign]) -> bool:
    """True when nothing is red."""
    return not any(sign.is_red for sign in signs)
