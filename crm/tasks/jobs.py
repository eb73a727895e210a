"""Planned work that is neither mail nor a person's letter."""

from crm import clock, services
from crm.tasks import job


@job(in_one_transaction=False)
def run_one(job_id: int) -> None:
    services.jobs.run(job_id, now=clock.now())
