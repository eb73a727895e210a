"""A worker that was started with `nice` is nice to the processors of its database as well."""

import multiprocessing
import os
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import psycopg
import pytest

from crm.tasks import priority
from tests.databases import Database

HAS_SESSIONS = Path("/proc/self/autogroup").exists()


def of_process(number: int) -> int:
    """How nice a process is."""
    return os.getpriority(os.PRIO_PROCESS, number)


def of_session(number: int) -> int:
    """How nice the session of a process is, where the kernel weighs sessions; else as nice as the process."""
    told = Path(f"/proc/{number}/autogroup")
    return int(told.read_text().split()[-1]) if told.exists() else of_process(number)


def look(address: str, nice: int, told: SimpleQueue[tuple[int, ...]]) -> None:
    """What a process that is so nice, in a session of its own, sees of a connection that it opens."""
    os.setsid()
    os.nice(nice)
    priority.lower_session()
    with psycopg.connect(address) as connection:
        served_by = connection.info.backend_pid
        before = of_process(served_by)
        priority.share(connection)
        now = of_session(os.getpid())
        priority.raise_session()
        told.put((before, of_process(served_by), of_session(served_by), now, of_session(os.getpid())))


def looked(address: str, *, nice: int) -> tuple[int, ...]:
    """What such a process tells."""
    context = multiprocessing.get_context("forkserver")
    told: SimpleQueue[tuple[int, ...]] = context.SimpleQueue()
    process = context.Process(target=look, args=(address, nice, told))
    process.start()
    process.join()
    assert process.exitcode == 0
    return told.get()


@pytest.mark.slow
@pytest.mark.parametrize("more", [0, 7])
def test_the_servers_process_is_as_nice_as_the_worker_that_it_serves_and_others_stay_as_they_are(
    more: int, shared_database: Database
) -> None:
    address = shared_database.url("test").replace("+psycopg", "")
    here = os.nice(0)
    with psycopg.connect(address) as other:
        number = other.info.backend_pid
        usual = (of_process(number), of_session(number))
        before, after, session, own, in_the_end = looked(address, nice=more)
        assert before == usual[0]
        if here + more > 0:
            assert (after, session, own) == (here + more, here + more, here + more)
            assert in_the_end == (0 if HAS_SESSIONS else here + more)
        else:
            assert (after, session) == usual
        assert (of_process(number), of_session(number)) == usual
