"""Keeping promises: completing, reopening, snoozing, moving to another day, handing over, and undo.

Whoever wants to know whether a person may do it asks `crm.policy` first: anyone signed in completes and
reopens; the rest is changing the row. "Not before today" is a rule of the form.

Each function takes the row for itself before it looks: of two people who complete one promise at once the
second is told so. `seen` is the version that the person looked at, where that matters.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from crm.db import db
from crm.errors import Refused
from crm.models import Interaction, User


@dataclass(frozen=True)
class Was:
    """What a promise was before it was snoozed, moved or handed over, and the version that made of it."""

    interaction_id: int
    version: int
    follow_up_date: date
    snoozed_until_on: date | None
    owner_id: int | None
    times_rescheduled: int


def complete(promise: Interaction, *, by: User, now: datetime, with_: Interaction | None = None) -> None:
    """The promise is kept: by whom, when (UTC) and, if it was logged, with which interaction.

    One that was completed without being logged gets its interaction, and stays completed as it was. Raises
    `Refused` if it is kept already otherwise; nothing changes then.
    """
    _take(promise)
    if promise.completed_at is None:
        promise.completed_at = now
        promise.completed_by = by.user_id
    elif with_ is None or promise.completed_with is not None:
        raise Refused(f"{_completer(promise, by)} completed this already. Nothing is left to do.")
    promise.completed_with = with_.interaction_id if with_ else None
    db.session.flush()


def reopen(promise: Interaction) -> None:
    """A kept promise is open again, with the day it had. Raises `Refused` if it is open."""
    _take(promise)
    if promise.completed_at is None:
        raise Refused("This is open already: somebody took the completion back before you.")
    promise.completed_at = promise.completed_by = promise.completed_with = None
    db.session.flush()


def snooze(promise: Interaction, *, until: date, seen: int | None = None) -> Was:
    """Hide an open promise until the day `until`; it keeps the day it is due.

    Raises `Refused` if it is kept, was changed since `seen`, or is not due before `until` anyway.
    """
    was = _take_open(promise, seen)
    if until <= was.follow_up_date:
        raise Refused(
            "It is not due before that day anyway. Choose a later one, or reschedule it.", field="until"
        )
    promise.snoozed_until_on = until
    return _changed(promise, was)


def reschedule(promise: Interaction, *, to: date, seen: int | None = None) -> Was:
    """Promise an open follow-up for another day; what was snoozed wakes up with it, and the move is counted.

    Raises `Refused` if it is kept, was changed since `seen`, or stands on that day already.
    """
    was = _take_open(promise, seen)
    if to == was.follow_up_date:
        raise Refused("That is the day it has now. Choose another one.", field="date")
    promise.follow_up_date = to
    promise.snoozed_until_on = None
    promise.times_rescheduled += 1
    return _changed(promise, was)


def hand_over(promise: Interaction, *, to: int, seen: int | None = None) -> Was:
    """Let the person `to` keep an open promise.

    Raises `Refused` if it is kept, was changed since `seen`, is theirs already, or they no longer work here.
    """
    was = _take_open(promise, seen)
    keeper = db.session.get(User, to)
    if keeper is None or not keeper.active:
        raise Refused(
            "This person does not sign in here any more. Choose a colleague who does.", field="owner"
        )
    if promise.owner_id == to:
        raise Refused(f"{keeper.full_name} keeps it already. Choose somebody else.", field="owner")
    promise.owner_id = to
    return _changed(promise, was)


def put_back(promise: Interaction, was: Was) -> None:
    """Undo a snooze, a move or a handing over. Raises `Refused` if the promise was changed again since."""
    _take(promise)
    if promise.version != was.version:
        raise Refused("This was changed again since, so it stays as it is now.")
    promise.follow_up_date = was.follow_up_date
    promise.snoozed_until_on = was.snoozed_until_on
    promise.owner_id = was.owner_id
    promise.times_rescheduled = was.times_rescheduled
    db.session.flush()


def _take(promise: Interaction) -> None:
    """Lock the row and read it as it is now; whoever holds it is waited for."""
    db.session.refresh(promise, with_for_update=True)


def _take_open(promise: Interaction, seen: int | None) -> Was:
    _take(promise)
    if promise.completed_at is not None:
        raise Refused("This was completed in the meantime. Reopen it first if it is not done.")
    if seen is not None and seen != promise.version:
        raise Refused("Somebody changed this since you opened it. Look at it again.", field="version")
    if promise.follow_up_date is None:
        raise Refused("Nothing was promised here.")
    return Was(
        promise.interaction_id,
        promise.version,
        promise.follow_up_date,
        promise.snoozed_until_on,
        promise.owner_id,
        promise.times_rescheduled,
    )


def _changed(promise: Interaction, was: Was) -> Was:
    db.session.flush()
    return replace(was, version=promise.version)


def _completer(promise: Interaction, by: User) -> str:
    if promise.completed_by == by.user_id:
        return "You"
    keeper = db.session.get(User, promise.completed_by) if promise.completed_by else None
    return keeper.full_name if keeper else "Somebody"
