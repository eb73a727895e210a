"""`flask tokens`: how scripts and services come in."""

from datetime import timedelta

import click
from flask.cli import AppGroup

from crm import clock, queries, services
from crm.cli.users import refusals
from crm.db import transaction
from crm.enums import Role, TokenKind

tokens = AppGroup("tokens", help="Tokens by which scripts and services come in.")


@tokens.command("create")
@click.argument("name")
@click.option("--as", "email", metavar="EMAIL", help="Whose script it is.")
@click.option("--service", is_flag=True, help="For another system: makes an account of that name for it.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.REP.value,
    show_default=True,
    help="What the account of a service may do.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=("read",),
    show_default=True,
    help="read, write, contacts:write …",
)
@click.option(
    "--days", type=click.IntRange(1, 3650), help="How long it is good; without, until it is revoked."
)
def create(
    name: str, email: str | None, service: bool, role: str, scopes: tuple[str, ...], days: int | None
) -> None:
    """Make a token called NAME and print its secret, this once."""
    if service == bool(email):
        raise click.UsageError("Say whose it is: --as EMAIL for a person, or --service for another system.")
    with refusals(), transaction():
        if service:
            account = services.tokens.make_account(
                name,
                email=services.tokens.service_address(name),
                role=Role(role),
                time_zone=queries.firm.time_zone(),
            )
        else:
            account = services.accounts.get(str(email))
        _, secret = services.tokens.make(
            account,
            name=name,
            scopes=scopes,
            kind=TokenKind.SERVICE if service else TokenKind.PERSONAL,
            expires_at=clock.now() + timedelta(days=days) if days else None,
        )
    click.echo(secret)


@tokens.command("list")
def show() -> None:
    """Every token that was not revoked: number, first signs, whose, what it opens, when it was used last."""
    with transaction():
        for token, name in queries.tokens.everybodys():
            used = f"used {token.last_used_at:%Y-%m-%d %H:%MZ}" if token.last_used_at else "never used"
            until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "until revoked"
            opens = " ".join(token.scopes) or token.kind.value
            click.echo(
                f"{token.api_token_id:>5} {token.prefix}… {name}: {token.name} ({opens}) {used}, {until}"
            )


@tokens.command("revoke")
@click.argument("number", type=int)
def revoke(number: int) -> None:
    """Let nothing come in by token NUMBER any more."""
    with transaction():
        known = next(
            (token for token, _ in queries.tokens.everybodys() if token.api_token_id == number), None
        )
        if known is None:
            raise click.ClickException(
                f"There is no token {number}. `flask tokens list` names those there are."
            )
        services.tokens.revoke(known, now=clock.now())
        name = known.name
    click.echo(f"{name} opens nothing any more.")
