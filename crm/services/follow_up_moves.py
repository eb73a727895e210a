"""Moving everything that is overdue in a list to another day at once, and taking that back.

A move is a row of `jobs`, done as it is written: its result holds what each promise was, for an undo that
leaves alone whatever was changed again since.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa

from crm import queries
from crm.db import db
from crm.enums import JobState
from crm.errors import Refused
from crm.models import Interaction, Job
from crm.queries.follow_ups import Whose

KIND = "follow-ups moved"
MOST = 500
"""Promises that are moved in one request (rulings, Web)."""
UNDO_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Moved:
    """What a move did: its job, how many promises it moved, and how many stayed because they are others'."""

    job_id: int
    moved: int
    left: int


@dataclass(frozen=True)
class Returned:
    """What an undo did: how many promises have their old day again, how many had been changed since."""

    returned: int
    left: int


def move_overdue(
    whose: Whose,
    *,
    to: date,
    mark: str,
    by: int,
    today: date,
    now: datetime,
    may_move: Callable[[int | None], bool],
) -> Moved:
    """Promise everything overdue of `whose` for the day `to`; what `may_move` (owner) denies stays.

    `mark` is the `Counts.overdue_mark` that the person saw: raises `Refused` if the list is another one now,
    if it is longer than `MOST`, or if none of it may be moved.
    """
    overdue = queries.follow_ups.overdue_for_update(whose, today=today, limit=MOST + 1)
    if len(overdue) > MOST:
        raise Refused(f"More than {MOST} are overdue here. Choose one person's list and move those first.")
    if queries.follow_ups.mark_of(overdue) != mark:
        raise Refused("This list changed since you opened it. Look at it again, then move what is left.")
    ours = [row for row in overdue if may_move(row.owner_id)]
    if not ours:
        raise Refused("These are others' promises: their owners, a manager or an admin can move them.")
    db.session.execute(
        sa.update(Interaction)
        .where(Interaction.interaction_id.in_([row.interaction_id for row in ours]))
        .values(
            follow_up_date=to,
            snoozed_until_on=None,
            times_rescheduled=Interaction.times_rescheduled + 1,
            version=Interaction.version + 1,
        )
    )
    before = [[row.interaction_id, row.version + 1, row.follow_up_date.isoformat()] for row in ours]
    job = Job(
        kind=KIND, run_key=str(uuid4()), state=JobState.DONE, requested_by=by, finished_at=now,
        result={"before": before},
    )  # fmt: skip
    db.session.add(job)
    db.session.flush()
    return Moved(job.job_id, len(ours), len(overdue) - len(ours))


def put_back(job_id: int, *, by: int, now: datetime) -> Returned:
    """Give the promises of a move their days again, but for those that were changed since.

    Raises `sqlalchemy.exc.NoResultFound` if `by` made no such move, `Refused` after a day or if none is left.
    """
    job = db.session.execute(
        sa.select(Job).where(Job.job_id == job_id, Job.kind == KIND, Job.requested_by == by)
    ).scalar_one()
    before = (job.result or {})["before"]
    if job.finished_at is None or now - job.finished_at > UNDO_FOR:
        raise Refused("This was more than a day ago. Reschedule them one by one.")
    was = sa.values(
        sa.column("interaction_id", sa.BigInteger),
        sa.column("version", sa.Integer),
        sa.column("follow_up_date", sa.Date),
        name="was",
    ).data([(number, version, date.fromisoformat(on)) for number, version, on in before])
    returned = db.session.execute(
        sa.update(Interaction)
        .where(Interaction.interaction_id == was.c.interaction_id, Interaction.version == was.c.version)
        .values(
            follow_up_date=was.c.follow_up_date,
            times_rescheduled=Interaction.times_rescheduled - 1,
            version=Interaction.version + 1,
        )
        .returning(Interaction.interaction_id)
        .execution_options(synchronize_session=False)
    ).all()
    if not returned:
        raise Refused("These were changed again since, or taken back already. They stay as they are.")
    db.session.expire_all()
    return Returned(len(returned), len(before) - len(returned))
