"""Changing more rows of a list than one request does: a job whose rows are fixed when it is asked for.

What a change is, `crm.services.bulk` says; here it is done some hundred rows at a time, and taken back so.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa

from crm import queries
from crm.db import db
from crm.enums import JobQueue, JobRowState
from crm.errors import Refused
from crm.models import Job, JobRow, User
from crm.queries.jobs import MOST_ROWS
from crm.queries.lists import LISTS, Listing, Wanted
from crm.services import bulk, jobs, steps
from crm.services.bulk import Setting
from crm.services.jobs import Held

KIND: Final = "many rows changed"

GONE: Final = "It was archived in the meantime."
OTHERS: Final = "It is a colleague's."
SAME: Final = "It was so already."

_ROWS: Final[Any] = JobRow.__table__


def ask(listing: Listing, wanted: Wanted, setting: Setting, *, title: str, by: User, seen: int | None) -> int:
    """Ask for one column of these rows to be changed. The job.

    `seen` is how many the person was told they are, None = nobody counted: raises `Refused` if they are
    others now, or more than `MOST_ROWS`.
    """
    asked = {"title": title, "list": listing.name, "column": setting.column, "setting": setting.kept}
    job_id = jobs.add(KIND, str(uuid4()), by=by.user_id, queue=JobQueue.WORK, asked=asked)
    if job_id is None:
        raise RuntimeError("a new key was there before")
    chosen = queries.lists.numbered(listing, wanted, most=MOST_ROWS + 1).subquery("chosen")
    rows = sa.select(sa.literal(job_id, sa.BigInteger), chosen.c.place, chosen.c.key)
    columns = ["job_id", "place", "record_id"]
    db.session.execute(sa.insert(_ROWS).from_select(columns, rows, include_defaults=False))
    n = db.session.scalar(sa.select(sa.func.count()).where(JobRow.job_id == job_id)) or 0
    if n > MOST_ROWS:
        raise Refused(f"More than {MOST_ROWS:,} rows are too many for one job. Narrow the list.")
    if seen not in (None, n):
        raise Refused(f"They are {n:,} by now. Look at the list again.")
    db.session.execute(sa.update(Job).where(Job.job_id == job_id).values(rows_total=n))
    return job_id


def work(held: Held) -> None:
    """Change what waits, and say how many that were."""
    steps.walk(held, held.job_id, lambda most: _change_some(held, most))
    told = "{n:,} changed, {left:,} left as they were."
    steps.finish(held, held.job_id, done="changed", left="left", told=told)


def take_back_some(job_id: int, most: int, *, now: datetime) -> int:  # noqa: ARG001 - as undoings asks
    """Give the next rows that a job changed their old values again, but for those that were edited since. How
    many it looked at.
    """
    asked = db.session.get_one(Job, job_id).asked
    listing, column = LISTS[asked["list"]], asked["column"]
    kind = listing.model.__table__.c[column].type
    some = db.session.execute(steps.done_rows(job_id, most)).all()
    if not some:
        return 0
    back = bulk.write(
        listing, column, [(row.record_id, row.version, bulk.typed(row.was, kind)) for row in some]
    )
    values = sa.values(sa.column("place", sa.BigInteger), sa.column("is_back", sa.Boolean), name="which")
    which = values.data([(row.place, row.record_id in back) for row in some])
    return steps.settle_return(job_id, sa.select(which))


def _change_some(held: Held, most: int) -> int:
    """Change the next of what waits; how many rows it dealt with."""
    some = db.session.execute(
        sa.select(JobRow.place, JobRow.record_id)
        .where(JobRow.job_id == held.job_id, JobRow.state == JobRowState.WAITING)
        .order_by(JobRow.place)
        .limit(most)
        .with_for_update()
    ).all()
    if not some:
        return 0
    listing, setting = LISTS[held.asked["list"]], bulk.read(held.asked["setting"])
    became = _change(held, listing, setting, [row.record_id for row in some])
    _settle(held.job_id, [(row.place, *became[row.record_id]) for row in some])
    return len(some)


def _change(
    held: Held, listing: Listing, setting: Setting, numbers: Sequence[int]
) -> dict[int, tuple[str | None, int | None, Any]]:
    """Change these rows as far as they may be: of each the reason why not, its new version, what it was."""
    person, team = queries.users.get(held.person), queries.users.team(held.person)
    known = bulk.owners_of(listing, numbers)
    may_change = held.surroundings.may_change
    ours = bulk.locked(
        listing, [number for number, owners in known.items() if may_change(person, owners, team)], setting
    )
    left: dict[int, str] = {number: OTHERS if number in known else GONE for number in numbers}
    changing: list[tuple[int, int, Any]] = []
    was = {row.number: bulk.plain(row.was) for row in ours}
    for row in ours:
        try:
            new = setting.new(row.was)
        except Refused as refused:
            left[row.number] = refused.message
            continue
        left[row.number] = SAME
        if new != row.was:
            changing.append((row.number, row.version, new))
    versions = bulk.write(listing, setting.column, changing) if changing else {}
    return {
        number: (None, versions[number], was[number]) if number in versions else (left[number], None, None)
        for number in numbers
    }


def _settle(job_id: int, rows: Sequence[tuple[int, str | None, int | None, Any]]) -> None:
    values = sa.values(
        sa.column("place", sa.BigInteger),
        sa.column("reason", sa.Text),
        sa.column("version", sa.Integer),
        sa.column("was", _ROWS.c.was.type),
        name="outcome",
    ).data(list(rows))
    done, left = (sa.cast(state.value, steps.STATE) for state in (JobRowState.DONE, JobRowState.LEFT))
    db.session.execute(
        steps.settle(
            job_id,
            values,
            state=sa.case((values.c.reason.is_(None), done), else_=left),
            reason=sa.cast(values.c.reason, sa.Text),
            version=sa.cast(values.c.version, sa.Integer),
            was=sa.cast(values.c.was, _ROWS.c.was.type),
        )
    )
