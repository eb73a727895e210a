"""Jobs: planned work that is a row before it is anything else."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crm.enums import JobState
from crm.models.base import Id, Model, Timestamps


class Job(Timestamps, Model):
    """One piece of work. `run_key` makes planning it twice the same as once; `lease_token` fences as in
    mail.
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
    started_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))

    __table_args__ = (
        sa.UniqueConstraint("kind", "run_key"),
        sa.Index("ix_jobs_requested_by", "requested_by"),
        sa.Index(
            "ix_jobs_waiting", "next_attempt_at", postgresql_where=sa.text("state in ('planned', 'running')")
        ),
    )
