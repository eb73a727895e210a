"""`flask demo`: a believable book to look around in."""

import time
from datetime import datetime

import click
from flask import current_app
from flask.cli import AppGroup
from flask_security import hash_password

from crm import clock, queries, services
from crm.config import Settings
from crm.db import transaction
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
@click.option("--size", type=click.Choice(list(services.demo.SIZES)), required=True, help="How much.")
@click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), help="The day of the book; the firm's today without it."
)
@click.option("--seed", type=int, default=SEED, show_default=True, help="Another number, another book.")
def load(size: str, today: datetime | None, seed: int) -> None:
    """Load a year of a brokerage into an empty database.

    Loading it again changes nothing. Exits 1 when the database holds other people's data, in production, and
    without DEMO_PASSWORD: nothing is changed then.
    """
    password = _password(current_app.config["SETTINGS"])
    begun = time.monotonic()
    try:
        with transaction():
            time_zone = queries.firm.time_zone()
            day = today.date() if today else clock.today_for(time_zone, clock.now())
            frame = services.demo.Frame(seed, day, time_zone, services.demo.SIZES[size])
            loaded = services.demo.load(frame, password_hash=str(hash_password(password)), now=clock.now())
    except Refused as refused:
        raise click.ClickException(str(refused)) from refused
    if loaded is None:
        click.echo("The demo book is already here. Nothing was changed.")
        return
    told = ", ".join(f"{loaded.rows[table]:,} {word}" for table, word in _WORDS.items())
    click.echo(f"Loaded the demo book of {day} in {time.monotonic() - begun:.1f} s: {told}.")


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
