"""Products, each with the principal that it is primarily of; one more for a principal that has none."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from crm.enums import ProductStatus
from crm.services.legacy.book import Book, Entry, Writer
from crm.services.legacy.findings import Kind
from crm.services.legacy.source import Row

DEFAULT: Final = "default_products"
"""The name in `legacy_id_map` for the product that a principal without one is given."""


def makers(links: Iterable[Row]) -> dict[str, list[Row]]:
    """The links to principals of each product: the primary one first, then the oldest."""
    found: dict[str, list[Row]] = defaultdict(list)
    for link in sorted(
        links, key=lambda one: (not one.flag("is_primary_principal"), one.values["created_at"], one.id)
    ):
        found[link.key("product_id") or ""].append(link)
    return found


def principal_of(product: str, makers: Mapping[str, Sequence[Row]]) -> str | None:
    """The old key of a product's principal."""
    return next((link.key("principal_id") for link in makers.get(product, ())), None)


def write(rows: Sequence[Row], book: Book, writer: Writer, *, makers: Mapping[str, Sequence[Row]]) -> None:
    """Bring in products."""
    ids = writer.add("products", [_values(row, book, makers) for row in rows])
    for row, product_id in zip(rows, ids, strict=True):
        book.ids["products", row.id] = product_id
    writer.map(Entry("products", row.id, "products", one) for row, one in zip(rows, ids, strict=True))


def write_default(rows: Sequence[Row], book: Book, writer: Writer, *, stocked: frozenset[str]) -> None:
    """Give each of these principals that has no product one named after it. `stocked` are those that have."""
    bare = [
        row
        for row in rows
        if row.flag("is_principal") and not row.moment("deleted_at") and row.id not in stocked
    ]
    ids = writer.add(
        "products",
        [
            {
                "principal_id": book.ids["organizations", row.id],
                "name": book.name(row)[0],
                "status": ProductStatus.ACTIVE,
            }
            for row in bare
        ],
    )
    for row, product_id in zip(bare, ids, strict=True):
        book.ids[DEFAULT, row.id] = product_id
        writer.map([Entry(DEFAULT, row.id, "products", product_id)])


def look(rows: Sequence[Row], book: Book, makers: Mapping[str, Sequence[Row]]) -> None:
    """Note products of no principal and of several."""
    for row in rows:
        links = makers.get(row.id, ())
        if not links:
            book.note(row, Kind.NO_PRINCIPAL)
        for link in links[1:]:
            book.note(
                link, Kind.MORE_PRINCIPALS, f"{row.text('name')}, beside {links[0].key('principal_id')}"
            )


def _values(row: Row, book: Book, makers: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    name, whole = book.name(row)
    return {
        "principal_id": book.id_of("organizations", principal_of(row.id, makers)),
        "name": name,
        "category": row.text("category"),
        "description": book.notes(row, [whole, row.lines("description")]),
        "status": _status(row, book),
        "manufacturer_code": row.text("sku"),
        "unit_size": row.text("unit_size"),
        "allergens": _words(re.split(r"[,;]", row.text("allergen_info") or "")),
        "certifications": _words(row.list("certifications")),
        **book.kept(row),
    }


def _status(row: Row, book: Book) -> ProductStatus:
    begins, ends = row.day("launch_date", book.zone), row.day("discontinue_date", book.zone)
    if row.values.get("is_active") is False or (ends and ends <= book.today):
        return ProductStatus.DISCONTINUED
    return ProductStatus.COMING_SOON if begins and begins > book.today else ProductStatus.ACTIVE


def _words(texts: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(text for one in texts if (text := " ".join(str(one).split()))))
