"""Imports: a file that somebody brought, its sheets and rows, and each record that came of it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.enums import ImportOutcome, ImportState, JobRowState
from crm.models.base import Id, Model, Moment, Timestamps
from crm.models.user import User


class ImportSession(Timestamps, Model):
    """One file from its upload to the book, and back again if it is reverted.

    `answers` are what the person said to `questions`, which the check asked about names it does not know.
    The file itself is taken away after `kept_until`; what its rows said stays.
    """

    __tablename__ = "import_sessions"

    import_session_id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"))
    name: Mapped[str]
    """What the file is called."""
    state: Mapped[ImportState] = mapped_column(
        server_default=ImportState.READING.value, default=ImportState.READING
    )
    problem: Mapped[str | None]
    """Why the file was refused."""
    file_path: Mapped[str | None]
    """Where it lies, from DATA_DIR on; None once it is taken away."""
    file_size: Mapped[int]
    file_sha256: Mapped[str]
    kept_until: Mapped[Moment]
    told: Mapped[str | None]
    """How it was read, in words: its encoding and what divides its cells."""
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", default=dict)
    questions: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]", default=list)
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", default=dict)
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("jobs.job_id", ondelete="SET NULL"))
    """The job that last worked on it."""
    checked_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    applied_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    reverted_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))

    user: Mapped[User] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        sa.CheckConstraint("btrim(name) <> ''", name="name"),
        sa.CheckConstraint("file_size >= 0", name="file_size"),
        sa.CheckConstraint("file_sha256 ~ '^[0-9a-f]{64}$'", name="file_sha256"),
        sa.CheckConstraint("(state = 'refused') = (problem is not null)", name="problem"),
        sa.Index("ix_import_sessions_user_id", "user_id", "import_session_id"),
        sa.Index("ix_import_sessions_file_sha256", "file_sha256"),
        sa.Index(
            "ix_import_sessions_kept_until",
            "kept_until",
            postgresql_where=sa.text("file_path is not null"),
        ),
        sa.Index("ix_import_sessions_job_id", "job_id"),
    )


class ImportSheet(Model):
    """One sheet of a file; a CSV file is one. `fields` says which column (from 0) means what."""

    __tablename__ = "import_sheets"

    import_sheet_id: Mapped[Id]
    import_session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("import_sessions.import_session_id", ondelete="CASCADE")
    )
    place: Mapped[int] = mapped_column(sa.Integer)
    name: Mapped[str]
    is_hidden: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    kind: Mapped[str] = mapped_column(server_default="other", default="other")
    """What its rows are: see `crm.services.imports.layouts`."""
    is_chosen: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    """Whether its rows enter the book; those of others are kept as they are."""
    header_row: Mapped[int | None]
    headers: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text), server_default="{}", default=list)
    fingerprint: Mapped[str] = mapped_column(server_default="", default="")
    """Of its headings, so that what was said of them once holds for the next file."""
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", default=dict)
    samples: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", default=dict)
    rows_total: Mapped[int] = mapped_column(server_default="0", default=0)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", default=dict)
    """What the check found in it, in figures."""

    __table_args__ = (sa.UniqueConstraint("import_session_id", "place", name="uq_import_sheets_place"),)


class ImportRow(Model):
    """A row of a sheet that holds something, as it stands there but for columns of amounts.

    `problems` are what there is to say about it (`crm.services.imports.problems`).
    """

    __tablename__ = "import_rows"

    import_sheet_id: Mapped[int] = mapped_column(
        sa.ForeignKey("import_sheets.import_sheet_id", ondelete="CASCADE"), primary_key=True
    )
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """As a spreadsheet program counts the rows of the sheet, from 1."""
    cells: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text))
    label: Mapped[str] = mapped_column(server_default="", default="")
    outcome: Mapped[ImportOutcome | None]
    problems: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]", default=list)

    __table_args__ = (sa.Index("ix_import_rows_outcome", "import_sheet_id", "outcome", "row"),)


class ImportStep(Model):
    """One record to create or change, fixed by the check; once done, the ledger of it.

    `values` are the columns it sets. One that is a step's own record, `{"step": 12}`, stands for the record
    of that earlier step. `was` holds what a changed record said before, and `version` is the one that the
    record had at the check and, once it is done, the one that the step gave it.
    """

    __tablename__ = "import_steps"

    import_session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("import_sessions.import_session_id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    import_sheet_id: Mapped[int] = mapped_column(
        sa.ForeignKey("import_sheets.import_sheet_id", ondelete="CASCADE")
    )
    row: Mapped[int]
    kind: Mapped[str]
    """The table of the record."""
    is_new: Mapped[bool]
    record_id: Mapped[int | None]
    values: Mapped[dict[str, Any]] = mapped_column(JSONB)
    was: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    version: Mapped[int | None] = mapped_column(sa.Integer)
    state: Mapped[JobRowState] = mapped_column(
        server_default=JobRowState.WAITING.value, default=JobRowState.WAITING
    )
    reason: Mapped[str | None]

    __table_args__ = (
        sa.Index(
            "ix_import_steps_waiting",
            "import_session_id",
            "place",
            postgresql_where=sa.text("state = 'waiting'"),
        ),
        sa.Index("ix_import_steps_row", "import_sheet_id", "row"),
        sa.Index("ix_import_steps_record", "kind", "record_id", postgresql_where=sa.text("state = 'done'")),
    )


class ImportLayout(Model):
    """What somebody said that the columns under certain headings mean."""

    __tablename__ = "import_layouts"

    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"), index=True)
    learned_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
