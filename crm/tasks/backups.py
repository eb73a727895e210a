"""The backup of the night."""

from flask import current_app

from crm import clock, services
from crm.tasks import job


@job(in_one_transaction=False, seconds=3900)  # a dump may take an hour
def make_due() -> None:
    services.backups.make_due(current_app.config["SETTINGS"], now=clock.now())
