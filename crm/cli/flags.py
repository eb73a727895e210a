"""`flask flags`: features that can be switched."""

import click
from flask.cli import AppGroup
from sqlalchemy.exc import NoResultFound

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
            click.echo(f"{switch.name:<20} {switch.said:<28} {queries.flags.KNOWN[switch.name].text}")


@flags.command("set")
@click.argument("name")
@click.argument("state", metavar="on|off|ROLE,PERSON,PERCENT …")
def switch(name: str, state: str) -> None:
    """Switch NAME on or off, or on for some: roles (rep, manager, admin), people by their mail address, a
    part of everybody (10%), and any of them together with commas.
    """
    words = [] if state in ("on", "off") else [word.strip() for word in state.split(",")]
    roles = [Role(word) for word in words if word in list(Role)]
    parts = [int(word[:-1]) for word in words if word.endswith("%") and word[:-1].isdecimal()]
    addresses = [word for word in words if "@" in word]
    if len(roles) + len(parts) + len(addresses) != len(words) or len(parts) > 1:
        raise click.UsageError(
            f"{state} is none of on, off, or roles, people and a part: manager,x@y.example,10%."
        )
    try:
        with transaction():
            services.flags.switch(
                name,
                is_on=state != "off",
                roles=roles,
                people=[_person(address) for address in addresses],
                percent=parts[0] if parts else 0,
            )
            said = queries.flags.switches()[name].said
    except Refused as refused:
        raise click.ClickException(refused.message) from refused
    click.echo(f"{name} is {said} from the next request on.")


def _person(address: str) -> int:
    try:
        return queries.users.by_email(address).user_id
    except NoResultFound as error:
        raise click.ClickException(f"Nobody signs in as {address}.") from error
