"""`flask backup`: making one, looking whether it is whole, taking it back, and proving that that works."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from crm import clock, services
from crm.db import SYSTEM, act_as, transaction
from crm.errors import Refused
from crm.services.backups import Backup

backup = AppGroup("backup", help="Backups: a dump, the files beside it, and a manifest of both.")


@backup.command("create")
def create() -> None:
    """Make a backup in DATA_DIR/backups and look whether it is whole. Exits 1 when it is not."""
    now = clock.now()
    try:
        made = services.backups.create(current_app.config["SETTINGS"], now=now)
        _tell(made)
    except Refused as refused:
        raise click.ClickException(refused.message) from refused
    act_as(SYSTEM)
    with transaction():
        services.heartbeats.beat("backup", now=now)


@backup.command("verify")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def verify(folder: Path | None) -> None:
    """Look whether FOLDER, or else the newest backup, is whole: every checksum, and the dump's own list."""
    try:
        _tell(_chosen(folder))
    except Refused as refused:
        raise click.ClickException(refused.message) from refused


@backup.command("restore")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def restore(folder: Path | None) -> None:
    """Take FOLDER, or else the newest backup, back into the empty database of DATABASE_OWNER_URL. Mail is on
    hold afterwards; what MAIL_JOURNAL names does not leave again.
    """
    settings = current_app.config["SETTINGS"]
    if settings.database_owner_url is None:
        raise click.ClickException("Set DATABASE_OWNER_URL: the address of the empty database, as its owner.")
    try:
        chosen = _chosen(folder)
        click.echo(f"Taking back {chosen.folder.name}: {chosen.rows:,} rows, {chosen.size:,} bytes …")
        done = services.restores.restore(chosen, settings, into=settings.database_owner_url)
    except Refused as refused:
        raise click.ClickException(refused.message) from refused
    click.echo(f"{done.rows:,} rows came back and were compared row for row, and {done.files:,} files.")
    click.echo(f"The mail journal names {done.letters:,} letters that left; none of them leaves again.")
    click.echo("Next: flask db upgrade · start web, workers, beat · flask mail in-doubt · flask mail release")


@backup.command("drill")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--into",
    envvar="DATABASE_DRILL_URL",
    required=True,
    help="An empty database that bin/stack/roles.sql made, as its owner; DATABASE_DRILL_URL if not given.",
)
def drill(folder: Path | None, into: str) -> None:
    """Take FOLDER, or else the newest backup, back into an empty database beside the real one, compare every
    row and file, and take it out again. Exits 1 when anything differs; the record is drills.jsonl.
    """
    try:
        done = services.restores.drill(_chosen(folder), into=into, now=clock.now())
    except Refused as refused:
        raise click.ClickException(refused.message) from refused
    click.echo(f"{done['backup']}: {done['rows']:,} rows came back the same, in {done['seconds']} s.")


def _chosen(folder: Path | None) -> Backup:
    """The backup in a folder, wherever it lies, or the newest one."""
    settings = current_app.config["SETTINGS"]
    found = services.backups.newest(settings) if folder is None else services.backups.read(folder)
    if found is None:
        raise click.ClickException("There is no complete backup. flask backup create makes one.")
    return found


def _tell(made: Backup) -> None:
    wrong = services.backups.verify(made)
    for line in wrong:
        click.echo(f"BROKEN: {line}")
    if wrong:
        raise SystemExit(1)
    told = f"{made.rows:,} rows at revision {made.manifest['revision']}, {made.size:,} bytes"
    click.echo(f"{made.folder}: {told}, whole.")
