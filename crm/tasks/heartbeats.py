"""A sign of life from each queue: only a worker that hears it gives one."""

from crm import clock, services
from crm.tasks import job


@job()
def default() -> None:
    services.heartbeats.beat("queue default", now=clock.now())


@job()
def mail() -> None:
    services.heartbeats.beat("queue mail", now=clock.now())


@job()
def work() -> None:
    services.heartbeats.beat("queue work", now=clock.now())
