"""The audit trail: who changed which row, when, from what to what."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crm.enums import AuditAction
from crm.models.base import Id, Model


class AuditLog(Model):
    """One change of one row. Written by triggers only, never changed and kept for good.

    Managers and admins read it across rows; everybody reads the history of one row (`queries.history`).
    """

    __tablename__ = "audit_log"

    audit_log_id: Mapped[Id]
    table_name: Mapped[str]
    row_id: Mapped[int]
    """The row's key; of a link the first of its two: the record it belongs to."""
    other_id: Mapped[int | None]
    """The second key of a link."""
    action: Mapped[AuditAction]
    user_id: Mapped[int | None]
    """Who did it; null = the planner, a command or a migration. No foreign key: the trail outlives all."""
    changed_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
    version: Mapped[int | None] = mapped_column(sa.Integer)
    """The version that the change made of the row, where the table counts them."""
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """The changed columns as they were; null for a new row."""
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """The changed columns as they became, of a new row all that are not null; null for a deleted row."""

    __table_args__ = (
        sa.Index("ix_audit_log_row", "table_name", "row_id", "audit_log_id"),
        sa.Index("ix_audit_log_moment", "changed_at", "audit_log_id"),
        sa.Index("ix_audit_log_user_moment", "user_id", "changed_at", "audit_log_id"),
        sa.Index("ix_audit_log_table_moment", "table_name", "changed_at", "audit_log_id"),
    )
