"""Contacts: the people we talk to."""

from dataclasses import replace
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel

from crm import queries, services, web
from crm.api.operations import Answer, match, operation
from crm.api.records import Noun, add, add_list, archived, made, patched, read, to_change
from crm.api.schemas import Day, Id, Part, Writing, line, missing, reading, writing
from crm.enums import AdvocacyStatus, RecordKind
from crm.errors import Refused
from crm.forms.contacts import CHANNELS
from crm.models import Contact
from crm.queries.lists import CONTACTS
from crm.queries.lists.choices import organization
from crm.services.contacts import Entry

LISTING = replace(CONTACTS, filters=(*CONTACTS.filters, organization(Contact.organization_id)))
CHANNEL: Any = Literal[tuple(word for word, _ in CHANNELS)] | None


def _create(said: Any) -> Contact:
    own = {} if "owner_id" in said.model_fields_set else {"owner_id": web.person().keeper_id}
    entry = made(Entry, said.model_copy(update=own))
    _must_have_a_name(entry)
    return services.contacts.create(entry, by=web.person(), is_another=said.is_another)


def _change(row: Contact, said: BaseModel, seen: int) -> object:
    entry = patched(Entry, row, said)
    _must_have_a_name(entry)
    return services.contacts.change(row, entry, seen=seen, by=web.person())


def _must_have_a_name(entry: Entry) -> None:
    if not entry.full_name:
        raise Refused("Give them a name; one word is enough.", field="first_name")


NAMES: dict[str, Any] = {"first_name": (Part, ""), "last_name": (Part, "")}
NOUN = Noun(
    name="contacts",
    one="contact",
    key="contact_id",
    listing=LISTING,
    details=sa.select(Contact),
    reads=reading("Contact", Contact),
    row=queries.contacts.record,
    owners=lambda row: (row.owner_id,),
    creates=writing(
        "NewContact", Entry, **NAMES, preferred_channel=(CHANNEL, None), is_another=(bool, False)
    ),
    create=_create,
    changes=writing(
        "ContactChange",
        Entry,
        leave=("new_organization",),
        is_partial=True,
        **{name: (kind, missing()) for name, (kind, _) in NAMES.items()},
        preferred_channel=(CHANNEL, missing()),
    ),
    change=_change,
    archive=archived,
    restore=lambda row: services.records.restore(RecordKind.CONTACT, row.contact_id),
)

add(NOUN)
add_list(
    NOUN,
    "/organizations/<organization_id>/contacts",
    name="list_contacts_of_organization",
    summary="The contacts of one organization.",
    filters=("organization",),
    is_there=queries.organizations.record,
)


class Advocacy(Writing):
    """How they speak of us, or of one principal, from today on."""

    status: AdvocacyStatus
    principal_id: Id | None = None
    note: line(200) = None  # type: ignore[valid-type]


class Leaving(Writing):
    """They left their organization on a day, for another one where that is known."""

    left_on: Day
    organization_id: Id | None = None
    position: line() = None  # type: ignore[valid-type]


@operation(
    "POST",
    "/contacts/<contact_id>/advocacies",
    noun="contacts",
    name="advocate",
    body=Advocacy,
    answers=NOUN.reads,
    versioned=True,
)
def advocate(contact_id: int, said: Advocacy) -> Answer:
    """Say how they stand to us, or to one principal; what was before stays in the history."""
    row = to_change(NOUN, contact_id)
    services.contacts.advocate(
        row,
        said.status,
        principal_id=said.principal_id,
        note=said.note,
        on=web.firm_today(),
        seen=row.version,
    )
    return read(NOUN, contact_id)


@operation(
    "POST",
    "/contacts/<contact_id>/leaving",
    noun="contacts",
    name="leave",
    body=Leaving,
    answers=NOUN.reads,
    versioned=True,
    asks_version=True,
)
def leave(contact_id: int, said: Leaving) -> Answer:
    """Say that they left. What happened with them stays where it happened."""
    row = to_change(NOUN, contact_id)
    if said.left_on > web.today():
        raise Refused("Choose today or a day before it.", field="left_on")
    services.contacts.leave(
        row,
        on=said.left_on,
        to=said.organization_id,
        position=said.position,
        seen=match(row),
        by=web.person(),
    )
    return read(NOUN, contact_id)
