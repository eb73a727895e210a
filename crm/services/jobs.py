"""Planned work: a row with a run key, claimed with a lease, its result written with what it did.

What is short is one transaction with its result (`KINDS`). What takes long is done in steps (`LONG`), each of
which holds the job's row first, by workers of its own (`crm.models.Job` tells the states).
"""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from crm import bell, queries
from crm.db import apart, db, transaction
from crm.enums import JobQueue, JobState
from crm.errors import Refused, SwitchedOff
from crm.models import Job, Notification, User
from crm.services import engagement, keeping, notifications

LEASE: Final = timedelta(minutes=3)
"""Longer than `crm.tasks.HARD_LIMIT`, so the holder of a short job's lease that ran out is dead; that of a
long one renews it with each step, and writes nothing more once it is another's.
"""
MOST_ATTEMPTS: Final = 5
MOST_SECONDS: Final = 110
"""How long one statement of a job may take; requests are held shorter."""
BELLS: Final = {JobQueue.DEFAULT: "jobs.run_one", JobQueue.WORK: "jobs.work_one"}
"""The task that does the jobs of each queue."""

log = structlog.get_logger()

MayChange = Callable[[User, Collection[int | None], Collection[int]], bool]
"""Whether a person may change a row with these owners, as somebody who answers for this team."""


class LeaseLost(Exception):
    """Somebody else took the job in the meantime; what we did is rolled back."""


class StopAsked(Exception):
    """Somebody wants the job to end here; what this step did is rolled back, the steps before it stay."""


@dataclass(frozen=True)
class Around:
    """What long work needs from outside: where files lie, and the rules of who may change what."""

    data_dir: Path
    may_change: MayChange
    may_keep_words: Callable[[User], bool] = lambda _: False


@dataclass(frozen=True, kw_only=True)
class Held:
    """A job in the hands of whoever does it."""

    job_id: int
    kind: str
    run_key: str
    token: str
    attempts: int
    requested_by: int | None
    asked: dict[str, Any]
    around: Around | None

    @property
    def person(self) -> int:
        """Whose rights it acts under."""
        if self.requested_by is None:
            raise RuntimeError("this kind of job is for somebody")
        return self.requested_by

    @property
    def surroundings(self) -> Around:
        if self.around is None:
            raise RuntimeError("this kind of job needs to know where files lie")
        return self.around


def plan(*, now: datetime) -> None:
    """Plan this hour's recompute of engagement and this day's keeping of rows and files and search for
    duplicates, by the firm's clock, once each.

    A new day begins with a new hour, so levels that fall by time passing are seen at midnight.
    """
    here = now.astimezone(ZoneInfo(queries.firm.time_zone()))
    add("engagement", f"{here:%Y-%m-%dT%H%z}")
    add("keeping", f"{here:%Y-%m-%d}")
    add("files kept", f"{here:%Y-%m-%d}", queue=JobQueue.WORK)
    add("duplicates", f"{here:%Y-%m-%d}", queue=JobQueue.WORK)


def add(
    kind: str,
    run_key: str,
    *,
    by: int | None = None,
    queue: JobQueue = JobQueue.DEFAULT,
    asked: dict[str, Any] | None = None,
    rows_total: int | None = None,
) -> int | None:
    """Plan one piece of work and ring for it; None if this `run_key` was planned before."""
    # Looked at first: an INSERT of the same key waits for whoever works at it and writes how far they are.
    if db.session.scalar(sa.select(Job.job_id).where(Job.kind == kind, Job.run_key == run_key)):
        return None
    job_id = db.session.execute(
        insert(Job)
        .values(
            kind=kind, run_key=run_key, requested_by=by, queue=queue, asked=asked or {}, rows_total=rows_total
        )
        .on_conflict_do_nothing()
        .returning(Job.job_id)
    ).scalar_one_or_none()
    if job_id is not None:
        bell.ring(BELLS[queue], job_id)
    return job_id


