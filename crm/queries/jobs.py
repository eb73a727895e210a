"""Planned work, read: what waits, what ran last, and what a person sees of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.db import db
from crm.enums import JobQueue, JobRowState, JobState
from crm.models import File, Job, JobRow, User
from crm.queries import flags

MOST_ROWS = 100_000
"""Rows that one job takes."""
MOST_LEFT = 200
"""Rows that were left, as the page of a job shows them."""
UNDERWAY = (JobState.PLANNED, JobState.RUNNING)
UNDOING = "job taken back"
"""The kind of a job that takes another one back, whose number is its run key."""
UNDO_FOR = timedelta(hours=24)
IN_ROWS = ("follow-ups scheduled", "many rows changed")
"""Kinds of jobs that say of each row what they did with it, and so can be taken back."""


@dataclass(frozen=True)
class Shown:
    """A job as people see it."""

    job: Job
    person: str
    file: File | None
    undoing_id: int | None = None
    """The job that takes it back."""

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

    def is_undoable(self, now: datetime) -> bool:
        """Whether its asker may still take back what it did."""
        job = self.job
        is_over = not self.is_underway and now - (job.finished_at or job.updated_at) <= UNDO_FOR
        return job.kind in IN_ROWS and is_over and job.rows_done > 0 and self.undoing_id is None

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
    """Jobs of a queue that may run now, the one that has waited longest first; without those whose feature is
    off.
    """
    return list(
        db.session.scalars(
            sa.select(Job.job_id)
            .where(Job.state == JobState.PLANNED, Job.next_attempt_at <= now, Job.queue == queue)
            .where(Job.kind.not_in(flags.held_work()))
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
    return [Shown(*row) for row in db.session.execute(_shown().where(asked).limit(most))]


def get(job_id: int, user_id: int | None) -> Shown:
    """One job that this person asked for, or, for None, that anybody did. Raises `NoResultFound`."""
    asked = Job.requested_by.is_not(None) if user_id is None else Job.requested_by == user_id
    row = db.session.execute(_shown().where(Job.job_id == job_id, asked)).one()
    return Shown(*row)


def left(job: Job) -> list[tuple[int, int, str]]:
    """The rows that a job left as they were: their place in its order, their keys, the reasons; at most
    `MOST_LEFT`.
    """
    rows = db.session.execute(
        sa.select(JobRow.place, JobRow.record_id, JobRow.reason)
        .where(*_is_left(job))
        .order_by(JobRow.place)
        .limit(MOST_LEFT)
    )
    return [(place, record_id, reason or "") for place, record_id, reason in rows]


def reasons(job: Job) -> list[tuple[str, int]]:
    """Why a job left how many rows as they were, most first."""
    n = sa.func.count()
    rows = db.session.execute(
        sa.select(sa.func.coalesce(JobRow.reason, ""), n)
        .where(*_is_left(job))
        .group_by(JobRow.reason)
        .order_by(n.desc(), JobRow.reason)
    )
    return [(reason, many) for reason, many in rows]


def _is_left(job: Job) -> list[sa.ColumnElement[bool]]:
    """True for rows that a job left; of one that takes another back for those of the other that stay."""
    is_left: sa.ColumnElement[bool] = JobRow.state == JobRowState.LEFT
    if job.kind == UNDOING:
        is_left = sa.and_(JobRow.state == JobRowState.DONE, JobRow.reason.is_not(None))
    return [JobRow.job_id == job.asked.get("job_id", job.job_id), is_left]


def file(job_id: int, user_id: int) -> File:
    """The file that a job made for this person. Raises `NoResultFound`, also once it has expired."""
    wanted = sa.select(File).where(File.job_id == job_id, File.user_id == user_id)
    return db.session.execute(wanted.where(File.expires_at > sa.func.now())).scalar_one()


def outcome(job_id: int, *, is_return: bool = False) -> tuple[int, int]:
    """How many rows a job did and how many it left; or, of those that it did, how many were taken back and
    how many stay.
    """
    states = (JobRowState.RETURNED,) if is_return else (JobRowState.DONE, JobRowState.RETURNED)
    stays = sa.and_(JobRow.state == JobRowState.DONE, JobRow.reason.is_not(None))
    done, left = JobRow.state.in_(states), stays if is_return else JobRow.state == JobRowState.LEFT
    n, stayed = db.session.execute(
        sa.select(sa.func.count().filter(done), sa.func.count().filter(left)).where(JobRow.job_id == job_id)
    ).one()
    return n, stayed


def _shown() -> "sa.Select[Job, str, File, int]":
    """A file that is not the reader's is not told of: row security hides it."""
    undoing = aliased(Job)
    is_of_it = sa.and_(undoing.kind == UNDOING, undoing.run_key == sa.cast(Job.job_id, sa.Text))
    return (
        sa.select(Job, User.full_name, File, undoing.job_id)
        .join(User, User.user_id == Job.requested_by)
        .outerjoin(File, sa.and_(File.job_id == Job.job_id, File.expires_at > sa.func.now()))
        .outerjoin(undoing, is_of_it)
        .order_by(Job.job_id.desc())
    )
