"""Work on many rows, some hundred at a time: what a step did and what is said of it are one transaction."""

from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa

from crm import failpoints, queries
from crm.db import db, on_behalf_of, transaction
from crm.enums import JobRowState
from crm.errors import Refused
from crm.models import JobRow
from crm.services import jobs
from crm.services.jobs import Held

AT_ONCE: Final = 500
"""Rows of one step: a second or less, so that whoever waits for one of them hardly notices."""
EDITED: Final = "It was edited since, so it stays as it is."


def walk(held: Held, step: Callable[[], int]) -> None:
    """Do one `step` after the other, with the rights and under the name of whoever asked, until one finds
    nothing more to do. It answers how many rows it dealt with.

    Raises `Refused` where they no longer sign in, and what `jobs.hold` raises.
    """
    rows = 1
    while rows:
        with transaction():
            jobs.hold(held)
            if not queries.users.get(held.person).active:
                raise Refused("Whoever asked for it no longer signs in.")
            with on_behalf_of(held.person):
                rows = step()
            jobs.count(held, rows)
            failpoints.reach("rows.done")
        failpoints.reach("rows.kept")


def finish(held: Held, rows_of: int, *, done: str, left: str, told: str) -> None:
    """Say of how many rows of the job `rows_of` what became: `done` and `left` name the figures, `told` is
    the sentence with both of them in it.
    """
    with transaction():
        jobs.hold(held)
        n, stayed = queries.jobs.outcome(rows_of, is_return=rows_of != held.job_id)
        jobs.finish(held, result={done: n, left: stayed}, told=told.format(n=n, left=stayed))


def done_rows(job_id: int) -> "sa.Select[Any]":
    """The next rows that a job did and that nobody tried to take back yet, held until the step ends."""
    return (
        sa.select(JobRow.place, JobRow.record_id, JobRow.made_id, JobRow.version, JobRow.was)
        .where(JobRow.job_id == job_id, JobRow.state == JobRowState.DONE, JobRow.reason.is_(None))
        .order_by(JobRow.place)
        .limit(AT_ONCE)
        .with_for_update()
    )


def settle(job_id: int, outcome: Any, **values: Any) -> "sa.Update":
    """Write `values` to the rows of the job at the places of `outcome`, a selection that names them."""
    table: Any = JobRow.__table__
    return (
        sa.update(table)
        .where(table.c.job_id == job_id, table.c.place == outcome.c.place)
        .values(values)
        .returning(table.c.place)
    )


def settle_return(job_id: int, which: "sa.Select[Any]") -> int:
    """Say of each `place` of a selection whether it `is_back`; how many they are."""
    outcome = which.cte("outcome")
    back, done = (sa.cast(state.value, STATE) for state in (JobRowState.RETURNED, JobRowState.DONE))
    settled = settle(
        job_id,
        outcome,
        state=sa.case((outcome.c.is_back, back), else_=done),
        reason=sa.case((~outcome.c.is_back, EDITED)),
    ).cte("settled")
    return db.session.execute(sa.select(sa.func.count()).select_from(settled)).scalar_one()


STATE: Final[Any] = JobRow.__table__.c.state.type
"""For what is written without the mapper."""