def run(job_id: int, *, now: datetime, around: Around | None = None) -> None:
    """Do one job if it waits and is due; else do nothing.

    The work and its result are one transaction, or each of its steps and what is said of it. What it raises
    is written down and raised again, and the job rests a while or, after `MOST_ATTEMPTS`, has failed. What
    the domain refuses is not tried again.
    """
    if db.session().info.get("in_unit"):
        raise RuntimeError("a job claims, works and settles in transactions of its own")
    with transaction():
        held = _claim(job_id, now=now, around=around)
    if held is None:
        return
    try:
        _do(held)
    except LeaseLost:
        log.warning("job was taken back before it was done", job_id=job_id)
    except StopAsked:
        with transaction():
            _settle(held, state=JobState.STOPPED, finished_at=sa.func.clock_timestamp())
            _tell(held.requested_by, held.asked, held.job_id, "stopped, as you asked.")
    except SwitchedOff:
        with transaction():
            _settle(held, state=JobState.PLANNED, attempts=Job.attempts - 1, next_attempt_at=now)
    except Refused as refused:
        with transaction():
            _settle(held, state=JobState.FAILED, last_error=refused.message, finished_at=now)
            _tell(held.requested_by, held.asked, held.job_id, f"not done. {refused.message}")
    except Exception as error:
        with transaction():
            _settle(held, **_after_failure(error, held.attempts, now=now))
            if held.attempts >= MOST_ATTEMPTS:
                _tell(held.requested_by, held.asked, held.job_id, "failed. You can try again.")
        raise


def _do(held: Held) -> None:
    if held.kind in LONG:
        LONG[held.kind](held)
        return
    with transaction():
        db.session.execute(sa.text(f"set local statement_timeout = '{MOST_SECONDS}s'"))
        result = KINDS[held.kind](date.fromisoformat(held.run_key[:10]))
        _settle(held, state=JobState.DONE, result=result, finished_at=sa.func.clock_timestamp())


def hold(held: Held) -> None:
    """Begin a step: hold the job's row until the transaction ends, and renew the lease.

    Raises `LeaseLost` where the job is another's by now, `StopAsked` where somebody wants it to end,
    `SwitchedOff` where its feature is off: it then waits, and goes on where it was.
    """
    db.session.execute(sa.text(f"set local statement_timeout = '{MOST_SECONDS}s'"))
    _renew(held, db.session())


def count(held: Held, rows: int) -> None:
    """So many more rows are done, once this step is committed."""
    db.session.execute(sa.update(Job).where(Job.job_id == held.job_id).values(rows_done=Job.rows_done + rows))


def note(held: Held, known: dict[str, Any]) -> None:
    """Where the work is, once this step is committed: whoever goes on with it finds that in its result."""
    db.session.execute(sa.update(Job).where(Job.job_id == held.job_id).values(result=known))


def report(held: Held, rows: int, *, lease: timedelta = LEASE) -> None:
    """Say at once how many rows are done, beside a transaction that is still reading, which may take as long
    as `lease` until it says so again; raises as `hold`.
    """
    with apart() as session:
        _renew(held, session, lease, rows_done=rows)


