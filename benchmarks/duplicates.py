"""How long the nightly search for duplicates takes in the large book: the first, which compares everything,
and that of the next night, when some rows have changed.

    benchmarks/run duplicates [--changed N]

Each is the whole job, from its claim to its end, in this process. Seconds, and the pairs found. The goal of
the first is ten minutes.
"""

import argparse
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from pages import kept

import crm
from crm import policy, services
from crm.db import SYSTEM, act_as, db, transaction
from crm.enums import JobQueue
from crm.services.duplicates import KIND
from crm.services.jobs import Around


def owner() -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True)


def night(app: Any, name: str) -> tuple[float, str]:
    """One search from its claim to its end: seconds, and a line that tells it."""
    with app.app_context():
        act_as(SYSTEM)
        with transaction():
            job_id = services.jobs.add(KIND, f"measured {name} {time.time_ns()}", queue=JobQueue.WORK)
        began = time.perf_counter()
        services.jobs.run(job_id or 0, now=datetime.now(UTC), around=Around(Path(), policy.may_change_row))
        took = time.perf_counter() - began
        state, looked_at, result = db.session.execute(
            sa.text("select state, rows_done, result from jobs where job_id = :id"), {"id": job_id}
        ).one()
        assert state == "done"
    return took, f"{name:<28} {took:>8.1f} s   {looked_at:>9,} looked at   {result['found']:>7,} pairs found"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["duplicates"])
    parser.add_argument("--changed", type=int, default=1_000)
    options = parser.parse_args()
    app = crm.create_app("worker")
    with owner() as connection:
        connection.execute("delete from jobs where kind = %s", [KIND])
        connection.execute("delete from duplicate_pairs where rejected_at is null")
        lines = [night(app, "the first night")[1]]
        # A row counts as changed until an hour after the search that saw it; here the next night is at once.
        connection.execute(
            "update jobs set started_at = clock_timestamp() + %s where kind = %s", [timedelta(hours=1), KIND]
        )
        for table, key in (("organizations", "organization_id"), ("contacts", "contact_id")):
            connection.execute(
                f"update {table} set notes = concat(notes, ' Changed.') where {key} in"
                f" (select {key} from {table} order by {key} %% 97, {key} limit %s)",
                [options.changed],
            )
        lines.append(night(app, f"the next, {options.changed:,} of each new")[1])
    kept("duplicates", "large book", lines)


if __name__ == "__main__":
    main()
