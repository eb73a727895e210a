"""Backups: one consistent dump, the files beside it, and a manifest that says what must be in them.

A backup is a folder of DATA_DIR/backups, made under a name that begins with a dot and renamed when it is
whole and on disk: what has a plain name is complete.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

import psycopg
import sqlalchemy as sa
from psycopg import sql

from crm import clock, queries
from crm.config import Settings
from crm.db import db, transaction
from crm.errors import Refused
from crm.models import Heartbeat
from crm.services import heartbeats

AT: Final = 2
"""The hour of the firm at which the backup of the night is due."""
DAILY: Final = 7
WEEKLY: Final = 4
MONTHLY: Final = 6
"""Kept: the newest of each of so many days, weeks and months."""
MOST: Final = timedelta(hours=1)
"""How long a dump may take."""
FRESH: Final = timedelta(hours=1)
"""For so long a backup is one to change the database on."""
POSTGRES: Final = 18
"""The major version of our database: older programs cannot dump it, nor read its dumps."""
PACKAGED: Final = (f"/usr/lib/postgresql/{POSTGRES}/bin", f"/usr/pgsql-{POSTGRES}/bin")
"""Where packages put PostgreSQL's programs, whatever is first on the PATH."""
LOCK: Final = 8_316_002
"""Only one backup is made at a time."""
DUMP: Final = "database.dump"
FILES: Final = "files.tar"
MANIFEST: Final = "manifest.json"
FOLDERS: Final = ("exports", "imports")
"""Where the files of people lie, from DATA_DIR on."""
JOURNAL: Final = "mail-journal"
NAME: Final = "%Y%m%dT%H%M%SZ"

_AS_TEXT = (
    "set datestyle = 'ISO, YMD'",
    "set intervalstyle = 'postgres'",
    "set timezone = 'UTC'",
    "set extra_float_digits = 1",
    "set bytea_output = 'hex'",
)
"""What the text of a row depends on."""
_SUM = "select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text from {} t"
_TABLES = """
    select c.relname from pg_class c
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by c.relname
"""


class Busy(Refused):
    """Somebody makes a backup just now."""


@dataclass(frozen=True)
class Backup:
    """One backup: where it lies and what its manifest says."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def rows(self) -> int:
        """Rows of all tables together."""
        return sum(self.manifest["rows"].values())

    @property
    def size(self) -> int:
        """Bytes of all its parts."""
        return sum(part["bytes"] for part in self.manifest["parts"].values())


def create(settings: Settings, *, now: datetime) -> Backup:
    """Make a backup as of now and forget those beyond their time. Raises `Refused` where it cannot be made;
    nothing half done is left then.
    """
    home = _home(settings)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    final = home / now.strftime(NAME)
    half = home / f".{final.name}.{os.getpid()}"
    half.mkdir(mode=0o700)
    try:
        with _snapshot(settings) as (connection, snapshot):
            rows, sums = survey(connection)
            revision = _revision(connection)
            _dump(settings, half / DUMP, snapshot)
        _pack(settings, half / FILES)
        parts = {name: _facts(half / name) for name in (DUMP, FILES)}
        manifest = {
            "made_at": now.isoformat(),
            "revision": revision,
            "parts": parts,
            "rows": rows,
            "sums": sums,
        }
        _write(half / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True).encode())
        half.rename(final)
        _sync(home)
    except OSError as error:
        raise Refused(f"The backup could not be written: {error}") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    rotate(settings)
    return Backup(final, manifest)


def make_due(settings: Settings, *, now: datetime) -> Backup | None:
    """Make the backup of the night if it is due and this machine can; else None."""
    if settings.database_backup_url is None:
        return None
    with transaction():
        if not is_due(now=now):
            return None
    try:
        made = create_whole(settings, now=now)
    except Busy:
        return None  # two workers heard of it; one is enough
    with transaction():
        heartbeats.beat("backup", now=now)
    return made


def create_whole(settings: Settings, *, now: datetime) -> Backup:
    """Make a backup and look whether it is whole. Raises `Refused` where it cannot be made, or is not."""
    made = create(settings, now=now)
    wrong = verify(made)
    if wrong:
        raise Refused(f"The backup is not whole: {', '.join(wrong)}")
    return made


def is_due(*, now: datetime) -> bool:
    """True from `AT` o'clock of the firm on, until the backup of that day was made."""
    zone = queries.firm.time_zone()
    today = clock.today_for(zone, now)
    due_at = clock.at(zone, today, AT)
    if now < due_at:
        due_at = clock.at(zone, today - timedelta(days=1), AT)
    last = db.session.scalar(sa.select(Heartbeat.beaten_at).where(Heartbeat.name == "backup"))
    return last is None or last < due_at


