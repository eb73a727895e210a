"""How long the reading and the check of a long list take, and how much memory.

    benchmarks/run imports [--rows N]

The list is written first: calls at 2,000 places with notes of 150 characters, at 1,000,000 rows some 200 MB.
It is checked by the job that does so, in a process of its own, whose memory is looked at before and at its
highest. Nothing of it is written to the book. The goal: memory that hardly grows with the list.
"""

import argparse
import os
import resource
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from pages import kept

import crm
from crm import policy, queries, services
from crm.db import SYSTEM, act_as, db, transaction
from crm.services.imports import sessions
from crm.services.jobs import Around

SAID = (
    "talked about the brunch menu and the autumn dishes; they want a tasting in two weeks and will ask "
    "their distributor which sizes he has, call again then"
)


def write(path: Path, rows: int) -> None:
    first = datetime.now(UTC).date() - timedelta(days=300)
    with path.open("w") as file:
        file.write("Date,Type,Organization,Contact,Notes\n")
        for n in range(rows):
            day: date = first + timedelta(days=n % 290)
            file.write(f"{day},Call,House {n % 2_000},Person {n % 9_000},{SAID} ({n})\n")


def check(path: Path) -> tuple[float, float, str]:
    """Seconds, megabytes that the process grew by, and how it ended."""
    app = crm.create_app("worker")
    with app.app_context():
        act_as(SYSTEM)
        with transaction(), path.open("rb") as stream:
            person = db.session.scalars(sa.text("select min(user_id) from users where role = 'admin'")).one()
            by = queries.users.get(person)
            number = sessions.begin(stream, name=path.name, by=by, data_dir=path.parent)
        job_id = db.session.scalars(
            sa.text("select job_id from import_sessions where import_session_id = :n"), {"n": number}
        ).one()
        db.session.rollback()
        before, began = highest(), time.perf_counter()
        around = Around(path.parent, policy.may_change_row, policy.may_keep_words)
        services.jobs.run(job_id, now=datetime.now(UTC), around=around)
        state, result = db.session.execute(
            sa.text("select state, result from jobs where job_id = :id"), {"id": job_id}
        ).one()
        return time.perf_counter() - began, highest() - before, f"{state}: {result}"


def highest() -> float:
    """The most memory that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(rows: int, folder: Path) -> str:
    """A line on a list of so many rows, checked in a child."""
    path = folder / f"{rows}.csv"
    write(path, rows)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        took, grown, ended = check(path)
        size = path.stat().st_size / 1024**2
        line = f"{rows:>9,} rows {size:>5.0f} MB {took:>7.1f} s {grown:>6.0f} MB of memory   {ended}"
        os.write(writing, line.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        line = said.read()
    os.waitpid(child, 0)
    return line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["imports"])
    parser.add_argument("--rows", type=int, default=200_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = [measure(rows, Path(folder)) for rows in (options.rows // 10, options.rows)]
    kept("imports", "the check of a list of calls", lines)


if __name__ == "__main__":
    main()
