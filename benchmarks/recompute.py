"""How long the recount of a million interactions takes, and what it costs those who log meanwhile.

    benchmarks/run recompute [--rounds N]

`flask engagement recompute` on the large book, function by function, with nothing to mend; then the usual and
the slowest of the calls that somebody logs one after the other while it runs, beside those logged in peace.
"""

import argparse
import os
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from pages import kept

PARTS = (
    "recompute_interaction_principals()",
    "recompute_principal_summaries()",
    "recompute_principal_weeks()",
    "record_engagement_changes(firm_today())",
)
LOGGED = """
    insert into interactions (opportunity_id, interaction_type, author_id)
    select opportunity_id, 'Phone Call', owner_id from opportunities where opportunity_id = %s
"""


def owner() -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True)


def seconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def logging(until: Callable[[], bool]) -> list[float]:
    """Log calls until then, each taken back; milliseconds of each."""
    times = []
    with owner() as connection:
        for number in range(1, 1_000_000):
            if until():
                break
            with connection.transaction(force_rollback=True):
                times.append(seconds(lambda n=number: connection.execute(LOGGED, [n % 60_000 + 1])) * 1000)
    return times


def row(name: str, times: list[float]) -> str:
    return f"{name:<44} {statistics.median(times):>8.1f} ms   slowest {max(times):>8.1f} ms of {len(times)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["recompute"])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    lines = []
    with owner() as connection:
        connection.execute("set statement_timeout = 0")
        for part in PARTS:
            times = [seconds(lambda p=part: connection.execute(f"select {p}")) for _ in range(options.rounds)]
            lines.append(f"{part:<44} {min(times):>8.2f} s    slowest {max(times):>8.2f} s")
        before = time.monotonic()
        lines.append(row("a call is logged in peace", logging(lambda: time.monotonic() > before + 5)))

        def everything() -> None:
            with connection.transaction():
                for part in PARTS:
                    connection.execute(f"select {part}")

        recompute = threading.Thread(target=everything)
        recompute.start()
        lines.append(
            row("a call is logged while all is recounted", logging(lambda: not recompute.is_alive()))
        )
    kept("recompute", f"large book, best of {options.rounds}", lines)


if __name__ == "__main__":
    main()
