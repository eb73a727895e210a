"""The list of organizations: operators, principals and distributors that are not archived."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm import clock
from crm.enums import EngagementLevel, Priority
from crm.models import Contact, Organization, User
from crm.queries import standings
from crm.queries.keys import read_number
from crm.queries.lists.choices import distinct, owner, read_word, tag
from crm.queries.lists.listing import Asker, Case, Column, Condition, Filter, Listing, SearchKey, Sort, day
from crm.queries.principals import NOT_CONTACTED

Distributor = aliased(Organization)

UNRANKED: Any = sa.literal_column("(organizations.priority is null)", sa.Boolean)
RANK: Any = sa.literal_column("coalesce(organizations.priority, 'D')", Organization.priority.type)
STATE: Any = sa.literal_column("coalesce(organizations.state, '')", sa.Text)
CITY: Any = sa.literal_column("fold(coalesce(organizations.city, ''))", sa.Text)

_CONTACTS = sa.and_(
    Contact.organization_id == Organization.organization_id,
    Contact.deleted_at.is_(None),
    Contact.left_on.is_(None),
)


def _at_level(level: str) -> Case:
    """Principals whose level is this one on the firm's day."""

    def where(asker: Asker) -> Condition:
        standing = standings.select(asker.today)
        warm = sa.select(standing.c.principal_id).where(
            sa.func.coalesce(standing.c.level, NOT_CONTACTED) == level
        )
        return Organization.organization_id.in_(warm)

    return Case(level, where)


def _in_focus(asker: Asker) -> Condition:
    monday = clock.week_of(asker.today)
    return Organization.weekly_focus_on.between(monday, monday + timedelta(days=6))


def _place(row: Any) -> str:
    return ", ".join(part for part in (row.city, row.state) if part)


def _kinds(row: Any) -> str:
    return ", ".join(
        word
        for word, is_so in (("Principal", row.is_principal), ("Distributor", row.is_distributor))
        if is_so
    )


def _matters(word: Priority) -> Case:
    return Case(word.value, lambda _: Organization.priority == word)


ORGANIZATIONS = Listing(
    name="organizations",
    noun="organization",
    nouns="organizations",
    title="Organizations",
    model=Organization,
    key=Organization.organization_id,
    scope=Organization.deleted_at.is_(None),
    search=(SearchKey(column=Organization.name_key),),
    placeholder="Name",
    head=Column(name="name", label="Organization", text=lambda row: row.name, sort="name"),
    columns=(
        Column(name="kind", label="Kind", text=_kinds, css="p3"),
        Column(name="priority", label="Priority", text=lambda row: row.priority, sort="priority"),
        Column(name="segment", label="Segment", text=lambda row: row.segment, css="p1"),
        Column(name="place", label="City", text=_place, sort="place"),
        Column(
            name="distributor", label="Usual distributor", text=lambda row: row.distributor_name, css="p2"
        ),
        Column(name="owner", label="Owner", text=lambda row: row.owner_name),
        Column(name="contacts", label="Contacts", text=lambda row: row.contacts_count, css="num p3"),
        Column(name="phone", label="Phone", text=lambda row: row.phone, is_default=False),
        Column(name="email", label="E-mail", text=lambda row: row.email, is_default=False),
        Column(name="tags", label="Tags", text=lambda row: ", ".join(row.tags), css="wide", is_default=False),
        Column(name="focus", label="Weekly focus", text=lambda row: row.weekly_focus_on, is_default=False),
        Column(
            name="changed", label="Changed", text=lambda row: row.updated_at, sort="changed", is_default=False
        ),
    ),
    filters=(
        Filter(
            name="kind",
            label="Kind",
            cases={
                "operator": Case(
                    "Operators", lambda _: sa.not_(Organization.is_principal | Organization.is_distributor)
                ),
                "principal": Case("Principals", lambda _: Organization.is_principal == sa.true()),
                "distributor": Case("Distributors", lambda _: Organization.is_distributor == sa.true()),
            },
        ),
        owner(Organization.owner_id, Organization.second_owner_id),
        Filter(
            name="priority",
            label="Priority",
            cases={
                **{word.value: _matters(word) for word in Priority},
                "none": Case("No priority", lambda _: Organization.priority.is_(None)),
            },
        ),
        Filter(
            name="segment",
            label="Segment",
            choices=distinct(Organization.segment),
            read=read_word,
            where=lambda text: Organization.segment == text,
        ),
        Filter(
            name="state",
            label="State",
            choices=distinct(Organization.state),
            read=read_word,
            where=lambda text: Organization.state == text,
        ),
        Filter(
            name="distributor",
            label="Usual distributor",
            cases={"none": Case("No distributor", lambda _: Organization.usual_distributor_id.is_(None))},
            choices=sa.select(sa.cast(Distributor.organization_id, sa.Text), Distributor.name)
            .where(Distributor.is_distributor, Distributor.deleted_at.is_(None))
            .order_by(Distributor.name_key),
            read=read_number,
            where=lambda number: Organization.usual_distributor_id == number,
        ),
        Filter(
            name="flag",
            label="Only",
            cases={
                "no-contact": Case("No contact yet", lambda _: ~sa.exists().where(_CONTACTS)),
                "focus": Case("In focus this week", _in_focus),
                "anchor": Case("Anchor accounts", lambda _: Organization.is_anchor == sa.true()),
            },
        ),
        Filter(
            name="engagement",
            label="Engagement",
            cases={
                **{level.short.lower(): _at_level(level.value) for level in EngagementLevel},
                "not-contacted": _at_level(NOT_CONTACTED),
            },
        ),
        tag(Organization.tags),
        day("since", "Changed since", lambda on: Organization.updated_at >= sa.cast(on, sa.Date)),
    ),
    sorts=(
        Sort(
            name="name",
            label="Name",
            backwards="Name, Z to A",
            columns=(Organization.name_key, Organization.organization_id),
            index="ix_organizations_name_key",
        ),
        Sort(
            name="priority",
            label="Priority",
            backwards="Priority, lowest first",
            columns=(UNRANKED, RANK, Organization.name_key, Organization.organization_id),
            index="ix_organizations_priority_rank",
        ),
        Sort(
            name="place",
            label="State and city",
            backwards="State and city, Z to A",
            columns=(STATE, CITY, Organization.name_key, Organization.organization_id),
            index="ix_organizations_place",
        ),
        Sort(
            name="changed",
            label="Last changed",
            backwards="Longest unchanged",
            columns=(Organization.updated_at, Organization.organization_id),
            index="ix_organizations_updated_at",
            is_descending=True,
        ),
    ),
    details=sa.select(
        Organization.organization_id,
        Organization.name,
        Organization.is_principal,
        Organization.is_distributor,
        Organization.priority,
        Organization.segment,
        Organization.city,
        Organization.state,
        Organization.phone,
        Organization.email,
        Organization.tags,
        Organization.weekly_focus_on,
        Organization.updated_at,
        Organization.usual_distributor_id,
        Distributor.name.label("distributor_name"),
        User.full_name.label("owner_name"),
        sa.select(sa.func.count())
        .select_from(Contact)
        .where(_CONTACTS)
        .scalar_subquery()
        .label("contacts_count"),
    )
    .select_from(Organization)
    .outerjoin(Distributor, Distributor.organization_id == Organization.usual_distributor_id)
    .outerjoin(User, User.user_id == Organization.owner_id),
    chips="kind",
    changes=("owner", "tags", "priority", "focus", "archive"),
    owners=(Organization.owner_id, Organization.second_owner_id),
)
