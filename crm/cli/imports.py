"""`flask imports`: the lists that a broker already keeps, brought into the book."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.exc import NoResultFound

from crm import policy, queries, services
from crm.cli import import_reports, import_sessions
from crm.db import act_as, transaction
from crm.errors import Refused
from crm.services.imports import AliasReport, MayChange, Problem, Weight, of_weight

imports = AppGroup("imports", help="Bring in lists and workbooks, and the spellings that they use.")

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
_ENCODING = click.option(
    "--encoding", default="", help="The encoding of a text file, if it is not found out rightly."
)


@imports.command("run")
@click.argument("file", type=_FILE)
@_AS
@click.option("--aliases", type=_FILE, help="Bring in this alias list first (see flask imports aliases).")
@click.option("--create-distributors", is_flag=True, help="Create distributors nobody has heard of.")
@_ENCODING
def run(file: Path, email: str, aliases: Path | None, create_distributors: bool, encoding: str) -> None:
    """Bring in FILE, a list or a workbook. Running it again changes nothing.

    Records that the book has are found; what FILE says is set, empty cells erase nothing. It is checked and
    brought in as a session, which /imports shows and revert takes back.
    Exits 0 when every row is in, 1 when some could not be brought in (each is named with its
    reason), and 2 when FILE as a whole was refused: then nothing was changed.
    """
    with _refusals_as_exits():
        number = import_sessions.check(file, email, encoding=encoding)
        if aliases is not None:
            spellings = import_sessions.load_aliases(aliases, email)
            import_sessions.check_again(number)
        if create_distributors:
            import_sessions.create_distributors(number)
    if aliases is not None:
        _tell_aliases(aliases, spellings)
    is_whole = import_reports.tell(number)
    with _refusals_as_exits():
        is_whole = import_sessions.apply(number) and is_whole
    _leave(is_whole and not of_weight(Weight.ROW_LEFT_OUT, spellings.problems if aliases else ()))


@imports.command("preview")
@click.argument("file", type=_FILE)
@_AS
@_ENCODING
def preview(file: Path, email: str, encoding: str) -> None:
    """Say what would become of FILE, a list or a workbook: nothing of the book is changed.

    The check stays on the page /imports, where its columns and names can be decided and it can be applied.
    """
    with _refusals_as_exits():
        number = import_sessions.check(file, email, encoding=encoding)
    _leave(import_reports.tell(number))


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
        may_change = _enter(email)
        with file.open("rb") as stream:
            report = services.imports.load_aliases(stream, may_change=may_change)
    _tell_aliases(file, report)
    _leave(not of_weight(Weight.ROW_LEFT_OUT, report.problems))


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


def _tell_aliases(file: Path, report: AliasReport) -> None:
    created = len(report.distributors_created)
    click.echo(f"{file.name}: {report.added} new, {report.moved} changed, {created} distributors created.")
    import_reports.tell_problems([("", problem) for problem in _sorted(report.problems)])


def _sorted(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: problem.row)


def _leave(is_whole: bool) -> None:
    raise SystemExit(ALL_ROWS_IN if is_whole else SOME_ROWS_LEFT_OUT)
