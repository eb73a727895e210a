"""Taking a backup back: into an empty database, compared row for row, and with all mail on hold.

What left after the backup was made is told by the mail journal, which lies outside the database: letters that
it names are not sent again, also those that the restored book does not know of yet.
"""

import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import psycopg

from crm.config import Settings
from crm.errors import Refused
from crm.services import backups
from crm.services.backups import Backup

HELD: Final = "Restored from a backup. flask mail release lets it leave again."
DRILLS: Final = "drills.jsonl"
"""In the folder of the backups: a line for each drill."""

_THINGS = """
    select count(*) from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'S', 'p')
       and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
"""
_FILES = """
    select path, sha256 from files
    union all select file_path, file_sha256 from import_sessions where file_path is not null
"""
"""Every file that the book knows of, from DATA_DIR on."""
_EMPTY = """
    do $$
    declare
        statements text[];
        one text;
    begin
        -- All of them first: with a table some functions go, and then have no name any more.
        select array_agg(statement) into statements from (
            select format('drop %s if exists public.%I cascade',
                          case relkind when 'v' then 'view' else 'table' end, relname)
              from pg_class c
             where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
               and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
            union all
            select format('drop routine if exists %s cascade', p.oid::regprocedure)
              from pg_proc p
             where pronamespace = 'public'::regnamespace
               and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
            union all
            select format('drop type if exists public.%I cascade', typname)
              from pg_type t
             where typnamespace = 'public'::regnamespace and typtype = 'e'
               and not exists (select from pg_depend d where d.objid = t.oid and d.deptype = 'e')
        ) as things (statement);
        foreach one in array coalesce(statements, '{}') loop
            execute one;
        end loop;
    end $$
"""


@dataclass(frozen=True)
class Restored:
    """What came back: how many rows, which files, and how many letters the mail journal told of."""

    rows: int
    files: int
    letters: int


def restore(backup: Backup, settings: Settings, *, into: str) -> Restored:
    """Bring a backup back into the database at `into` (as its owner) and the files into DATA_DIR. Mail is on
    hold afterwards, and what the journal names does not leave again.

    Raises `Refused` if the backup is not whole, if the database is not empty, or if what came back differs
    from what the manifest tells: the database is empty again then. If the files cannot be written the rows
    stay, and so does the hold.
    """
    _must_be_whole(backup)
    with _owner(into) as connection:
        _must_be_empty(connection)
        _bring_back(backup, into, connection)
        # First of all: whatever fails from here on, nothing leaves twice.
        connection.execute("update firm_settings set mail_held_at = now(), mail_held_because = %s", [HELD])
        letters = note_journal(connection, settings)
    files = _unpack(backup, settings)
    return Restored(backup.rows, files, letters)


def drill(backup: Backup, *, into: str, now: datetime) -> dict[str, Any]:
    """Prove that a backup can be taken back: into the empty database at `into`, compared row for row, the
    files read, and everything taken out again. Returns what is written into the record of drills.

    Raises `Refused` as `restore` does; that is written there, too.
    """
    began = datetime.now(tz=now.tzinfo)
    record: dict[str, Any] = {"at": now.isoformat(), "backup": backup.folder.name, "rows": backup.rows}
    try:
        _try(backup, into)
    except Refused as refused:
        record["wrong"] = refused.message
        raise
    finally:
        record["seconds"] = round((datetime.now(tz=now.tzinfo) - began).total_seconds(), 1)
        with (backup.folder.parent / DRILLS).open("a") as file:
            file.write(json.dumps(record, sort_keys=True) + "\n")
    return record


def _try(backup: Backup, into: str) -> None:
    _must_be_whole(backup)
    with _owner(into) as connection:
        _must_be_empty(connection)
        _bring_back(backup, into, connection)
        wrong = _wrong_files(backup, connection)
        connection.execute(_EMPTY)
    if wrong:
        raise Refused(f"{len(wrong)} files are not what the book says, the first: {wrong[0]}")


def note_left(settings: Settings) -> int:
    """Let no letter leave again that left, in a database that went back in time without `restore`: by its
    archived log, or by a replica that took over. Returns how many the journal names; raises `Refused` where
    there is none to read.
    """
    if settings.database_owner_url is None or settings.mail_journal is None:
        raise Refused("Set DATABASE_OWNER_URL and MAIL_JOURNAL: what had left stands in the journal.")
    if not settings.mail_journal.exists():
        raise Refused(f"There is no mail journal at {settings.mail_journal}.")
    with _owner(settings.database_owner_url) as connection:
        return note_journal(connection, settings)


