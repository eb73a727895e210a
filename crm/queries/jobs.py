"""Planned work, read: what waits, what ran last, and what a person sees of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.enums import JobQueue, JobRowState, JobState
from crm.models import File, Job, JobRow, User

MOST_LEFT = 200
"""Rows that were left, as the page of a job shows them."""
UNDERWAY = (JobState.PLANNED, JobState.RUNNING)


@dataclass(frozen=True)
class Shown:
    """A job as people see it."""

    job: Job
    person: str
    file: File | None

    @property
    def is_underway(self) -> bool:
        return self.job.state in UNDERWAY

    @property
    def title(self) -> str:
        return str(self.job.asked.get("title") or self.job.kind.capitalize())

    @property
    def figures(self) -> dict[str, Any]:
        """What was found, as far as it is a number."""
        return {name: n for name, n in (self.job.result or {}).items() if isinstance(n, int)}

    def pace(self, now: datetime) -> "Pace | None":
        """How fast it goes; None while there is nothing to tell it from."""
        job = self.job
        done = job.rows_done - job.rows_before
        if job.state != JobState.RUNNING or job.started_at is None or done <= 0:
            return None
        seconds = max((now - job.started_at).total_seconds(), 0.1)
        rate = done / seconds
        left = None if job.rows_total is None else max(job.rows_total - job.rows_done, 0) / rate
        return Pace(rate, None if left is None else timedelta(seconds=left))


@dataclass(frozen=True)
class Pace:
    """Rows in a second, and how long the others will take; None = nobody knows how many there are."""

    per_second: float
    left: timedelta | None


def waiting(*, now: datetime, most: int, queue: JobQueue = JobQueue.DEFAULT) -> list[int]:
    """Jobs of a queue that may run now, the one that has waited longest first."""
    return list(
        db.session.scalars(
            sa.select(Job.job_id)
            .where(Job.state == JobState.PLANNED, Job.next_attempt_at <= now, Job.queue == queue)
            .order_by(Job.next_attempt_at)
            .limit(most)
        )
    )


def long_waiting(*, now: datetime, most: int) -> list[int]:
    """The same, of the jobs that take long."""
    return waiting(now=now, most=most, queue=JobQueue.WORK)


def newest(*, most: int = 20, kind: str | None = None) -> Sequence[Job]:
    """The newest jobs, of one kind if it is named."""
    wanted = sa.select(Job).order_by(Job.job_id.desc()).limit(most)
    return db.session.scalars(wanted if kind is None else wanted.where(Job.kind == kind)).all()


def of(user_id: int | None, *, most: int = 50) -> list[Shown]:
    """The newest jobs that this person asked for; None = that anybody did."""
    asked = Job.requested_by.is_not(None) if user_id is None else Job.requested_by == user_id
    return [Shown(row[0], row[1], row[2]) for row in db.session.execute(_shown().where(asked).limit(most))]


def get(job_id: int, user_id: int | None) -> Shown:
    """One job that this person asked for, or, for None, that anybody did. Raises `NoResultFound`."""
    asked = Job.requested_by.is_not(None) if user_id is None else Job.requested_by == user_id
    row = db.session.execute(_shown().where(Job.job_id == job_id, asked)).one()
    return Shown(row[0], row[1], row[2])


def left(job_id: int) -> list[tuple[int, str]]:
    """The rows that a job left as they were, with the reason, in its order; at most `MOST_LEFT`."""
    rows = db.session.execute(
        sa.select(JobRow.record_id, JobRow.reason)
        .where(JobRow.job_id == job_id, JobRow.state == JobRowState.LEFT)
        .order_by(JobRow.place)
        .limit(MOST_LEFT)
    )
    return [(record_id, reason or "") for record_id, reason in rows]


def file(job_id: int, user_id: int) -> File:
    """The file that a job made for this person. Raises `NoResultFound`, also once it has expired."""
    wanted = sa.select(File).where(File.job_id == job_id, File.user_id == user_id)
    return db.session.execute(wanted.where(File.expires_at > sa.func.now())).scalar_one()


def _shown() -> "sa.Select[Job, str, File]":
    """A file that is not the reader's is not told of: row security hides it."""
    return (
        sa.select(Job, User.full_name, File)
        .join(User, User.user_id == Job.requested_by)
        .outerjoin(File, sa.and_(File.job_id == Job.job_id, File.expires_at > sa.func.now()))
        .order_by(Job.job_id.desc())
    )
