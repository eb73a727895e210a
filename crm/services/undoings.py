"""Taking back the whole of a job: what it did, row by row, but for what was edited since.

It is a job itself, and there is one for each job at most.
"""

from datetime import datetime
from typing import Final, Protocol

import sqlalchemy as sa

from crm import queries
from crm.db import database_now, db, transaction
from crm.enums import JobQueue
from crm.errors import Refused
from crm.models import Job
from crm.queries.jobs import UNDERWAY, UNDO_FOR, UNDOING
from crm.services import jobs, many_changes, schedules, steps
from crm.services.jobs import Held


class _TakesBack(Protocol):
    def __call__(self, job_id: int, most: int, /, *, now: datetime) -> int: ...


SOME: Final[dict[str, _TakesBack]] = {
    many_changes.KIND: many_changes.take_back_some,
    schedules.KIND: schedules.take_back_some,
}
"""What takes back the next rows of each kind of job."""


def ask(job_id: int, *, by: int, now: datetime) -> int:
    """Ask for all that a job did to be taken back. The job that does so.

    Raises `NoResultFound` for a job that is not `by`'s or cannot be taken back, `Refused` while it runs,
    after a day, or if it was asked for before.
    """
    job = db.session.execute(
        sa.select(Job)
        .where(Job.job_id == job_id, Job.requested_by == by, Job.kind.in_(SOME))
        .with_for_update()
    ).scalar_one()
    if job.state in UNDERWAY:
        raise Refused("It still runs. Stop it first.")
    if now - (job.finished_at or job.updated_at) > UNDO_FOR:
        raise Refused("This was more than a day ago.")
    done, _ = queries.jobs.outcome(job_id)
    if not done:
        raise Refused("It did nothing that could be taken back.")
    title = str(job.asked["title"])
    asked = {"title": f"Undo: {title[:1].lower()}{title[1:]}", "job_id": job_id, "list": job.asked["list"]}
    undoing = jobs.add(UNDOING, str(job_id), by=by, queue=JobQueue.WORK, asked=asked, rows_total=done)
    if undoing is None:
        raise Refused("It is taken back already.")
    return undoing


def work(held: Held) -> None:
    """Take it back, and say how much of it."""
    job_id = int(held.asked["job_id"])
    with transaction():
        jobs.hold(held)
        kind = db.session.execute(sa.select(Job.kind).where(Job.job_id == job_id)).scalar_one()
        now = database_now()
    steps.walk(held, job_id, lambda most: SOME[kind](job_id, most, now=now))
    told = "{n:,} taken back, {left:,} edited since stay as they are."
    steps.finish(held, job_id, done="taken back", left="stay", told=told)
