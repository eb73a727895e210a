"""Signs of life: when something that must keep going was last seen to do so."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Model


class Heartbeat(Model):
    """The last sign of life of one thing: `tick`, `planner`, `backup`, or `queue mail` for a queue whose
    bell a worker has heard.
    """

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    beaten_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
    """By the clock of the database."""
    clock_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    """The same moment by the clock of who beat."""
    worker: Mapped[str | None]
    next_due_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    """Of the planner: when the next letter of anybody is due, as things were then."""
