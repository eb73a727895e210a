"""What `flask imports` says of a session: what would come of its file, and every row that needs somebody."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

import click

from crm import import_sentences, queries
from crm.db import transaction
from crm.enums import ImportOutcome
from crm.models import ImportSheet
from crm.queries.imports import RowsWanted
from crm.services.imports import Problem, Weight

Told: TypeAlias = tuple[str, Problem]
"""A problem with the name of the sheet on which it stands, "" where there is only one."""

_MOST_TOLD = 50
_MOST_ROWS = 20_000
_ALIKE = 8
_HEADINGS = {
    Weight.ROW_LEFT_OUT: "Not brought in",
    Weight.CELL_LEFT_OUT: "Cells left out, the rest of their rows is in",
    Weight.NOTICE: "Worth a look",
}


def tell(number: int) -> bool:
    """Say what would come of the import; true if no row is left out."""
    with transaction():
        session = queries.imports.get(number)
        click.echo(f"Import {number}, {session.name}: {session.told}. {import_sentences.summary(session)}.")
        for label, n, more in import_sentences.stats(session):
            click.echo(f"  {n:,} {label}{f', {more}' if more else ''}")
        sheets = queries.imports.sheets(number)
        for sheet in sheets:
            if sheet.rows_total:
                click.echo(f"  {_sheet(sheet)}")
        for question in session.questions[:_MOST_TOLD]:
            click.echo(
                f'  Not known: {question["topic"]} "{question["text"]}" ({question["sheet"].strip()}, row '
                f"{question['row']}); {_said(question['default'], dict(question['proposals']))}."
            )
        tell_problems(list(_problems(number, is_one=len(sheets) == 1)))
        return not session.counts["outcomes"][ImportOutcome.UNREADABLE]


def tell_left(number: int) -> bool:
    """Say what was left as it was when the import was brought in; true if nothing was."""
    with transaction():
        left = queries.imports.left(number)
        for step in left:
            click.echo(f"  Row {step.row}, {step.values.get('name') or step.kind}: {step.reason}")
        return not left


def tell_problems(problems: Sequence[Told]) -> None:
    """Every row that is left out on a line of its own; of what recurs, each kind once with its rows."""
    for weight, heading in _HEADINGS.items():
        found = [one for one in problems if one[1].weight is weight]
        if found:
            click.echo(f"\n{heading}: {len(found):,}")
        if weight is Weight.ROW_LEFT_OUT:
            for sheet, problem in found:
                click.echo(f"  {f'{sheet}: ' if sheet else ''}{problem}")
            continue
        for (sheet, first), *others in _alike(found):
            rows = ", ".join(str(problem.row) for _, problem in others[: _ALIKE - 1])
            more = f", and {len(others) + 1 - _ALIKE} more" if len(others) >= _ALIKE else ""
            also = f" Also in row {rows}{more}." if rows else ""
            click.echo(f"  {f'{sheet}: ' if sheet else ''}{first}{also}")


def _alike(problems: Sequence[Told]) -> list[list[Told]]:
    def kind(told: Told) -> tuple[str, str, str, str]:
        sheet, problem = told
        return sheet, problem.field, problem.reason, problem.text.casefold()

    return [list(group) for _, group in groupby(sorted(problems, key=kind), kind)]


def _sheet(sheet: ImportSheet) -> str:
    chosen = "imported" if sheet.is_chosen else "kept as rows"
    header = f", header in row {sheet.header_row}" if sheet.header_row else ""
    idle = [
        column.heading
        for column in import_sentences.columns(sheet)
        if column.heading and column.samples and not column.field and not column.is_of_amounts
    ]
    left = f"; columns left alone: {', '.join(idle)}" if idle and sheet.is_chosen else ""
    return f"{sheet.name.strip()}: {sheet.kind}{header}, {sheet.rows_total:,} rows, {chosen}{left}"


def _problems(number: int, *, is_one: bool) -> Iterator[Told]:
    rows = queries.imports.rows(number, RowsWanted(is_told=True), most=_MOST_ROWS)
    for row in rows[:_MOST_ROWS]:
        sheet = "" if is_one else row.sheet.strip()
        for one in row.problems:
            if "weight" in one:
                yield (
                    sheet,
                    Problem(
                        row.row,
                        Weight(one["weight"]),
                        one["field"],
                        one["reason"],
                        one.get("remedy", ""),
                        one.get("text", ""),
                    ),
                )


def _said(default: str, proposals: dict[str, str]) -> str:
    return {"leave": "left out", "create": "created"}.get(default, f'taken for "{proposals.get(default)}"')
