"""All sheets of an import planned, in the order in which they need one another."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from crm.enums import ImportOutcome
from crm.queries.organization_names import folded
from crm.services.imports import layouts, vocabulary
from crm.services.imports.money import amount
from crm.services.imports.plans import (
    contacts,
    interactions,
    opportunities,
    organizations,
    products,
    reps,
    words,
)
from crm.services.imports.plans.desk import Desk
from crm.services.imports.plans.lines import Lines
from crm.services.imports.plans.steps import RowPlan, SheetOf
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.text import clean

_AT_ONCE = 2_000

Rows: TypeAlias = Callable[[SheetOf], Lines]
"""The rows of a sheet, each time anew."""


def plan(desk: Desk, chosen: Sequence[SheetOf], rows: Rows) -> None:
    """Plan the chosen sheets: words, who there is, what they sell and buy, and only then what happened."""

    def of(kind: str) -> list[SheetOf]:
        return [sheet for sheet in chosen if sheet.kind == kind]

    for kind, first in ((layouts.PICKLISTS, words.plan), (layouts.ORGANIZATIONS, organizations.plan)):
        for sheet in of(kind):
            first(desk, sheet, rows(sheet))
    shelf = _shelf(desk, chosen, rows)
    cards = contacts.Cards.of_book()
    for sheet in of(layouts.CONTACTS):
        contacts.plan(desk, sheet, rows(sheet), cards)
    deals = opportunities.Deals.of_book()
    for sheet in of(layouts.OPPORTUNITIES):
        opportunities.plan(desk, sheet, rows(sheet), shelf, deals)
    if of(layouts.INTERACTIONS):
        logged = interactions.Logged.of_book(desk.zone)
        for sheet in of(layouts.INTERACTIONS):
            interactions.plan(desk, sheet, rows(sheet), cards, deals, logged)
    for sheet in of(layouts.REPS):
        reps.plan(desk, sheet, rows(sheet), cards)
    desk.settle()


def _shelf(desk: Desk, chosen: Sequence[SheetOf], rows: Rows) -> products.Shelf:
    """The products of the book and those that the sheets bring."""
    shelf = products.Shelf.of_book()
    for kind, planner in (
        (layouts.ITEM_NUMBERS, products.plan_item_numbers),
        (layouts.PRODUCT_COLUMNS, products.plan_columns),
    ):
        for sheet in chosen:
            if sheet.kind == kind:
                planner(desk, sheet, rows(sheet), shelf)
    return shelf


def keep(desk: Desk, sheet: SheetOf, rows: Rows) -> None:
    """A sheet that no page shows: its rows stay with the import, and amounts in them are flagged."""
    for record in rows(sheet):
        row = RowPlan(sheet.sheet_id, record.number, ImportOutcome.KEPT)
        texts = [clean(cell) for cell in record.cells]
        row.label = ", ".join(text for text in texts if text)[:200]
        for column, text in enumerate(texts):
            if found := amount(text):
                reason = f"names an amount ({found}); the text is kept whole"
                row.problems.append(Problem(record.number, Weight.NOTICE, letter(column), reason, text=text))
                sheet.count("amounts", f"{record.number} {letter(column)}")
        desk.rows.append(row)
        desk.flush(at_least=_AT_ONCE)


def letter(column: int) -> str:
    """What a spreadsheet program calls a column, from 0."""
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def principals_of(rows: Lines, column: int) -> set[str]:
    """The folded names in a column of principals."""
    return {
        folded(text)
        for record in rows
        if column < len(record.cells) and vocabulary.is_product(text := clean(record.cells[column]))
    }
