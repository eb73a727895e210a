"""The rules of keeping a line card. Plain writing is `services.records`'s."""

from dataclasses import asdict, dataclass, field

import sqlalchemy as sa

from crm.db import db
from crm.enums import ProductStatus
from crm.errors import Refused
from crm.models import Organization, Product
from crm.services import records


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a person says of a product, by the names of its columns. Who makes it never changes."""

    name: str
    category: str | None = None
    description: str | None = None
    status: ProductStatus = ProductStatus.ACTIVE
    manufacturer_code: str | None = None
    unit_size: str | None = None
    allergens: list[str] = field(default_factory=list)
    certifications: list[str] = field(default_factory=list)


def create(entry: Entry, *, principal_id: int | None) -> Product:
    """Put a product on the line card of a principal.

    Raises `Refused` where that is no principal of the book, or its card has one of the same name and size.
    """
    maker = db.session.get(Organization, principal_id) if principal_id is not None else None
    if maker is None or maker.is_archived or not maker.is_principal:
        raise Refused("That is no principal of the book. Choose one of the list.", field="principal_id")
    _no_twin(entry, principal_id=maker.organization_id, but=None)
    return records.create(Product, {"principal_id": maker.organization_id, **asdict(entry)})


def change(product: Product, entry: Entry, *, seen: int, principal_id: int | None = None) -> Product:
    """Change a product that was read at version `seen`. Raises `Refused` for a twin, as `create` does.

    `principal_id` says who makes one that was nobody's; another product stays its maker's.
    """
    maker = product.principal_id or principal_id
    if maker is not None:
        _no_twin(entry, principal_id=maker, but=product.product_id)
    return records.change(product, {"principal_id": maker, **asdict(entry)}, seen=seen)


def _no_twin(entry: Entry, *, principal_id: int, but: int | None) -> None:
    """Refuse a second product of the same name in the same size, however it is capitalized."""
    size = sa.func.fold(sa.func.coalesce(Product.unit_size, ""))
    twin = db.session.scalars(
        sa.select(Product)
        .where(
            Product.principal_id == principal_id,
            Product.deleted_at.is_(None),
            Product.name_key == sa.func.fold(entry.name),
            size == sa.func.fold(entry.unit_size or ""),
        )
        .where(Product.product_id != but if but is not None else sa.true())
        .limit(1)
    ).first()
    if twin is not None:
        raise Refused(
            f"{twin.name} is on their line card already. Change that one, or give this one its own size.",
            field="name",
        )
