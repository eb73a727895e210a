"""Work on many rows, some hundred at a time: what a step did and what is said of it are one transaction."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError

from crm import failpoints, queries
from crm.db import db, on_behalf_of, transaction
from crm.enums import JobRowState
from crm.errors import Refused, refusal_of
from crm.models import JobRow
from crm.services import jobs
from crm.services.jobs import Held

AT_ONCE: Final = 500
"""Rows of one step: a second or less, so that whoever waits for one of them hardly notices."""
OF_A_ROW: Final = {"22", "23", "42", "P0"}
"""Classes of errors of the database that are about what is written: a value, a constraint, a right, a rule of
ours.
"""
EDITED: Final = "It was edited since, so it stays as it is."

log = structlog.get_logger()


def walk(held: Held, rows_of: int, step: Callable[[int], int]) -> None:
    """Do one `step` after the other, with the rights and under the name of whoever asked, until one finds
    nothing more to do. It is told how many rows of the job `rows_of` it may take and answers how many it
    dealt with.

    Where the database does not take a row, smaller and smaller steps find out which one it is; that one is
    left with the reason, and the others are done. Raises `Refused` where they no longer sign in, and what
    `jobs.hold` raises.
    """
    rows, most = 1, AT_ONCE
    while rows:
        try:
            rows = _take_step(held, partial(step, most))
        except DBAPIError as error:
            if not _is_of_a_row(error):
                raise
            if most > 1:
                most //= 2
                continue
            reason = _reason(error)
            rows = _take_step(held, partial(_leave_next, held, rows_of, reason))
            log.warning("row left", job_id=held.job_id, reason=reason)
        most = min(most * 2, AT_ONCE)


def _take_step(held: Held, step: Callable[[], int]) -> int:
    with transaction():
        jobs.hold(held)
        if not queries.users.get(held.person).active:
            raise Refused("Whoever asked for it no longer signs in.")
        with on_behalf_of(held.person):
            rows = step()
        jobs.count(held, rows)
        failpoints.reach("rows.done")
    failpoints.reach("rows.kept")
    return rows


def _is_of_a_row(error: DBAPIError) -> bool:
    """True if what was to be written is to blame: no lock, time limit or lost connection."""
    return (getattr(error.orig, "sqlstate", None) or "")[:2] in OF_A_ROW


def _reason(error: DBAPIError) -> str:
    refused = refusal_of(error)
    if refused is not None:
        return refused.message
    said = getattr(getattr(error.orig, "diag", None), "message_primary", None) or type(error.orig).__name__
    return f"The database does not take it: {said}."[:500]


def _leave_next(held: Held, rows_of: int, reason: str) -> int:
    """Leave the next row as it is, for that reason."""
    table: Any = JobRow.__table__
    is_return = rows_of != held.job_id
    waits = [
        table.c.job_id == rows_of,
        table.c.state == (JobRowState.DONE if is_return else JobRowState.WAITING),
    ]
    if is_return:
        waits.append(table.c.reason.is_(None))
    first = sa.select(sa.func.min(table.c.place)).where(*waits).scalar_subquery()
    state = {} if is_return else {"state": JobRowState.LEFT}
    left = sa.update(table).where(table.c.job_id == rows_of, table.c.place == first)
    return len(db.session.execute(left.values(reason=reason, **state).returning(table.c.place)).all())


def finish(held: Held, rows_of: int, *, done: str, left: str, told: str) -> None:
    """Say of how many rows of the job `rows_of` what became: `done` and `left` name the figures, `told` is
    the sentence with both of them in it.
    """
    with transaction():
        jobs.hold(held)
        n, stayed = queries.jobs.outcome(rows_of, is_return=rows_of != held.job_id)
        jobs.finish(held, result={done: n, left: stayed}, told=told.format(n=n, left=stayed))


def done_rows(job_id: int, most: int) -> "sa.Select[Any]":
    """The next rows, no more than `most`, that a job did and that nobody tried to take back yet, held until
    the step ends.
    """
    return (
        sa.select(JobRow.place, JobRow.record_id, JobRow.made_id, JobRow.version, JobRow.was)
        .where(JobRow.job_id == job_id, JobRow.state == JobRowState.DONE, JobRow.reason.is_(None))
        .order_by(JobRow.place)
        .limit(most)
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
