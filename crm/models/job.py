"""Jobs: planned work that is a row before it is anything else, its rows, and the file it made."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crm.enums import JobQueue, JobRowState, JobState
from crm.models.base import Id, Model, Moment, Timestamps


class Job(Timestamps, Model):
    """One piece of work. `run_key` makes planning it twice the same as once; `lease_token` fences as in
    mail.

    Its states, and who moves it on:

        planned  → running   a worker claims it: a lease, and a token that nobody else has
        running  → done      the holder, in the transaction of the last of the work
        running  → planned   the holder after a failure, or the tick when the lease ran out: it rests a while
        running  → failed    the same, after the last attempt
        running  → stopped   the holder, between two steps, after somebody asked for it
        planned  → stopped   somebody asks for it before a worker came
        failed, stopped → planned   somebody lets it try again

    What takes long does its work in steps. Each is one transaction that begins by holding this row under the
    token and renewing the lease, so whoever lost the job writes nothing more. Rows that are done are marked
    in the same transaction (`JobRow`), so a job that was cut off goes on where it was; one that makes a file
    begins anew.
    """

    __tablename__ = "jobs"

    job_id: Mapped[Id]
    kind: Mapped[str]
    run_key: Mapped[str]
    state: Mapped[JobState] = mapped_column(server_default=JobState.PLANNED.value, default=JobState.PLANNED)
    attempts: Mapped[int] = mapped_column(sa.Integer, server_default="0", default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=sa.func.now()
    )
    lease_until: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    lease_token: Mapped[str | None] = mapped_column(sa.Uuid(as_uuid=False))
    last_error: Mapped[str | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """What it found, in figures, to show to a person; of a change of many rows also what an undo needs."""
    requested_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    queue: Mapped[JobQueue] = mapped_column(server_default=JobQueue.DEFAULT.value, default=JobQueue.DEFAULT)
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", default=dict)
    """What is to be done, fixed when it was asked for."""
    rows_total: Mapped[int | None]
    """None = nobody has counted."""
    rows_done: Mapped[int] = mapped_column(server_default="0", default=0)
    rows_before: Mapped[int] = mapped_column(server_default="0", default=0)
    """Rows that were done when this attempt began; the pace is that of the others."""
    cancel_asked_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    started_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))

    __table_args__ = (
        sa.UniqueConstraint("kind", "run_key"),
        sa.Index("ix_jobs_requested_by", "requested_by"),
        sa.Index("ix_jobs_finished_at", "finished_at", postgresql_where=sa.text("finished_at is not null")),
        sa.Index(
            "ix_jobs_waiting", "next_attempt_at", postgresql_where=sa.text("state in ('planned', 'running')")
        ),
    )


class JobRow(Model):
    """One row of the book that a job is about, in the order of the list in which it was chosen. With what it
    was before and the version that the job gave it, an undo leaves alone whatever was edited since.
    """

    __tablename__ = "job_rows"

    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    record_id: Mapped[int]
    state: Mapped[JobRowState] = mapped_column(
        server_default=JobRowState.WAITING.value, default=JobRowState.WAITING
    )
    plan: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    """What is to be made for it, fixed when it was asked for."""
    reason: Mapped[str | None]
    """Why it was left as it was; of one that is done, why it stayed when all was to be taken back."""
    version: Mapped[int | None] = mapped_column(sa.Integer)
    """The version that the job gave the row, or what it made of it."""
    was: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    made_id: Mapped[int | None]
    """The interaction that was made for it."""

    __table_args__ = (
        sa.UniqueConstraint("job_id", "record_id", name="uq_job_rows_record"),
        sa.Index("ix_job_rows_waiting", "job_id", "place", postgresql_where=sa.text("state = 'waiting'")),
        sa.Index("ix_job_rows_left", "job_id", "place", postgresql_where=sa.text("state = 'left'")),
    )


class File(Model):
    """A file under DATA_DIR that a job made for one person. It is written under another name, synced and
    renamed before its row is there; the daily keeping takes both away once it has expired.
    """

    __tablename__ = "files"

    file_id: Mapped[Id]
    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.job_id"), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"))
    name: Mapped[str]
    """What it is called when it is taken along."""
    path: Mapped[str] = mapped_column(unique=True)
    """Where it lies, from DATA_DIR on."""
    size: Mapped[int]
    sha256: Mapped[str]
    expires_at: Mapped[Moment]
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())

    __table_args__ = (
        sa.CheckConstraint("size >= 0", name="size"),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        sa.Index("ix_files_user_id", "user_id"),
        sa.Index("ix_files_expires_at", "expires_at"),
    )
