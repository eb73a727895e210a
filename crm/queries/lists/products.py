"""The list of products that are not archived."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.enums import ProductStatus
from crm.models import Organization, Product, ProductDistributor
from crm.queries.keys import read_number
from crm.queries.lists.choices import distinct, read_word
from crm.queries.lists.listing import Asker, Case, Column, Condition, Filter, Listing, SearchKey, Sort

Maker, Distributor = aliased(Organization), aliased(Organization)

CATEGORY: Any = sa.literal_column("fold(coalesce(products.category, ''))", sa.Text)
"""As `ix_products_category_key` has it."""
CODE: Any = sa.literal_column("lower(products.manufacturer_code)", sa.Text)
ITEM_NUMBER: Any = sa.literal_column("lower(product_distributors.item_number)", sa.Text)

_STOCKED = sa.and_(
    ProductDistributor.product_id == Product.product_id, ProductDistributor.deleted_at.is_(None)
)


def _at(number: int) -> Condition:
    """The products that a distributor has."""
    return Product.product_id.in_(
        sa.select(ProductDistributor.product_id).where(
            ProductDistributor.distributor_id == number, ProductDistributor.deleted_at.is_(None)
        )
    )


def _owner(column: Any) -> Any:
    """An owner of the principal: who keeps the maker keeps its line card."""
    return (
        sa.select(column)
        .where(Organization.organization_id == Product.principal_id)
        .correlate(Product)
        .scalar_subquery()
    )


def _with_status(status: ProductStatus) -> Callable[[Asker], Condition]:
    return lambda _: Product.status == status


def _numbers(row: Any) -> str:
    return ", ".join(f"{number} at {name}" for number, name in row.numbers or ())


PRODUCTS = Listing(
    name="products",
    noun="product",
    nouns="products",
    title="Products",
    model=Product,
    key=Product.product_id,
    scope=Product.deleted_at.is_(None),
    search=(
        SearchKey(column=Product.name_key),
        SearchKey(column=CATEGORY),
        SearchKey(column=CODE),
        SearchKey(
            column=Organization.name_key,
            of=Product.principal_id,
            keys=sa.select(Organization.organization_id),
        ),
        SearchKey(
            column=ITEM_NUMBER,
            of=Product.product_id,
            keys=sa.select(ProductDistributor.product_id).where(ProductDistributor.deleted_at.is_(None)),
        ),
    ),
    placeholder="Name, principal or number",
    head=Column(name="name", label="Product", text=lambda row: row.name, sort="name"),
    columns=(
        Column(name="principal", label="Principal", text=lambda row: row.principal_name, css="c2"),
        Column(name="category", label="Category", text=lambda row: row.category, sort="category"),
        Column(name="size", label="Pack", text=lambda row: row.unit_size, css="p2"),
        Column(name="code", label="Maker’s code", text=lambda row: row.manufacturer_code, css="p1"),
        Column(name="status", label="Status", text=lambda row: row.status.value.capitalize()),
        Column(name="numbers", label="Item numbers", text=_numbers, css="wide"),
        Column(
            name="changed", label="Changed", text=lambda row: row.updated_at, sort="changed", is_default=False
        ),
    ),
    filters=(
        Filter(
            name="status",
            label="Status",
            cases={
                word.value.replace(" ", "-"): Case(word.value.capitalize(), _with_status(word))
                for word in ProductStatus
            },
        ),
        Filter(
            name="principal",
            label="Principal",
            choices=sa.select(sa.cast(Maker.organization_id, sa.Text), Maker.name)
            .where(Maker.is_principal, Maker.deleted_at.is_(None))
            .order_by(Maker.name_key),
            read=read_number,
            where=lambda number: Product.principal_id == number,
        ),
        Filter(
            name="category",
            label="Category",
            cases={"none": Case("No category", lambda _: Product.category.is_(None))},
            choices=distinct(Product.category),
            read=read_word,
            where=lambda text: Product.category == text,
        ),
        Filter(
            name="distributor",
            label="Stocked by",
            cases={"none": Case("Nobody yet", lambda _: ~sa.exists().where(_STOCKED))},
            choices=sa.select(sa.cast(Distributor.organization_id, sa.Text), Distributor.name)
            .where(Distributor.is_distributor, Distributor.deleted_at.is_(None))
            .order_by(Distributor.name_key),
            read=read_number,
            where=_at,
        ),
    ),
    sorts=(
        Sort(
            name="name",
            label="Name",
            backwards="Name, Z to A",
            columns=(Product.name_key, Product.product_id),
            index="ix_products_name_key",
        ),
        Sort(
            name="category",
            label="Category",
            backwards="Category, Z to A",
            columns=(CATEGORY, Product.name_key, Product.product_id),
            index="ix_products_category_key",
        ),
        Sort(
            name="changed",
            label="Last changed",
            backwards="Longest unchanged",
            columns=(Product.updated_at, Product.product_id),
            index="ix_products_updated_at",
            is_descending=True,
        ),
    ),
    details=sa.select(
        Product.product_id,
        Product.name,
        Product.category,
        Product.unit_size,
        Product.manufacturer_code,
        Product.status,
        Product.updated_at,
        Product.principal_id,
        Maker.name.label("principal_name"),
        sa.select(
            sa.func.json_agg(
                sa.func.json_build_array(
                    sa.func.coalesce(ProductDistributor.item_number, "no number"), Distributor.name
                )
            )
        )
        .select_from(ProductDistributor)
        .join(Distributor, Distributor.organization_id == ProductDistributor.distributor_id)
        .where(_STOCKED)
        .correlate(Product)
        .scalar_subquery()
        .label("numbers"),
    )
    .select_from(Product)
    .outerjoin(Maker, Maker.organization_id == Product.principal_id),
    chips="status",
    changes=("archive",),
    owners=(_owner(Organization.owner_id), _owner(Organization.second_owner_id)),
)
