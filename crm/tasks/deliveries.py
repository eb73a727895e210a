"""Making a person's reminder or digest out of what is known now."""

from crm import services
from crm.tasks import job


@job()
def make_one(delivery_id: int) -> None:
    services.deliveries.make(delivery_id)
