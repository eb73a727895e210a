"""What `flask imports` does with a file: the same sessions as the pages have, without a worker."""

import time
from pathlib import Path
from typing import Final

import click
from flask import current_app
from sqlalchemy.exc import NoResultFound

from crm import clock, policy, queries, services
from crm.cli import import_reports
from crm.config import Settings
from crm.db import SYSTEM, act_as, db, on_behalf_of, transaction
from crm.enums import ImportState, JobState
from crm.errors import Refused
from crm.models import Job, User
from crm.services.imports import AliasReport, sessions
from crm.services.imports.plans.desk import CREATE, DISTRIBUTOR

_PAUSE: Final = 0.5


def check(file: Path, email: str, *, encoding: str = "") -> int:
    """Read and check FILE as somebody; the session. Raises `Refused` for a file that cannot be taken."""
    with transaction():
        person = _enter(email)
        with file.open("rb") as stream:
            number = sessions.begin(
                stream, name=file.name, by=person, data_dir=_settings().data_dir, encoding=encoding
            )
    _work_on_check(number)
    return number


def check_again(number: int) -> None:
    """Check the rows once more: what the book knows has changed."""
    with transaction():
        sessions.check(queries.imports.get(number))
    _work_on_check(number)


def create_distributors(number: int) -> None:
    """Let distributors that nobody has heard of be created, and check once more."""
    with transaction():
        session = queries.imports.get(number)
        unknown = {one["text"]: CREATE for one in session.questions if one["topic"] == DISTRIBUTOR}
        if not unknown:
            return
        sheets = queries.imports.sheets(number)
        sessions.decide(
            session,
            by=queries.users.get(session.user_id),
            kinds={},
            chosen={sheet.import_sheet_id for sheet in sheets if sheet.is_chosen},
            fields={},
            answers={DISTRIBUTOR: unknown},
        )
        created = ", ".join(unknown)
    check_again(number)
    click.echo(f"Distributors created: {created}.")


def load_aliases(file: Path, email: str) -> AliasReport:
    """Bring in an alias list with the rights of whoever imports."""
    with transaction():
        person = _enter(email)
        team = queries.users.team(person.user_id)
        with file.open("rb") as stream, on_behalf_of(person.user_id):
            return services.imports.load_aliases(
                stream, may_change=lambda owners: policy.may_change(person, owners=owners, team=team)
            )


def apply(number: int) -> bool:
    """Bring in what the check told; true if all of it is in."""
    with transaction():
        session = queries.imports.get(number)
        if not queries.imports.count_steps(number):
            click.echo("Nothing to bring in: the book says all of it already.")
            return True
        sessions.apply(session)
    click.echo(f"\nImport {number}: {_work(number)}.")
    return import_reports.tell_left(number)


def revert(number: int, email: str, *, is_edited_left: bool) -> str:
    """Take all of it back; what became of it. Raises `Refused`, and `NoResultFound` for a stranger's."""
    with transaction():
        person = _enter(email)
        session = queries.imports.get(number)
        if session.user_id != person.user_id and not policy.may_see_jobs_of_others(person):
            raise NoResultFound
        sessions.revert(session, is_edited_left=is_edited_left)
    return _work(number)


def _enter(email: str) -> User:
    """The person with this address; the system acts for them."""
    act_as(SYSTEM)
    try:
        return queries.users.by_email(email)
    except NoResultFound as error:
        raise click.BadParameter(f"nobody with the address {email} can sign in", param_hint="--as") from error


def _work_on_check(number: int) -> None:
    _work(number)
    with transaction():
        session = queries.imports.get(number)
        if session.state is ImportState.REFUSED:
            raise Refused(session.problem or "The file could not be taken.")


def _work(number: int) -> str:
    """Do what the session waits for, here and now, or wait for the worker that took it before; how it
    ended. Raises `Refused` if it failed.
    """
    with transaction():
        job_id = queries.imports.get(number).job_id
    if job_id is None:
        raise RuntimeError("nothing was asked for")
    around = services.jobs.Around(_settings().data_dir, policy.may_change_row, policy.may_keep_words)
    services.jobs.run(job_id, now=clock.now(), around=around)
    told = -1
    while True:
        with transaction():
            db.session.expire_all()
            job = db.session.get_one(Job, job_id)
            is_waited_for = job.state is JobState.RUNNING
            is_held = job.state is JobState.PLANNED and job.kind in queries.flags.held_work()
            rows, figures, error = job.rows_done, job.result or {}, job.last_error
        if is_held:
            raise Refused(
                "Imports are switched off; it goes on when they are on: flask flags set imports on."
            )
        if not is_waited_for:
            break
        if rows != told:
            click.echo(f"{rows:,} rows done by a worker", err=True)
            told = rows
        time.sleep(_PAUSE)
    if error and not figures:
        raise Refused(error)
    return ", ".join(f"{n:,} {name}" for name, n in figures.items())


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