def newest(settings: Settings) -> Backup | None:
    """The newest backup that is complete."""
    found = stored(settings)
    return found[0] if found else None


def fresh(settings: Settings, *, now: datetime) -> Backup | None:
    """The newest backup if it was made within the hour and is whole."""
    found = newest(settings)
    if found is None or now - datetime.fromisoformat(found.manifest["made_at"]) > FRESH:
        return None
    return None if verify(found) else found


def stored(settings: Settings) -> list[Backup]:
    """Every complete backup, the newest first."""
    made = sorted(_home(settings).glob(f"[0-9]*/{MANIFEST}"), reverse=True)
    return [backup for path in made if (backup := read(path.parent)) is not None]


def read(folder: Path) -> Backup | None:
    """The backup in a folder, wherever that lies; None if it has no manifest, so is not complete."""
    path = folder / MANIFEST
    return Backup(folder, json.loads(path.read_text())) if path.exists() else None


def verify(backup: Backup) -> list[str]:
    """What is wrong with a backup, in a line each; none = its parts are whole, the dump can be read, and
    holds each table that had rows.
    """
    wrong = []
    for name, known in backup.manifest["parts"].items():
        path = backup.folder / name
        if not path.exists():
            wrong.append(f"{name} is gone")
        elif _facts(path) != known:
            wrong.append(f"{name} is not what was written")
    if wrong:
        return wrong
    listed = run([program("pg_restore"), "--list", str(backup.folder / DUMP)])
    if listed.returncode:
        return [f"{DUMP} cannot be read: {last(listed.stderr)}"]
    held = {line.split()[-2] for line in listed.stdout.splitlines() if " TABLE DATA public " in line}
    missing = [table for table in backup.manifest["rows"] if table not in held]
    return [f"{DUMP} lacks the rows of {table}" for table in missing]


def rotate(settings: Settings) -> list[str]:
    """Forget what is beyond its time; returns the names of what went. The newest always stays."""
    found = stored(settings)
    keep: set[str] = set()
    for form, most in (("%Y-%m-%d", DAILY), ("%G-%V", WEEKLY), ("%Y-%m", MONTHLY)):
        spans: dict[str, str] = {}
        for backup in found:
            made = datetime.fromisoformat(backup.manifest["made_at"])
            spans.setdefault(made.strftime(form), backup.folder.name)
        keep |= set(list(spans.values())[:most])
    gone = [backup.folder for backup in found if backup.folder.name not in keep]
    for folder in gone:
        (folder / MANIFEST).unlink()  # first what makes it count
        shutil.rmtree(folder)
    return [folder.name for folder in gone]


def _home(settings: Settings) -> Path:
    return settings.data_dir / "backups"


