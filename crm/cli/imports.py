"""`flask imports`: the lists that a broker already keeps, brought into the book."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import groupby
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.exc import NoResultFound

from crm import clock, policy, queries, services
from crm.cli import import_sessions
from crm.db import act_as, db, transaction
from crm.errors import Refused
from crm.services.imports import AliasReport, MayChange, Problem, Report, Weight, of_weight, workbooks

imports = AppGroup("imports", help="Bring in lists of organizations, and the spellings that they use.")

ALL_ROWS_IN, SOME_ROWS_LEFT_OUT, FILE_REFUSED = 0, 1, 2
"""The exit codes of `flask imports`."""

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_AS = click.option(
    "--as",
    "email",
    required=True,
    metavar="EMAIL",
    help="Who imports; what they may not change stays as it is.",
)
_HEADINGS = {
    Weight.ROW_LEFT_OUT: "Not brought in",
    Weight.CELL_LEFT_OUT: "Cells left out, the rest of their rows is in",
    Weight.NOTICE: "Worth a look",
}


@imports.command("run")
@click.argument("file", type=_FILE)
@_AS
@click.option("--aliases", type=_FILE, help="Bring in this alias list first (see flask imports aliases).")
@click.option("--create-distributors", is_flag=True, help="Create distributors nobody has heard of.")
@click.option("--encoding", default="", help="The file's encoding, if it is not found out rightly.")
def run(file: Path, email: str, aliases: Path | None, create_distributors: bool, encoding: str) -> None:
    """Bring in FILE, a list of organizations as CSV. Running it again changes nothing.

    Organizations that the book has are found by name and city; what FILE says is set, empty cells erase
    nothing. A workbook is checked and brought in as a session, which /imports shows and revert takes back.
    Exits 0 when every row is in, 1 when some could not be brought in (each is named with its
    reason), and 2 when FILE as a whole was refused: then nothing was changed.
    """
    with _refusals_as_exits(), transaction():
        may_change = _enter(email)
        is_workbook = _is_workbook(file)
    if is_workbook:
        with _refusals_as_exits():
            _run_session(file, email, aliases)
    with _refusals_as_exits(), transaction():
        spellings = _load(aliases, may_change) if aliases else AliasReport()
        with file.open("rb") as stream:
            report = services.imports.run(
                stream,
                on=clock.today_for(queries.firm.time_zone(), clock.now()),
                may_change=may_change,
                create_distributors=create_distributors,
                encoding=encoding,
                progress=partial(click.echo, err=True),
            )
    if aliases:
        _tell_aliases(aliases, spellings)
    _tell(file, report)
    _leave([*spellings.problems, *report.problems])


@imports.command("preview")
@click.argument("file", type=_FILE)
@_AS
def preview(file: Path, email: str) -> None:
    """Say what would become of FILE, a list or a workbook: nothing of the book is changed.

    The check stays on the page /imports, where its columns and names can be decided and it can be applied.
    """
    with _refusals_as_exits():
        number = import_sessions.check(file, email)
        is_whole = import_sessions.tell(number)
    raise SystemExit(ALL_ROWS_IN if is_whole else SOME_ROWS_LEFT_OUT)


@imports.command("revert")
@click.argument("number", type=int)
@_AS
@click.option("--leave-edited", is_flag=True, help="Leave records that somebody has edited since.")
def revert(number: int, email: str, leave_edited: bool) -> None:
    """Take back the import NUMBER. Refuses where records were edited since, unless they are to stay."""
    with _refusals_as_exits():
        try:
            told = import_sessions.revert(number, email, is_edited_left=leave_edited)
        except NoResultFound as error:
            raise Refused(f"There is no import {number} of yours.") from error
    click.echo(f"Import {number}: {told}.")


@imports.command("aliases")
@click.argument("file", type=_FILE)
@_AS
def load_aliases(file: Path, email: str) -> None:
    """Bring in FILE, a CSV with the columns kind, alias, name: how lists spell people and distributors.

    A line is "person,Tobin,tobinn@example.com" or "distributor,GMF,Grandmarrow Foodservice". A distributor
    that the book lacks is created; a person must have an account. Exit codes as with run.
    """
    with _refusals_as_exits(), transaction():
        report = _load(file, _enter(email))
    _tell_aliases(file, report)
    _leave(report.problems)


def _is_workbook(file: Path) -> bool:
    with file.open("rb") as stream:
        return workbooks.is_one(stream)


def _run_session(file: Path, email: str, aliases: Path | None) -> None:
    """Check FILE, bring in what can be, and leave with what came of it."""
    db.session.remove()  # from here on the system acts, for that person
    if aliases is not None:
        with transaction():
            import_sessions.enter(email)
            spellings = _load(aliases, lambda _: True)
        _tell_aliases(aliases, spellings)
    number = import_sessions.check(file, email)
    is_whole = import_sessions.tell(number)
    with suppress(Refused):  # nothing to bring in is as good as done
        import_sessions.apply(number)
    raise SystemExit(ALL_ROWS_IN if is_whole else SOME_ROWS_LEFT_OUT)


@contextmanager
def _refusals_as_exits() -> Iterator[None]:
    try:
        yield
    except (Refused, OSError) as refused:
        click.echo(f"Nothing was changed. {refused}", err=True)
        raise SystemExit(FILE_REFUSED) from refused


def _enter(email: str) -> MayChange:
    """Act as the person with this address from here on; answers which rows they may change."""
    try:
        user = queries.users.by_email(email)
    except NoResultFound as error:
        raise click.BadParameter(f"nobody with the address {email} can sign in", param_hint="--as") from error
    act_as(user.user_id)
    team = queries.users.team(user.user_id)
    return lambda owners: policy.may_change(user, owners=owners, team=team)


def _load(file: Path, may_change: MayChange) -> AliasReport:
    with file.open("rb") as stream:
        return services.imports.load_aliases(stream, may_change=may_change)


def _tell_aliases(file: Path, report: AliasReport) -> None:
    created = len(report.distributors_created)
    click.echo(f"{file.name}: {report.added} new, {report.moved} changed, {created} distributors created.")
    _tell_problems(report.problems)


def _tell(file: Path, report: Report) -> None:
    sheet = report.sheet
    click.echo(
        f"{file.name}: {sheet.encoding}, {sheet.delimiter}, header in row {sheet.header.row}, "
        f"{sheet.data_rows:,} rows."
    )
    click.echo(
        f"Organizations: {report.created:,} created, {len(report.changes):,} changed, "
        f"{report.unchanged:,} as they were."
    )
    if report.distributors_created:
        click.echo(f"Distributors created: {', '.join(report.distributors_created)}.")
    if report.together:
        rows = "; ".join(" and ".join(map(str, together)) for together in report.together)
        click.echo(f"Rows that are one organization ({len(report.together)} times): {rows}.")
    if sheet.columns_left_out:
        columns = ", ".join(f"{label} ({count} filled)" for label, count in sheet.columns_left_out.items())
        click.echo(f"Columns left alone: {columns}.")
    _tell_problems(report.problems)


def _tell_problems(problems: Sequence[Problem]) -> None:
    """Every row that was left out on a line of its own; of what recurs, each kind once with its rows."""
    for weight, heading in _HEADINGS.items():
        found = of_weight(weight, problems)
        if found:
            click.echo(f"\n{heading}: {len(found):,}")
        if weight is Weight.ROW_LEFT_OUT:
            for problem in found:
                click.echo(f"  {problem}")
            continue
        for alike in _alike(found):
            others = ", ".join(str(problem.row) for problem in alike[1:8])
            more = f", and {len(alike) - 8} more" if len(alike) > 8 else ""
            click.echo(f"  {alike[0]}{f' Also in row {others}{more}.' if others else ''}")


def _alike(problems: Sequence[Problem]) -> list[list[Problem]]:
    def kind(problem: Problem) -> tuple[str, str, str]:
        return problem.field, problem.reason, problem.text.casefold()

    groups = [list(group) for _, group in groupby(sorted(problems, key=kind), kind)]
    return sorted(groups, key=lambda group: group[0].row)


def _leave(problems: Sequence[Problem]) -> None:
    raise SystemExit(SOME_ROWS_LEFT_OUT if of_weight(Weight.ROW_LEFT_OUT, problems) else ALL_ROWS_IN)
