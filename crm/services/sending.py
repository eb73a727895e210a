"""Sending one letter: claimed, handing over (committed before its content leaves), and what became of it.

No transaction is open while the mail server is talked to. The lease outlives any task that holds it, and each
step writes only under its own token, so a worker that was taken for dead can neither send nor overrule.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import ARRAY

from crm import bell, failpoints, mail, queries
from crm.db import db, transaction
from crm.enums import MailState
from crm.models import Delivery, FirmSetting, MailAttempt, MailMessage

LEASE: Final = timedelta(minutes=3)
"""Longer than `crm.tasks.HARD_LIMIT`, so the holder of a lease that ran out is dead."""
MOST_ATTEMPTS: Final = 15
LONGEST_PAUSE: Final = timedelta(hours=4)

_IDS: Final = ARRAY(sa.BigInteger)

log = structlog.get_logger()


class LeaseLost(Exception):
    """Somebody else took the letter in the meantime; it is theirs."""


@dataclass(frozen=True)
class _Claim:
    mail_message_id: int
    token: str
    mail_attempt_id: int
    attempts: int
    letter: mail.Letter


def send(mail_message_id: int, *, now: datetime) -> None:
    """Send one letter if it waits and is due, else do nothing. Raises `RuntimeError` in a unit of work."""
    _send(MailMessage.mail_message_id == mail_message_id, now=now)


def send_waiting(*, now: datetime, rounds: int) -> None:
    """Send the letters that wait and are due, one after the other, for some seconds; then ring for those that
    are left, so many more `rounds`. Those of people whose quiet hours these are wait.
    """
    with transaction():
        asleep = queries.notification_preferences.asleep(now=now)
    sleeps = sa.exists().where(
        Delivery.delivery_id == MailMessage.delivery_id, Delivery.user_id == sa.any_(sa.literal(asleep, _IDS))
    )
    began = time.monotonic()
    while (passed := time.monotonic() - began) < bell.ROUND_SECONDS:
        if not _send(~sleeps, now=now + timedelta(seconds=passed)):
            return
    with transaction():
        bell.ring_again("mails.send_waiting", rounds)


def _send(which: sa.ColumnElement[bool], *, now: datetime) -> bool:
    """Send one of these letters; False if none of them waits."""
    if db.session().info.get("in_unit"):
        raise RuntimeError("a letter is sent between transactions, not in one")
    with transaction():
        claim = _claim(which, now=now)
    if claim is None:
        return False
    failpoints.reach("mail.claimed")
    try:
        answer = mail.hand_over(claim.letter, before_content=lambda: _announce(claim))
    except LeaseLost:
        log.warning("lease lost before handing over", mail_message_id=claim.mail_message_id)
        return True
    failpoints.reach("mail.answered")
    with transaction():
        _settle(claim, answer, now=now)
    failpoints.reach("mail.settled")
    log.info(
        "letter",
        mail_message_id=claim.mail_message_id,
        message_id=claim.letter.message_id,
        outcome=answer.outcome,
    )
    return True


def pause_after(attempts: int) -> timedelta:
    """How long a letter rests after that many attempts: 1, 2, 4 … minutes, four hours at most."""
    return min(timedelta(minutes=2 ** min(attempts - 1, 10)), LONGEST_PAUSE)


def _claim(which: sa.ColumnElement[bool], *, now: datetime) -> _Claim | None:
    """Claim the one of these letters that has waited longest."""
    waiting = (
        sa.select(MailMessage.mail_message_id)
        .where(
            which,
            MailMessage.state == MailState.PLANNED,
            sa.select(FirmSetting.mail_held_at).scalar_subquery().is_(None),
            MailMessage.next_attempt_at <= sa.func.greatest(now, sa.func.now()),
        )
        .order_by(MailMessage.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = db.session.execute(
        sa.update(MailMessage)
        .where(MailMessage.mail_message_id.in_(waiting.scalar_subquery()))
        .values(
            state=MailState.CLAIMED,
            attempts=MailMessage.attempts + 1,
            lease_until=now + LEASE,
            lease_token=sa.func.gen_random_uuid(),
        )
        .returning(MailMessage)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        return None
    attempt = db.session.execute(
        sa.insert(MailAttempt)
        .values(mail_message_id=row.mail_message_id, started_at=now)
        .returning(MailAttempt.mail_attempt_id)
    ).scalar_one()
    letter = mail.Letter(
        message_id=row.message_id,
        to=row.to_address,
        subject=row.subject,
        text=row.text_body or "",
        html=row.html_body,
        written_at=row.created_at,
        stop_link=mail.link("/settings") if row.delivery_id else None,
    )
    return _Claim(row.mail_message_id, row.lease_token or "", attempt, row.attempts, letter)


def _announce(claim: _Claim) -> None:
    """Commit that the content may from now on have arrived. Raises `LeaseLost` if the claim is not ours."""
    failpoints.reach("mail.before marker")
    with transaction():
        mine = db.session.execute(
            sa.update(MailMessage)
            .where(
                MailMessage.mail_message_id == claim.mail_message_id,
                MailMessage.lease_token == claim.token,
                MailMessage.state == MailState.CLAIMED,
            )
            .values(state=MailState.HANDING_OVER)
            .returning(MailMessage.mail_message_id)
        ).scalar_one_or_none()
    if mine is None:
        raise LeaseLost
    failpoints.reach("mail.after marker")


def _settle(claim: _Claim, answer: mail.Answer, *, now: datetime) -> None:
    """Write down what became of the letter, unless a person has decided about it in the meantime."""
    mine = db.session.execute(
        sa.update(MailMessage)
        .where(
            MailMessage.mail_message_id == claim.mail_message_id,
            MailMessage.lease_token == claim.token,
            MailMessage.state.in_((MailState.CLAIMED, MailState.HANDING_OVER, MailState.IN_DOUBT)),
        )
        .values(**_after(claim, answer, now=now))
        .returning(MailMessage.mail_message_id)
    ).scalar_one_or_none()
    db.session.execute(
        sa.update(MailAttempt)
        .where(MailAttempt.mail_attempt_id == claim.mail_attempt_id)
        .values(outcome=answer.outcome, reply=answer.reply, ended_at=sa.func.now())
    )
    if mine is None:
        log.warning("letter was taken back before its answer", mail_message_id=claim.mail_message_id)


def _after(claim: _Claim, answer: mail.Answer, *, now: datetime) -> dict[str, Any]:
    wiped = sa.case((MailMessage.is_secret, None), else_=MailMessage.text_body)
    wiped_html = sa.case((MailMessage.is_secret, None), else_=MailMessage.html_body)
    told: dict[str, Any] = {"last_error": answer.reply, "lease_until": None}
    match answer.outcome:
        case "sent":
            return {
                "state": MailState.SENT,
                "sent_at": sa.func.now(),
                "last_error": None,
                "lease_until": None,
                "text_body": wiped,
                "html_body": wiped_html,
            }
        case "deferred" if claim.attempts < MOST_ATTEMPTS:
            again = now + pause_after(claim.attempts)
            return dict(told, state=MailState.PLANNED, next_attempt_at=again, lease_token=None)
        case "in doubt":
            return {**told, "state": MailState.IN_DOUBT}
        case _:
            return {**told, "state": MailState.FAILED}
