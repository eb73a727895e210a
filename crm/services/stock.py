"""The rules of who stocks a product: once each distributor, one of them the primary one at most."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

import sqlalchemy as sa

from crm.db import db
from crm.enums import StockStatus
from crm.errors import Refused
from crm.models import Organization, Product, ProductDistributor
from crm.services import records


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a person says of a product at a distributor, by the names of the columns."""

    item_number: str | None = None
    status: StockStatus = StockStatus.STOCKED
    since_on: date | None = None
    is_primary: bool = False


def add(product: Product, entry: Entry, *, distributor_id: int) -> ProductDistributor:
    """Note that a distributor has the product; as its primary one, it takes that from the one before.

    Raises `Refused` where that is no distributor; two lines for one pair are the database's to refuse.
    """
    distributor = db.session.get(Organization, distributor_id)
    if distributor is None or distributor.is_archived or not distributor.is_distributor:
        raise Refused("That is no distributor of the book. Choose one of the list.", field="distributor_id")
    _make_room(product.product_id, entry, but=None)
    return records.create(
        ProductDistributor,
        {"product_id": product.product_id, "distributor_id": distributor_id, **asdict(entry)},
    )


def change(line: ProductDistributor, entry: Entry, *, seen: int) -> ProductDistributor:
    """Change a line that was read at version `seen`. One made primary takes that from another."""
    _make_room(line.product_id, entry, but=line.product_distributor_id)
    return records.change(line, asdict(entry), seen=seen)


def take_off(line: ProductDistributor, *, now: datetime) -> ProductDistributor:
    """They have it no more. The line stays in the history and can be put back."""
    return records.archive(line, now=now)


def put_back(line: ProductDistributor) -> ProductDistributor:
    """Undo `take_off`. It is primary again only if no other one became it meanwhile."""
    records.take(line)
    if line.is_archived:
        line.is_primary = line.is_primary and not _primaries(line.product_id, but=line.product_distributor_id)
        line.deleted_at = None
        db.session.flush()
    return line


def _make_room(product_id: int, entry: Entry, *, but: int | None) -> None:
    if not entry.is_primary:
        return
    db.session.get_one(Product, product_id, with_for_update=True)  # two at once would both become it
    for other in _primaries(product_id, but=but):
        records.take(other).is_primary = False
    db.session.flush()


def _primaries(product_id: int, *, but: int | None) -> list[ProductDistributor]:
    query = sa.select(ProductDistributor).where(
        ProductDistributor.product_id == product_id,
        ProductDistributor.is_primary,
        ProductDistributor.deleted_at.is_(None),
    )
    if but is not None:
        query = query.where(ProductDistributor.product_distributor_id != but)
    return list(db.session.scalars(query))
