"""`flask engagement`: the periodic recompute by hand."""

from dataclasses import asdict
from datetime import datetime

import click
from flask.cli import AppGroup

from crm import clock, queries, services
from crm.db import SYSTEM, act_as, transaction

engagement = AppGroup("engagement", help="How warm principals are: recount from the history.")


@engagement.command("recompute")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The firm's day; today without it.")
def recompute(on: datetime | None) -> None:
    """Rebuild every summary from the history, mend drift, record level changes. Again changes nothing."""
    act_as(SYSTEM)
    with transaction():
        today = on.date() if on else clock.today_for(queries.firm.time_zone(), clock.now())
        result = services.engagement.recompute(today=today)
    for name, value in asdict(result).items():
        click.echo(f"{value:>8}  {name.replace('_', ' ')}")
