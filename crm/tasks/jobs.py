"""Planned work that is neither mail nor a person's letter."""

from flask import current_app

from crm import clock, policy, services
from crm.config import Settings
from crm.tasks import LONG_LIMIT, job


@job(in_one_transaction=False)
def run_one(job_id: int) -> None:
    services.jobs.run(job_id, now=clock.now())


@job(in_one_transaction=False, seconds=LONG_LIMIT)
def work_one(job_id: int) -> None:
    settings: Settings = current_app.config["SETTINGS"]
    around = services.jobs.Around(settings.data_dir, policy.may_change_row, policy.may_keep_words)
    services.jobs.run(job_id, now=clock.now(), around=around)
