"""The search for records that are one, at night and step by step; and that two are not the same, for good."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm import failpoints
from crm.db import database_now, db, transaction
from crm.enums import JobState, RecordKind
from crm.models import DuplicatePair, Job
from crm.queries import duplicates
from crm.services import jobs, likeness, merges
from crm.services.jobs import Held
from crm.services.likeness import Face, Firm, Likeness

KIND: Final = "duplicates"
AT_ONCE: Final = 200
"""Records of one step: each is compared with those that could be meant."""
SLOWEST: Final = timedelta(hours=1)
"""Longer than anybody's change takes from its moment until others see it."""


@dataclass(frozen=True)
class _Search:
    """How the pairs of one kind are found."""

    by_name: Callable[[Sequence[int], bool], Sequence[tuple[int, int]]]
    read: Callable[[Sequence[int]], dict[int, Any]]
    likeness: Callable[[Any, Any], Likeness | None]


def _firms_like(some: Sequence[int], is_whole: bool) -> Sequence[tuple[int, int]]:
    return duplicates.firms_like(some, is_whole=is_whole)


def _faces_like(some: Sequence[int], _is_whole: bool) -> Sequence[tuple[int, int]]:
    return duplicates.faces_like(some)


def _firms(some: Sequence[int]) -> dict[int, Firm]:
    return {row.number: Firm(*tuple(row)) for row in duplicates.firms(some)}


def _faces(some: Sequence[int]) -> dict[int, Face]:
    return {row.number: Face(*tuple(row)) for row in duplicates.faces(some)}


SEARCHES: Final = {
    RecordKind.ORGANIZATION: _Search(_firms_like, _firms, likeness.of_firms),
    RecordKind.CONTACT: _Search(_faces_like, _faces, likeness.of_faces),
}


def work(held: Held) -> None:
    """Compare everything that changed since the last search with the whole book; the first one compares all.

    A step is a transaction with its place in the job, so a search that is killed goes on where it was.
    """
    with transaction():
        jobs.hold(held)
        now = database_now()
        since = _searched_last(held.job_id)
        merges.sweep(now=now)
        forget_archived()
        done = db.session.scalars(sa.select(Job.result).where(Job.job_id == held.job_id)).one() or {}
    found, places = done.get("found", 0), done.get("places", {})
    for kind in SEARCHES:
        shared: Mapping[int, Sequence[int]] | None = None
        while True:
            with transaction():
                jobs.hold(held)
                after = places.get(kind.value, 0)
                some = duplicates.changed(kind, since=since, after=after, at_most=AT_ONCE)
                if since is None and not after:
                    _forget(kind)
                if some:
                    shared = duplicates.sharing(kind) if shared is None else shared
                    found += search(kind, some, shared=shared, is_whole=since is None)
                    places |= {kind.value: some[-1]}
                    jobs.count(held, len(some))
                    jobs.note(held, {"found": found, "places": places})
                    failpoints.reach("duplicates.some")
            if not some:
                break
    with transaction():
        jobs.hold(held)
        jobs.finish(held, result={"found": found}, told=f"{found:,} pairs found.")


def search(
    kind: RecordKind,
    some: Sequence[int],
    *,
    shared: Mapping[int, Sequence[int]] | None = None,
    is_whole: bool = False,
) -> int:
    """Compare these records with the book, and keep the pairs that are worth a look. How many those are.

    `shared` says of a record with which others it shares a number or a mailbox, if that is known. A pair of
    theirs that is no longer alike leaves the queue; one that was told apart stays apart. `is_whole` says that
    all of the book are searched, some by some, from an empty queue on.
    """
    shared = duplicates.sharing(kind) if shared is None else shared
    pairs = {(min(pair), max(pair)) for pair in SEARCHES[kind].by_name(some, is_whole)}
    pairs |= {(min(one, other), max(one, other)) for one in some for other in shared.get(one, ())}
    rows = SEARCHES[kind].read(sorted({number for pair in pairs for number in pair}))
    alike: dict[tuple[int, int], Likeness] = {}
    for one, other in sorted(pairs):
        if one in rows and other in rows:
            found = SEARCHES[kind].likeness(rows[one], rows[other])
            if found:
                alike[one, other] = found
    if not is_whole:
        _forget(kind, sa.or_(DuplicatePair.one_id.in_(some), DuplicatePair.other_id.in_(some)))
    if not alike:
        return 0
    made = insert(DuplicatePair).on_conflict_do_nothing().returning(DuplicatePair.one_id)
    rows_made = [
        {"kind": kind, "one_id": one, "other_id": other, "score": found.score, "evidence": [*found.evidence]}
        for (one, other), found in alike.items()
    ]
    return len(db.session.execute(made, rows_made).all())


def _forget(kind: RecordKind, *which: sa.ColumnElement[bool]) -> None:
    """Take pairs out of the queue."""
    waiting = (DuplicatePair.kind == kind, DuplicatePair.rejected_at.is_(None))
    db.session.execute(sa.delete(DuplicatePair).where(*waiting, *which))


def forget_archived() -> None:
    """Take pairs out of the queue of which one is archived or merged by now."""
    for kind in SEARCHES:
        archived = duplicates.archived(kind)
        _forget(kind, sa.or_(DuplicatePair.one_id.in_(archived), DuplicatePair.other_id.in_(archived)))


def tell_apart(kind: RecordKind, one: int, other: int, *, by: int, now: datetime) -> None:
    """Say for good that two records are not the same. Saying it twice changes nothing."""
    made = insert(DuplicatePair).values(
        kind=kind, one_id=min(one, other), other_id=max(one, other), rejected_by=by, rejected_at=now
    )
    db.session.execute(
        made.on_conflict_do_update(
            index_elements=[DuplicatePair.kind, DuplicatePair.one_id, DuplicatePair.other_id],
            set_={"rejected_by": by, "rejected_at": now},
            where=DuplicatePair.rejected_at.is_(None),
        )
    )


def doubt_again(kind: RecordKind, one: int, other: int) -> None:
    """Take that back: the pair stands in the queue again."""
    db.session.execute(
        sa.update(DuplicatePair)
        .where(
            DuplicatePair.kind == kind,
            DuplicatePair.one_id == min(one, other),
            DuplicatePair.other_id == max(one, other),
        )
        .values(rejected_by=None, rejected_at=None)
    )


def _searched_last(but: int) -> datetime | None:
    """Since when rows count as changed: a while before the last search that came to its end began."""
    began = db.session.scalar(
        sa.select(sa.func.max(Job.started_at)).where(
            Job.kind == KIND, Job.state == JobState.DONE, Job.job_id != but
        )
    )
    return began and began - SLOWEST
