"""Products: one of them, and the line cards of principals."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from crm.db import db
from crm.enums import ProductStatus
from crm.models import Organization, Product
from crm.queries import organizations
from crm.queries.organizations import GLANCE, Deal
from crm.queries.promises import Named
from crm.queries.samples import Verdicts, read_verdicts

FEW_TAKERS = 3
"""Organizations that a line card names for each product."""


@dataclass(frozen=True)
class Profile:
    """A product and who makes it, None if nobody knows. `owners` are the principal's: who keeps the maker
    keeps its line card.
    """

    product: Product
    principal: Named | None
    owners: tuple[int | None, int | None]


@dataclass(frozen=True)
class Maker:
    """A principal to which products can be added, and its owners."""

    principal_id: int
    name: str
    owners: tuple[int | None, int | None]


@dataclass(frozen=True)
class Line:
    """One product of a line card; `open_opportunities` counts those that are about it."""

    product_id: int
    name: str
    category: str | None
    status: ProductStatus
    open_opportunities: int


@dataclass(frozen=True)
class Number:
    """Under which number one distributor has a product; None = it has it, nobody noted the number."""

    distributor: str
    item_number: str | None
    is_primary: bool


@dataclass(frozen=True)
class Taker:
    """An organization that has a product or is offered it, by the opportunity that says so."""

    name: str
    opportunity_id: int
    is_won: bool


@dataclass(frozen=True)
class Item:
    """One product of a line card as it is printed for a kitchen or a buyer: with everybody's numbers, those
    who take it (won first, then open; the first of `takers_total`), and what was said of its samples.
    """

    product_id: int
    name: str
    category: str | None
    status: ProductStatus
    unit_size: str | None
    manufacturer_code: str | None
    allergens: list[str]
    certifications: list[str]
    numbers: list[Number]
    takers: list[Taker]
    takers_total: int
    verdicts: Verdicts


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

_CARD = sa.text(
    """
    select p.product_id, p.name, p.category, p.status::text, p.unit_size, p.manufacturer_code, p.allergens,
           p.certifications, count(*) over () as total,
           (select json_agg(json_build_array(d.name, s.item_number, s.is_primary)
                            order by s.is_primary desc, d.name_key)
              from product_distributors s join organizations d on d.organization_id = s.distributor_id
             where s.product_id = p.product_id and s.deleted_at is null and d.deleted_at is null) as numbers,
           taken.takers, taken.n as takers_total, tasted.verdicts
      from products p
      cross join lateral (
           select json_agg(json_build_array(t.name, t.opportunity_id, t.is_won) order by t.place)
                      filter (where t.place <= :each) as takers,
                  count(*) as n
             from (select one.*, row_number() over (order by one.is_won desc, one.name_key) as place
                     from (select distinct on (o.organization_id) o.name, o.name_key, d.opportunity_id,
                                  d.closed_at is not null as is_won
                             from opportunity_products l
                             join opportunities d on d.opportunity_id = l.opportunity_id
                             join organizations o on o.organization_id = d.organization_id
                            where l.product_id = p.product_id and d.deleted_at is null
                              and (d.closed_at is null or d.stage = 'Closed - Won')
                            order by o.organization_id, d.closed_at desc nulls last, d.opportunity_id desc
                          ) one) t) taken
      cross join lateral (
           select json_object_agg(v.verdict, v.n) as verdicts
             from (select coalesce(verdict::text, '') as verdict, count(*) as n
                     from samples s where s.product_id = p.product_id and s.deleted_at is null
                    group by 1) v) tasted
     where p.principal_id = :principal and p.deleted_at is null
     order by fold(p.category) nulls last, p.category, p.name_key, p.product_id
     limit :most
    """
)


def get(product_id: int) -> Profile:
    """One product, archived or not. Raises `sqlalchemy.exc.NoResultFound` for a number that is none's."""
    maker = Organization
    row = db.session.execute(
        sa.select(Product, maker.organization_id, maker.name, maker.owner_id, maker.second_owner_id)
        .outerjoin(maker, maker.organization_id == Product.principal_id)
        .where(Product.product_id == product_id)
    ).one()
    principal = Named(row.organization_id, row.name) if row.organization_id is not None else None
    return Profile(row.Product, principal, (row.owner_id, row.second_owner_id))


def makers(*, at_most: int = 500) -> list[Maker]:
    """The firm's principals by name, archived ones left out."""
    rows = db.session.execute(
        sa.select(
            Organization.organization_id,
            Organization.name,
            Organization.owner_id,
            Organization.second_owner_id,
        )
        .where(Organization.is_principal, Organization.deleted_at.is_(None))
        .order_by(Organization.name_key, Organization.organization_id)
        .limit(at_most)
    )
    return [Maker(number, name, (first, second)) for number, name, first, second in rows]


def opportunities(product_id: int, *, today: date, at_most: int = GLANCE) -> tuple[list[Deal], int]:
    """The open opportunities it is in, the latest move first; and how many. `today` is the firm's day."""
    theirs = (
        "p.closed_at is null and p.opportunity_id in"
        " (select l.opportunity_id from opportunity_products l where l.product_id = :number)"
    )
    return organizations.deals(theirs, product_id, today=today, at_most=at_most)


def card(principal_id: int, *, at_most: int = 500) -> tuple[list[Item], int]:
    """The whole line card of a principal, by category and name, products without a category last; and how
    many products there are.
    """
    asked = {"principal": principal_id, "most": at_most, "each": FEW_TAKERS}
    rows = db.session.execute(_CARD, asked).all()
    items = [
        Item(
            row.product_id,
            row.name,
            row.category,
            ProductStatus(row.status),
            row.unit_size,
            row.manufacturer_code,
            row.allergens,
            row.certifications,
            [Number(*one) for one in row.numbers or ()],
            [Taker(*one) for one in row.takers or ()],
            row.takers_total,
            read_verdicts(row.verdicts or {}),
        )
        for row in rows
    ]
    return items, rows[0].total if rows else 0


def glimpses(principal_ids: Collection[int], *, each: int) -> dict[int, Glimpse]:
    """A glimpse of the line card of each of these principals, with the first `each` products by name.

    One without products is left out.
    """
    rows = db.session.execute(_GLIMPSES, {"principals": list(principal_ids), "each": each})
    return {
        principal_id: Glimpse([(name, category) for name, category in products], categories or [])
        for principal_id, products, categories in rows
    }
