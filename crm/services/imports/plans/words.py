"""The sheet of words that a tracker's choices come from: what the firm's own lists of words lack is added.

Only columns that are lists of ours count; what the others hold (people, distributors, products) comes in by
sheets of its own. Whoever may not keep the firm's words leaves them as they are, and is told.
"""

from typing import Final

import sqlalchemy as sa

from crm.db import db
from crm.enums import ImportOutcome, InteractionType, Picklist
from crm.models import PicklistValue
from crm.services.imports import vocabulary
from crm.services.imports.plans.desk import Desk
from crm.services.imports.plans.lines import Lines, settle
from crm.services.imports.plans.steps import RowPlan, SheetOf
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.row_reader import RowReader
from crm.services.imports.text import clean

LONGEST: Final = 100


class Words:
    """The words of the book and those that this import adds, by list, and folded as the database does."""

    def __init__(self) -> None:
        rows = db.session.execute(
            sa.select(
                PicklistValue.picklist,
                sa.func.fold(PicklistValue.value),
                PicklistValue.deleted_at.is_not(None),
                PicklistValue.place,
            )
        ).all()
        self.archived = {(picklist, key) for picklist, key, is_archived, _ in rows if is_archived}
        self.known = {(picklist, key) for picklist, key, _, _ in rows}
        self._places: dict[Picklist, int] = {}
        for picklist, _, _, place in rows:
            self._places[picklist] = max(place, self._places.get(picklist, -1))

    def place(self, picklist: Picklist) -> int:
        """The next place at the end of a list."""
        self._places[picklist] = self._places.get(picklist, -1) + 1
        return self._places[picklist]


def plan(desk: Desk, sheet: SheetOf, lines: Lines) -> None:
    """Plan the words of a sheet, column by column as its header says."""
    if sheet.header is None:
        return
    words = Words()
    found: list[tuple[RowPlan, Picklist, str, InteractionType | None]] = []
    for record in lines:
        if record.number < sheet.first_row or not any(cell.strip() for cell in record.cells):
            continue
        row = RowPlan(sheet.sheet_id, record.number, ImportOutcome.KEPT)
        desk.rows.append(row)
        reader = RowReader(record, [clean(cell) for cell in record.cells], sheet.header)
        row.label = ", ".join(text for text in reader.texts if text)[:200]
        for field in sheet.header.columns:
            if text := reader.text(field):
                row.outcome = ImportOutcome.UNCHANGED
                found += [(row, *one) for one in _meant(field, text)]
        row.problems.extend(reader.problems)
    keys = _folded({value for _, _, value, _ in found})
    for row, picklist, value, under in found:
        _add(desk, sheet, words, row, (picklist, keys[value]), value, under)


def _meant(field: str, text: str) -> list[tuple[Picklist, str, InteractionType | None]]:
    """The list and the word that a cell means. A kind of interaction is a type of ours, with or without an
    activity under it.
    """
    picklist = Picklist(field)
    if picklist is not Picklist.ACTIVITY:
        return [(picklist, text, None)]
    kind = vocabulary.type_of(text)
    if kind is None:
        return [(picklist, text, None)]
    return [(picklist, kind[1], kind[0])] if kind[1] else []


def _add(
    desk: Desk,
    sheet: SheetOf,
    words: Words,
    row: RowPlan,
    key: tuple[Picklist, str],
    value: str,
    under: InteractionType | None,
) -> None:
    picklist = key[0]
    if key in words.archived:
        reason = f"is an archived word of the list {picklist}; it stays archived"
        row.problems.append(Problem(row.row, Weight.NOTICE, picklist, reason, text=value))
    if key in words.known:
        return
    if len(value) > LONGEST:
        reason = f"has more than {LONGEST} characters and is no word of a list"
        row.problems.append(Problem(row.row, Weight.CELL_LEFT_OUT, picklist, reason, text=value))
        return
    if not desk.may_keep_words:
        reason = f"is no word of the list {picklist}, and only an admin adds to it"
        remedy = "Let an admin import it, or ask one to add it."
        row.problems.append(Problem(row.row, Weight.CELL_LEFT_OUT, picklist, reason, remedy, value))
        return
    words.known.add(key)
    values = {"picklist": picklist, "value": value, "under": under, "place": words.place(picklist)}
    desk.make("picklist_values", sheet, row.row, values)
    settle(row, is_created=True, is_updated=False)
    sheet.count("words", picklist)


def _folded(values: set[str]) -> dict[str, str]:
    word = sa.func.unnest(sa.cast(sorted(values), sa.ARRAY(sa.Text))).column_valued("word")
    return {row[0]: row[1] for row in db.session.execute(sa.select(word, sa.func.fold(word)))}
