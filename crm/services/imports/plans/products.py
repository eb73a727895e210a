"""Products: item numbers of distributors, and lists with a column for each principal."""

import re
from dataclasses import dataclass, field

import sqlalchemy as sa

from crm.db import db
from crm.models import Product, ProductDistributor
from crm.queries.organization_names import folded
from crm.services.imports import vocabulary
from crm.services.imports.headers import Header
from crm.services.imports.layouts import DISTRIBUTOR_COLUMN
from crm.services.imports.plans.book import Known
from crm.services.imports.plans.desk import Desk
from crm.services.imports.plans.lines import Lines, readers, refuse, settle
from crm.services.imports.plans.steps import Ref, RowPlan, SheetOf, Step
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.row_reader import RowReader
from crm.services.imports.text import clean


@dataclass(slots=True)
class Shelf:
    """The products of the book and of this import, by principal and name; several packs may share a name."""

    by_name: dict[tuple[Ref, str], list[tuple[str, Ref]]] = field(default_factory=dict)
    numbers: dict[tuple[Ref, Ref], tuple[int, str | None, int]] = field(default_factory=dict)
    planned: dict[tuple[Ref, Ref], Step] = field(default_factory=dict)

    @classmethod
    def of_book(cls) -> "Shelf":
        shelf = cls()
        products = sa.select(
            Product.product_id, Product.principal_id, Product.name, sa.func.coalesce(Product.unit_size, "")
        ).where(Product.deleted_at.is_(None), Product.principal_id.is_not(None))
        for product_id, principal_id, name, size in db.session.execute(products.order_by(Product.product_id)):
            shelf.by_name.setdefault((principal_id or 0, folded(name)), []).append((folded(size), product_id))
        columns = (
            ProductDistributor.product_distributor_id,
            ProductDistributor.product_id,
            ProductDistributor.distributor_id,
            ProductDistributor.item_number,
            ProductDistributor.version,
        )
        for key, product_id, distributor_id, number, version in db.session.execute(
            sa.select(*columns).where(ProductDistributor.deleted_at.is_(None))
        ):
            shelf.numbers[product_id, distributor_id] = key, number, version
        return shelf

    def find(self, principal: Ref, name: str, size: str | None = None) -> Ref | None:
        """The product of this name, in this pack if one is given."""
        for known_size, ref in self.by_name.get((principal, folded(name)), ()):
            if size is None or known_size == folded(size):
                return ref
        return None

    def put(self, principal: Ref, name: str, size: str, ref: Ref) -> None:
        self.by_name.setdefault((principal, folded(name)), []).append((folded(size), ref))


def plan_item_numbers(desk: Desk, sheet: SheetOf, lines: Lines, shelf: Shelf) -> None:
    """A row for each product in a pack, a column of item numbers for each distributor."""
    if sheet.header is None:
        return
    columns = {
        n: text
        for n in sheet.header.columns.get(DISTRIBUTOR_COLUMN, ())
        if (text := clean(sheet.header.texts[n]))
    }
    houses: dict[int, Known | None] = {}
    for reader, row in readers(desk, sheet, lines):
        name, principal_text = reader.text("product"), reader.text("principal")
        row.label = f"{principal_text}: {name}"
        if not name or not principal_text:
            refuse(
                row, "product", "the row names no product of a principal", "Fill in both and import again."
            )
            continue
        principal = desk.principal(sheet, row.row, principal_text, is_list=True)
        if principal is None:
            refuse(
                row,
                "principal",
                "is no principal here",
                "Say who is meant, or have it created.",
                principal_text,
            )
            continue
        sheet.count("rows", "items")
        size = _size(reader, row)
        product = shelf.find(principal.ref, name, size)
        is_new = product is None
        if product is None:
            values = {"principal_id": principal.ref, "name": name[:255], "unit_size": size or None,
                      "manufacturer_code": reader.text("code") or None}  # fmt: skip
            product = desk.make("products", sheet, row.row, values)
            shelf.put(principal.ref, name, size, product)
            sheet.count("items of principal", principal_text)
        changed = False
        for column, label in columns.items():
            text = reader.texts[column] if column < len(reader.texts) else ""
            if not text:
                continue
            if column not in houses:
                houses[column] = desk.distributor(sheet, sheet.header.row, label)
            changed |= _number(desk, sheet, row, shelf, product, houses[column], label, text)
        settle(row, is_created=is_new, is_updated=changed)


def _size(reader: RowReader, row: RowPlan) -> str:
    """The pack size; one that a spreadsheet took for a date is turned back into what was typed."""
    text = reader.text("unit_size")
    if found := re.fullmatch(r"\d{4}-(\d{2})-(\d{2})", text):
        size = f"{int(found[1])}/{int(found[2])}"
        reason = f"was taken for a date by the spreadsheet program; {size} is meant"
        row.problems.append(Problem(row.row, Weight.NOTICE, "unit_size", reason, text=text))
        return size
    return text


def _number(
    desk: Desk,
    sheet: SheetOf,
    row: RowPlan,
    shelf: Shelf,
    product: Ref,
    house: Known | None,
    label: str,
    text: str,
) -> bool:
    """One cell of item numbers. Whether it changes something."""
    if house is None:
        reason = f"stands under {label}, which is no distributor of the book"
        row.problems.append(Problem(row.row, Weight.CELL_LEFT_OUT, label, reason, "Say who is meant.", text))
        return False
    parts = [part.strip() for part in re.split(r"\s/\s", text)]
    for word in (part for part in parts if not re.search(r"\d", part)):
        sheet.count("words instead of numbers", word)
        reason = "is a word and no item number"
        row.problems.append(Problem(row.row, Weight.CELL_LEFT_OUT, label, reason, text=word))
    numbers = [part for part in parts if re.search(r"\d", part)]
    if not numbers:
        return False
    sheet.count("item numbers", house.name, len(numbers))
    number = " / ".join(numbers)
    known = shelf.numbers.get((product, house.ref))
    if known is not None:
        if known[1] == number:
            return False
        desk.change(
            "product_distributors", sheet, row.row, known[0], {"item_number": number},
            {"item_number": known[1]}, known[2],
        )  # fmt: skip
        shelf.numbers[product, house.ref] = known[0], number, known[2]
        return True
    if (product, house.ref) in shelf.planned:
        return False
    values = {"product_id": product, "distributor_id": house.ref, "item_number": number}
    shelf.planned[product, house.ref] = desk.make("product_distributors", sheet, row.row, values)
    return True


def plan_columns(desk: Desk, sheet: SheetOf, lines: Lines, shelf: Shelf) -> None:
    """A column of product names under each principal."""
    header: Header | None = sheet.header
    if header is None:
        return
    principals = {
        column: desk.principal(sheet, header.row, clean(header.texts[column]), is_list=True)
        for column in header.columns.get("product", ())
    }
    for reader, row in readers(desk, sheet, lines):
        names = []
        for column, principal in principals.items():
            text = reader.texts[column] if column < len(reader.texts) else ""
            if not text or principal is None:
                continue
            if not vocabulary.is_product(text):
                sheet.count("cells", "placeholders")
                continue
            sheet.count("cells", "products")
            names.append(text)
            if shelf.find(principal.ref, text) is not None:
                sheet.count("cells", "known")
                continue
            product = desk.make(
                "products", sheet, row.row, {"principal_id": principal.ref, "name": text[:255]}
            )
            shelf.put(principal.ref, text, "", product)
            sheet.count("only here", f"{clean(header.texts[column])}: {folded(text)}")
            settle(row, is_created=True, is_updated=False)
        row.label = ", ".join(names[:3])
