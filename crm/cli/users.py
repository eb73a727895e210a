"""`flask users`: who signs in."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import current_app
from flask.cli import AppGroup
from flask_security import hash_password
from sqlalchemy.exc import IntegrityError

from crm import queries, services
from crm.db import transaction
from crm.enums import Role
from crm.errors import Refused, refusal_of

users = AppGroup("users", help="Who signs in, as what, in whose team.")

_ROLE = click.Choice([role.value for role in Role])


@users.command("create")
@click.argument("email")
@click.option("--name", required=True, help="First and last name.")
@click.option("--role", type=_ROLE, default=Role.REP.value, show_default=True)
@click.option("--manager", metavar="EMAIL", help="In whose team they are.")
@click.option("--time-zone", help="Like America/Chicago; the firm's without it.")
@click.option(
    "--password", envvar="NEW_PASSWORD", help="Asked for without it. Better not typed here: shells remember."
)
@click.option("--choose-later", is_flag=True, help="No password: they choose one through the reset mail.")
def create(
    email: str,
    name: str,
    role: str,
    manager: str | None,
    time_zone: str | None,
    password: str | None,
    choose_later: bool,
) -> None:
    """Make an account for EMAIL."""
    if not choose_later:
        password = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with refusals(), transaction():
        user = services.accounts.create(
            email,
            full_name=name,
            role=Role(role),
            manager=manager,
            time_zone=time_zone or queries.firm.time_zone(),
            password_hash=None if choose_later else _hashed(str(password)),
        )
        told = f"{user.full_name} signs in as {user.email}: {user.role.value}."
    click.echo(told)
    if choose_later:
        click.echo('They choose a password with "Forgot your password?" on the sign-in page.')


@users.command("role")
@click.argument("email")
@click.argument("role", type=_ROLE)
@click.option("--manager", metavar="EMAIL", help='In whose team they are from now on; "" for nobody\'s.')
def change_role(email: str, role: str, manager: str | None) -> None:
    """Make EMAIL a rep, a manager or an admin."""
    with refusals(), transaction():
        user = services.accounts.change_role(email, to=Role(role))
        if manager is not None:
            services.accounts.change_manager(email, to=manager or None)
        told = f"{user.full_name} is {'an' if user.role is Role.ADMIN else 'a'} {user.role.value} now."
    click.echo(told)


@users.command("deactivate")
@click.argument("email")
def deactivate(email: str) -> None:
    """Let EMAIL sign in no more. What they own stays theirs until somebody else takes it."""
    with refusals(), transaction():
        name = services.accounts.deactivate(email).full_name
    click.echo(f"{name} can no longer sign in.")


@users.command("activate")
@click.argument("email")
def activate(email: str) -> None:
    """Let EMAIL sign in again."""
    with refusals(), transaction():
        name = services.accounts.activate(email).full_name
    click.echo(f"{name} can sign in again.")


@users.command("reset-two-factor")
@click.argument("email")
def reset_two_factor(email: str) -> None:
    """Let EMAIL in by the password alone: they have neither phone nor recovery codes."""
    with refusals(), transaction():
        user = services.accounts.get(email)
        services.two_factor.reset(user, by="An operator")
        name = user.full_name
    click.echo(f"{name} signs in with the password alone.")


def _hashed(password: str) -> str:
    shortest = int(current_app.config["SECURITY_PASSWORD_LENGTH_MIN"])
    if len(password) < shortest:
        raise Refused(f"A password has at least {shortest} characters.", field="password")
    return str(hash_password(password))


@contextmanager
def refusals() -> Iterator[None]:
    """A refusal ends the command with its words and code 1, without a traceback."""
    try:
        yield
    except Refused as refused:
        raise click.ClickException(str(refused)) from refused
    except IntegrityError as error:
        refused_by_rule = refusal_of(error)
        if refused_by_rule is None:
            raise
        raise click.ClickException(str(refused_by_rule)) from error