def _renew(held: Held, session: Any, lease: timedelta = LEASE, **values: Any) -> None:
    row = session.execute(
        sa.update(Job)
        .where(_is_ours(held))
        .values(lease_until=sa.func.clock_timestamp() + lease, **values)
        .returning(Job.cancel_asked_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        raise LeaseLost
    if row.cancel_asked_at is not None:
        raise StopAsked
    if held.kind in queries.flags.held_work(session):
        raise SwitchedOff(f"Job {held.job_id} waits until {queries.flags.WORK[held.kind]} is on again.")


def finish(held: Held, *, result: dict[str, Any], told: str, link: str = "") -> None:
    """The work is done: its result, and a word to whoever asked for it, in the transaction of the last
    step.
    """
    _settle(held, state=JobState.DONE, result=result, finished_at=sa.func.clock_timestamp())
    _tell(held.requested_by, held.asked, held.job_id, told, link=link)


def cancel(job_id: int, *, now: datetime, by: int | None = None) -> bool:
    """Ask for a job to end: one that waits is stopped, one that runs stops before its next step.

    True if it is stopped already. `by` None = an administrator. Raises `NoResultFound` for a job that is not
    `by`'s, `Refused` for one that is over.
    """
    job = _theirs(job_id, by)
    if job.state == JobState.PLANNED:
        job.state, job.finished_at = JobState.STOPPED, now
        return True
    if job.state != JobState.RUNNING:
        raise Refused(f"Job {job_id} is {job.state.value} already; there is nothing to stop.")
    job.cancel_asked_at = now
    return False


def retry(job_id: int, *, now: datetime, by: int | None = None) -> None:
    """Let a failed or stopped job wait again. Raises `NoResultFound` or, in any other state and if it was
    taken back, `Refused`.
    """
    job = _theirs(job_id, by)
    if job.state not in (JobState.FAILED, JobState.STOPPED):
        raise Refused(f"Job {job_id} is {job.state.value}; only a failed or stopped one can be tried again.")
    if db.session.scalar(
        sa.select(Job.job_id).where(Job.kind == queries.jobs.UNDOING, Job.run_key == str(job_id))
    ):
        raise Refused(f"Job {job_id} was taken back. Ask for it anew.")
    job.state = JobState.PLANNED
    job.attempts = 0
    job.next_attempt_at = now
    job.cancel_asked_at = job.finished_at = None
    bell.ring(BELLS[job.queue], job_id)


def _theirs(job_id: int, by: int | None) -> Job:
    wanted = sa.select(Job).where(Job.job_id == job_id).with_for_update()
    return db.session.execute(wanted if by is None else wanted.where(Job.requested_by == by)).scalar_one()


def free_expired(*, now: datetime) -> int:
    """Let jobs wait again whose worker is gone; the step it was at was rolled back with it. Returns how
    many.

    A worker that is only frozen may still hold its job's row: that one is left to a later tick, and nobody
    waits for it.
    """
    expired = sa.select(Job.job_id).where(Job.state == JobState.RUNNING, Job.lease_until < now)
    rows = db.session.execute(
        sa.update(Job)
        .where(Job.job_id.in_(expired.with_for_update(skip_locked=True)))
        .values(
            state=sa.case(
                (Job.cancel_asked_at.is_not(None), sa.cast(JobState.STOPPED, Job.state.type)),
                (Job.attempts >= MOST_ATTEMPTS, sa.cast(JobState.FAILED, Job.state.type)),
                else_=sa.cast(JobState.PLANNED, Job.state.type),
            ),
            lease_until=None,
            lease_token=None,
            last_error="The worker that ran this job was gone before it was done.",
        )
        .returning(Job.job_id, Job.state, Job.requested_by, Job.asked)
    ).all()
    for job_id, state, person, asked in rows:
        if state == JobState.FAILED:
            _tell(person, asked, job_id, "failed. You can try again.")
    return len(rows)


def _claim(job_id: int, *, now: datetime, around: Around | None) -> Held | None:
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
            rows_before=Job.rows_done,
            lease_until=now + LEASE,
            lease_token=sa.func.gen_random_uuid(),
        )
        .returning(Job.kind, Job.run_key, Job.lease_token, Job.attempts, Job.requested_by, Job.asked)
    ).one_or_none()
    if row is None:
        return None
    return Held(
        job_id=job_id,
        kind=row.kind,
        run_key=row.run_key,
        token=row.lease_token or "",
        attempts=row.attempts,
        requested_by=row.requested_by,
        asked=row.asked,
        around=around,
    )


def _is_ours(held: Held) -> sa.ColumnElement[bool]:
    return sa.and_(Job.job_id == held.job_id, Job.lease_token == held.token, Job.state == JobState.RUNNING)


def _settle(held: Held, **values: Any) -> None:
    mine = db.session.execute(
        sa.update(Job)
        .where(_is_ours(held))
        .values(lease_until=None, lease_token=None, **values)
        .returning(Job.job_id)
    ).scalar_one_or_none()
    if mine is None:
        raise LeaseLost


def _tell(person: int | None, asked: dict[str, Any], job_id: int, told: str, *, link: str = "") -> None:
    """A line at the bell of whoever asked for the job; the planner's own jobs are nobody's news."""
    if person is not None:
        subject = f"{asked.get('title', 'Your job')}: {told}"[:500]
        db.session.add(
            Notification(user_id=person, kind="job", subject=subject, link=link or f"/jobs/{job_id}")
        )


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
    found = asdict(engagement.recompute(today=on))
    return {**found, "told": notifications.tell_slipped(today=on)}


def _keep(on: date) -> dict[str, Any]:
    return dict(keeping.tidy(today=on))


KINDS: dict[str, Callable[[date], dict[str, Any]]] = {"engagement": _recompute, "keeping": _keep}
"""What each kind of short job does with the day in its run key; the answer is its result, in figures."""

LONG: dict[str, Callable[[Held], None]] = {}
"""What each kind of long job does, from claim to `finish`; `crm.services.long_jobs` fills it."""
