"""The second part of an import, as a job: the steps that the check planned, some hundred at a time. What a
chunk wrote and its ledger are one transaction, so a job that was killed goes on where it was.

The system writes, in the name of whoever asked: a list holds colleagues' rows as well, and what of the book
the person may change was asked by the check.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from psycopg.errors import UniqueViolation
from sqlalchemy.exc import IntegrityError

from crm import failpoints, queries
from crm.db import Base, db, name_in_trail, transaction
from crm.enums import ImportState, JobRowState
from crm.errors import Refused
from crm.models import ImportSession, ImportStep
from crm.services import bulk, jobs
from crm.services.jobs import Held

AT_ONCE: Final = 500
EDITED: Final = "It was edited since the check, so it stays as it is."
KNOWN: Final = "The book holds it by now, so it is not made again."
GONE: Final = "What it belongs to was left as it is."


@dataclass(slots=True)
class Doing:
    """A step in hand, and what became of it."""

    place: int
    kind: str
    is_new: bool
    record_id: int | None
    values: dict[str, Any]
    was: dict[str, Any] | None
    version: int | None
    state: JobRowState
    reason: str | None = None

    @property
    def named(self) -> set[int]:
        """The places of the steps whose records this one names."""
        return {int(value["step"]) for value in self.values.values() if isinstance(value, Mapping)}


Act: TypeAlias = Callable[[Sequence[Doing]], None]
Refuse: TypeAlias = Callable[[Doing, IntegrityError], None]


def work(held: Held) -> None:
    """Do the steps that wait, and say how many."""
    number = int(held.asked["session"])
    n = 1
    while n:
        with transaction():
            jobs.hold(held)
            if not queries.users.get(held.person).active:
                raise Refused("Whoever asked for it no longer signs in.")
            name_in_trail(held.person)
            n = _some(number)
            jobs.count(held, n)
            failpoints.reach("import.chunk")
        failpoints.reach("import.kept")
    with transaction():
        jobs.hold(held)
        session = db.session.get_one(ImportSession, number)
        session.state, session.applied_at = ImportState.APPLIED, sa.func.now()
        done = queries.imports.count_steps(number, is_done=True)
        left = queries.imports.count_steps(number) - done
        told = f"{done:,} records written, {left:,} left as they were."
        jobs.finish(held, result={"written": done, "left": left}, told=told, link=f"/imports/{number}")


def held_steps(number: int, *conditions: Any, order: Any) -> list[Doing]:
    """The next steps that fulfil `conditions`, held until the transaction ends."""
    columns = (
        *(ImportStep.place, ImportStep.kind, ImportStep.is_new, ImportStep.record_id, ImportStep.values),
        *(ImportStep.was, ImportStep.version, ImportStep.state),
    )
    rows = db.session.execute(
        sa.select(*columns)
        .where(ImportStep.import_session_id == number, *conditions)
        .order_by(order)
        .limit(AT_ONCE)
        .with_for_update()
    )
    steps = [Doing(*row) for row in rows]
    if len(steps) == AT_ONCE and steps[-1].kind == "interactions":
        steps.pop()  # what may be about its principal alone is committed together with the link to it
    return steps


def settle(number: int, steps: Sequence[Doing]) -> None:
    """Write down what became of these steps, in one statement."""
    if not steps:
        return
    db.session.execute(
        sa.text(
            """
            update import_steps s
            set record_id = n.record_id, version = n.version, state = n.state::job_row_state_enum,
                reason = n.reason
            from unnest(
                cast(:places as bigint[]), cast(:records as bigint[]), cast(:versions as integer[]),
                cast(:states as text[]), cast(:reasons as text[])
            ) as n (place, record_id, version, state, reason)
            where s.import_session_id = :number and s.place = n.place
            """
        ),
        {
            "number": number,
            "places": [step.place for step in steps],
            "records": [step.record_id for step in steps],
            "versions": [step.version for step in steps],
            "states": [step.state.value for step in steps],
            "reasons": [step.reason for step in steps],
        },
    )


def _some(number: int) -> int:
    """The next steps; how many."""
    steps = held_steps(number, ImportStep.state == JobRowState.WAITING, order=ImportStep.place)
    made = _made(number, steps)
    together: list[Doing] = []
    places: set[int] = set()
    shape: Any = None
    for step in steps:
        table = table_of(step.kind)
        own = (
            step.kind,
            step.is_new,
            frozenset(name for name in step.values if not _may_be_none(table.c[name])),
        )
        if together and (own != shape or step.named & places):
            _write(together, made)
            together, places = [], set()
        shape = own
        together.append(step)
        places.add(step.place)
    if together:
        _write(together, made)
    settle(number, steps)
    return len(steps)


def _may_be_none(column: Any) -> bool:
    """Whether saying nothing of a column and saying None is the same."""
    return bool(column.nullable and column.server_default is None)


def _made(number: int, steps: Sequence[Doing]) -> dict[int, int]:
    """The records of earlier steps that these name."""
    wanted = set().union(*(step.named for step in steps)) if steps else set()
    rows = sa.select(ImportStep.place, ImportStep.record_id).where(
        ImportStep.import_session_id == number,
        ImportStep.place.in_(wanted),
        ImportStep.state == JobRowState.DONE,
    )
    return {place: record_id for place, record_id in db.session.execute(rows) if record_id is not None}


def _write(steps: Sequence[Doing], made: dict[int, int]) -> None:
    """Steps of one kind, all of them new or none."""
    able = []
    for step in steps:
        if step.named <= made.keys():
            able.append(step)
        else:
            step.state, step.reason = JobRowState.LEFT, GONE
    if able and able[0].is_new:
        in_halves(able, lambda some: _create(some, made), _leave)
    else:
        for step in able:
            _change(step, made)


def in_halves(steps: Sequence[Doing], act: Act, refuse: Refuse) -> None:
    """Do `act` with all of these steps at once; one that the database refuses makes the others go in halves
    around it, and `refuse` says of it what became of it.
    """
    if not steps:
        return
    try:
        with db.session.begin_nested():
            act(steps)
    except IntegrityError as error:
        if len(steps) == 1:
            refuse(steps[0], error)
            return
        half = len(steps) // 2
        in_halves(steps[:half], act, refuse)
        in_halves(steps[half:], act, refuse)


def _leave(step: Doing, error: IntegrityError) -> None:
    is_there = isinstance(error.orig, UniqueViolation)
    step.state, step.reason = JobRowState.LEFT, KNOWN if is_there else GONE


def table_of(kind: str) -> Any:
    """The table of a kind of record."""
    return Base.metadata.tables[kind]


def key_of(table: Any) -> Any:
    """The column by which a record is known; of a link, that of what it belongs to."""
    return next(iter(table.primary_key.columns))


def _values(step: Doing, table: Any, made: Mapping[int, int]) -> dict[str, Any]:
    return {
        name: made[int(value["step"])]
        if isinstance(value, Mapping)
        else bulk.typed(value, table.c[name].type)
        for name, value in step.values.items()
    }


def _create(steps: Sequence[Doing], made: dict[int, int]) -> None:
    table = table_of(steps[0].kind)
    columns = [key_of(table), *([table.c.version] if "version" in table.c else [])]
    statement = sa.insert(table).returning(*columns, sort_by_parameter_order=True)
    nothing = dict.fromkeys({name for step in steps for name in step.values})
    rows = db.session.execute(statement, [nothing | _values(step, table, made) for step in steps]).all()
    for step, row in zip(steps, rows, strict=True):
        step.record_id, step.state = row[0], JobRowState.DONE
        step.version = row[1] if len(row) > 1 else None
        made[step.place] = row[0]


def _change(step: Doing, made: Mapping[int, int]) -> None:
    table = table_of(step.kind)
    row = db.session.execute(
        sa.update(table)
        .where(key_of(table) == step.record_id, table.c.version == step.version)
        .values(_values(step, table, made))
        .returning(table.c.version)
    ).one_or_none()
    if row is None:
        step.state, step.reason = JobRowState.LEFT, EDITED
    else:
        step.state, step.version = JobRowState.DONE, row[0]
