"""The list of contacts: people who are not archived, those who left included."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.enums import AdvocacyStatus
from crm.models import Contact, ContactAdvocacy, Organization, User
from crm.queries.keys import read_number
from crm.queries.lists.choices import distinct, owner, read_word
from crm.queries.lists.listing import Case, Column, Condition, Filter, Listing, SearchKey, Select, Sort, day

Maker = aliased(Organization)

LAST_NAME: Any = sa.literal_column("fold(contacts.last_name)", sa.Text)


def _speaks(word: AdvocacyStatus) -> Case:
    return Case(word.value, lambda _: Contact.advocacy_status == word)


SIDES = {
    "for": (AdvocacyStatus.CHAMPION, AdvocacyStatus.SUPPORTER),
    "against": (AdvocacyStatus.SKEPTIC, AdvocacyStatus.BLOCKER),
    **{word.value.lower(): (word,) for word in AdvocacyStatus},
}
"""What can be asked of how somebody speaks of a principal: a side, or one word."""


def _speaks_of(asked: tuple[int, tuple[AdvocacyStatus, ...]]) -> Condition:
    """The contacts who speak of a principal with one of these words now."""
    number, words = asked
    row = ContactAdvocacy
    return Contact.contact_id.in_(
        sa.select(row.contact_id).where(
            row.principal_id == number,
            row.status.in_(words),
            row.until_on.is_(None),
            row.deleted_at.is_(None),
        )
    )


def _read_speaks_of(text: str) -> tuple[int, tuple[AdvocacyStatus, ...]] | None:
    """A principal and words, as addresses write them: `204-for`, `204-against`, `204-champion`."""
    number, _, side = text.partition("-")
    maker = read_number(number)
    return None if maker is None or side not in SIDES else (maker, SIDES[side])


def _sides_of_principals() -> Select:
    """Each principal with either side, as choices."""
    said = {"for": "champions, supporters", "against": "skeptics, blockers"}
    # Not VALUES: SQLAlchemy compiles a statement with one anew each time.
    sides = sa.union_all(
        *(
            sa.select(sa.literal(side).label("side"), sa.literal(text).label("said"))
            for side, text in said.items()
        )
    ).subquery("side")
    return (
        sa.select(
            sa.cast(Maker.organization_id, sa.Text) + "-" + sides.c.side,
            Maker.name + ": " + sides.c.said,
        )
        .select_from(sa.join(Maker, sides, sa.true()))
        .where(Maker.is_principal, Maker.deleted_at.is_(None))
        .order_by(Maker.name_key, sides.c.side.desc())
    )


CONTACTS = Listing(
    name="contacts",
    noun="contact",
    nouns="contacts",
    title="Contacts",
    model=Contact,
    key=Contact.contact_id,
    scope=Contact.deleted_at.is_(None),
    search=(
        SearchKey(column=Contact.name_key),
        SearchKey(
            column=Organization.name_key,
            of=Contact.organization_id,
            keys=sa.select(Organization.organization_id),
        ),
    ),
    placeholder="Name or organization",
    head=Column(
        name="name",
        label="Contact",
        text=lambda row: f"{row.first_name} {row.last_name}".strip(),
        sort="name",
    ),
    columns=(
        Column(name="organization", label="Organization", text=lambda row: row.organization_name, css="c2"),
        Column(name="position", label="Position", text=lambda row: row.position, css="p2"),
        Column(name="advocacy", label="Advocacy", text=lambda row: row.advocacy_status),
        Column(
            name="key", label="Key contact", text=lambda row: "Yes" if row.is_key_contact else "", css="p3"
        ),
        Column(name="phone", label="Phone", text=lambda row: row.phone or row.mobile_phone, css="p1"),
        Column(name="email", label="E-mail", text=lambda row: row.email, is_default=False),
        Column(name="owner", label="Owner", text=lambda row: row.owner_name, css="p2"),
        Column(name="left", label="Left on", text=lambda row: row.left_on, is_default=False),
        Column(
            name="changed", label="Changed", text=lambda row: row.updated_at, sort="changed", is_default=False
        ),
    ),
    filters=(
        Filter(
            name="advocacy",
            label="Advocacy",
            cases={word.value.lower(): _speaks(word) for word in AdvocacyStatus},
        ),
        Filter(
            name="speaks-of",
            label="Advocacy for",
            choices=_sides_of_principals(),
            read=_read_speaks_of,
            where=_speaks_of,
        ),
        owner(Contact.owner_id),
        Filter(
            name="state",
            label="State",
            choices=distinct(Organization.state),
            read=read_word,
            where=lambda text: Contact.organization_id.in_(
                sa.select(Organization.organization_id).where(Organization.state == text)
            ),
        ),
        Filter(
            name="at",
            label="Works at",
            cases={
                "principal": Case("A principal", lambda _: _works_at(Organization.is_principal == sa.true())),
                "distributor": Case(
                    "A distributor", lambda _: _works_at(Organization.is_distributor == sa.true())
                ),
                "nobody": Case("No organization", lambda _: Contact.organization_id.is_(None)),
            },
        ),
        Filter(
            name="flag",
            label="Only",
            cases={
                "key": Case("Key contacts", lambda _: Contact.is_key_contact == sa.true()),
                "primary": Case("Primary contacts", lambda _: Contact.is_primary == sa.true()),
                "no-email": Case("No e-mail", lambda _: sa.func.coalesce(Contact.email, "") == ""),
                "left": Case("Left their employer", lambda _: Contact.left_on.is_not(None)),
            },
        ),
        day("since", "Changed since", lambda on: Contact.updated_at >= sa.cast(on, sa.Date)),
    ),
    sorts=(
        Sort(
            name="name",
            label="First name",
            backwards="First name, Z to A",
            columns=(Contact.name_key, Contact.contact_id),
            index="ix_contacts_name_key",
        ),
        Sort(
            name="last-name",
            label="Last name",
            backwards="Last name, Z to A",
            columns=(LAST_NAME, Contact.name_key, Contact.contact_id),
            index="ix_contacts_last_name_key",
        ),
        Sort(
            name="changed",
            label="Last changed",
            backwards="Longest unchanged",
            columns=(Contact.updated_at, Contact.contact_id),
            index="ix_contacts_updated_at",
            is_descending=True,
        ),
    ),
    details=sa.select(
        Contact.contact_id,
        Contact.first_name,
        Contact.last_name,
        Contact.position,
        Contact.email,
        Contact.phone,
        Contact.mobile_phone,
        Contact.advocacy_status,
        Contact.is_key_contact,
        Contact.left_on,
        Contact.updated_at,
        Contact.organization_id,
        Organization.name.label("organization_name"),
        User.full_name.label("owner_name"),
    )
    .select_from(Contact)
    .outerjoin(Organization, Organization.organization_id == Contact.organization_id)
    .outerjoin(User, User.user_id == Contact.owner_id),
    chips="advocacy",
    changes=("owner", "archive"),
    owners=(Contact.owner_id,),
)


def _works_at(condition: Condition) -> Condition:
    return Contact.organization_id.in_(sa.select(Organization.organization_id).where(condition))
