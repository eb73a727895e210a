"""Invitations: the letter by which somebody new comes to a password of their own."""

from crm import mail
from crm.errors import Refused
from crm.models import User
from crm.services import mails

DAYS = 7
"""For how many days the link of an invitation is good."""


def send(user: User, *, path: str, by: User) -> int:
    """Write the letter with the link to `path` into the ledger; returns its `mail_message_id`.

    The link is a key to the account, so the letter is wiped once it is sent.
    """
    letter = mail.render(
        "invitation", greeting="Welcome", first_name=user.first_name, path=path, by=by.full_name, days=DAYS
    )
    return mails.queue(
        to=user.email, subject=letter.subject, text=letter.text, html=letter.html, is_secret=True
    )


def send_again(user: User, *, path: str, by: User) -> int:
    """Write the letter once more. Raises `Refused` for somebody who needs none or cannot sign in at all."""
    if not user.active:
        raise Refused(f"{user.full_name} is switched off. Let them sign in again first.")
    if user.password:
        raise Refused(
            f"{user.full_name} has a password by now. They can choose a new one at the sign-in page."
        )
    return send(user, path=path, by=by)
