"""An import from the file to the book and back: what a person asks for. The work itself is done by jobs."""

import hashlib
import os
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final
from uuid import uuid4

import sqlalchemy as sa

from crm import queries
from crm.db import after_commit, db
from crm.enums import ImportState, JobQueue, JobState
from crm.errors import Refused
from crm.models import ImportLayout, ImportSession, ImportSheet, Job, User
from crm.queries.organization_names import folded
from crm.services import jobs
from crm.services.imports import layouts

CHECK: Final = "import checked"
APPLY: Final = "import"
REVERT: Final = "import reverted"
FOLDER: Final = "imports"
KEPT: Final = timedelta(days=90)
"""How long the file itself is kept (rulings, Files and keeping); what its rows said stays."""
MOST_BYTES: Final = 200 * 1024 * 1024
ENCODING: Final = "encoding"
FILE: Final = "file"
"""The topic and the text under which a person's word on the encoding stands among the answers."""
ONE_AT_A_TIME: Final = 0x6B70_696D_706F_7274
"""The advisory lock of whoever asks for an import to be brought in."""
_CHUNK: Final = 1024 * 1024
_BUSY: Final = (ImportState.APPLYING, ImportState.REVERTING)


def begin(stream: BinaryIO, *, name: str, by: User, data_dir: Path, encoding: str = "") -> int:
    """Keep the file in `stream` and ask for it to be read and checked. The session. `encoding` is the
    person's word on how its bytes are to be read, "" to find out.

    Raises `Refused` for an empty file and for one of more than `MOST_BYTES`.
    """
    shown = Path(name.replace("\\", "/")).name.strip()[:200] or "list"
    path, size, digest = _keep(stream, data_dir / FOLDER)
    session = ImportSession(
        user_id=by.user_id,
        name=shown,
        file_path=f"{FOLDER}/{path.name}",
        file_size=size,
        file_sha256=digest,
        kept_until=sa.func.now() + KEPT,
        answers={ENCODING: {FILE: encoding}} if encoding else {},
    )
    db.session.add(session)
    db.session.flush()
    check(session)
    return session.import_session_id