@contextmanager
def _snapshot(settings: Settings) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A view of the database that counting and dumping share, whatever is written meanwhile."""
    if settings.database_backup_url is None:
        raise Refused("Set DATABASE_BACKUP_URL: dumps are made as kp_backup, which reads everything.")
    try:
        with psycopg.connect(settings.database_backup_url, connect_timeout=5) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            row = connection.execute("select pg_export_snapshot()").fetchone()
            lock = connection.execute("select pg_try_advisory_lock(%s)", [LOCK]).fetchone()
            if not (lock and lock[0]):
                raise Busy("Somebody makes a backup just now.")
            yield connection, row[0] if row else ""
    except psycopg.OperationalError as error:
        raise Refused(f"The database does not answer as kp_backup: {error}".strip()) from error


def survey(connection: psycopg.Connection[Any]) -> tuple[dict[str, int], dict[str, str]]:
    """Of each table how many rows it has, and a sum over the text of every row, whatever their order: two
    databases in which both are the same hold the same.
    """
    for setting in _AS_TEXT:
        connection.execute(setting)
    counts, sums = {}, {}
    for (name,) in connection.execute(_TABLES).fetchall():
        row = connection.execute(sql.SQL(_SUM).format(sql.Identifier(name))).fetchone()
        counts[name], sums[name] = row or (0, "0")
    return counts, sums


def _revision(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute("select version_num from alembic_version").fetchone()
    return row[0] if row else ""


def _dump(settings: Settings, to: Path, snapshot: str) -> None:
    command = [program("pg_dump"), "--format=custom", "--no-password", f"--snapshot={snapshot}",
               f"--file={to}"]  # fmt: skip
    done = run(command, **where(settings.database_backup_url or ""))
    if done.returncode:
        raise Refused(f"pg_dump says: {last(done.stderr)}")
    with to.open("rb") as file:
        os.fsync(file.fileno())


def where(url: str) -> dict[str, str]:
    """The address as the variables of libpq: arguments can be read by every account of the machine."""
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "DATABASE"}
    names |= {"sslmode": "SSLMODE"}
    known = psycopg.conninfo.conninfo_to_dict(url)
    return {f"PG{variable}": str(known[name]) for name, variable in names.items() if known.get(name)}


def _pack(settings: Settings, to: Path) -> None:
    """The files of people, and the mail journal; what can be made again (logs, schedules, older backups) is
    left out.
    """
    kept = {name: settings.data_dir / name for name in FOLDERS}
    if settings.mail_journal is not None:
        kept[JOURNAL] = settings.mail_journal
    with to.open("wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for name, path in kept.items():
                if path.exists():
                    tar.add(path, arcname=name)
        file.flush()
        os.fsync(file.fileno())


def sha256(file: IO[bytes]) -> str:
    """The checksum of what is left to read of a file."""
    digest = hashlib.sha256()
    while part := file.read(1 << 20):
        digest.update(part)
    return digest.hexdigest()


def _facts(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"sha256": sha256(file), "bytes": path.stat().st_size}


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def program(name: str) -> str:
    """Where a pg_dump or pg_restore is that can do with our database: in POSTGRES_PROGRAMS, on the PATH, or
    where packages put it. Raises `Refused` where there is none, or older ones alone.
    """
    places = [os.environ.get("POSTGRES_PROGRAMS"), os.environ.get("PATH"), *PACKAGED]
    found = [path for place in places if place and (path := shutil.which(name, path=place))]
    for path in found:
        if _version(path) >= POSTGRES:
            return path
    why = f"{found[0]} is of PostgreSQL {_version(found[0])}" if found else f"{name} is not on the PATH"
    way_out = (
        f"Install the client programs of PostgreSQL {POSTGRES}, or let POSTGRES_PROGRAMS name their folder."
    )
    raise Refused(f"{why}. {way_out}")


def _version(path: str) -> int:
    """The major version that a program of PostgreSQL tells."""
    said = re.search(r"\(PostgreSQL\) (\d+)", run([path, "--version"]).stdout)
    return int(said[1]) if said else 0


def run(command: Sequence[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs with these variables beside ours."""
    return subprocess.run(  # noqa: S603 - programs of PostgreSQL, no shell, arguments of ours
        command, env=os.environ | environment, text=True, capture_output=True, timeout=MOST.total_seconds()
    )


def last(said: str) -> str:
    """The last line of what a program said."""
    return said.strip().splitlines()[-1] if said.strip() else "nothing"
