"""Sending one letter: claimed, handing over (committed before its content leaves), and what became of it.

No transaction is open while the mail server is talked to. The lease outlives any task that holds it, and each
step writes only under its own token, so a worker that was taken for dead can neither send nor overrule.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, TypeAlias, cast

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

_MESSAGES: Final = cast("sa.Table", MailMessage.__table__)
_ATTEMPTS: Final = cast("sa.Table", MailAttempt.__table__)

Claiming: TypeAlias = "sa.Select[Any]"
"""What claims a letter, told `now` and `lease_until`."""

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

    @property
    def mine(self) -> dict[str, Any]:
        """What tells the letter, and that the claim still stands."""
        return {"number": self.mail_message_id, "token": self.token}


def send(mail_message_id: int, *, now: datetime) -> None:
    """Send one letter if it waits and is due, else do nothing. Raises `RuntimeError` in a unit of work."""
    _between_transactions()
    with transaction():
        claim = _claim(_this(), {"number": mail_message_id}, now=now)
    if claim is None:
        return
    failpoints.reach("mail.claimed")
    with mail.Line() as line:
        answer = _hand_over(claim, line)
    with transaction():
        _settle(claim, answer, now=now)
    _is_settled(claim, answer)


def send_waiting(*, now: datetime, rounds: int) -> None:
    """Send the letters that wait and are due, one after the other, for some seconds; then ring for those that
    are left, so many more `rounds`. Those of people whose quiet hours these are wait.

    What became of a letter is committed together with the claim of the next.
    """
    _between_transactions()
    began, passed = time.monotonic(), 0.0
    with transaction():
        asleep = {"asleep": queries.notification_preferences.asleep(now=now)}
        claim = _claim(_anybodys(), asleep, now=now)
    with mail.Line() as line:
        while claim is not None:
            failpoints.reach("mail.claimed")
            done, answer = claim, _hand_over(claim, line)
            passed = time.monotonic() - began
            at = now + timedelta(seconds=passed)
            with transaction():
                _settle(done, answer, now=at)
                claim = _claim(_anybodys(), asleep, now=at) if passed < bell.ROUND_SECONDS else None
            _is_settled(done, answer)
    if passed >= bell.ROUND_SECONDS:
        with transaction():
            bell.ring_again("mails.send_waiting", rounds)


def _between_transactions() -> None:
    if db.session().info.get("in_unit"):
        raise RuntimeError("a letter is sent between transactions, not in one")


def _hand_over(claim: _Claim, line: mail.Line) -> mail.Answer | None:
    """The answer of the mail server; None if the letter became another's before its content left."""
    try:
        answer = mail.hand_over(claim.letter, line, before_content=lambda: _announce(claim))
    except LeaseLost:
        log.warning("lease lost before handing over", mail_message_id=claim.mail_message_id)
        return None
    failpoints.reach("mail.answered")
    return answer


def _is_settled(claim: _Claim, answer: mail.Answer | None) -> None:
    if answer is None:
        return
    failpoints.reach("mail.settled")
    log.info(
        "letter",
        mail_message_id=claim.mail_message_id,
        message_id=claim.letter.message_id,
        outcome=answer.outcome,
    )


def pause_after(attempts: int) -> timedelta:
    """How long a letter rests after that many attempts: 1, 2, 4 … minutes, four hours at most."""
    return min(timedelta(minutes=2 ** min(attempts - 1, 10)), LONGEST_PAUSE)


@cache
def _this() -> Claiming:
    """Claims the letter `number`."""
    return _claiming(_MESSAGES.c.mail_message_id == sa.bindparam("number", type_=sa.BigInteger))


@cache
def _anybodys() -> Claiming:
    """Claims any letter but those that the planner made to people who are `asleep`."""
    asleep = sa.bindparam("asleep", type_=ARRAY(sa.BigInteger))
    return _claiming(
        ~sa.exists().where(
            Delivery.delivery_id == _MESSAGES.c.delivery_id, Delivery.user_id == sa.any_(asleep)
        )
    )


