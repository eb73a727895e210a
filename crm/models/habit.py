"""What a person keeps for themselves: views of lists, favourites, what they saw last, their dashboard."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.enums import RecordKind
from crm.models.base import Counted, Id, Model


class SavedView(Counted, Model):
    """A list with its filters, sorting and columns under a name. Everybody sees and opens a shared one; its
    person alone changes it. One view of a list is a person's default at most.
    """

    __tablename__ = "saved_views"

    saved_view_id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"))
    list_name: Mapped[str]
    """The list it is of, by its address without the slash: `organizations`, `contacts` ..."""
    name: Mapped[str]
    query: Mapped[str] = mapped_column(server_default="", default="")
    """The query string of its address: filters, search and sorting, without the question mark."""
    columns: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text), server_default="{}", default=list)
    """The columns shown, in their order; empty = those of the list."""
    is_shared: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    is_default: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)

    __mapper_args__ = {"version_id_col": Counted.version}
    __table_args__ = (
        sa.CheckConstraint("btrim(name) <> '' and char_length(name) <= 100", name="name"),
        sa.CheckConstraint("char_length(query) <= 4000", name="query"),
        sa.Index("uq_saved_views_name", "user_id", "list_name", sa.text("fold(name)"), unique=True),
        sa.Index(
            "uq_saved_views_default",
            "user_id",
            "list_name",
            unique=True,
            postgresql_where=sa.text("is_default"),
        ),
        sa.Index("ix_saved_views_shared", "list_name", postgresql_where=sa.text("is_shared")),
    )


class Favorite(Model):
    """A record that a person wants at hand."""

    __tablename__ = "favorites"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"), primary_key=True)
    kind: Mapped[RecordKind] = mapped_column(primary_key=True)
    record_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())


class RecentItem(Model):
    """A record that a person looked at, and when they did last."""

    __tablename__ = "recent_items"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"), primary_key=True)
    kind: Mapped[RecordKind] = mapped_column(primary_key=True)
    record_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seen_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())

    __table_args__ = (sa.Index("ix_recent_items_seen_at", "user_id", "seen_at"),)


class DashboardPreference(Model):
    """How a person has their dashboard. Somebody without a row has it as it comes."""

    __tablename__ = "dashboard_preferences"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"), primary_key=True)
    panels: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text), server_default="{}", default=list)
    """The names of the panels in their order; one that is not among them follows in its usual order."""
    hidden: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text), server_default="{}", default=list)
    filters: Mapped[str] = mapped_column(server_default="", default="")
    """What was asked last, as a query string without the question mark."""
    principals_as: Mapped[str] = mapped_column(server_default="cards", default="cards")
    """How they read the list of principals: as `cards` or as a `table`."""

    __table_args__ = (
        sa.CheckConstraint(
            "cardinality(panels) <= 50 and array_position(panels, null) is null", name="panels"
        ),
        sa.CheckConstraint(
            "cardinality(hidden) <= 50 and array_position(hidden, null) is null", name="hidden"
        ),
        sa.CheckConstraint("char_length(filters) <= 4000", name="filters"),
        sa.CheckConstraint("principals_as in ('cards', 'table')", name="principals_as"),
    )
