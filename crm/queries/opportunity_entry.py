"""What the three steps of a new opportunity offer to choose from, and what is known of what was chosen."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa

from crm.db import db
from crm.enums import Picklist, ProductStatus
from crm.models import Contact, Organization, PicklistValue
from crm.queries.promises import Named

MOST_PEOPLE, MOST_MAKERS, MOST_PRODUCTS = 200, 200, 300


@dataclass(frozen=True)
class Place:
    """An organization to bring something to, with what tells it from others of the same name."""

    organization_id: int
    name: str
    detail: str
    is_principal: bool
    is_distributor: bool
    usual_distributor_id: int | None
    is_archived: bool


@dataclass(frozen=True)
class Item:
    """A product to choose."""

    product_id: int
    name: str
    category: str | None
    status: ProductStatus


@dataclass(frozen=True)
class Shelf:
    """A principal, and those of its products that are shown."""

    principal_id: int
    name: str
    items: list[Item]


_PLACE = sa.text(
    """
    select organization_id, name, concat_ws(', ', segment, city), is_principal, is_distributor,
           usual_distributor_id, deleted_at is not null
      from organizations where organization_id = :id
    """
)
_SHELVES = sa.text(
    """
    select m.organization_id, m.name, p.product_id, p.name, p.category, p.status::text,
           row_number() over (order by m.name_key, m.organization_id, p.name_key, p.product_id) as place
      from products p join organizations m on m.organization_id = p.principal_id
     where p.product_id = any (:chosen)
        or p.deleted_at is null and m.deleted_at is null and p.status <> 'discontinued'
           and (m.organization_id = any (:principals) or :is_all
                or :is_beside and m.organization_id in (
                    select principal_id from products where product_id = any (:chosen)))
           and (p.name_key like '%' || fold(:letters) || '%'
                or fold(p.category) like '%' || fold(:letters) || '%'
                or fold(p.manufacturer_code) like '%' || fold(:letters) || '%'
                or m.name_key like '%' || fold(:letters) || '%')
     order by p.product_id = any (:chosen) desc, m.name_key, m.organization_id, p.name_key, p.product_id
     limit :most
    """
)


def place(organization_id: int | None) -> Place | None:
    """The organization of that number, archived or not; None if there is none."""
    if organization_id is None:
        return None
    row = db.session.execute(_PLACE, {"id": organization_id}).first()
    return Place(*row) if row else None


def organization_of_contact(contact_id: int) -> int | None:
    """Where a contact works; None if they are not there any more or work nowhere."""
    where = sa.select(Contact.organization_id).where(
        Contact.contact_id == contact_id, Contact.deleted_at.is_(None)
    )
    return db.session.execute(where).scalar_one_or_none()


def people(organization_id: int) -> list[tuple[int, str]]:
    """Number and name (with position) of who works at an organization, key contacts first."""
    query = (
        sa.select(
            Contact.contact_id, sa.func.btrim(Contact.first_name + " " + Contact.last_name), Contact.position
        )
        .where(
            Contact.organization_id == organization_id,
            Contact.deleted_at.is_(None),
            Contact.left_on.is_(None),
        )
        .order_by(Contact.is_key_contact.desc(), Contact.name_key, Contact.contact_id)
        .limit(MOST_PEOPLE)
    )
    return [
        (number, f"{name}, {position}" if position else name)
        for number, name, position in db.session.execute(query)
    ]


def makers() -> list[Named]:
    """The principals we represent, by name."""
    query = (
        sa.select(Organization.organization_id, Organization.name)
        .where(Organization.is_principal, Organization.deleted_at.is_(None))
        .order_by(Organization.name_key, Organization.organization_id)
        .limit(MOST_MAKERS)
    )
    return [Named(*row) for row in db.session.execute(query)]


def shelves(
    *,
    principal_ids: Collection[int],
    chosen: Collection[int],
    letters: str = "",
    is_all: bool = False,
    is_beside: bool = False,
    at_most: int = MOST_PRODUCTS,
) -> list[Shelf]:
    """Products to choose from by principal: those `chosen` already in any case, and of the principals named
    (with `is_beside` also of those whose products are chosen, with `is_all` of all) those whose name,
    category or code holds `letters`.
    """
    asked = {
        "principals": list(principal_ids),
        "chosen": list(chosen),
        "letters": _plain(" ".join(letters.replace("\x00", "").split())),
        "is_all": is_all,
        "is_beside": is_beside,
        "most": max(at_most, len(chosen)),
    }
    rows = sorted(
        db.session.execute(_SHELVES, asked), key=lambda row: row.place
    )  # what is chosen is never cut off, and stands among the others
    return [
        Shelf(number, name, [Item(row[2], row[3], row[4], ProductStatus(row[5])) for row in of_maker])
        for (number, name), of_maker in groupby(rows, key=lambda row: (row[0], row[1]))
    ]


def words() -> dict[Picklist, list[PicklistValue]]:
    """The words that forms of an opportunity offer: contexts, sources, close reasons and tags, in order."""
    asked = (Picklist.CONTEXT, Picklist.SOURCE, Picklist.CLOSE_REASON, Picklist.TAG)
    query = (
        sa.select(PicklistValue)
        .where(PicklistValue.picklist.in_(asked), PicklistValue.deleted_at.is_(None))
        .order_by(PicklistValue.place, sa.func.fold(PicklistValue.value))
    )
    found = list(db.session.scalars(query))
    return {picklist: [one for one in found if one.picklist is picklist] for picklist in asked}


def _plain(letters: str) -> str:
    """`letters` for LIKE, taken as they are."""
    return letters.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
