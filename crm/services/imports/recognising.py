"""What the sheets of a file are, and what their columns mean."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from crm import queries
from crm.db import db
from crm.models import ImportLayout, ImportRow, ImportSheet
from crm.services.imports import layouts, sheet_rows
from crm.services.imports.plans.planner import principals_of
from crm.services.imports.text import clean

_SAMPLES: Final = 3


def recognise(sheets: Sequence[ImportSheet]) -> None:
    """What each sheet is and its columns mean; of several of a kind the one with most rows is chosen."""
    learned = {layout.fingerprint: layout for layout in db.session.scalars(sa.select(ImportLayout))}
    found = {
        sheet.import_sheet_id: layouts.recognise(sheet_rows.first(sheet.import_sheet_id)) for sheet in sheets
    }
    principals = set(queries.imports.principal_names())
    for sheet in sheets:
        header = found[sheet.import_sheet_id].header
        if found[sheet.import_sheet_id].kind == layouts.ITEM_NUMBERS and header is not None:
            rows = sheet_rows.every(sheet.import_sheet_id)
            principals |= principals_of(rows, header.columns["principal"][0])
    for sheet in sheets:
        what = found[sheet.import_sheet_id]
        if what.header is None and principals:
            what = layouts.recognise(sheet_rows.first(sheet.import_sheet_id), principals=principals)
        _settle_sheet(sheet, what, learned)
    for kind in layouts.ENTERS:
        of_kind = [sheet for sheet in sheets if sheet.kind == kind and not sheet.is_hidden]
        if of_kind:
            max(of_kind, key=lambda sheet: sheet.rows_total).is_chosen = True
    for sheet in sheets:
        _samples(sheet)
        _leave_amounts(sheet)
    if len(sheets) == 1 and sheets[0].kind in layouts.ENTERS:
        sheets[0].is_chosen = True


def _settle_sheet(sheet: ImportSheet, what: layouts.Recognised, learned: Mapping[str, ImportLayout]) -> None:
    sheet.kind = what.kind
    if what.header is None:
        return
    sheet.header_row = what.header.row
    sheet.headers = list(what.header.texts)
    sheet.fingerprint = layouts.fingerprint(what.header.texts)
    sheet.fields = layouts.fields_of(what.header)
    if (known := learned.get(sheet.fingerprint)) is not None:
        sheet.kind, sheet.fields = known.kind, dict(known.fields)


def _samples(sheet: ImportSheet) -> None:
    """The first filled cells of each column, so that people see what they choose for."""
    samples: dict[str, list[str]] = {}
    for number, cells in sheet_rows.first(sheet.import_sheet_id):
        if sheet.header_row is not None and number <= sheet.header_row < layouts.SORTED_WITH_ITS_HEADER:
            continue
        for column, cell in enumerate(cells):
            shown = samples.setdefault(str(column), [])
            if len(shown) < _SAMPLES and (text := clean(cell)) and text not in shown:
                shown.append(text[:60])
    sheet.samples = {column: shown for column, shown in samples.items() if shown}


def _leave_amounts(sheet: ImportSheet) -> None:
    """Columns of amounts stay in the original file and nowhere else."""
    left = layouts.money_columns(sheet.headers)
    if not left or sheet.header_row is None:
        return
    sheet.fields = {column: name for column, name in sheet.fields.items() if int(column) not in left}
    sheet.samples = {column: shown for column, shown in sheet.samples.items() if int(column) not in left}
    sheet.figures = {**sheet.figures, "columns of amounts": {sheet.headers[n]: 1 for n in sorted(left)}}
    table: Any = ImportRow.__table__
    for column in left:
        db.session.execute(
            sa.update(table)
            .where(
                table.c.import_sheet_id == sheet.import_sheet_id,
                table.c.row != sheet.header_row,
                sa.func.cardinality(table.c.cells) > column,
            )
            .values(
                cells=sa.func.array_cat(
                    sa.func.array_append(table.c.cells[1:column], sa.literal("")),
                    table.c.cells[column + 2 : sa.func.cardinality(table.c.cells)],
                )
            )
        )
