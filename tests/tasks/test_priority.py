"""A worker that was started with `nice` is nice to the processors of its database as well."""

import os
import subprocess
import sys
import textwrap

import psycopg
import pytest

from tests.databases import Database

LOOK = textwrap.dedent("""
    import os, sys, psycopg
    from crm.tasks import priority
    with psycopg.connect(sys.argv[1]) as connection:
        before = os.getpriority(os.PRIO_PROCESS, connection.info.backend_pid)
        priority.share(connection)
        print(before, os.getpriority(os.PRIO_PROCESS, connection.info.backend_pid))
""")


def looked(address: str, *, nice: int) -> tuple[int, int]:
    """The priority of the server's process of a connection before and after, asked by a process so nice."""
    words = ["nice", f"-n{nice}", sys.executable, "-c", LOOK, address]
    before, after = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    return int(before), int(after)


@pytest.mark.parametrize("more", [0, 7])
def test_the_servers_process_is_as_nice_as_the_worker_that_it_serves_and_others_stay_as_they_are(
    more: int, shared_database: Database
) -> None:
    address = shared_database.url("test").replace("+psycopg", "")
    here = os.nice(0)
    with psycopg.connect(address) as other:
        usual = os.getpriority(os.PRIO_PROCESS, other.info.backend_pid)
        before, after = looked(address, nice=more)
        assert before == usual
        assert after == (here + more if here + more > 0 else usual)
        assert os.getpriority(os.PRIO_PROCESS, other.info.backend_pid) == usual
