"""The old database: its rows kept whole, which row of ours each became, and what was odd about them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Id, Model

UNSHOWN = (
    *("annual_revenue", "currency_code", "revenue_generated", "unit_cost", "suggested_retail_price"),
    *("wholesale_price", "estimated_value", "actual_value", "custom_fields", "metadata", "custom_metrics"),
    "territory_restrictions",
)
"""Columns of the old database that no page shows: they are in the archive alone."""


class LegacyArchive(Model):
    """One row of the old database as it was. Read-only; `row` is for commands; pages show `shown`,
    which leaves out the columns of `UNSHOWN`.
    """

    __tablename__ = "legacy_archive"

    source_table: Mapped[str] = mapped_column(primary_key=True)
    legacy_id: Mapped[str] = mapped_column(primary_key=True)
    row: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True)
    shown: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB,
        sa.Computed('"row" - array[' + ", ".join(f"'{column}'" for column in UNSHOWN) + "]", persisted=True),
    )
    archived_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())


class LegacyIdMap(Model):
    """The permanent key of an old row: the row of ours that it became. `is_made` is false where ours was
    there before. `checksum` is that of our row when the migration ended: whoever edits it since is noticed.
    """

    __tablename__ = "legacy_id_map"

    source_table: Mapped[str] = mapped_column(primary_key=True)
    legacy_id: Mapped[str] = mapped_column(sa.Uuid(as_uuid=False), primary_key=True)
    target_table: Mapped[str]
    target_id: Mapped[int]
    is_made: Mapped[bool] = mapped_column(server_default=sa.true(), default=True)
    checksum: Mapped[str | None]
    migrated_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())

    __table_args__ = (sa.Index("ix_legacy_id_map_target", "target_table", "target_id"),)


class LegacyFinding(Model):
    """An oddity of an old row that nobody decided yet."""

    __tablename__ = "legacy_findings"

    legacy_finding_id: Mapped[Id]
    source_table: Mapped[str]
    legacy_id: Mapped[str]
    kind: Mapped[str]
    detail: Mapped[str] = mapped_column(server_default="", default="")
    found_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())

    __table_args__ = (
        sa.UniqueConstraint("source_table", "legacy_id", "kind", "detail", name="uq_legacy_findings"),
    )