def _claiming(which: sa.ColumnElement[bool]) -> Claiming:
    """Claims the one of these letters that has waited longest, and begins an attempt.

    Which one that is, is asked with `=`, not `in`: a planner may ask `in` anew for each row, and then each
    time the next letter is the answer, since those before it are taken.
    """
    now, lease_until = (
        sa.bindparam(name, type_=sa.DateTime(timezone=True)) for name in ("now", "lease_until")
    )
    waiting = (
        sa.select(_MESSAGES.c.mail_message_id)
        .where(
            which,
            _MESSAGES.c.state == MailState.PLANNED,
            sa.select(FirmSetting.mail_held_at).scalar_subquery().is_(None),
            _MESSAGES.c.next_attempt_at <= sa.func.greatest(now, sa.func.now()),
        )
        .order_by(_MESSAGES.c.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    claimed = (
        sa.update(_MESSAGES)
        .where(_MESSAGES.c.mail_message_id == waiting.scalar_subquery())
        .values(
            state=MailState.CLAIMED,
            attempts=_MESSAGES.c.attempts + 1,
            lease_until=lease_until,
            lease_token=sa.func.gen_random_uuid(),
        )
        .returning(_MESSAGES)
        .cte("claimed")
    )
    begun = (
        sa.insert(_ATTEMPTS)
        .from_select(["mail_message_id", "started_at"], sa.select(claimed.c.mail_message_id, now))
        .returning(_ATTEMPTS.c.mail_attempt_id)
        .cte("begun")
    )
    return sa.select(claimed, begun.c.mail_attempt_id).join(begun, sa.true())


def _claim(claiming: Claiming, which: dict[str, Any], *, now: datetime) -> _Claim | None:
    row = db.session.execute(claiming, which | {"now": now, "lease_until": now + LEASE}).one_or_none()
    if row is None:
        return None
    letter = mail.Letter(
        message_id=row.message_id,
        to=row.to_address,
        subject=row.subject,
        text=row.text_body or "",
        html=row.html_body,
        written_at=row.created_at,
        stop_link=mail.link("/settings") if row.delivery_id else None,
    )
    return _Claim(row.mail_message_id, row.lease_token or "", row.mail_attempt_id, row.attempts, letter)


def _announce(claim: _Claim) -> None:
    """Commit that the content may from now on have arrived. Raises `LeaseLost` if the claim is not ours."""
    failpoints.reach("mail.before marker")
    with transaction():
        mine = db.session.execute(_announcing(), claim.mine).scalar_one_or_none()
    if mine is None:
        raise LeaseLost
    failpoints.reach("mail.after marker")


@cache
def _announcing() -> "sa.sql.dml.ReturningUpdate[int]":
    return (
        sa.update(_MESSAGES)
        .where(_is_ours(), _MESSAGES.c.state == MailState.CLAIMED)
        .values(state=MailState.HANDING_OVER)
        .returning(_MESSAGES.c.mail_message_id)
    )


def _is_ours() -> sa.ColumnElement[bool]:
    """True for the letter that `_Claim.mine` tells of, as long as the claim is not another's."""
    return sa.and_(
        _MESSAGES.c.mail_message_id == sa.bindparam("number", type_=sa.BigInteger),
        _MESSAGES.c.lease_token == sa.bindparam("token", type_=_MESSAGES.c.lease_token.type),
    )


def _settle(claim: _Claim, answer: mail.Answer | None, *, now: datetime) -> None:
    """Write down what became of the letter, unless a person has decided about it in the meantime; nothing if
    it is another's.
    """
    if answer is None:
        return
    mine = db.session.execute(
        sa.update(_MESSAGES)
        .where(
            _is_ours(),
            _MESSAGES.c.state.in_((MailState.CLAIMED, MailState.HANDING_OVER, MailState.IN_DOUBT)),
        )
        .values(**_after(claim, answer, now=now))
        .returning(_MESSAGES.c.mail_message_id),
        claim.mine,
    ).scalar_one_or_none()
    db.session.execute(
        sa.update(_ATTEMPTS)
        .where(_ATTEMPTS.c.mail_attempt_id == claim.mail_attempt_id)
        .values(outcome=answer.outcome, reply=answer.reply, ended_at=sa.func.now())
    )
    if mine is None:
        log.warning("letter was taken back before its answer", mail_message_id=claim.mail_message_id)


def _after(claim: _Claim, answer: mail.Answer, *, now: datetime) -> dict[str, Any]:
    wiped = sa.case((_MESSAGES.c.is_secret, None), else_=_MESSAGES.c.text_body)
    wiped_html = sa.case((_MESSAGES.c.is_secret, None), else_=_MESSAGES.c.html_body)
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
