"""Records that turned out to be one: merges that can be taken back, and pairs that look alike."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crm.enums import RecordKind
from crm.models.base import Id, Model


class MergeLog(Model):
    """One record was merged into another one: the absorbed one is archived, and what hung on it hangs on the
    survivor. With `split_at` that was taken back. Written by the functions merge_records and split_records.

    Kept for good: the address of the absorbed record leads to the survivor.
    """

    __tablename__ = "merge_log"

    merge_log_id: Mapped[Id]
    kind: Mapped[RecordKind]
    survivor_id: Mapped[int]
    absorbed_id: Mapped[int]
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", default=dict)
    """What the survivor took over: {column: {"was": …, "became": …}}."""
    merged_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    merged_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
    split_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    split_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))

    __table_args__ = (
        sa.CheckConstraint("survivor_id <> absorbed_id", name="two"),
        sa.CheckConstraint("kind in ('organization', 'contact')", name="kind"),
        sa.Index(
            "uq_merge_log_absorbed",
            "kind",
            "absorbed_id",
            unique=True,
            postgresql_where=sa.text("split_at is null"),
        ),
        sa.Index("ix_merge_log_survivor_id", "kind", "survivor_id"),
        sa.Index("ix_merge_log_merged_at", "merged_at"),
        sa.Index("ix_merge_log_merged_by", "merged_by"),
        sa.Index("ix_merge_log_split_by", "split_by"),
    )


class MergeMove(Model):
    """One row that a merge touched, by table and key, with what taking it back needs: a column that was
    `set`, a row that was `added` or `removed`, or one that was `kept` in case it changes.
    """

    __tablename__ = "merge_moves"

    merge_move_id: Mapped[Id]
    merge_log_id: Mapped[int] = mapped_column(sa.ForeignKey("merge_log.merge_log_id", ondelete="CASCADE"))
    table_name: Mapped[str]
    act: Mapped[str]
    row_key: Mapped[dict[str, Any]] = mapped_column(JSONB)
    column_name: Mapped[str | None]
    was: Mapped[Any | None] = mapped_column(JSONB)
    became: Mapped[Any | None] = mapped_column(JSONB)

    __table_args__ = (
        sa.CheckConstraint("act in ('set', 'added', 'removed', 'kept')", name="act"),
        sa.Index("ix_merge_moves_merge_log_id", "merge_log_id", "merge_move_id"),
    )


class DuplicatePair(Model):
    """Two records of a kind that look like one, how sure that is and why; with `rejected_at` somebody said
    that they are not the same, and that holds for good.
    """

    __tablename__ = "duplicate_pairs"

    kind: Mapped[RecordKind] = mapped_column(primary_key=True)
    one_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The smaller of the two numbers."""
    other_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    score: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    """0 to 100."""
    evidence: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text), server_default="{}")
    found_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
    rejected_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    rejected_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))

    __table_args__ = (
        sa.CheckConstraint("one_id < other_id", name="two"),
        sa.CheckConstraint("score between 0 and 100", name="score"),
        sa.Index("ix_duplicate_pairs_other_id", "kind", "other_id"),
        sa.Index("ix_duplicate_pairs_rejected_by", "rejected_by"),
        sa.Index(
            "ix_duplicate_pairs_waiting",
            "kind",
            "score",
            "one_id",
            "other_id",
            postgresql_where=sa.text("rejected_at is null"),
        ),
    )
