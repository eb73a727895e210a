"""Planned work, read."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from crm.db import db
from crm.enums import JobState
from crm.models import Job


def waiting(*, now: datetime, most: int) -> list[int]:
    """Jobs that may run now, the one that has waited longest first."""
    return list(
        db.session.scalars(
            sa.select(Job.job_id)
            .where(Job.state == JobState.PLANNED, Job.next_attempt_at <= now)
            .order_by(Job.next_attempt_at)
            .limit(most)
        )
    )


def newest(*, most: int = 20, kind: str | None = None) -> Sequence[Job]:
    """The newest jobs, of one kind if it is named."""
    wanted = sa.select(Job).order_by(Job.job_id.desc()).limit(most)
    return db.session.scalars(wanted if kind is None else wanted.where(Job.kind == kind)).all()
