"""Opportunities that would stand beside one another: same organization, same principal and product, open."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from crm.db import db
from crm.enums import OpportunityStage

MOST = 5


@dataclass(frozen=True)
class Twin:
    """An open opportunity, and those of the products asked for that it is about."""

    opportunity_id: int
    name: str
    stage: OpportunityStage
    products: list[str]

    @property
    def products_said(self) -> str:
        """The products in running text."""
        more = len(self.products) - 2
        return ", ".join(self.products[:2]) + (f" and {more} more" if more > 0 else "")


_TWINS = sa.text(
    """
    select o.opportunity_id, o.name, o.stage::text, array_agg(p.name order by fold(p.name))
      from opportunities o
      join opportunity_products x using (opportunity_id)
      join products p using (product_id)
     where o.organization_id = :organization and o.closed_at is null and o.deleted_at is null
       and x.product_id = any (:products) and o.opportunity_id is distinct from :but
     group by o.opportunity_id
     order by o.opportunity_id
     limit :most
    """
)


def of(organization_id: int, product_ids: Collection[int], *, but: int | None = None) -> list[Twin]:
    """Open opportunities of the organization, other than `but`, that are about one of these products."""
    if not product_ids:
        return []
    asked = {"organization": organization_id, "products": list(product_ids), "but": but, "most": MOST}
    return [
        Twin(number, name, OpportunityStage(stage), products)
        for number, name, stage, products in db.session.execute(_TWINS, asked)
    ]
