"""`flask mail`: the ledger's invariants, and the decisions that only a person can make."""

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import NoResultFound

from crm import clock, queries, services
from crm.db import SYSTEM, act_as, transaction
from crm.errors import Refused

mail = AppGroup("mail", help="The mail ledger: is it sound, what is in doubt, and what to do about it.")


@mail.command("audit")
def audit() -> None:
    """Check the ledger. Exits 1 when an invariant is broken."""
    act_as(SYSTEM)
    with transaction():
        states, broken = queries.mails.states(), queries.mails.broken()
    for state, count in sorted(states.items()):
        click.echo(f"{count:>8}  {state.value}")
    for wrong, count in broken.items():
        click.echo(f"BROKEN in {count}: {wrong}")
    if broken:
        raise SystemExit(1)
    click.echo("The ledger is sound.")


@mail.command("in-doubt")
def in_doubt() -> None:
    """Show the letters of which nobody knows whether they arrived."""
    act_as(SYSTEM)
    with transaction():
        letters = [
            f"{m.mail_message_id:>6}  {m.updated_at:%Y-%m-%d %H:%M} UTC  {m.to_address}  {m.subject}\n"
            f"        {m.message_id}  {m.last_error or ''}"
            for m in queries.mails.in_doubt()
        ]
    for line in letters:
        click.echo(line)
    click.echo(
        "Ask the reader or the mail server, then: flask mail accept ID (it arrived) or resend ID (it did not)"
        if letters
        else "Nothing is in doubt."
    )


@mail.command("resend")
@click.argument("mail_message_id", type=int)
def resend(mail_message_id: int) -> None:
    """Send a letter that is in doubt or failed (again)."""
    _decide(services.mails.resend, mail_message_id)
    click.echo(f"Letter {mail_message_id} waits to be sent.")


@mail.command("accept")
@click.argument("mail_message_id", type=int)
def accept(mail_message_id: int) -> None:
    """Take a letter in doubt for sent."""
    _decide(services.mails.accept, mail_message_id)
    click.echo(f"Letter {mail_message_id} counts as sent.")


@mail.command("hold")
@click.option("--because", required=True, help="Shown to everybody who asks why no mail comes.")
@click.option(
    "--journal",
    is_flag=True,
    help="And let nothing leave again that MAIL_JOURNAL names: for a database that went back in time.",
)
def hold(because: str, *, journal: bool) -> None:
    """Let no mail leave until `flask mail release`. Letters are written and wait; nothing is lost."""
    act_as(SYSTEM)
    with transaction():
        services.mails.hold(because=because, now=clock.now())
    click.echo("No mail leaves from now on. flask mail release ends that.")
    if journal:
        try:
            letters = services.restores.note_left(current_app.config["SETTINGS"])
        except Refused as refused:
            raise click.ClickException(refused.message) from refused
        click.echo(f"The mail journal names {letters:,} letters that left; none of them leaves again.")


@mail.command("release")
def release() -> None:
    """Let mail leave again."""
    act_as(SYSTEM)
    with transaction():
        services.mails.release()
    click.echo("Mail leaves again, with the next tick.")


def _decide(decision: "services.mails.Decision", mail_message_id: int) -> None:
    act_as(SYSTEM)
    try:
        with transaction():
            decision(mail_message_id, now=clock.now())
    except Refused as refused:
        raise click.ClickException(refused.message) from refused
    except NoResultFound as error:
        raise click.ClickException(f"There is no letter {mail_message_id}.") from error
