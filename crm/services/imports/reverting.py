"""An import taken back, as a job: what it made is removed, what it changed says again what it said before.

What somebody edited since stays, and so does what others have hung something on; both are told.
"""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from crm import failpoints, queries
from crm.db import db, name_in_trail, transaction
from crm.enums import ImportState, JobRowState
from crm.models import ImportSession, ImportStep
from crm.services import bulk, jobs
from crm.services.imports.applying import Doing, held_steps, in_halves, key_of, settle, table_of
from crm.services.jobs import Held

EDITED: Final = "It was edited since, so it stays as it is."
IN_USE: Final = "Something else belongs to it by now, so it stays."


def work(held: Held) -> None:
    """Take back what was done, the last first, and say how much of it."""
    number = int(held.asked["session"])
    n = 1
    while n:
        with transaction():
            jobs.hold(held)
            name_in_trail(held.person)
            n = _some(number)
            jobs.count(held, n)
            failpoints.reach("import.chunk")
        failpoints.reach("import.kept")
    with transaction():
        jobs.hold(held)
        session = db.session.get_one(ImportSession, number)
        session.state, session.reverted_at = ImportState.REVERTED, sa.func.now()
        stay = queries.imports.count_steps(number, is_done=True)
        back = queries.imports.count_steps(number, state=JobRowState.RETURNED)
        told = f"{back:,} taken back, {stay:,} stay as they are."
        jobs.finish(held, result={"taken back": back, "stay": stay}, told=told, link=f"/imports/{number}")


def _some(number: int) -> int:
    steps = held_steps(
        number,
        ImportStep.state == JobRowState.DONE,
        ImportStep.reason.is_(None),
        order=ImportStep.place.desc(),
    )
    together: list[Doing] = []
    for step in steps:
        if together and (step.kind, step.is_new) != (together[0].kind, together[0].is_new):
            _take_back(together)
            together = []
        together.append(step)
    if together:
        _take_back(together)
    settle(number, steps)
    return len(steps)


def _take_back(steps: Sequence[Doing]) -> None:
    if not steps[0].is_new:
        for step in steps:
            _restore(step)
        return
    table = table_of(steps[0].kind)
    if "version" not in table.c:
        for step in steps:  # a link goes with the record that it belongs to
            step.state = JobRowState.RETURNED
        return
    key = key_of(table)
    ours = sa.select(key, table.c.version).where(key.in_([step.record_id for step in steps]))
    now = {row[0]: row[1] for row in db.session.execute(ours.with_for_update())}
    able = []
    for step in steps:
        if step.record_id not in now:
            step.state = JobRowState.RETURNED
        elif now[step.record_id] != step.version:
            step.reason = EDITED
        else:
            able.append(step)
    in_halves(able, lambda some: _remove(some, table), _keep)


def _remove(steps: Sequence[Doing], table: Any) -> None:
    db.session.execute(sa.delete(table).where(key_of(table).in_([step.record_id for step in steps])))
    for step in steps:
        step.state = JobRowState.RETURNED


def _keep(step: Doing, _: IntegrityError) -> None:
    step.reason = IN_USE


def _restore(step: Doing) -> None:
    table = table_of(step.kind)
    was = {name: bulk.typed(value, table.c[name].type) for name, value in (step.was or {}).items()}
    found = db.session.execute(
        sa.update(table)
        .where(key_of(table) == step.record_id, table.c.version == step.version)
        .values(was)
        .returning(table.c.version)
    ).one_or_none()
    if found is None:
        step.reason = EDITED
    else:
        step.state = JobRowState.RETURNED
