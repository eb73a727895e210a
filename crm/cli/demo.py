"""`flask demo`: a believable book to look around in."""

import time
from datetime import datetime

import click
from flask import current_app
from flask.cli import AppGroup
from flask_security import hash_password

from crm import clock, queries, services
from crm.config import Settings
from crm.db import db, transaction
from crm.errors import Refused

demo = AppGroup("demo", help="A made-up brokerage to look around in.")

SEED = 20261124
"""The book everybody sees who asks for no other."""
_WORDS = {
    "users": "people",
    "organizations": "organizations",
    "products": "products",
    "contacts": "contacts",
    "opportunities": "opportunities",
    "interactions": "interactions",
}


@demo.command("load")
@click.option(
    "--size",
    type=click.Choice([*services.demo.SIZES, *services.demo.SPREADS]),
    required=True,
    help="How much.",
)
@click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), help="The day of the book; the firm's today without it."
)
@click.option("--seed", type=int, default=SEED, show_default=True, help="Another number, another book.")
def load(size: str, today: datetime | None, seed: int) -> None:
    """Load a year of a brokerage into an empty database: of one office, or (medium, large) of many.

    Loading it again changes nothing. Exits 1 when the database holds other people's data, in production, and
    without DEMO_PASSWORD: nothing is changed then.
    """
    password_hash = str(hash_password(_password(current_app.config["SETTINGS"])))
    begun = time.monotonic()
    spread = services.demo.SPREADS.get(size)
    try:
        with transaction():
            time_zone = queries.firm.time_zone()
            day = today.date() if today else clock.today_for(time_zone, clock.now())
            model = spread.models[0] if spread else services.demo.SIZES[size]
            frame = services.demo.Frame(seed, day, time_zone, model)
            if spread:
                loaded = services.demo.spread(
                    frame, spread, password_hash=password_hash, now=clock.now(), say=_say
                )
            else:
                loaded = services.demo.load(frame, password_hash=password_hash, now=clock.now())
    except Refused as refused:
        raise click.ClickException(str(refused)) from refused
    if loaded is None:
        click.echo("The demo book is already here. Nothing was changed.")
        return
    if spread:
        _tidy()
    told = ", ".join(f"{loaded.rows[table]:,} {word}" for table, word in _WORDS.items())
    click.echo(f"Loaded the demo book of {day} in {time.monotonic() - begun:.1f} s: {told}.")


def _say(what: str, seconds: float) -> None:
    click.echo(f"{seconds:6.1f} s  {what}")


def _tidy() -> None:
    """Do at once what autovacuum would do to a million new rows in its time, while people wait for pages."""
    begun = time.monotonic()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("set statement_timeout = 0")
        connection.exec_driver_sql(f"vacuum (analyze, skip_locked) {', '.join(services.demo.FILLED)}")
    _say("vacuum", time.monotonic() - begun)


def _password(settings: Settings) -> str:
    """The password of every demo account. Says no where the demo has no place."""
    if settings.pantry_env == "production":
        raise click.ClickException(
            "The demo book is not for a production server: its accounts share one password. "
            "Set PANTRY_ENV=demo where you want to look around."
        )
    if not settings.demo_password:
        raise click.ClickException("Set DEMO_PASSWORD: all demo accounts sign in with it.")
    return settings.demo_password
