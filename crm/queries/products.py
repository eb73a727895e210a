"""Products: the line cards of principals."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from crm.db import db
from crm.enums import ProductStatus
from crm.models import Opportunity, OpportunityProduct, Product


@dataclass(frozen=True)
class Line:
    """One product of a line card; `open_opportunities` counts those that are about it."""

    product_id: int
    name: str
    category: str | None
    status: ProductStatus
    open_opportunities: int


def of(principal_id: int, *, at_most: int = 500) -> list[Line]:
    """The line card of a principal, by category and name; products without a category come last."""
    placed = (
        sa.select(sa.func.count())
        .select_from(OpportunityProduct)
        .join(Opportunity, Opportunity.opportunity_id == OpportunityProduct.opportunity_id)
        .where(
            OpportunityProduct.product_id == Product.product_id,
            Opportunity.closed_at.is_(None),
            Opportunity.deleted_at.is_(None),
        )
        .scalar_subquery()
    )
    query = (
        sa.select(Product.product_id, Product.name, Product.category, Product.status, placed)
        .where(Product.principal_id == principal_id, Product.deleted_at.is_(None))
        .order_by(sa.func.fold(Product.category).nulls_last(), sa.func.fold(Product.name), Product.product_id)
        .limit(at_most)
    )
    return [Line(*row) for row in db.session.execute(query)]


def first_of(principal_ids: Collection[int], *, each: int) -> dict[int, list[tuple[str, str | None]]]:
    """Name and category of the first `each` products of each of these principals, by name."""
    place = sa.func.row_number().over(
        partition_by=Product.principal_id, order_by=(sa.func.fold(Product.name), Product.product_id)
    )
    ranked = (
        sa.select(Product.principal_id, Product.name, Product.category, place.label("place"))
        .where(Product.principal_id.in_(principal_ids), Product.deleted_at.is_(None))
        .subquery()
    )
    query = (
        sa.select(ranked.c.principal_id, ranked.c.name, ranked.c.category)
        .where(ranked.c.place <= each)
        .order_by(ranked.c.principal_id, ranked.c.place)
    )
    lines: dict[int, list[tuple[str, str | None]]] = {}
    for principal_id, name, category in db.session.execute(query):
        lines.setdefault(principal_id, []).append((name, category))
    return lines
