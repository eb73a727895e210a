"""Making people's reminders and digests out of what is known now."""

from crm import clock, services
from crm.tasks import job


@job(in_one_transaction=False)
def make_waiting(rounds: int) -> None:
    services.deliveries.make_waiting(now=clock.now(), rounds=rounds)
