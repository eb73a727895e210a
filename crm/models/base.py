"""Columns that every business row has."""

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from sqlalchemy import FetchedValue
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Base

Id = Annotated[int, mapped_column(sa.BigInteger, sa.Identity(always=False), primary_key=True)]
Moment = Annotated[datetime, mapped_column(sa.DateTime(timezone=True))]
"""A moment: `timestamptz`, UTC in Python."""


class Model(Base):
    """The abstract root of all models; `crm.db.Base` carries the type map."""

    __abstract__ = True


class Timestamps:
    """When the row was made and last changed. `updated_at` is set by a trigger of the database."""

    created_at: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=sa.func.now(), sort_order=900
    )
    updated_at: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True),
        server_default=sa.func.now(),
        server_onupdate=FetchedValue(),
        sort_order=901,
    )


class Counted(Timestamps):
    """A row whose edits are counted, so that a stale one is noticed. A trigger counts up at every update,
    also by SQL; the mapper's own count comes to the same number.
    """

    version: Mapped[int] = mapped_column(sa.Integer, server_default="1", default=1, sort_order=903)


class Versioned(Counted):
    """A business row: archived instead of deleted."""

    deleted_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True), sort_order=902)

    @property
    def is_archived(self) -> bool:
        return self.deleted_at is not None
