"""Who stocks which product, and under which number."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.db import db
from crm.models import Organization, Product, ProductDistributor
from crm.queries.promises import Named

AT_ONCE = 200
"""Products of a distributor that its page shows."""

Distributor, Maker = aliased(Organization), aliased(Organization)


@dataclass(frozen=True)
class Line:
    """A product at a distributor. `owners` are those of the principal that makes it."""

    record: ProductDistributor
    product: Named
    distributor: Named
    principal: Named
    owners: tuple[int | None, int | None]


def get(product_distributor_id: int) -> Line:
    """One line, taken off or not. Raises `sqlalchemy.exc.NoResultFound` for a number that is none's."""
    return _line(
        db.session.execute(
            _lines().where(ProductDistributor.product_distributor_id == product_distributor_id)
        ).one()
    )


def of_product(product_id: int) -> list[Line]:
    """The distributors that have a product, its primary one first, then by name."""
    query = (
        _lines()
        .where(ProductDistributor.product_id == product_id, ProductDistributor.deleted_at.is_(None))
        .where(Distributor.deleted_at.is_(None))
        .order_by(ProductDistributor.is_primary.desc(), Distributor.name_key, Distributor.organization_id)
    )
    return [_line(row) for row in db.session.execute(query)]


def of_principal(principal_id: int) -> dict[int, list[Line]]:
    """What each distributor has of a principal's products, by the distributor's number, by name."""
    query = (
        _lines()
        .where(Product.principal_id == principal_id, Product.deleted_at.is_(None))
        .where(ProductDistributor.deleted_at.is_(None))
        .order_by(Product.name_key, Product.product_id)
    )
    found: dict[int, list[Line]] = {}
    for row in db.session.execute(query):
        found.setdefault(row.distributor_id, []).append(_line(row))
    return found


def at_distributor(distributor_id: int, *, at_most: int = AT_ONCE) -> tuple[list[Line], int]:
    """The products that a distributor has, by maker and name; and how many."""
    query = (
        _lines()
        .add_columns(sa.func.count().over())
        .where(ProductDistributor.distributor_id == distributor_id, ProductDistributor.deleted_at.is_(None))
        .where(Product.deleted_at.is_(None))
        .order_by(Maker.name_key, Maker.organization_id, Product.name_key, Product.product_id)
        .limit(at_most)
    )
    rows = db.session.execute(query).all()
    return [_line(row) for row in rows], rows[0][-1] if rows else 0


def _lines() -> Any:
    return (
        sa.select(
            ProductDistributor,
            Product.product_id,
            Product.name.label("product_name"),
            Distributor.organization_id.label("distributor_id"),
            Distributor.name.label("distributor_name"),
            Maker.organization_id.label("principal_id"),
            Maker.name.label("principal_name"),
            Maker.owner_id,
            Maker.second_owner_id,
        )
        .join(Product, Product.product_id == ProductDistributor.product_id)
        .join(Distributor, Distributor.organization_id == ProductDistributor.distributor_id)
        .outerjoin(Maker, Maker.organization_id == Product.principal_id)
    )


def _line(row: sa.Row[Any]) -> Line:
    return Line(
        row.ProductDistributor,
        Named(row.product_id, row.product_name),
        Named(row.distributor_id, row.distributor_name),
        Named(row.principal_id or 0, row.principal_name or "No principal yet"),
        (row.owner_id, row.second_owner_id),
    )
