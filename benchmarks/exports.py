"""How long the CSV of a million interactions takes, against COPY and formatting, and how much memory.

    benchmarks/run exports

The floor reads the same rows by COPY, makes every cell safe and writes the lines. The export is the whole
job, in a process of its own, whose memory is looked at before and at its highest. The goals: 3 times the
floor, 64 MB.
"""

import argparse
import csv
import os
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

import crm
from crm import csv_lines, policy, queries, services
from crm.config import Settings
from crm.db import SYSTEM, act_as, db, transaction
from crm.queries.lists import INTERACTIONS, Asker, Wanted
from crm.services.jobs import Around

RESULTS = Path(__file__).parent / "results" / "exports.txt"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["exports"])
    parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        floor, rows = measure_floor(Path(folder) / "floor.csv")
        took, grown = measure_export(Path(folder))
    lines = [
        f"{'rows':<34} {rows:>10,}",
        f"{'COPY and formatting, seconds':<34} {floor:>10.1f}",
        f"{'the job, seconds':<34} {took:>10.1f}",
        f"{'ratio':<34} {took / floor:>10.2f}",
        f"{'memory it took beyond its start, MB':<34} {grown:>9.0f}",
    ]
    text = "\n".join([f"{datetime.now(UTC):%Y-%m-%d}", *lines]) + "\n"
    RESULTS.write_text(text)
    print(text)


def measure_floor(path: Path) -> tuple[float, int]:
    """Seconds, and how many rows there are."""
    owner = str(Settings().database_owner_url).replace("+psycopg", "")
    asked = str(
        INTERACTIONS.details.where(INTERACTIONS.scope).compile(
            dialect=sa.create_engine("postgresql+psycopg://").dialect, compile_kwargs={"literal_binds": True}
        )
    )
    rows, safe = 0, csv_lines.safe
    with psycopg.connect(owner) as connection, path.open("w", newline="") as file:
        began = time.perf_counter()
        writer = csv.writer(file)
        with connection.cursor().copy(f"copy ({asked}) to stdout".encode()) as copy:
            for row in copy.rows():
                writer.writerow([safe(cell) for cell in row])
                rows += 1
    return time.perf_counter() - began, rows


def measure_export(folder: Path) -> tuple[float, float]:
    """Seconds of the job, and megabytes that its process grew, counted in a child."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, " ".join(f"{n:.3f}" for n in _export(folder)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        took, grown = (float(part) for part in said.read().split())
    os.waitpid(child, 0)
    return took, grown


def _export(folder: Path) -> tuple[float, float]:
    app = crm.create_app("worker")
    with app.app_context():
        act_as(SYSTEM)
        person = db.session.scalars(sa.text("select min(user_id) from users where role = 'admin'")).one()
        db.session.rollback()
    with app.app_context():
        act_as(person)
        with transaction():
            job_id = _ask(person)
    with app.app_context():
        act_as(SYSTEM)
        before, began = _highest(), time.perf_counter()
        services.jobs.run(job_id, now=datetime.now(UTC), around=Around(folder, policy.may_change_row))
        state = db.session.scalars(sa.text("select state from jobs where job_id = :id"), {"id": job_id})
        assert state.one() == "done"
        return time.perf_counter() - began, _highest() - before


def _ask(person: int) -> int:
    sort = INTERACTIONS.sorts[0]
    asker = Asker(person, datetime.now(UTC).date())
    wanted = Wanted(asker=asker, sort=sort, is_descending=sort.is_descending)
    columns: list[Any] = list(INTERACTIONS.all_columns)
    by = queries.users.get(person)
    return services.exports.ask(INTERACTIONS, wanted, columns, ending="csv", by=by, total=None)


def _highest() -> float:
    """The most memory that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
