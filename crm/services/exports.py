"""Files to take along: a list exactly as it is shown, or the whole book. Each is a job of its asker's.

A file is written under another name, synced and renamed before its row says that it is there. One that was
cut off is begun anew; what was left of it is swept away then.
"""

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm import failpoints, queries
from crm.clock import today_for
from crm.db import database_now, db, on_behalf_of, transaction
from crm.enums import JobQueue, JobRowState
from crm.errors import Refused
from crm.models import File, Job, JobRow, User
from crm.queries.lists import LISTS, Asker, Column, Listing, Wanted
from crm.services import jobs
from crm.services.jobs import Held
from crm.services.sheets import FORMATS, Sheets

KIND = "export"
KEEPING = "files kept"
KEPT = timedelta(days=7)
"""How long a file can be taken along (rulings, Files and keeping)."""
FOLDER = "exports"
UNTELLABLE: Final = (ValueError, OverflowError)
"""What a value raises that no cell can hold."""
MOST_LEFT: Final = 1_000
"""Rows that may be left out of a file; where there are more it is not these rows that are wrong."""
TOO_MUCH: Final = "More than a thousand rows cannot be written into a file. Tell whoever runs this."
SORTING: Final = timedelta(minutes=10)
"""How long the first rows of a list may take."""
SECONDS = 1.0
"""How often a running export says how far it has come, and hears that it is to stop."""


@dataclass(frozen=True)
class _Part:
    """One sheet: which rows of which list, in which columns."""

    listing: Listing
    wanted: Wanted
    columns: Sequence[Column]


@dataclass(frozen=True)
class _Left:
    """A row that the file cannot hold."""

    place: int
    record_id: int
    reason: str


def ask(
    listing: Listing, wanted: Wanted, columns: Sequence[Column], *, ending: str, by: User, total: int | None
) -> int:
    """Ask for a file of these rows and columns; `total` None = nobody has counted them. The job."""
    return _ask(
        f"Export {listing.nouns}",
        listing.name,
        [{"list": listing.name, "wanted": wanted.kept(), "columns": [column.name for column in columns]}],
        ending=ending,
        by=by,
        total=total,
    )


def ask_book(*, ending: str, by: User, now: datetime) -> int:
    """Ask for all lists there are with all their columns: a workbook with a sheet for each, or a ZIP of CSV
    files. Each list is told as it is at one moment. The job.
    """
    asker = Asker(by.user_id, today_for(queries.firm.time_zone(), now))
    sheets = [
        {
            "list": listing.name,
            "wanted": Wanted(
                asker=asker, sort=listing.sorts[0], is_descending=listing.sorts[0].is_descending
            ).kept(),
            "columns": [column.name for column in listing.all_columns],
        }
        for listing in LISTS.values()
    ]
    return _ask("Export the whole book", "book", sheets, ending=ending, by=by, total=None)


def cell(value: object, zone: str) -> object:
    """A moment is told as the day it is for the reader."""
    return value.astimezone(ZoneInfo(zone)).date() if isinstance(value, datetime) else value


def work(held: Held) -> None:
    """Write the file, give it its name, say that it is there."""
    with transaction():
        jobs.hold(held)
        person = queries.users.get(held.person)
        zone, is_active = person.time_zone, person.active
        day = today_for(zone, database_now())
    if not is_active:
        raise Refused("Whoever asked for it no longer signs in.")
    folder = held.surroundings.data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder, held)
    ending = held.asked["ending"]
    path = folder / f"{held.job_id}-{held.token}.{ending}"
    half = path.with_suffix(f".{ending}.half")
    try:
        left: list[_Left] = []
        with transaction(), on_behalf_of(held.person):
            rows = _write(held, half, zone, left)
        size, digest = _sync(half)
        failpoints.reach("export.written")
        half.rename(path)
        _sync_folder(folder)
        failpoints.reach("export.named")
    finally:
        half.unlink(missing_ok=True)
    done = rows + len(left)
    with transaction():
        jobs.hold(held)
        db.session.add(
            File(
                job_id=held.job_id,
                user_id=held.person,
                name=f"{held.asked['name']}-{day.isoformat()}.{ending}",
                path=f"{FOLDER}/{path.name}",
                size=size,
                sha256=digest,
                expires_at=sa.func.now() + KEPT,
            )
        )
        db.session.execute(
            sa.update(Job).where(Job.job_id == held.job_id).values(rows_done=done, rows_total=done)
        )
        _tell_of_left(held.job_id, left)
        but = f"{len(left):,} left out; " if left else ""
        found = {"rows": rows} | ({"left": len(left)} if left else {})
        jobs.finish(held, result=found, told=f"{rows:,} rows, {but}ready to take along.")


