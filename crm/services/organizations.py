"""The rules of keeping an organization. Plain writing is `services.records`'s."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.enums import Priority
from crm.errors import Refused
from crm.models import Organization, Product, User
from crm.queries import duplicates
from crm.services import records

DEEPEST = 20
"""Steps up from an organization to its topmost parent; nobody nests deeper."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a person says of an organization, by the names of its columns."""

    name: str
    is_principal: bool = False
    is_distributor: bool = False
    legal_name: str | None = None
    segment: str | None = None
    priority: Priority | None = None
    owner_id: int | None = None
    second_owner_id: int | None = None
    parent_organization_id: int | None = None
    usual_distributor_id: int | None = None
    weekly_focus_on: date | None = None
    """A Monday."""
    is_anchor: bool = False
    phone: str | None = None
    second_phone: str | None = None
    email: str | None = None
    website: str | None = None
    linkedin: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    tags: list[str] = field(default_factory=list)
    notes: str | None = None


def create(entry: Entry, *, is_another: bool = False) -> Organization:
    """Add an organization to the book.

    Raises `Refused` where the book holds one of the same bare name in the same city (or one of the two has no
    city), unless `is_another` says that this is known; where a parent or distributor is none; where an owner
    does not work here.
    """
    twins = [] if is_another else duplicates.twins(entry.name, city=entry.city)
    if twins:
        raise Refused(
            f"{twins[0].name} is in the book already. Open it, or tick “It is another place”.", field="name"
        )
    organization = Organization()
    _check(organization, entry)
    return records.create(Organization, asdict(entry))


def change(organization: Organization, entry: Entry, *, seen: int) -> Organization:
    """Change an organization that was read at version `seen`. Raises as `create` does, but for the name; and
    `Refused` where a principal with products would be none any more.
    """
    _check(organization, entry)
    return records.change(organization, asdict(entry), seen=seen)


def _check(organization: Organization, entry: Entry) -> None:
    _owners(organization, entry)
    _parent(organization, entry.parent_organization_id)
    if entry.usual_distributor_id != organization.usual_distributor_id:
        _distributor(entry.usual_distributor_id)
    if organization.is_principal and not entry.is_principal:
        _no_products(organization)


def _owners(organization: Organization, entry: Entry) -> None:
    for name in ("owner_id", "second_owner_id"):
        owner_id: int | None = getattr(entry, name)
        if owner_id is None or owner_id == getattr(organization, name):
            continue
        owner = db.session.get(User, owner_id)
        if owner is None or not owner.active:
            raise Refused("They do not work here any more. Choose a colleague.", field=name)


def _parent(organization: Organization, parent_id: int | None) -> None:
    """Refuse a parent that is not there, and one that hangs below the organization itself."""
    if parent_id is None or parent_id == organization.parent_organization_id:
        return
    where = "parent_organization_id"
    parent = db.session.get(Organization, parent_id)
    if parent is None or parent.is_archived:
        raise Refused("That organization is no longer there. Choose another one.", field=where)
    if organization.organization_id in _above(parent_id):
        raise Refused(
            f"{parent.name} belongs to {organization.name} itself, near or far. Choose another one.",
            field=where,
        )


def _above(organization_id: int) -> Collection[int]:
    """The organization and all those that it belongs to, step by step."""
    start = sa.select(
        Organization.organization_id, Organization.parent_organization_id, sa.literal(0).label("step")
    )
    up = start.where(Organization.organization_id == organization_id).cte("up", recursive=True)
    up = up.union_all(
        sa.select(Organization.organization_id, Organization.parent_organization_id, up.c.step + 1)
        .join(up, Organization.organization_id == up.c.parent_organization_id)
        .where(up.c.step < DEEPEST)
    )
    return set(db.session.scalars(sa.select(up.c.organization_id)))


def _distributor(organization_id: int | None) -> None:
    if organization_id is None:
        return
    distributor = db.session.get(Organization, organization_id)
    if distributor is None or distributor.is_archived or not distributor.is_distributor:
        raise Refused("That is no distributor. Choose one of the list.", field="usual_distributor_id")


def _no_products(organization: Organization) -> None:
    of_theirs: Any = Product.principal_id == organization.organization_id
    products = db.session.scalar(sa.select(sa.func.count()).where(of_theirs, Product.deleted_at.is_(None)))
    if products:
        raise Refused(
            f"Their line card has {products:,} products. Archive these first, or leave the tick.",
            field="is_principal",
        )
