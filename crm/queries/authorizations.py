"""How far distributors have taken principals on, read from either side. `today` is the firm's day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.db import db
from crm.enums import AuthorizationState
from crm.models import Contact, DistributorPrincipal, Organization, Product, ProductDistributor
from crm.queries.promises import Named, named

Distributor, Maker = aliased(Organization), aliased(Organization)

_COME = {
    AuthorizationState.STOCKED: 1,
    AuthorizationState.AUTHORIZED: 2,
    AuthorizationState.PRESENTED: 3,
    AuthorizationState.TARGET: 4,
}
"""Who has come how far, the furthest first; what is over comes last."""


@dataclass(frozen=True)
class Authorization:
    """A distributor and a principal, and how far the two have come. `owners` are those of the principal."""

    record: DistributorPrincipal
    distributor: Named
    principal: Named
    owners: tuple[int | None, int | None]
    buyer: Named | None
    stocked: int
    """Products of the principal that the distributor has."""
    is_lapsed: bool
    """What was agreed no longer holds; that warns, and blocks nothing."""


def get(distributor_principal_id: int, *, today: date) -> Authorization:
    """One of them, taken off or not. Raises `sqlalchemy.exc.NoResultFound` for a number that is none's."""
    key = DistributorPrincipal.distributor_principal_id
    return _read(db.session.execute(_rows().where(key == distributor_principal_id)).one(), today)


def of_principal(principal_id: int, *, today: date) -> list[Authorization]:
    """The distributors that were spoken to about a principal, by how far they have come, then by name."""
    query = (
        _rows()
        .where(DistributorPrincipal.principal_id == principal_id, DistributorPrincipal.deleted_at.is_(None))
        .where(Distributor.deleted_at.is_(None))
        .order_by(
            sa.case(_COME, value=DistributorPrincipal.state, else_=len(_COME) + 1),
            Distributor.name_key,
            Distributor.organization_id,
        )
    )
    return [_read(row, today) for row in db.session.execute(query)]


def of_distributor(distributor_id: int, *, today: date) -> list[Authorization]:
    """The principals about whom a distributor was spoken to, by name."""
    query = (
        _rows()
        .where(
            DistributorPrincipal.distributor_id == distributor_id, DistributorPrincipal.deleted_at.is_(None)
        )
        .where(Maker.deleted_at.is_(None))
        .order_by(Maker.name_key, Maker.organization_id)
    )
    return [_read(row, today) for row in db.session.execute(query)]


def lapsed(
    *,
    today: date,
    distributor_id: int | None = None,
    principal_ids: Collection[int] = (),
    at_most: int = 10,
) -> list[Authorization]:
    """Those that lapsed, at this distributor or of these principals or both, by name of the principal."""
    query = _rows().where(
        is_lapsed(today),
        DistributorPrincipal.deleted_at.is_(None),
        Distributor.deleted_at.is_(None),
        Maker.deleted_at.is_(None),
    )
    if distributor_id is not None:
        query = query.where(DistributorPrincipal.distributor_id == distributor_id)
    if principal_ids:
        query = query.where(DistributorPrincipal.principal_id.in_(principal_ids))
    query = query.order_by(
        Maker.name_key, Distributor.name_key, DistributorPrincipal.distributor_principal_id
    )
    return [_read(row, today) for row in db.session.execute(query.limit(at_most))]


def is_lapsed(today: date) -> sa.ColumnElement[bool]:
    """As `DistributorPrincipal.is_lapsed` has it."""
    held = (AuthorizationState.AUTHORIZED, AuthorizationState.STOCKED)
    row = DistributorPrincipal
    return sa.or_(
        row.state == AuthorizationState.EXPIRED,
        sa.and_(row.state.in_(held), row.expires_on < sa.cast(today, sa.Date)),
    )


def buyers(distributor_id: int, *, but: int | None = None, at_most: int = 200) -> list[Named]:
    """The people who work at a distributor now, by name; and the contact `but`, wherever they are."""
    here = sa.and_(
        Contact.organization_id == distributor_id, Contact.left_on.is_(None), Contact.deleted_at.is_(None)
    )
    rows = db.session.execute(
        sa.select(Contact.contact_id, sa.func.btrim(Contact.first_name + " " + Contact.last_name))
        .where(sa.or_(here, Contact.contact_id == but))
        .order_by(Contact.name_key, Contact.contact_id)
        .limit(at_most)
    )
    return [Named(*row) for row in rows]


def _rows() -> sa.Select[Any]:
    stocked = (
        sa.select(sa.func.count())
        .select_from(ProductDistributor)
        .join(Product, Product.product_id == ProductDistributor.product_id)
        .where(
            ProductDistributor.distributor_id == DistributorPrincipal.distributor_id,
            Product.principal_id == DistributorPrincipal.principal_id,
            ProductDistributor.deleted_at.is_(None),
            Product.deleted_at.is_(None),
        )
        .scalar_subquery()
    )
    return (
        sa.select(
            DistributorPrincipal,
            Distributor.name.label("distributor_name"),
            Maker.name.label("principal_name"),
            Maker.owner_id,
            Maker.second_owner_id,
            sa.func.btrim(Contact.first_name + " " + Contact.last_name).label("buyer_name"),
            stocked.label("stocked"),
        )
        .join(Distributor, Distributor.organization_id == DistributorPrincipal.distributor_id)
        .join(Maker, Maker.organization_id == DistributorPrincipal.principal_id)
        .outerjoin(Contact, Contact.contact_id == DistributorPrincipal.buyer_contact_id)
    )


def _read(row: sa.Row[Any], today: date) -> Authorization:
    record: DistributorPrincipal = row.DistributorPrincipal
    return Authorization(
        record,
        Named(record.distributor_id, row.distributor_name),
        Named(record.principal_id, row.principal_name),
        (row.owner_id, row.second_owner_id),
        named(record.buyer_contact_id, row.buyer_name),
        row.stocked,
        record.is_lapsed(today),
    )