def keep(held: Held) -> None:
    """Take away the files whose time is over, and their rows; then what no row has known for a day."""
    folder = held.surroundings.data_dir / FOLDER
    with transaction():
        jobs.hold(held)
        now = database_now()
        gone = db.session.scalars(sa.delete(File).where(File.expires_at <= now).returning(File.path)).all()
        known = {Path(path).name for path in db.session.scalars(sa.select(File.path))}
        jobs.finish(held, result={"files": len(gone)}, told="")
    for name in gone:
        (held.surroundings.data_dir / name).unlink(missing_ok=True)
    for path in folder.iterdir() if folder.is_dir() else ():
        is_old = path.stat().st_mtime < (now - timedelta(days=1)).timestamp()
        if path.name not in known and is_old:
            path.unlink(missing_ok=True)


def _ask(
    title: str, name: str, sheets: list[dict[str, Any]], *, ending: str, by: User, total: int | None
) -> int:
    if ending not in FORMATS or (ending == "csv" and len(sheets) > 1):
        raise Refused("Choose one of the kinds of file.", field="ending")
    asked = {"title": title, "name": name, "ending": ending, "sheets": sheets}
    job_id = jobs.add(KIND, str(uuid4()), by=by.user_id, queue=JobQueue.WORK, asked=asked, rows_total=total)
    if job_id is None:
        raise RuntimeError("a new key was there before")
    return job_id


def _parts(asked: dict[str, Any]) -> Iterator[_Part]:
    for sheet in asked["sheets"]:
        listing = LISTS[sheet["list"]]
        chosen = [column for column in listing.all_columns if column.name in sheet["columns"]]
        yield _Part(listing, Wanted.read(listing, sheet["wanted"]), chosen)


def _write(held: Held, path: Path, zone: str, left: list[_Left]) -> int:
    """All rows into a new file at `path`; how many they are. Those that it cannot hold are added to `left`.

    Raises `Refused` if these are more than `MOST_LEFT`.
    """
    make, _ = FORMATS[held.asked["ending"]]
    file: Sheets = make(path)
    done = 0
    try:
        for part in _parts(held.asked):
            # All is sorted before the first row comes, which takes minutes on a machine with much to do.
            db.session.execute(sa.text(f"set local statement_timeout = '{SORTING.total_seconds():.0f}s'"))
            jobs.report(held, done + len(left), lease=SORTING + jobs.LEASE)
            said = 0.0
            file.sheet(part.listing.title, [column.label for column in part.columns])
            for rows in queries.lists.stream(part.listing, part.wanted):
                cells, refused = _cells(part, rows, zone, done + len(left))
                file.rows(cells)
                done += len(cells)
                left += refused
                if len(left) > MOST_LEFT:
                    raise Refused(TOO_MUCH)
                failpoints.reach("export.rows")
                if time.monotonic() - said > SECONDS:
                    jobs.report(held, done + len(left))
                    said = time.monotonic()
    finally:
        file.close()
    return done


def _cells(
    part: _Part, rows: Sequence[sa.Row[Any]], zone: str, before: int
) -> tuple[list[list[object]], list[_Left]]:
    """What the file holds of these rows, which follow on `before` others: all of them, or, where one of them
    cannot be told, each by itself.
    """
    texts = [column.text for column in part.columns]
    try:
        return [[cell(text(row), zone) for text in texts] for row in rows], []
    except UNTELLABLE:
        pass
    cells: list[list[object]] = []
    left: list[_Left] = []
    for place, row in enumerate(rows, before + 1):
        try:
            cells.append([cell(text(row), zone) for text in texts])
        except UNTELLABLE as error:
            reason = f"It cannot be written into the file: {error}."[:500]
            left.append(_Left(place, getattr(row, part.listing.key.key), reason))
    return cells, left


def _tell_of_left(job_id: int, left: Sequence[_Left]) -> None:
    """Say which rows are not in the file. Several lists may each have one of the same number: the first is
    told.
    """
    if left:
        rows = [{"job_id": job_id, "state": JobRowState.LEFT} | asdict(one) for one in left]
        db.session.execute(insert(JobRow).values(rows).on_conflict_do_nothing())


def _sync(path: Path) -> tuple[int, str]:
    """See to it that the file survives the machine; its size and SHA-256."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(folder: Path, held: Held) -> None:
    """Take away what earlier attempts at this job left behind."""
    for path in folder.glob(f"{held.job_id}-*"):
        if held.token not in path.name:
            path.unlink(missing_ok=True)
