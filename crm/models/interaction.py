"""Interactions: what happened between us and somebody, and what was promised then."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.enums import InteractionType, Sentiment
from crm.models.base import Id, Model, Versioned

if TYPE_CHECKING:
    from crm.models.contact import Contact
    from crm.models.opportunity import Opportunity
    from crm.models.organization import Organization
    from crm.models.user import User

OPEN_PROMISE = "follow_up_required and completed_at is null and deleted_at is null"


class Interaction(Versioned, Model):
    """Something that happened with at least one of an opportunity, a contact, an organization or a principal.

    With `is_touch` false it only carries a promise and counts for no engagement. A follow-up is the promise
    on it: `follow_up_required` stays after it was kept, `completed_at` says when that was, and while snoozed
    it is hidden, not done.
    """

    __tablename__ = "interactions"

    interaction_id: Mapped[Id]
    opportunity_id: Mapped[int | None] = mapped_column(sa.ForeignKey("opportunities.opportunity_id"))
    contact_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contacts.contact_id"))
    organization_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    interaction_type: Mapped[InteractionType]
    activity: Mapped[str | None]
    """A word of the firm's under the type: food show, ride-with, sample drop ..."""
    interaction_date: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=sa.func.now()
    )
    subject: Mapped[str | None]
    notes: Mapped[str | None]
    sentiment: Mapped[Sentiment | None] = mapped_column(
        server_default=Sentiment.NEUTRAL.value, default=Sentiment.NEUTRAL
    )
    location: Mapped[str | None]
    duration_minutes: Mapped[int | None] = mapped_column(sa.Integer)
    outcome: Mapped[str | None]
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    is_touch: Mapped[bool] = mapped_column(server_default=sa.true(), default=True)
    follow_up_required: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    follow_up_date: Mapped[date | None]
    follow_up_note: Mapped[str | None]
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    """Who keeps the promise."""
    completed_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    completed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    completed_with: Mapped[int | None] = mapped_column(sa.ForeignKey("interactions.interaction_id"))
    """The interaction that kept the promise."""
    snoozed_until_on: Mapped[date | None]
    times_rescheduled: Mapped[int] = mapped_column(sa.Integer, server_default="0", default=0)

    opportunity: Mapped["Opportunity | None"] = relationship(lazy="raise_on_sql")
    contact: Mapped["Contact | None"] = relationship(lazy="raise_on_sql")
    organization: Mapped["Organization | None"] = relationship(lazy="raise_on_sql")
    author: Mapped["User | None"] = relationship(foreign_keys=[author_id], lazy="raise_on_sql")
    owner: Mapped["User | None"] = relationship(foreign_keys=[owner_id], lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": Versioned.version}
    __table_args__ = (
        sa.CheckConstraint("follow_up_required = (follow_up_date is not null)", name="follow_up"),
        sa.CheckConstraint("completed_at is null or follow_up_required", name="completed"),
        sa.CheckConstraint("snoozed_until_on is null or follow_up_required", name="snoozed"),
        sa.CheckConstraint("char_length(notes) <= 10000", name="notes"),
        sa.CheckConstraint("duration_minutes >= 0", name="duration_minutes"),
        sa.Index("idx_interactions_opportunity_id", "opportunity_id"),
        sa.Index("idx_interactions_contact_id", "contact_id"),
        sa.Index("ix_interactions_organization_id", "organization_id"),
        sa.Index("ix_interactions_author_id", "author_id", "interaction_date"),
        sa.Index("ix_interactions_completed_with", "completed_with"),
        sa.Index("idx_interactions_date", "interaction_date"),
        sa.Index(
            "idx_interactions_follow_up",
            "follow_up_required",
            "follow_up_date",
            postgresql_where=sa.text("follow_up_required"),
        ),
        sa.Index(
            "ix_interactions_open_promises",
            "owner_id",
            "follow_up_date",
            "interaction_id",
            postgresql_where=sa.text(OPEN_PROMISE),
        ),
        sa.Index(
            "ix_interactions_promises",
            "follow_up_date",
            "interaction_id",
            postgresql_include=["owner_id", "completed_at"],
            postgresql_where=sa.text("follow_up_required and deleted_at is null"),
        ),
        sa.Index(
            "ix_interactions_unkept",
            "follow_up_date",
            "interaction_id",
            postgresql_where=sa.text(f"{OPEN_PROMISE} and owner_id is null"),
        ),
        sa.Index(
            "ix_interactions_last_touch",
            "opportunity_id",
            "interaction_date",
            postgresql_where=sa.text("is_touch and deleted_at is null"),
        ),
        sa.Index(
            "ix_interactions_account_touch",
            "organization_id",
            "interaction_date",
            postgresql_where=sa.text("is_touch and deleted_at is null"),
        ),
        sa.Index(
            "ix_interactions_homeless_contact",
            "contact_id",
            "interaction_date",
            postgresql_where=sa.text("organization_id is null and is_touch and deleted_at is null"),
        ),
        sa.Index(
            "ix_interactions_homeless_opportunity",
            "opportunity_id",
            "interaction_date",
            postgresql_where=sa.text("organization_id is null and is_touch and deleted_at is null"),
        ),
        sa.Index("ix_interactions_completed_by", "completed_by"),
        sa.Index("ix_interactions_owner_id", "owner_id"),
        sa.Index("ix_interactions_date", "interaction_date", "interaction_id"),
        sa.Index(
            "ix_interactions_interaction_type", "interaction_type", "interaction_date", "interaction_id"
        ),
        sa.Index("ix_interactions_sentiment", "sentiment", "interaction_date", "interaction_id"),
        sa.Index("ix_interactions_updated_at", "updated_at", "interaction_id"),
        sa.Index("ix_interactions_activity", "activity"),
        sa.Index(
            "ix_interactions_words_trgm",
            sa.func.fold(sa.text("(coalesce(subject, '') || ' ') || coalesce(notes, '')")).label("words"),
            postgresql_using="gin",
            postgresql_ops={"words": "gin_trgm_ops"},
        ),
        sa.Index(
            "ix_interactions_touches",
            "interaction_date",
            "author_id",
            "interaction_type",
            postgresql_where=sa.text("is_touch and deleted_at is null"),
        ),
        sa.Index(
            "ix_interactions_completed_at",
            "completed_at",
            "owner_id",
            postgresql_where=sa.text("completed_at is not null and deleted_at is null"),
        ),
        sa.Index(
            "ix_interactions_archived", "deleted_at", postgresql_where=sa.text("deleted_at is not null")
        ),
    )

    @property
    def is_open_promise(self) -> bool:
        return self.follow_up_required and self.completed_at is None and self.deleted_at is None

    @property
    def is_keepable(self) -> bool:
        """Open, or completed and not yet told with which interaction."""
        return self.follow_up_required and self.completed_with is None and self.deleted_at is None


class InteractionPrincipal(Model):
    """A principal that an interaction counts for: named on it, or derived from its opportunity's principals.

    Date, author and type are copies kept true by triggers; `counts` is false while the interaction or its
    opportunity is archived, and for a mere promise. People name; triggers derive.
    """

    __tablename__ = "interaction_principals"

    interaction_id: Mapped[int] = mapped_column(
        sa.ForeignKey("interactions.interaction_id", ondelete="CASCADE"), primary_key=True
    )
    principal_id: Mapped[int] = mapped_column(
        sa.ForeignKey("organizations.organization_id"), primary_key=True
    )
    is_derived: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    interaction_date: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=sa.FetchedValue()
    )
    author_id: Mapped[int | None] = mapped_column(server_default=sa.FetchedValue())
    interaction_type: Mapped[InteractionType] = mapped_column(server_default=sa.FetchedValue())
    counts: Mapped[bool] = mapped_column(server_default=sa.FetchedValue())

    __table_args__ = (
        sa.Index(
            "ix_interaction_principals_last",
            "principal_id",
            sa.text("interaction_date desc"),
            "interaction_id",
            postgresql_where=sa.text("counts"),
        ),
        sa.Index("ix_interaction_principals_timeline", "principal_id", "interaction_date", "interaction_id"),
    )
