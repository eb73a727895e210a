"""`flask imports preview` and `revert`, and what `run` does with a workbook: the same sessions as the pages
have, without a worker.
"""

from pathlib import Path

import click
from flask import current_app
from sqlalchemy.exc import NoResultFound

from crm import clock, import_sentences, policy, queries, services
from crm.config import Settings
from crm.db import SYSTEM, act_as, db, transaction
from crm.enums import ImportOutcome, ImportState
from crm.errors import Refused
from crm.models import Job, User
from crm.queries.imports import RowsWanted
from crm.services.imports import sessions

_MOST_TOLD = 50


def check(file: Path, email: str) -> int:
    """Read and check FILE as somebody; the session. Raises `Refused` for a file that cannot be taken."""
    with transaction():
        person = enter(email)
        with file.open("rb") as stream:
            number = sessions.begin(stream, name=file.name, by=person, data_dir=_settings().data_dir)
    _work(number)
    with transaction():
        session = queries.imports.get(number)
        if session.state is ImportState.REFUSED:
            raise Refused(session.problem or "The file could not be taken.")
    return number


def apply(number: int) -> None:
    """Bring in what the check told."""
    with transaction():
        sessions.apply(queries.imports.get(number))
    _work(number)


def revert(number: int, email: str, *, is_edited_left: bool) -> str:
    """Take all of it back; what became of it. Raises `Refused`, and `NoResultFound` for a stranger's."""
    with transaction():
        person = enter(email)
        session = queries.imports.get(number)
        if session.user_id != person.user_id and not policy.may_see_jobs_of_others(person):
            raise NoResultFound
        sessions.revert(session, is_edited_left=is_edited_left)
    return _work(number)


def tell(number: int) -> bool:
    """Say what would come of the import, or came; true if no row was left out."""
    with transaction():
        session = queries.imports.get(number)
        click.echo(f"Import {number}: {session.name}, {session.told}. {import_sentences.summary(session)}.")
        for label, n, more in import_sentences.stats(session):
            click.echo(f"  {n:,} {label}{f', {more}' if more else ''}")
        for sheet in queries.imports.sheets(number):
            if sheet.rows_total:
                chosen = "imported" if sheet.is_chosen else "kept as rows"
                click.echo(f"  {sheet.name.strip()}: {sheet.kind}, {sheet.rows_total:,} rows, {chosen}")
        for question in session.questions[:_MOST_TOLD]:
            click.echo(
                f'  Not known: {question["topic"]} "{question["text"]}" ({question["sheet"].strip()}, row '
                f"{question['row']}); {_said(question['default'], dict(question['proposals']))}."
            )
        left = queries.imports.rows(number, RowsWanted(ImportOutcome.UNREADABLE), most=_MOST_TOLD)
        for row in left[:_MOST_TOLD]:
            click.echo(f"  {row.sheet.strip()}, row {row.row}: {import_sentences.wrong(row.problems)}")
        if len(left) > _MOST_TOLD:
            click.echo("  and more.")
        return not left


def _said(default: str, proposals: dict[str, str]) -> str:
    return {"leave": "left out", "create": "created"}.get(default, f'taken for "{proposals.get(default)}"')


def enter(email: str) -> User:
    """The person with this address; the system acts for them."""
    act_as(SYSTEM)
    try:
        return queries.users.by_email(email)
    except NoResultFound as error:
        raise click.BadParameter(f"nobody with the address {email} can sign in", param_hint="--as") from error


def _work(number: int) -> str:
    """Do what the session waits for, here and now; how it ended."""
    with transaction():
        job_id = queries.imports.get(number).job_id
    if job_id is None:
        raise RuntimeError("nothing was asked for")
    around = services.jobs.Around(_settings().data_dir, policy.may_change_row)
    services.jobs.run(job_id, now=clock.now(), around=around)
    with transaction():
        db.session.expire_all()
        job = db.session.get_one(Job, job_id)
        return ", ".join(f"{n:,} {name}" for name, n in (job.result or {}).items()) or (job.last_error or "")


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
