"""Work on many rows: a worker that dies between any two of them does nothing twice and leaves nothing out."""

import hashlib
import random
from datetime import UTC, datetime, timedelta

import pytest

from crm import queries, services
from crm.queries.lists import ORGANIZATIONS
from tests.faults.conftest import ROWS, Stack, wait_until
from tests.faults.work import LATER, asking, change, everywhere, promised, schedule, state, tagged

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


def dies_once(stack: Stack, point: str, monkeypatch: pytest.MonkeyPatch, *, name: str = "first") -> None:
    """A worker takes what waits and dies at that point."""
    monkeypatch.setenv("PANTRY_FAILPOINT", point)
    worker = stack.worker(name)
    stack.tick(datetime.now(UTC))
    wait_until(lambda: "signal 9" in stack.log(name).read_text(), doing="it to die")
    stack.kill(worker)
    monkeypatch.delenv("PANTRY_FAILPOINT")


def finish(stack: Stack, *jobs: int) -> None:
    """A second worker goes on where the first was."""
    stack.worker("second")
    for minutes in (0, 1):
        stack.tick(datetime.now(UTC) + LATER + timedelta(minutes=minutes))
    wait_until(lambda: {state(stack, job) for job in jobs} == {"done"}, doing="all rows to be done")


@pytest.mark.slow
@pytest.mark.parametrize("point", ["rows.done:2", pytest.param("rows.kept:2", marks=pytest.mark.long)])
def test_a_worker_killed_between_rows_ends_as_one_that_was_not(
    stack: Stack, people: list[int], point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [schedule(stack, people[0]), change(stack, people[0])]
    dies_once(stack, point, monkeypatch)
    finish(stack, *jobs)
    assert promised(stack) == [(1, ROWS)]
    assert tagged(stack) == [(1, ROWS)]
    figures = stack.ask("select result from jobs where requested_by is not null order by job_id")
    assert figures == [({"added": ROWS, "left": 0},), ({"changed": ROWS, "left": 0},)]


@pytest.mark.slow
def test_two_reps_who_schedule_the_same_places_at_once_promise_each_one_thing(
    stack: Stack, people: list[int]
) -> None:
    jobs = [schedule(stack, person) for person in people]
    stack.worker()  # it has two processes, and each takes one of the jobs
    stack.tick(datetime.now(UTC))
    wait_until(lambda: {state(stack, job) for job in jobs} == {"done"}, doing="both jobs")
    assert promised(stack) == [(1, ROWS)]
    [(added, left)] = stack.ask(
        "select sum((result ->> 'added')::int), sum((result ->> 'left')::int) from jobs "
        "where requested_by is not null"
    )
    assert (added, left) == (ROWS, ROWS)


@pytest.mark.slow
@pytest.mark.parametrize("point", ["export.written", pytest.param("export.named", marks=pytest.mark.long)])
def test_an_export_killed_around_its_renaming_ends_as_one_whole_file(
    stack: Stack, people: list[int], point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = asking(
        stack,
        people[0],
        lambda: services.exports.ask(
            ORGANIZATIONS, everywhere(people[0]), [ORGANIZATIONS.head], ending="csv",
            by=queries.users.get(people[0]), total=ROWS,
        ),
    )  # fmt: skip
    dies_once(stack, point, monkeypatch)
    assert stack.ask("select count(*) from files") == [(0,)]
    finish(stack, job_id)
    [(path, sha256)] = stack.ask("select path, sha256 from files")
    content = (stack.folder / str(path)).read_bytes()
    assert hashlib.sha256(content).hexdigest() == sha256
    assert len(content.splitlines()) == ROWS + 1
    assert [one.name for one in (stack.folder / "exports").iterdir()] == [str(path).split("/")[-1]]


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(5))
def test_workers_killed_at_random_and_an_undo_in_between_leave_the_book_as_it_was(
    stack: Stack, people: list[int], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    job_id = schedule(stack, people[0])
    dies_once(stack, f"rows.{chance.choice(['done', 'kept'])}:{chance.randint(1, 3)}", monkeypatch)
    finish(stack, job_id)
    assert promised(stack) == [(1, ROWS)], f"seed {seed}"
    undoing = asking(
        stack,
        people[0],
        lambda: services.undoings.ask(job_id, by=people[0], now=datetime.now(UTC)),
    )
    for worker in list(stack.running[1:]):
        stack.kill(worker)
    dies_once(
        stack, f"rows.{chance.choice(['done', 'kept'])}:{chance.randint(1, 3)}", monkeypatch, name="third"
    )
    stack.worker("fourth")
    stack.tick(datetime.now(UTC) + LATER)
    stack.tick(datetime.now(UTC) + LATER + timedelta(minutes=1))
    wait_until(lambda: state(stack, undoing) == "done", doing="the undo")
    assert promised(stack) == [(0, ROWS)], f"seed {seed}"
