"""A worker that is killed while it brings in a list, or takes one back, ends as one that was not."""

import random
import time
from datetime import UTC, datetime, timedelta

import pytest

from crm import policy, queries, services
from crm.db import SYSTEM, act_as, transaction
from crm.enums import ImportState
from crm.services.imports import sessions
from crm.services.imports.applying import AT_ONCE
from tests.faults.conftest import PATIENCE, Stack, wait_until
from tests.faults.work import LATER, state

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


def checked(stack: Stack, person: int, talks: int) -> int:
    """The session of a list of so many talks, checked here."""
    path = stack.folder / "talks.csv"
    path.write_text(
        "Date,Type,Organization,Contact,Notes\n"
        + "".join(
            f"2026-11-{n % 20 + 1:02},Call,House {n % 70},Person {n % 910},talk {n}\n" for n in range(talks)
        )
    )
    with stack.app.app_context():
        act_as(SYSTEM)
        with transaction(), path.open("rb") as stream:
            by = queries.users.get(person)
            number = sessions.begin(stream, name=path.name, by=by, data_dir=stack.folder)
        work(stack, number)
    return number


def work(stack: Stack, number: int) -> None:
    """Do here what the session waits for."""
    with transaction():
        job_id = queries.imports.get(number).job_id
    assert job_id is not None
    around = services.jobs.Around(stack.folder, policy.may_change_row)
    services.jobs.run(job_id, now=datetime.now(UTC), around=around)
    with transaction():
        assert queries.imports.get(number).state is not ImportState.REFUSED


def ask(stack: Stack, number: int, *, is_revert: bool = False, is_here: bool = False) -> int:
    """Let the list be brought in or taken back, by a worker or here; the job."""
    with stack.app.app_context():
        act_as(SYSTEM)
        with transaction():
            session = queries.imports.get(number)
            job_id = sessions.revert(session) if is_revert else sessions.apply(session)
        if is_here:
            work(stack, number)
    return job_id


def book(stack: Stack) -> list[tuple[object, ...]]:
    """What the list says, as the book has it, and how it counts."""
    return stack.ask(
        """
        select o.name, c.last_name, i.interaction_date, i.interaction_type::text, i.notes, count(*)
          from interactions i
          left join organizations o on o.organization_id = i.organization_id
          left join contacts c on c.contact_id = i.contact_id
         group by 1, 2, 3, 4, 5
         union all
        select name, null, null, null, 'an organization', count(*) from organizations group by 1
         union all
        select o.name, c.first_name, null, c.last_name, 'a contact', count(*)
          from contacts c left join organizations o on o.organization_id = c.organization_id group by 1, 2, 4
         order by 1, 2, 3, 4, 5
        """
    )


def killed_at(stack: Stack, job_id: int, moments: list[tuple[float, float]]) -> None:
    """Worker after worker does the job and is killed: once a share of the rows is done, and so many seconds
    later. Then one may end it.
    """
    [(total,)] = stack.ask(f"select rows_total from jobs where job_id = {job_id}")
    died = 0
    for n, (share, seconds) in enumerate(sorted(moments)):
        worker = stack.worker(f"worker{n}-{job_id}")
        go_on(stack, job_id)
        rows = share * int(str(total))
        wait_until(
            lambda rows=rows: done(stack, job_id) >= rows or state(stack, job_id) == "done",
            doing="some rows to be done",
        )
        time.sleep(seconds)
        stack.kill(worker)
        died += state(stack, job_id) == "running"
    assert died * 2 >= len(moments), "most of them died at work"
    last = stack.worker(f"last-{job_id}")
    go_on(stack, job_id)
    wait_until(lambda: state(stack, job_id) == "done", doing="all rows to be done")
    stack.kill(last)


def go_on(stack: Stack, job_id: int) -> None:
    """The lease of who died runs out; a job that failed after its last attempt is let go on by somebody."""
    stack.tick(datetime.now(UTC) + LATER)
    if state(stack, job_id) == "failed":
        with stack.app.app_context():
            act_as(SYSTEM)
            with transaction():
                services.jobs.retry(job_id, now=datetime.now(UTC))
    for minutes in range(
        1, 10
    ):  # a bell that whoever died had in hand is lost, and the next tick rings again
        stack.tick(datetime.now(UTC) + LATER + timedelta(minutes=minutes))
        until = time.monotonic() + PATIENCE / 20
        while time.monotonic() < until:
            if state(stack, job_id) in ("running", "done"):
                return
            time.sleep(0.05)
    pytest.fail("no worker took it")


def done(stack: Stack, job_id: int) -> int:
    [(rows,)] = stack.ask(f"select rows_done from jobs where job_id = {job_id}")
    return int(str(rows))


def by_chance(seed: int, n: int, *, within: float) -> list[tuple[float, float]]:
    """Shares of the rows, and seconds after they were done: less than the next step takes."""
    chance = random.Random(seed)
    return [(chance.random() * 0.8, chance.random() * within * 0.8) for _ in range(n)]


@pytest.mark.long
@pytest.mark.parametrize(
    ("seed", "talks", "applied", "reverted"),
    [(6, 3_000, 3, 0), (20, 6_000, 20, 5)],
)
def test_a_worker_killed_at_random_moments_of_an_import_ends_as_one_that_was_not(
    stack: Stack, people: list[int], seed: int, talks: int, applied: int, reverted: int
) -> None:
    before = book(stack)
    number = checked(stack, people[0], talks)
    began = time.monotonic()
    ask(stack, number, is_here=True)
    took, whole = time.monotonic() - began, book(stack)
    step = took * AT_ONCE / (len(whole) - len(before))
    assert len(whole) > len(before) + talks
    ask(stack, number, is_revert=True, is_here=True)
    assert book(stack) == before
    again = checked(stack, people[0], talks)
    killed_at(stack, ask(stack, again), by_chance(seed, applied, within=step))
    assert book(stack) == whole, f"seed {seed}"
    job_id = ask(stack, again, is_revert=True)
    killed_at(stack, job_id, by_chance(seed + 1, reverted, within=step))
    assert book(stack) == before, f"seed {seed + 1}"
