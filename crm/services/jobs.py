"""Planned work: a row with a run key, claimed with a lease, its result written with what it did."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from crm import bell, queries
from crm.db import db, transaction
from crm.enums import JobState
from crm.errors import Refused
from crm.models import Job
from crm.services import engagement, keeping

LEASE: Final = timedelta(minutes=3)
"""Longer than `crm.tasks.HARD_LIMIT`, so the holder of a lease that ran out is dead."""
MOST_ATTEMPTS: Final = 5
MOST_SECONDS: Final = 110
"""How long one statement of a job may take; requests are held shorter."""

log = structlog.get_logger()


class LeaseLost(Exception):
    """Somebody else took the job in the meantime; what we did is rolled back."""


def plan(*, now: datetime) -> None:
    """Plan this hour's recompute of engagement and this day's keeping, by the firm's clock, once each.

    A new day begins with a new hour, so levels that fall by time passing are seen at midnight.
    """
    here = now.astimezone(ZoneInfo(queries.firm.time_zone()))
    add("engagement", f"{here:%Y-%m-%dT%H%z}")
    add("keeping", f"{here:%Y-%m-%d}")


def add(kind: str, run_key: str, *, by: int | None = None) -> int | None:
    """Plan one piece of work and ring for it; None if this `run_key` was planned before."""
    job_id = db.session.execute(
        insert(Job)
        .values(kind=kind, run_key=run_key, requested_by=by)
        .on_conflict_do_nothing()
        .returning(Job.job_id)
    ).scalar_one_or_none()
    if job_id is not None:
        bell.ring("jobs.run_one", job_id)
    return job_id


def run(job_id: int, *, now: datetime) -> None:
    """Do one job if it waits and is due; else do nothing.

    The work and its result are one transaction. What it raises is written down and raised again, and the job
    rests a while or, after `MOST_ATTEMPTS`, has failed.
    """
    if db.session().info.get("in_unit"):
        raise RuntimeError("a job claims, works and settles in transactions of its own")
    with transaction():
        claimed = _claim(job_id, now=now)
    if claimed is None:
        return
    kind, run_key, token, attempts = claimed
    try:
        with transaction():
            db.session.execute(sa.text(f"set local statement_timeout = '{MOST_SECONDS}s'"))
            result = KINDS[kind](date.fromisoformat(run_key[:10]))
            _settle(job_id, token, state=JobState.DONE, result=result, finished_at=sa.func.clock_timestamp())
    except LeaseLost:
        log.warning("job was taken back before it was done", job_id=job_id)
    except Exception as error:
        with transaction():
            _settle(job_id, token, **_after_failure(error, attempts, now=now))
        raise


def retry(job_id: int, *, now: datetime) -> None:
    """Let a failed job wait again. Raises `NoResultFound` or, in any other state, `Refused`."""
    job = db.session.execute(sa.select(Job).where(Job.job_id == job_id).with_for_update()).scalar_one()
    if job.state != JobState.FAILED:
        raise Refused(f"Job {job_id} is {job.state.value}; only a failed one can be tried again.")
    job.state = JobState.PLANNED
    job.attempts = 0
    job.next_attempt_at = now
    bell.ring("jobs.run_one", job_id)


def free_expired(*, now: datetime) -> int:
    """Let jobs wait again whose worker is gone; their work was rolled back with it. Returns how many."""
    freed = db.session.scalars(
        sa.update(Job)
        .where(Job.state == JobState.RUNNING, Job.lease_until < now)
        .values(
            state=sa.case(
                (Job.attempts >= MOST_ATTEMPTS, sa.cast(JobState.FAILED, Job.state.type)),
                else_=sa.cast(JobState.PLANNED, Job.state.type),
            ),
            lease_until=None,
            lease_token=None,
            last_error="The worker that ran this job was gone before it was done.",
        )
        .returning(Job.job_id)
    ).all()
    return len(freed)


def _claim(job_id: int, *, now: datetime) -> tuple[str, str, str, int] | None:
    """Kind, run key, token and number of this attempt."""
    waiting = (
        sa.select(Job.job_id)
        .where(
            Job.job_id == job_id,
            Job.state == JobState.PLANNED,
            Job.next_attempt_at <= sa.func.greatest(now, sa.func.now()),
        )
        .with_for_update(skip_locked=True)
    )
    row = db.session.execute(
        sa.update(Job)
        .where(Job.job_id.in_(waiting.scalar_subquery()))
        .values(
            state=JobState.RUNNING,
            attempts=Job.attempts + 1,
            started_at=now,
            lease_until=now + LEASE,
            lease_token=sa.func.gen_random_uuid(),
        )
        .returning(Job.kind, Job.run_key, Job.lease_token, Job.attempts)
    ).one_or_none()
    return None if row is None else (row.kind, row.run_key, row.lease_token or "", row.attempts)


def _settle(job_id: int, token: str, **values: Any) -> None:
    mine = db.session.execute(
        sa.update(Job)
        .where(Job.job_id == job_id, Job.lease_token == token, Job.state == JobState.RUNNING)
        .values(lease_until=None, lease_token=None, **values)
        .returning(Job.job_id)
    ).scalar_one_or_none()
    if mine is None:
        raise LeaseLost


def _after_failure(error: Exception, attempts: int, *, now: datetime) -> dict[str, Any]:
    told = {"last_error": f"{type(error).__name__}: {error}"[:500]}
    if attempts >= MOST_ATTEMPTS:
        return {**told, "state": JobState.FAILED, "finished_at": now}
    return {
        **told,
        "state": JobState.PLANNED,
        "next_attempt_at": now + timedelta(minutes=2 ** (attempts - 1)),
    }


def _recompute(on: date) -> dict[str, Any]:
    return asdict(engagement.recompute(today=on))


def _keep(on: date) -> dict[str, Any]:
    return dict(keeping.tidy(today=on))


KINDS: dict[str, Callable[[date], dict[str, Any]]] = {"engagement": _recompute, "keeping": _keep}
"""What each kind of job does with the day in its run key; the answer is its result, in figures."""
