"""Contacts: the people we talk to."""

from datetime import date
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.enums import AdvocacyStatus
from crm.models.base import Id, Model, Versioned

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
    preferred_channel: Mapped[str | None]
    advocacy_status: Mapped[AdvocacyStatus | None] = mapped_column(
        server_default=AdvocacyStatus.NEUTRAL.value, default=AdvocacyStatus.NEUTRAL
    )
    is_key_contact: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    is_primary: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    reports_to_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contacts.contact_id"))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    notes: Mapped[str | None]
    left_on: Mapped[date | None]

    organization: Mapped["Organization | None"] = relationship(lazy="raise_on_sql")
    owner: Mapped["User | None"] = relationship(foreign_keys=[owner_id], lazy="raise_on_sql")

    __mapper_args__: ClassVar = {"version_id_col": Versioned.version}
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
    )

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
