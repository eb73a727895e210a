"""Merges of more than one request moves, and their way back, as jobs.

Each is one transaction, whatever its size: a worker that dies leaves all as it was, and the next one begins
anew. How far it is, it says beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from crm import queries
from crm.db import database_now, name_in_trail, transaction
from crm.enums import JobQueue, RecordKind
from crm.errors import Refused
from crm.models import User
from crm.queries.merges import MERGING, SPLITTING
from crm.services import jobs, merges
from crm.services.jobs import Held
from crm.services.records import StaleVersion

UNDER_WAY: Final = "One of the two is being merged already. Look at it among your jobs."
GOING_BACK: Final = "That is being undone already. Look at it among your jobs."
CHANGED: Final = "One of the two was changed before its turn came. Look at them again."
OTHERS: Final = "One of the two is a colleague's by now."


@dataclass(slots=True)
class _Told:
    """Says beside the transaction how many rows moved, and hears whether to stop."""

    held: Held
    total: int
    rows: int = 0

    def __call__(self, rows: int) -> None:
        self.rows += rows
        jobs.report(self.held, min(self.rows, self.total))


def ask(
    kind: RecordKind,
    keep: int,
    other: int,
    *,
    choices: Mapping[str, str],
    seen: tuple[int, int],
    title: str,
    by: User,
) -> int:
    """Ask for the record `other` to become a part of `keep`. The job.

    Ask first whether the person may change both. Raises as `merges.merge`, and `Refused` where one of the two
    is being merged.
    """
    must_rest(kind, keep, other)
    survivor, absorbed = merges.seen_so(kind, keep, other, seen=seen)
    must_rest(kind, keep, other)  # somebody else may have asked while we waited for them
    merges.chosen(kind, survivor, absorbed, choices)
    total = queries.merges.hung(kind, keep, other)
    asked = {"kind": kind.value, "keep": keep, "other": other, "choices": dict(choices), "seen": list(seen)}
    return _add(MERGING, by=by.user_id, asked=asked | {"title": title, "total": total})


def must_rest(kind: RecordKind, keep: int, other: int) -> None:
    """Raises `Refused` while a job is about to merge one of the two."""
    if queries.merges.is_under_way(kind, (keep, other)):
        raise Refused(UNDER_WAY)


def work(held: Held) -> None:
    """Make the two one, if they are as they were seen."""
    said = held.asked
    kind, keep, other = RecordKind(said["kind"]), int(said["keep"]), int(said["other"])
    tell = _Told(held, int(said["total"]))
    with transaction():
        tell(0)
        _must_be_allowed(held, kind, keep, other)
        name_in_trail(held.person)
        seen = (int(said["seen"][0]), int(said["seen"][1]))
        try:
            merges.merge(kind, keep, other, choices=said["choices"], seen=seen, tell=tell)
        except StaleVersion:
            raise Refused(CHANGED) from None
        jobs.hold(held)
        told = f"{tell.rows:,} things moved. You can undo it for 30 days."
        jobs.finish(held, result={"moved": tell.rows}, told=told, link=f"/{kind.value}s/{keep}")


def ask_back(merge_log_id: int, *, title: str, by: User, now: datetime) -> int:
    """Ask for a merge to be taken back. The job.

    Ask first whether the person may change both. Raises as `merges.split`, and `Refused` where that was asked
    for before.
    """
    merges.splittable(merge_log_id, now=now)
    if queries.merges.is_going_back(merge_log_id):
        raise Refused(GOING_BACK)
    asked = {"merge": merge_log_id, "title": title, "total": queries.merges.moved(merge_log_id)}
    return _add(SPLITTING, by=by.user_id, asked=asked)


def take_back(held: Held) -> None:
    """Make two of them again, and say what stays as somebody changed it since."""
    number = int(held.asked["merge"])
    tell = _Told(held, int(held.asked["total"]))
    with transaction():
        tell(0)
        now = database_now()
        known = merges.splittable(number, now=now)
        _must_be_allowed(held, known.kind, known.survivor_id, known.absorbed_id)
        name_in_trail(held.person)
        stay = merges.split(number, now=now, tell=tell)
        jobs.hold(held)
        told = f"{tell.rows:,} things stand where they stood."
        if stay:
            told += f" Edited since, so it stays: {', '.join(stay).replace('_', ' ')}."
        link = f"/{known.kind.value}s/{known.absorbed_id}"
        jobs.finish(held, result={"moved back": tell.rows}, told=told, link=link)


def _add(kind: str, *, by: int, asked: dict[str, Any]) -> int:
    queue = JobQueue.WORK
    job_id = jobs.add(kind, str(uuid4()), by=by, queue=queue, asked=asked, rows_total=asked["total"])
    if job_id is None:
        raise RuntimeError("a new key was there before")
    return job_id


def _must_be_allowed(held: Held, kind: RecordKind, keep: int, other: int) -> None:
    """Raises `Refused` where whoever asked may not change both by now."""
    person, team = queries.users.get(held.person), queries.users.team(held.person)
    if not person.active:
        raise Refused("Whoever asked for it no longer signs in.")
    for record in queries.merges.pair(kind, keep, other):
        owners = (record.owner_id, getattr(record, "second_owner_id", None))
        if not held.surroundings.may_change(person, owners, team):
            raise Refused(OTHERS)
