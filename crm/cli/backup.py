"""`flask backup`: making one, and looking whether it is whole."""

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
    found = services.backups.stored(current_app.config["SETTINGS"])
    chosen = [one for one in found if folder is None or one.folder.resolve() == folder.resolve()]
    if not chosen:
        raise click.ClickException("There is no complete backup. flask backup create makes one.")
    try:
        _tell(chosen[0])
    except Refused as refused:
        raise click.ClickException(refused.message) from refused


def _tell(made: Backup) -> None:
    wrong = services.backups.verify(made)
    for line in wrong:
        click.echo(f"BROKEN: {line}")
    if wrong:
        raise SystemExit(1)
    told = f"{made.rows:,} rows at revision {made.manifest['revision']}, {made.size:,} bytes"
    click.echo(f"{made.folder}: {told}, whole.")
