"""Handing letters to the mail server."""

from crm import clock, services
from crm.tasks import job


@job(in_one_transaction=False)
def send_one(mail_message_id: int) -> None:
    services.sending.send(mail_message_id, now=clock.now())


@job(in_one_transaction=False)
def send_waiting(rounds: int) -> None:
    services.sending.send_waiting(now=clock.now(), rounds=rounds)
