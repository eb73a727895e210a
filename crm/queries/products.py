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


@dataclass(frozen=True)
class Glimpse:
    """The beginning of a line card: name and category of its first products, and all its categories."""

    products: list[tuple[str, str | None]]
    categories: list[str]


_GLIMPSES = sa.text(
    """
    with ranked as (
        select principal_id, name, category,
               row_number() over (partition by principal_id order by fold(name), product_id) as place
          from products where principal_id = any (:principals) and deleted_at is null)
    select principal_id,
           json_agg(json_build_array(name, category) order by place) filter (where place <= :each),
           array_agg(distinct category) filter (where category is not null)
      from ranked group by principal_id
    """
)


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
        .order_by(
            sa.func.fold(Product.category).nulls_last(),
            Product.category,
            sa.func.fold(Product.name),
            Product.product_id,
        )
        .limit(at_most)
    )
    return [Line(*row) for row in db.session.execute(query)]


def glimpses(principal_ids: Collection[int], *, each: int) -> dict[int, Glimpse]:
    """A glimpse of the line card of each of these principals, with the first `each` products by name.

    One without products is left out.
    """
    rows = db.session.execute(_GLIMPSES, {"principals": list(principal_ids), "each": each})
    return {
        principal_id: Glimpse([(name, category) for name, category in products], categories or [])
        for principal_id, products, categories in rows
    }
