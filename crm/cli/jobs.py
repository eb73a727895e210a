"""`flask jobs`: the tick by hand, and planned work."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import NoResultFound

from crm import clock, queries, services
from crm.config import Settings
from crm.db import SYSTEM, act_as, transaction
from crm.errors import Refused

jobs = AppGroup("jobs", help="The tick, and planned work: what ran, what waits, what failed.")


@jobs.command("tick")
@click.option("--now", "moment", help="Pretend it is this moment, like 2026-11-24T07:00 (the firm's zone).")
def tick(moment: str | None) -> None:
    """Do what beat does each minute: plan what is due and ring for what waits. Harmless at any time."""
    act_as(SYSTEM)
    now = clock.now() if moment is None else _pretended(moment)
    services.planning.tick(now=now)
    with transaction():
        waiting = queries.mails.deliveries_waiting(now=now, most=services.planning.MOST_BELLS)
        letters = queries.mails.waiting(now=now, most=services.planning.MOST_BELLS)
    click.echo(f"Ticked at {now:%Y-%m-%d %H:%M} UTC. Waiting for a worker: {len(waiting)} to be written, "
               f"{len(letters)} to be sent.")  # fmt: skip


@jobs.command("list")
@click.option("--kind", help="Only this kind, like engagement.")
@click.option("--most", default=20, show_default=True, help="How many, the newest first.")
def list_newest(kind: str | None, most: int) -> None:
    """Show the newest jobs with their state and result."""
    act_as(SYSTEM)
    with transaction():
        for job in queries.jobs.newest(most=most, kind=kind):
            told = job.last_error if job.state != "done" else _figures(job.result)
            click.echo(f"{job.job_id:>6}  {job.kind:<12} {job.run_key:<20} {job.state.value:<8} {told or ''}")


@jobs.command("retry")
@click.argument("job_id", type=int)
def retry(job_id: int) -> None:
    """Let a failed or stopped job run again."""
    act_as(SYSTEM)
    try:
        with transaction():
            services.jobs.retry(job_id, now=clock.now())
    except (Refused, NoResultFound) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Job {job_id} waits for a worker.")


@jobs.command("cancel")
@click.argument("job_id", type=int)
def cancel(job_id: int) -> None:
    """Stop a job: at once if it waits, between two of its steps if it runs."""
    act_as(SYSTEM)
    try:
        with transaction():
            is_over = services.jobs.cancel(job_id, now=clock.now())
    except (Refused, NoResultFound) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Job {job_id} {'is stopped' if is_over else 'stops before its next step'}.")


def _pretended(moment: str) -> datetime:
    """The moment that --now names; a naive one is read in the firm's zone."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.pantry_env == "production":
        raise click.UsageError("--now is for demo and tests: in production the clock is what it is.")
    try:
        named = datetime.fromisoformat(moment)
    except ValueError as error:
        raise click.BadParameter("write it like 2026-11-24T07:00", param_hint="--now") from error
    if named.tzinfo is None:
        named = named.replace(tzinfo=ZoneInfo(settings.firm_timezone))
    return named.astimezone(UTC)


def _figures(result: dict[str, object] | None) -> str:
    return ", ".join(f"{name} {value}" for name, value in (result or {}).items())
