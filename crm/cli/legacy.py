"""`flask legacy`: the old hosted database comes in, is verified, and may be taken out again."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

import click
from flask import current_app
from flask.cli import AppGroup

from crm import clock, queries, services
from crm.db import transaction
from crm.errors import Refused
from crm.services.legacy import Finding, Source, Verified, catalogue

legacy = AppGroup("legacy", help="Bring in the old hosted database, verify it, take it out again.")

WELL, NOT_WELL, REFUSED = 0, 1, 2
"""The exit codes of `flask legacy`."""

_SOURCE = click.option(
    "--source", "dsn", required=True, metavar="DSN", help="Where the old database answers."
)
_TODAY = click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), help="The day it is; the firm's today without it."
)


@legacy.command("inspect")
@_SOURCE
@_TODAY
@click.option("--columns", is_flag=True, help="Say of each column what becomes of it.")
def inspect(dsn: str, today: datetime | None, columns: bool) -> None:
    """Say what is in the old database and what would become of it. Nothing is written, here or there."""
    with _refusals_as_exits(), transaction(), Source.open(dsn) as source:
        found = services.legacy.inspect(source, today=_day(today))
    click.echo(f"The old database has the shape {found.shape}.")
    for table in found.tables:
        click.echo(f"\n{table.schema}.{table.name}: {table.rows:,} rows")
        fates = found.fates[table.name]
        if columns:
            for column, fate in fates.items():
                click.echo(f"  {column:24} {fate}")
        elif not catalogue.is_live(table.name):
            click.echo("  archive only")
    click.echo("\nA migration would make:")
    for name, rows in sorted(found.made.items()):
        click.echo(f"  {rows:8,}  {name}")
    _tell(found.findings)


@legacy.command("migrate")
@_SOURCE
@_TODAY
def migrate(dsn: str, today: datetime | None) -> None:
    """Bring the old database in. What came before stays; running it again changes nothing.

    A backup is made and verified first; where that cannot be done nothing is brought in.
    It may be stopped at any moment and run again: it goes on where it was. Exits 1 when the verification
    afterwards finds something wrong, 2 when it was refused.
    """
    day = _day(today)
    with _refusals_as_exits(), Source.open(dsn) as source:
        made = services.backups.create_whole(current_app.config["SETTINGS"], now=clock.now())
        click.echo(f"Backup first: {made.folder}, {made.rows:,} rows, whole.")
        report = services.legacy.migrate(source, today=day, progress=_progress)
        for table, rows in report.rows.items():
            before = report.known.get(table, 0)
            click.echo(f"{rows:8,}  {table}" + (f" ({before:,} were here before)" if before else ""))
        _tell(report.findings)
        with transaction():
            verified = services.legacy.verify(source, today=day)
    _report(verified)


@legacy.command("verify")
@click.option("--source", "dsn", metavar="DSN", help="Compare with the old database, too.")
@_TODAY
def verify(dsn: str | None, today: datetime | None) -> None:
    """Check that every old row is accounted for and every row that came is as it should be. Changes nothing.

    Exits 1 when anything is off.
    """
    with _refusals_as_exits(), _maybe(dsn) as source, transaction():
        verified = services.legacy.verify(source, today=_day(today))
    _report(verified)


@legacy.command("rollback")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def rollback(yes: bool) -> None:
    """Take out everything that the migration brought in. Later work stays, or it refuses and says what."""
    if not yes:
        click.confirm("Take out everything that came from the old database?", abort=True)
    with _refusals_as_exits(), transaction():
        done = services.legacy.rollback()
    for table, rows in done.rows.items():
        click.echo(f"{rows:8,}  {table}")
    click.echo("The migration is taken out.")


@contextmanager
def _refusals_as_exits() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        click.echo(f"Refused. {refused}", err=True)
        raise SystemExit(REFUSED) from refused


@contextmanager
def _maybe(dsn: str | None) -> Iterator[Source | None]:
    if dsn is None:
        yield None
    else:
        with Source.open(dsn) as source:
            yield source


def _day(today: datetime | None) -> date:
    if today is not None:
        return today.date()
    with transaction():
        return clock.today_for(queries.firm.time_zone(), clock.now())


def _progress(step: str, done: int, of: int) -> None:
    click.echo(f"{step}: {done:,} of {of:,}", err=True)


def _tell(findings: Iterable[Finding]) -> None:
    counted = Counter(finding.kind.value for finding in findings)
    if counted:
        click.echo("\nWorth a look; nothing was merged or guessed:")
    for kind, rows in sorted(counted.items()):
        click.echo(f"  {rows:8,}  {kind}")


def _report(verified: Verified) -> None:
    """Print the verification and exit by it."""
    click.echo("\nOld table                         archived  migrated  archived only  rejected")
    for one in verified.accounts:
        click.echo(
            f"{one.table:32}{one.archived:10,}{one.migrated:10,}{one.archived_only:15,}{one.rejected:10,}"
        )
    for check in verified.checks:
        click.echo(f"{'ok' if check.is_ok else 'WRONG':6} {check.name}: {check.detail}")
    if verified.edited:
        click.echo(f"{verified.edited:,} rows were edited since they came; they are compared no further.")
    raise SystemExit(WELL if verified.is_ok else NOT_WELL)
