"""How long the reading and the check of a long list take, and how much memory; and what bringing a shorter
one in costs against COPY and bare SQL.

    benchmarks/run imports [--rows N]

The list is written first: calls at 2,000 places with notes of 150 characters, at 1,000,000 rows some 200 MB.
It is checked by the job that does so, in a process of its own, whose memory is looked at before and at its
highest. Nothing of it is written to the book. The goal: memory that hardly grows with the list.

A list of a tenth of that is brought in and taken back, after its floor: read as CSV, sent by COPY, and made
places, people and calls of by three statements, with every trigger.
"""

import argparse
import csv
import os
import resource
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

import sqlalchemy as sa
from pages import kept
from processes import owner

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
            file.write(f'{day},Call,House {n % 2_000},Person {n % 9_000},"{SAID} ({n})"\n')


FLOOR = (
    """
    insert into organizations (name) select distinct organization from staged
    """,
    """
    insert into contacts (organization_id, first_name, last_name)
    select distinct organization_id, split_part(contact, ' ', 1), split_part(contact, ' ', 2)
      from staged join organizations on name = organization
    """,
    """
    insert into interactions (organization_id, contact_id, interaction_type, interaction_date, notes)
    select o.organization_id, c.contact_id, 'Phone Call', staged.day, staged.notes
      from staged join organizations o on o.name = staged.organization
      join contacts c on c.organization_id = o.organization_id
                     and c.first_name || ' ' || c.last_name = staged.contact
    """,
)


def begin(path: Path) -> int:
    """Keep the list as an import of an admin; its number."""
    with transaction(), path.open("rb") as stream:
        person = db.session.scalars(sa.text("select min(user_id) from users where role = 'admin'")).one()
        return sessions.begin(stream, name=path.name, by=queries.users.get(person), data_dir=path.parent)


def work(number: int, folder: Path) -> str:
    """Do what the import waits for; how that ended."""
    job_id = db.session.scalars(
        sa.text("select job_id from import_sessions where import_session_id = :n"), {"n": number}
    ).one()
    db.session.rollback()
    around = Around(folder, policy.may_change_row, policy.may_keep_words)
    services.jobs.run(job_id, now=datetime.now(UTC), around=around)
    asked = sa.text("select state, result from jobs where job_id = :id")
    state, result = db.session.execute(asked, {"id": job_id}).one()
    db.session.rollback()
    return f"{state}: {result}"


def check(path: Path) -> tuple[float, float, str]:
    """Seconds, megabytes that the process grew by, and how it ended."""
    app = crm.create_app("worker")
    with app.app_context():
        act_as(SYSTEM)
        number = begin(path)
        before, began = highest(), time.perf_counter()
        ended = work(number, path.parent)
        return time.perf_counter() - began, highest() - before, ended


def floor(path: Path) -> float:
    """Seconds of the least that brings the same list in; nothing of it stays."""
    began = time.perf_counter()
    with owner() as connection, connection.transaction(force_rollback=True), path.open() as file:
        connection.execute(
            "create temporary table staged (day date, kind text, organization text, contact text, notes text)"
        )
        with connection.cursor().copy("copy staged from stdin") as copy:
            for row in islice(csv.reader(file), 1, None):
                copy.write_row(row)
        connection.execute("analyze staged")
        for statement in FLOOR:
            connection.execute(statement)
    return time.perf_counter() - began


def bring_in(rows: int, folder: Path) -> list[str]:
    """Lines on a list of so many rows that is brought in and taken back."""
    path = folder / f"in-{rows}.csv"
    write(path, rows)
    bare, took = floor(path), {}
    with crm.create_app("worker").app_context():
        act_as(SYSTEM)
        number = begin(path)
        for name, ask in (("checked", None), ("brought in", sessions.apply), ("taken back", sessions.revert)):
            if ask is not None:
                with transaction():
                    ask(queries.imports.get(number))
            began = time.perf_counter()
            ended = work(number, folder)
            assert ended.startswith("done"), ended
            took[name] = time.perf_counter() - began
    ratio = (took["checked"] + took["brought in"]) / bare
    told = ", ".join(f"{name} in {spent:.1f} s" for name, spent in took.items())
    return [
        "",
        f"{rows:,} rows: {told}",
        f"checked and brought in: {ratio:.1f} times the {bare:.1f} s of COPY and bare SQL",
    ]


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
        lines += bring_in(options.rows // 10, Path(folder))
    kept("imports", "the check of a list of calls", lines)


if __name__ == "__main__":
    main()
