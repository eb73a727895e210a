"""The list of distributors: organizations that stock and deliver what principals make."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.enums import AuthorizationState
from crm.models import DistributorPrincipal, Organization, Product, ProductDistributor, User
from crm.queries import authorizations
from crm.queries.keys import read_number
from crm.queries.lists.choices import distinct, owner, read_word
from crm.queries.lists.listing import Asker, Case, Column, Condition, Filter, Listing, SearchKey, Sort

Maker = aliased(Organization)

_SPOKEN_TO = sa.and_(
    DistributorPrincipal.distributor_id == Organization.organization_id,
    DistributorPrincipal.deleted_at.is_(None),
)
CARRYING = (AuthorizationState.AUTHORIZED, AuthorizationState.STOCKED)


def _among(condition: Condition) -> Condition:
    """The distributors with a principal of whom `condition` is true."""
    row = DistributorPrincipal
    return Organization.organization_id.in_(
        sa.select(row.distributor_id).where(row.deleted_at.is_(None), condition)
    )


def _lapsed(asker: Asker) -> Condition:
    return _among(authorizations.is_lapsed(asker.today))


def _in_state(state: AuthorizationState) -> Callable[[Asker], Condition]:
    return lambda _: _among(DistributorPrincipal.state == state)


def _place(row: Any) -> str:
    return ", ".join(part for part in (row.city, row.state) if part)


DISTRIBUTORS = Listing(
    name="distributors",
    noun="distributor",
    nouns="distributors",
    title="Distributors",
    model=Organization,
    key=Organization.organization_id,
    scope=sa.and_(Organization.is_distributor, Organization.deleted_at.is_(None)),
    search=(SearchKey(column=Organization.name_key),),
    placeholder="Name",
    head=Column(name="name", label="Distributor", text=lambda row: row.name, sort="name"),
    columns=(
        Column(name="place", label="City", text=_place),
        Column(name="principals", label="Principals", text=lambda row: row.carried, css="num"),
        Column(name="products", label="Products", text=lambda row: row.stocked, css="num p3"),
        Column(name="owner", label="Owner", text=lambda row: row.owner_name, css="p1"),
        Column(name="phone", label="Phone", text=lambda row: row.phone, css="p2"),
    ),
    filters=(
        Filter(
            name="authorization",
            label="Authorization",
            cases={
                "lapsed": Case("Lapsed", _lapsed),
                **{
                    word.value: Case(f"{word.value.capitalize()} for somebody", _in_state(word))
                    for word in AuthorizationState
                },
            },
        ),
        Filter(
            name="principal",
            label="Carries",
            choices=sa.select(sa.cast(Maker.organization_id, sa.Text), Maker.name)
            .where(Maker.is_principal, Maker.deleted_at.is_(None))
            .order_by(Maker.name_key),
            read=read_number,
            where=lambda number: _among(
                sa.and_(DistributorPrincipal.principal_id == number, DistributorPrincipal.state.in_(CARRYING))
            ),
        ),
        owner(Organization.owner_id, Organization.second_owner_id),
        Filter(
            name="state",
            label="State",
            choices=distinct(Organization.state),
            read=read_word,
            where=lambda text: Organization.state == text,
        ),
    ),
    sorts=(
        Sort(
            name="name",
            label="Name",
            backwards="Name, Z to A",
            columns=(Organization.name_key, Organization.organization_id),
            index="ix_organizations_distributor_name_key",
        ),
    ),
    details=sa.select(
        Organization.organization_id,
        Organization.name,
        Organization.city,
        Organization.state,
        Organization.phone,
        User.full_name.label("owner_name"),
        sa.select(sa.func.count())
        .select_from(DistributorPrincipal)
        .where(_SPOKEN_TO, DistributorPrincipal.state.in_(CARRYING))
        .scalar_subquery()
        .label("carried"),
        sa.select(sa.func.count())
        .select_from(ProductDistributor)
        .join(Product, Product.product_id == ProductDistributor.product_id)
        .where(
            ProductDistributor.distributor_id == Organization.organization_id,
            ProductDistributor.deleted_at.is_(None),
            Product.deleted_at.is_(None),
        )
        .scalar_subquery()
        .label("stocked"),
    )
    .select_from(Organization)
    .outerjoin(User, User.user_id == Organization.owner_id),
    changes=("owner", "tags", "archive"),
    owners=(Organization.owner_id, Organization.second_owner_id),
)
