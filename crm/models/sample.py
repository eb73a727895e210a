"""Samples: what was sent to be tasted, and what they said of it."""

from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.enums import SampleStatus, SampleVerdict
from crm.models.base import Id, Model, Versioned

if TYPE_CHECKING:
    from crm.models.contact import Contact
    from crm.models.interaction import Interaction
    from crm.models.opportunity import Opportunity
    from crm.models.product import Product


class Sample(Versioned, Model):
    """One product sent on behalf of an opportunity: sent, received, tasted, feedback.

    Until there is feedback it is open, and carries the promise (an interaction with a follow-up) to ask for
    it; a trigger sees to it that the promise is one.
    """

    __tablename__ = "samples"

    sample_id: Mapped[Id]
    opportunity_id: Mapped[int] = mapped_column(sa.ForeignKey("opportunities.opportunity_id"))
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.product_id"))
    contact_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contacts.contact_id"))
    """To whom it was sent."""
    follow_up_id: Mapped[int | None] = mapped_column(sa.ForeignKey("interactions.interaction_id"))
    """The interaction that carries the promise."""
    status: Mapped[SampleStatus] = mapped_column(
        server_default=SampleStatus.SENT.value, default=SampleStatus.SENT
    )
    sent_on: Mapped[date]
    received_on: Mapped[date | None]
    tasted_on: Mapped[date | None]
    feedback_on: Mapped[date | None]
    verdict: Mapped[SampleVerdict | None]
    feedback: Mapped[str | None]

    opportunity: Mapped["Opportunity"] = relationship(lazy="raise_on_sql")
    product: Mapped["Product"] = relationship(lazy="raise_on_sql")
    contact: Mapped["Contact | None"] = relationship(lazy="raise_on_sql")
    follow_up: Mapped["Interaction | None"] = relationship(lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": Versioned.version}
    __table_args__ = (
        sa.CheckConstraint(
            "status = 'feedback' or follow_up_id is not null or deleted_at is not null", name="follow_up"
        ),
        sa.CheckConstraint("(status = 'feedback') = (verdict is not null)", name="verdict"),
        sa.CheckConstraint("(status = 'feedback') = (feedback_on is not null)", name="feedback_on"),
        sa.CheckConstraint("char_length(feedback) <= 10000", name="feedback"),
        sa.Index("ix_samples_opportunity_id", "opportunity_id"),
        sa.Index("ix_samples_product_id", "product_id"),
        sa.Index("ix_samples_contact_id", "contact_id"),
        sa.Index("ix_samples_follow_up_id", "follow_up_id"),
        sa.Index("ix_samples_status", "status", "sent_on", "sample_id"),
        sa.Index(
            "ix_samples_sent_on", "sent_on", "opportunity_id", postgresql_where=sa.text("deleted_at is null")
        ),
    )

    @property
    def is_open(self) -> bool:
        return self.status is not SampleStatus.FEEDBACK and self.deleted_at is None
