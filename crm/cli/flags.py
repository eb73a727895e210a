"""`flask flags`: features that can be switched."""

import click
from flask.cli import AppGroup

from crm import queries, services
from crm.db import transaction
from crm.enums import Role
from crm.errors import Refused

flags = AppGroup("flags", help="Features that can be switched, on a running system.")


@flags.command("list")
def show() -> None:
    """Every feature that can be switched, how it is, and what it does."""
    with transaction():
        for switch in queries.flags.switches().values():
            click.echo(f"{switch.name:<20} {switch.said:<28} {queries.flags.KNOWN[switch.name]}")


@flags.command("set")
@click.argument("name")
@click.argument("state", metavar="on|off|ROLE[,ROLE]")
def switch(name: str, state: str) -> None:
    """Switch NAME on or off, or on for some roles alone (rep, manager, admin)."""
    try:
        roles = [] if state in ("on", "off") else [Role(word.strip()) for word in state.split(",")]
    except ValueError as error:
        raise click.UsageError(f"{state} is none of on, off, or roles like manager,admin.") from error
    try:
        with transaction():
            services.flags.switch(name, is_on=state != "off", roles=roles)
            said = queries.flags.switches()[name].said
    except Refused as refused:
        raise click.ClickException(refused.message) from refused
    click.echo(f"{name} is {said} from the next request on.")
