"""Products: the line cards of the principals."""

from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from crm import queries, record_pages, services
from crm.api.organizations import principal
from crm.api.records import Noun, Owners, add, add_list, archived, made, named, patched
from crm.api.schemas import Id, reading, writing
from crm.enums import Picklist, RecordKind
from crm.models import Product
from crm.queries.lists import PRODUCTS
from crm.services.products import Entry


def _create(said: Any) -> Product:
    record_pages.must_be_allowed(
        *_of(named(queries.organizations.record, said.principal_id, field="principal_id"))
    )
    return services.products.create(made(Entry, said), principal_id=said.principal_id)


def _of(maker: Any) -> Owners:
    return (maker.owner_id, maker.second_owner_id)


def _change(row: Product, said: BaseModel, seen: int) -> object:
    return services.products.change(row, patched(Entry, row, said), seen=seen)


NOUN = Noun(
    name="products",
    one="product",
    key="product_id",
    listing=PRODUCTS,
    details=sa.select(Product),
    reads=reading("Product", Product),
    row=lambda number: queries.products.get(number).product,
    owners=lambda row: queries.products.get(row.product_id).owners,
    words={"category": Picklist.PRODUCT_CATEGORY},
    creates=writing("NewProduct", Entry, principal_id=(Id, ...)),
    create=_create,
    changes=writing("ProductChange", Entry, is_partial=True),
    change=_change,
    archive=archived,
    restore=lambda row: services.records.restore(RecordKind.PRODUCT, row.product_id),
)

add(NOUN)
add_list(
    NOUN,
    "/principals/<principal_id>/products",
    name="list_products_of_principal",
    summary="The line card of one principal.",
    filters=("principal",),
    is_there=principal,
)
