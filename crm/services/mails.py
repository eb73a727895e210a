"""The mail ledger: a letter is a row before anything else, and a person decides where the machine cannot."""

from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm import bell, mail
from crm.db import db
from crm.enums import MailState
from crm.errors import Refused
from crm.models import FirmSetting, JournaledMail, MailAttempt, MailMessage


class Decision(Protocol):
    """`resend` or `accept`."""

    def __call__(self, mail_message_id: int, *, now: datetime) -> None: ...


def queue(
    *,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    is_secret: bool = False,
    delivery_id: int | None = None,
    name: str | None = None,
) -> int:
    """Write a letter into the ledger and ring for it after the commit; whoever makes many for the planner
    (`delivery_id`) rings once for all of them. Returns its `mail_message_id`.

    `is_secret` bodies (a reset link) are wiped once sent. `name` makes the Message-ID the same whenever the
    same letter is made; without it, it is new. A letter of this name that left before the book was restored
    from a backup is written as the mail journal tells of it, and does not leave again.
    """
    message_id = mail.new_message_id(name)
    state: dict[str, Any] = {} if name is None else _journaled(message_id)
    # Without the mapper: before sign-in the web may insert here and read nothing back but the key.
    number = db.session.execute(
        insert(MailMessage)
        .values(
            to_address=mail.one_line(to),
            subject=mail.one_line(subject),
            text_body=text,
            html_body=html,
            is_secret=is_secret,
            delivery_id=delivery_id,
            message_id=message_id,
            **state,
        )
        .returning(MailMessage.mail_message_id)
    ).scalar_one()
    if delivery_id is None:
        bell.ring("mails.send_one", number)
    return number


def _journaled(message_id: str) -> dict[str, Any]:
    """How far a letter of this Message-ID had come before a restore: where it is not planned any more."""
    known = sa.select(JournaledMail).where(JournaledMail.message_id == message_id)
    planned = sa.cast(MailState.PLANNED, MailMessage.state.type)
    return {
        "state": sa.func.coalesce(known.with_only_columns(JournaledMail.state).scalar_subquery(), planned),
        "sent_at": known.with_only_columns(JournaledMail.noted_at)
        .where(JournaledMail.state == MailState.SENT)
        .scalar_subquery(),
    }


def resend(mail_message_id: int, *, now: datetime) -> None:
    """Somebody decided that a letter in doubt, or one that failed, is to be sent (again).

    Raises `Refused` for a letter in any other state, or one whose content has been wiped.
    """
    message = _decided(mail_message_id, MailState.IN_DOUBT, MailState.FAILED)
    if message.text_body is None:
        raise Refused("The content of this letter was wiped. Have it made anew where it came from.")
    message.state = MailState.PLANNED
    message.attempts = 0
    message.next_attempt_at = now
    message.lease_token = message.lease_until = None
    bell.ring("mails.send_one", mail_message_id)


def accept(mail_message_id: int, *, now: datetime) -> None:
    """Somebody decided that a letter in doubt did arrive, or that it no longer matters.

    Raises `Refused` for a letter in any other state.
    """
    message = _decided(mail_message_id, MailState.IN_DOUBT)
    message.state = MailState.SENT
    message.sent_at = now
    message.lease_token = message.lease_until = None
    if message.is_secret:
        message.text_body = message.html_body = None


def hold(*, because: str, now: datetime) -> None:
    """Let no mail leave until it is released. Letters are written and wait; one that is on its way goes
    on.
    """
    _hold(mail_held_at=now, mail_held_because=because)


def release() -> None:
    """Let mail leave again; what waits is rung for by the next tick."""
    _hold(mail_held_at=None, mail_held_because=None)


def _hold(**values: Any) -> None:
    db.session.execute(
        sa.update(FirmSetting).values(**values), execution_options={"synchronize_session": False}
    )


def free_expired(*, now: datetime) -> dict[str, int]:
    """Take letters back from workers that are gone; returns how many went back and how many are in doubt.

    Claimed and not begun: planned again. Begun: nobody can know whether it arrived, so it is in doubt and
    waits for a person. Its token stays, so that a worker that was only slow may still tell the truth.
    """
    lost = "The worker that held this letter was gone before its answer."
    doubtful = db.session.scalars(
        sa.update(MailMessage)
        .where(_is_expired(MailState.HANDING_OVER, now))
        .values(state=MailState.IN_DOUBT, lease_until=None, last_error=lost)
        .returning(MailMessage.mail_message_id)
    ).all()
    freed = db.session.scalars(
        sa.update(MailMessage)
        .where(_is_expired(MailState.CLAIMED, now))
        .values(state=MailState.PLANNED, lease_until=None, lease_token=None, last_error=lost)
        .returning(MailMessage.mail_message_id)
    ).all()
    for outcome, ids in (("in doubt", doubtful), ("deferred", freed)):
        db.session.execute(
            sa.update(MailAttempt)
            .where(MailAttempt.mail_message_id.in_(ids), MailAttempt.outcome.is_(None))
            .values(outcome=outcome, ended_at=now, reply=lost)
        )
    return {"freed": len(freed), "in doubt": len(doubtful)}


def _is_expired(state: MailState, now: datetime) -> sa.ColumnElement[bool]:
    """True for letters in this state whose lease is over; what somebody locks is left to the next tick."""
    expired = sa.select(MailMessage.mail_message_id).where(
        MailMessage.state == state, MailMessage.lease_until < now
    )
    return MailMessage.mail_message_id.in_(expired.with_for_update(skip_locked=True))


def _decided(mail_message_id: int, *states: MailState) -> MailMessage:
    """The letter, locked, if it is in one of `states`; raises `NoResultFound` or `Refused` else."""
    message = db.session.execute(
        sa.select(MailMessage)
        .where(MailMessage.mail_message_id == mail_message_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    if message.state not in states:
        raise Refused(f"Letter {mail_message_id} is {message.state.value}: nothing to decide about it.")
    return message
