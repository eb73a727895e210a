"""Contacts: the people we talk to, where they have worked, and how they speak of each principal."""

from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.enums import AdvocacyStatus
from crm.models.base import Counted, Id, Model, Versioned

if TYPE_CHECKING:
    from crm.models.organization import Organization
    from crm.models.user import User


class Contact(Versioned, Model):
    """A person at an organization. One word is a first name; both names may not be missing."""

    __tablename__ = "contacts"

    contact_id: Mapped[Id]
    organization_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    first_name: Mapped[str] = mapped_column(server_default="", default="")
    last_name: Mapped[str] = mapped_column(server_default="", default="")
    name_key: Mapped[str] = mapped_column(sa.Computed("fold(first_name || ' ' || last_name)", persisted=True))
    """First and last name as search sees them: without case and accents."""
    position: Mapped[str | None]
    department: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    mobile_phone: Mapped[str | None]
    other_phone: Mapped[str | None]
    preferred_channel: Mapped[str | None]
    linkedin: Mapped[str | None]
    advocacy_status: Mapped[AdvocacyStatus | None] = mapped_column(
        server_default=AdvocacyStatus.NEUTRAL.value, default=AdvocacyStatus.NEUTRAL
    )
    is_key_contact: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    is_primary: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    reports_to_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contacts.contact_id"))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    notes: Mapped[str | None]
    left_on: Mapped[date | None]
    """The day they left their organization, where nobody knows yet what came after it."""

    organization: Mapped["Organization | None"] = relationship(lazy="raise_on_sql")
    owner: Mapped["User | None"] = relationship(foreign_keys=[owner_id], lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": Versioned.version}
    __table_args__ = (
        sa.CheckConstraint("btrim(first_name || last_name) <> ''", name="name"),
        sa.CheckConstraint("reports_to_id <> contact_id", name="own_superior"),
        sa.Index("ix_contacts_organization_id", "organization_id"),
        sa.Index("ix_contacts_owner_id", "owner_id"),
        sa.Index("ix_contacts_reports_to_id", "reports_to_id"),
        sa.Index(
            "ix_contacts_name_key_trgm",
            "name_key",
            postgresql_using="gin",
            postgresql_ops={"name_key": "gin_trgm_ops"},
        ),
        sa.Index("ix_contacts_name_key", "name_key", "contact_id"),
        sa.Index("ix_contacts_last_name_key", sa.text("fold(last_name)"), "name_key", "contact_id"),
        sa.Index("ix_contacts_updated_at", "updated_at", "contact_id"),
        sa.Index("ix_contacts_owner_id_name_key", "owner_id", "name_key", "contact_id"),
        sa.Index("ix_contacts_advocacy_status", "advocacy_status", "name_key", "contact_id"),
        sa.Index("ix_contacts_email", sa.text("lower(email)")),
        sa.Index("ix_contacts_archived", "deleted_at", postgresql_where=sa.text("deleted_at is not null")),
    )

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Employment(Counted, Model):
    """A time that a contact worked at an organization. The one without an end is where they work now.

    Kept by a trigger from `contacts.organization_id`, `position` and `left_on`, whoever changes those; people
    correct its days.
    """

    __tablename__ = "employments"

    employment_id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contacts.contact_id", ondelete="CASCADE"))
    organization_id: Mapped[int] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    position: Mapped[str | None]
    """What they were called there last."""
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]

    organization: Mapped["Organization"] = relationship(lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": Counted.version}
    __table_args__ = (
        sa.CheckConstraint("ended_on >= started_on", name="days"),
        sa.Index(
            "uq_employments_now", "contact_id", unique=True, postgresql_where=sa.text("ended_on is null")
        ),
        sa.Index("ix_employments_contact_id", "contact_id"),
        sa.Index("ix_employments_organization_id", "organization_id"),
    )


class ContactAdvocacy(Versioned, Model):
    """How a contact speaks of one principal, since when; `contacts.advocacy_status` stays the overall one.

    One is current for each pair: a newer one, inserted without an end, ends the one before it by a trigger.
    """

    __tablename__ = "contact_advocacies"

    contact_advocacy_id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contacts.contact_id"))
    principal_id: Mapped[int] = mapped_column(sa.ForeignKey("organizations.organization_id"))
    status: Mapped[AdvocacyStatus]
    note: Mapped[str | None]
    since_on: Mapped[date]
    until_on: Mapped[date | None]

    contact: Mapped["Contact"] = relationship(lazy="raise_on_sql")
    principal: Mapped["Organization"] = relationship(lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": Versioned.version}
    __table_args__ = (
        sa.CheckConstraint("until_on >= since_on", name="days"),
        sa.Index(
            "uq_contact_advocacies_now",
            "contact_id",
            "principal_id",
            unique=True,
            postgresql_where=sa.text("until_on is null and deleted_at is null"),
        ),
        sa.Index("ix_contact_advocacies_contact_id", "contact_id"),
        sa.Index("ix_contact_advocacies_principal_id", "principal_id", "status"),
    )