def note_journal(connection: psycopg.Connection[Any], settings: Settings) -> int:
    """Let no letter leave again that MAIL_JOURNAL names: one that waits is sent or in doubt from now on, one
    that is not written yet will be. Returns how many the journal names.
    """
    left = _journaled(settings.mail_journal)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into journaled_mails (message_id, state) values (%s, %s::mail_state_enum) "
            "on conflict (message_id) do update set state = excluded.state",
            list(left.items()),
        )
    connection.execute(
        """
        update mail_messages m
           set state = j.state, lease_until = null, lease_token = null,
               sent_at = case when j.state = 'sent' then j.noted_at end,
               text_body = case when not m.is_secret then text_body end,
               html_body = case when not m.is_secret then html_body end,
               last_error = 'It left before the book was restored, as the mail journal tells.'
          from journaled_mails j
         where j.message_id = m.message_id and m.state in ('planned', 'claimed', 'handing over')
        """
    )
    return len(left)


def _journaled(path: Path | None) -> dict[str, str]:
    """Every Message-ID that left, and how far it came; what the server did not take is left out."""
    known: dict[str, str] = {}
    if path is None or not path.exists():
        return known
    states = {"handing over": "in doubt", "sent": "sent"}
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            what, _, message_id = line.rstrip("\n").partition("\t")
            if what in states and message_id:
                known[message_id] = states[what]
            elif what == "not taken":
                known.pop(message_id, None)
    return known


def _must_be_whole(backup: Backup) -> None:
    wrong = backups.verify(backup)
    if wrong:
        raise Refused(f"This backup is not whole: {', '.join(wrong)}")


@contextmanager
def _owner(url: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        with psycopg.connect(url, connect_timeout=5, autocommit=True) as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise Refused(f"The database does not answer: {error}".strip()) from error


def _must_be_empty(connection: psycopg.Connection[Any]) -> None:
    row = connection.execute(_THINGS).fetchone()
    if row and row[0]:
        raise Refused(
            "This database is not empty. Make a new one with bin/stack/roles.sql and name it: nothing is "
            "restored over a book."
        )


def _bring_back(backup: Backup, into: str, connection: psycopg.Connection[Any]) -> None:
    """Run pg_restore in one transaction and compare; empty again where anything differs."""
    command = [
        backups.program("pg_restore"),
        *("--no-owner", "--no-comments", "--no-password", "--exit-on-error", "--single-transaction"),
        f"--dbname={backups.where(into)['PGDATABASE']}",
        str(backup.folder / backups.DUMP),
    ]
    done = backups.run(command, **backups.where(into))
    if done.returncode:
        raise Refused(f"pg_restore says: {backups.last(done.stderr)}")
    rows, sums = backups.survey(connection)
    known = backup.manifest
    differ = sorted(
        table
        for table in {*rows, *known["rows"]}
        if rows.get(table) != known["rows"].get(table)
        or sums.get(table) != known.get("sums", sums).get(table)
    )
    if differ:
        connection.execute(_EMPTY)
        raise Refused(f"What came back is not what was kept: {', '.join(differ)}")
    connection.execute("analyze")


def _unpack(backup: Backup, settings: Settings) -> int:
    """Bring the files of people back beside what is there; how many. Raises `Refused` if they cannot be."""
    try:
        return _extract(backup, settings)
    except OSError as error:
        raise Refused(
            f"The rows are back and mail is on hold, but the files could not be written: {error}. Unpack "
            f"{backups.FILES} of the backup into DATA_DIR by hand."
        ) from error


def _extract(backup: Backup, settings: Settings) -> int:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    n = 0
    with tarfile.open(backup.folder / backups.FILES) as tar:
        for member in tar:
            if member.name == backups.JOURNAL:
                _unpack_journal(tar, member, settings.mail_journal)
            elif content := tar.extractfile(member) if member.isfile() else None:
                with content:
                    _put(content, member, settings.data_dir)
                n += 1
    return n


def _put(content: IO[bytes], member: tarfile.TarInfo, folder: Path) -> None:
    """Write one file below the folder and nowhere else; Python before 3.11.4 has no filter for it."""
    to = (folder / member.name).resolve()
    if not to.is_relative_to(folder.resolve()):
        raise OSError(f"{member.name} does not belong into {folder}")
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with to.open("wb") as file:
        shutil.copyfileobj(content, file)
    to.chmod(member.mode & 0o755)
    os.utime(to, (member.mtime, member.mtime))


def _unpack_journal(tar: tarfile.TarFile, member: tarfile.TarInfo, to: Path | None) -> None:
    """The journal is brought only where there is none: the one that stayed outside tells more."""
    content = tar.extractfile(member)
    if content is not None and to is not None and not to.exists():
        to.write_bytes(content.read())
        to.chmod(0o600)


def _wrong_files(backup: Backup, connection: psycopg.Connection[Any]) -> list[str]:
    """Files of the book that are not in the backup as the book tells of them."""
    told = dict(connection.execute(_FILES).fetchall())
    with tarfile.open(backup.folder / backups.FILES) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.name in told else None
            if content is not None and backups.sha256(content) == told[member.name]:
                del told[member.name]
    return sorted(told)
