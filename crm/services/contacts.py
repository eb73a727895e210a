"""The rules of keeping a contact: where they work, how they stand to us; plain writing is `records`'."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.enums import AdvocacyStatus
from crm.errors import Refused
from crm.models import Contact, ContactAdvocacy, Organization, User
from crm.queries import duplicates
from crm.services import organizations, records

GONE = "That organization is no longer there. Choose another one."


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a person says of a contact, by the names of its columns; a new organization by its name."""

    first_name: str = ""
    last_name: str = ""
    organization_id: int | None = None
    new_organization: str | None = None
    position: str | None = None
    department: str | None = None
    is_key_contact: bool = False
    advocacy_status: AdvocacyStatus = AdvocacyStatus.NEUTRAL
    phone: str | None = None
    mobile_phone: str | None = None
    other_phone: str | None = None
    email: str | None = None
    linkedin: str | None = None
    preferred_channel: str | None = None
    reports_to_id: int | None = None
    owner_id: int | None = None
    notes: str | None = None

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


def create(entry: Entry, *, by: User, is_another: bool = False) -> Contact:
    """Add a contact to the book, and with it the organization if that is new; `by` owns the new one.

    Raises `Refused` where the organization has one of that name (unless `is_another` says that this is
    known), a new organization stands in the book already, or something named does not exist.
    """
    organization_id = _organization(entry, by=by)
    if not is_another and organization_id is not None:
        _no_namesake(entry, organization_id)
    _superior(None, entry.reports_to_id, organization_id)
    _owner(None, entry.owner_id)
    return records.create(Contact, _columns(entry, organization_id))


def change(contact: Contact, entry: Entry, *, seen: int, by: User) -> Contact:
    """Change a contact that was read at version `seen`. Raises `Refused` as `create` does, but for the name.

    Another organization means that the first one was a mistake; `leave` is for those who changed employer.
    """
    organization_id = _organization(entry, by=by, was=contact.organization_id)
    _superior(contact, entry.reports_to_id, organization_id)
    _owner(contact.owner_id, entry.owner_id)
    return records.change(contact, _columns(entry, organization_id), seen=seen)


def leave(
    contact: Contact,
    *,
    on: date,
    to: int | None = None,
    to_new: str | None = None,
    position: str | None = None,
    seen: int,
    by: User,
) -> Contact:
    """They left their organization on a day: for organization `to`, a new one of the name `to_new`, or nobody
    knows where. What happened with them stays where it happened.

    Raises `Refused` where they go to where they are, or to what is not there.
    """
    was = contact.organization_id
    entry = Entry(organization_id=to, new_organization=to_new)
    going_to = _organization(entry, by=by, was=None) if to or to_new else None
    if going_to is not None and going_to == was and contact.left_on is None:
        raise Refused("That is where they work now. Choose the other one.", field="organization_id")
    if going_to is None:
        return records.change(contact, {"left_on": on, "is_key_contact": False}, seen=seen)
    # The day first: the trail of employments ends the old one and begins the new one on it.
    if contact.left_on != on:
        seen = records.change(contact, {"left_on": on}, seen=seen).version
    return records.change(
        contact,
        {
            "organization_id": going_to,
            "position": position,
            "department": None,
            "reports_to_id": None,
            "left_on": None,
            "is_key_contact": False,
            "is_primary": False,
        },
        seen=seen,
    )


def advocate(
    contact: Contact,
    status: AdvocacyStatus,
    *,
    principal_id: int | None = None,
    note: str | None = None,
    on: date,
    seen: int,
) -> Contact:
    """From day `on` they speak of us, or of one principal, like this. What was before stays in the history.

    Raises `Refused` for a principal that is none.
    """
    if principal_id is None:
        return records.change(contact, {"advocacy_status": status}, seen=seen)
    principal = db.session.get(Organization, principal_id)
    if principal is None or principal.is_archived or not principal.is_principal:
        raise Refused("That is no principal of ours any more. Choose another one.", field="principal_id")
    values = {
        "contact_id": contact.contact_id,
        "principal_id": principal_id,
        "status": status,
        "note": note,
        "since_on": on,
    }
    records.create(ContactAdvocacy, values)
    return contact


def _columns(entry: Entry, organization_id: int | None) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__ if name != "new_organization"}
    return values | {"organization_id": organization_id}


def _organization(entry: Entry, *, by: User, was: int | None = None) -> int | None:
    """The number of where they work; a new one is made first."""
    if entry.new_organization:
        try:
            new = organizations.Entry(name=entry.new_organization, owner_id=by.user_id)
            return organizations.create(new).organization_id
        except Refused as refused:
            taken = f"{refused.message.split(' is in the book')[0]} is in the book already. Choose it above."
            raise Refused(taken, field="new_organization") from None
    if entry.organization_id is None or entry.organization_id == was:
        return entry.organization_id
    organization = db.session.get(Organization, entry.organization_id)
    if organization is None or organization.is_archived:
        raise Refused(GONE, field="organization_id")
    return entry.organization_id


def _no_namesake(entry: Entry, organization_id: int) -> None:
    found = duplicates.contacts(entry.full_name, organization_id=organization_id, email=None)
    same = [one for one in found if one.is_same_name]
    if same:
        raise Refused(
            f"{same[0].name} is a contact of theirs already. Open them, or tick “It is another person”.",
            field="last_name",
        )


def _superior(contact: Contact | None, superior_id: int | None, organization_id: int | None) -> None:
    """Refuse a superior who is the contact, works elsewhere, or reports to the contact, near or far."""
    if superior_id is None or (contact is not None and superior_id == contact.reports_to_id):
        return
    where = "reports_to_id"
    superior = db.session.get(Contact, superior_id)
    if superior is None or superior.is_archived or superior.organization_id != organization_id:
        raise Refused("They do not work there. Choose somebody of the same organization.", field=where)
    if contact is not None and contact.contact_id in _above(superior_id):
        raise Refused(f"{superior.full_name} reports to {contact.full_name}, near or far.", field=where)


def _above(contact_id: int) -> set[int]:
    start = sa.select(Contact.contact_id, Contact.reports_to_id, sa.literal(0).label("step"))
    up = start.where(Contact.contact_id == contact_id).cte("up", recursive=True)
    up = up.union_all(
        sa.select(Contact.contact_id, Contact.reports_to_id, up.c.step + 1)
        .join(up, Contact.contact_id == up.c.reports_to_id)
        .where(up.c.step < organizations.DEEPEST)
    )
    return set(db.session.scalars(sa.select(up.c.contact_id)))


def _owner(was: int | None, owner_id: int | None) -> None:
    if owner_id is None or owner_id == was:
        return
    owner = db.session.get(User, owner_id)
    if owner is None or not owner.active:
        raise Refused("They do not work here any more. Choose a colleague.", field="owner_id")