def _keep(stream: BinaryIO, folder: Path) -> tuple[Path, int, str]:
    """Write the bytes under another name, sync, rename: where they lie, how many, their SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid4()}.upload"
    half = path.with_suffix(".half")
    digest, size = hashlib.sha256(), 0
    try:
        with half.open("wb") as file:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise Refused(
                        f"The file has more than {MOST_BYTES >> 20} MB. Split it and import the parts.",
                        field="file",
                    )
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if size == 0:
            raise Refused("The file is empty: it has no bytes at all. Export it again.", field="file")
        half.rename(path)
    finally:
        half.unlink(missing_ok=True)
    return path, size, digest.hexdigest()


def check(session: ImportSession) -> int:
    """Ask for the rows to be checked against the book, anew if they were before. The job."""
    if session.state in _BUSY:
        raise Refused("It is being brought in or taken back. Wait until that has ended.")
    if session.state in (ImportState.APPLIED, ImportState.REVERTED):
        raise Refused("It was brought in already. Bring the file again to check it anew.")
    session.state, session.problem = ImportState.READING, None
    return _ask(session, CHECK, f"Check {session.name}")


def decide(
    session: ImportSession,
    *,
    by: User,
    kinds: Mapping[int, str],
    chosen: Collection[int],
    fields: Mapping[int, Mapping[str, str]],
    answers: Mapping[str, Mapping[str, str]],
) -> None:
    """What the person says of the sheets, by their numbers: what each is, whether it enters the book, what
    its columns mean; and who is meant by names. What they say of headings is learned.
    """
    _not_busy(session)
    for sheet in queries.imports.sheets(session.import_session_id):
        number = sheet.import_sheet_id
        kind = kinds.get(number, sheet.kind)
        if kind not in layouts.TITLES:
            raise Refused("Choose one of the kinds of list.")
        said = dict(fields.get(number, sheet.fields))
        layout = layouts.LAYOUTS.get(kind)
        if layout is not None:
            known = {*layout.labels, layouts.LEAVE_OUT}
            if not set(said.values()) <= known:
                raise Refused("Choose one of the fields of this kind of list.")
        said = {column: field for column, field in said.items() if field}
        is_news = kind != sheet.kind or said != sheet.fields
        sheet.kind, sheet.fields = kind, said
        sheet.is_chosen = number in chosen and kind in layouts.ENTERS
        if is_news and sheet.fingerprint:
            _learn(sheet, by)
    session.answers = {
        topic: {**session.answers.get(topic, {}), **{folded(text): choice for text, choice in said.items()}}
        for topic, said in {**{t: {} for t in session.answers}, **answers}.items()
    }


def _learn(sheet: ImportSheet, by: User) -> None:
    layout = db.session.get(ImportLayout, sheet.fingerprint)
    if layout is None:
        layout = ImportLayout(fingerprint=sheet.fingerprint)
        db.session.add(layout)
    layout.kind, layout.fields, layout.user_id = sheet.kind, sheet.fields, by.user_id
    layout.learned_at = sa.func.now()


def apply(session: ImportSession) -> int:
    """Ask for everything that the check told to be done. The job.

    Raises `Refused` if there is nothing, and where another import wrote since the check: the two may hold the
    same new records.
    """
    _not_busy(session)
    if session.state is not ImportState.CHECKED:
        raise Refused("Check it first: only what a check has told is brought in.")
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    if (other := queries.imports.written_since(session)) is not None:
        raise Refused(
            f"Another import, of {other}, is under way or came in since the check. Check this one again "
            "once that has ended: both may hold the same new records."
        )
    steps = queries.imports.count_steps(session.import_session_id)
    if not steps:
        raise Refused("There is nothing to bring in: the book says all of it already.")
    session.state = ImportState.APPLYING
    return _ask(session, APPLY, f"Import {session.name}", rows_total=steps)


def revert(session: ImportSession, *, is_edited_left: bool = False) -> int:
    """Ask for all that the import made and changed to be taken back. The job.

    Raises `Refused` where some of it was edited since, unless it was said that this is left as it is.
    """
    if not is_cut_off(session):
        _not_busy(session)
    done = queries.imports.count_steps(session.import_session_id, is_done=True)
    if not done or session.state is ImportState.REVERTED:
        raise Refused("Nothing of it is in the book.")
    edited = queries.imports.edited_since(session.import_session_id)
    if edited and not is_edited_left:
        raise Refused(
            f"{edited:,} of its records were edited since. Say that they are to stay, and the rest is "
            "taken back."
        )
    session.state = ImportState.REVERTING
    return _ask(session, REVERT, f"Revert {session.name}", rows_total=done)


def is_cut_off(session: ImportSession) -> bool:
    """Whether the job that worked on it failed for good or was stopped: it may go on, or be taken back."""
    job = job_of(session)
    is_over = job is not None and job.state in (JobState.FAILED, JobState.STOPPED)
    return session.state in _BUSY and is_over


def _not_busy(session: ImportSession) -> None:
    if session.state in _BUSY or session.state is ImportState.READING:
        raise Refused("It is being worked on. Wait until that has ended.")


def _ask(session: ImportSession, kind: str, title: str, *, rows_total: int | None = None) -> int:
    asked = {"title": title, "session": session.import_session_id}
    db.session.flush()
    job_id = jobs.add(
        kind, str(uuid4()), by=session.user_id, queue=JobQueue.WORK, asked=asked, rows_total=rows_total
    )
    if job_id is None:
        raise RuntimeError("a new key was there before")
    session.job_id = job_id
    db.session.flush()
    return job_id


def keep(data_dir: Path) -> int:
    """Take away the files whose time is over; how many. What no session knows goes after a day."""
    gone = db.session.scalars(
        sa.update(ImportSession)
        .where(ImportSession.file_path.is_not(None), ImportSession.kept_until <= sa.func.now())
        .values(file_path=None)
        .returning(ImportSession.import_session_id)
    ).all()
    known = set(
        db.session.scalars(sa.select(ImportSession.file_path).where(ImportSession.file_path.is_not(None)))
    )
    folder = data_dir / FOLDER
    day_ago = db.session.execute(sa.select(sa.func.extract("epoch", sa.func.now()))).scalar_one() - 86_400
    unknown = [
        path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if f"{FOLDER}/{path.name}" not in known and path.stat().st_mtime < day_ago
    ]

    def remove() -> None:
        for path in unknown:
            path.unlink(missing_ok=True)

    after_commit(remove)
    return len(gone)


def job_of(session: ImportSession) -> Job | None:
    return db.session.get(Job, session.job_id) if session.job_id else None
