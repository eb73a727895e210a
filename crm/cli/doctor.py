"""`flask doctor`: is it well, and what to do where it is not."""

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext

from crm import clock, queries, services, watch
from crm.db import SYSTEM, act_as, db, transaction
from crm.queries.ops import Sign


@click.command("doctor")
@click.option("--invariants", is_flag=True, help="Check the rules of mail, jobs and counts instead.")
@with_appcontext
def doctor(invariants: bool) -> None:
    """Look at everything and say what wants somebody. Exits 1 when something does."""
    act_as(SYSTEM)
    if invariants:
        _check_rules()
        return
    with transaction():
        signs = [*watch.look(now=clock.now()), *_here()]
    for sign in signs:
        mark = "RED" if sign.is_red else "ok "
        click.echo(f"{mark}  {sign.label}: {sign.said}" + (f"\n     {sign.way_out}" if sign.is_red else ""))
    if not queries.ops.is_well(signs):
        raise SystemExit(1)


def _here() -> list[Sign]:
    """What only this machine can tell."""
    folder = current_app.config["SETTINGS"].data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.write_text("here")
        probe.unlink()
    except OSError as error:
        return [Sign("data_dir", "DATA_DIR", str(error), 0.0, True, "Let this account write there.")]
    return [Sign("data_dir", "DATA_DIR", "can be written", 1.0, False)]


def _check_rules() -> None:
    """Every invariant, and a recount of what is kept, which is taken back."""
    with transaction():
        broken = queries.invariants.broken(now=clock.now())
        today = clock.today_for(queries.firm.time_zone(), clock.now())
        db.session.execute(sa.text("set local statement_timeout = '110s'"))
        with db.session.begin_nested() as savepoint:
            recount = services.engagement.recompute(today=today)
            savepoint.rollback()
    for wrong, count in broken.items():
        click.echo(f"BROKEN in {count}: {wrong}")
    if recount.is_drift:
        click.echo(f"BROKEN: counts differ from a recount: {recount}")
    if broken or recount.is_drift:
        raise SystemExit(1)
    click.echo("Every invariant holds.")
