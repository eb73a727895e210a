"""The search for records that are one, at night and step by step; and that two are not the same, for good."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

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

    candidates: Callable[[Sequence[int]], Sequence[tuple[int, int]]]
    read: Callable[[Sequence[int]], dict[int, Any]]
    likeness: Callable[[Any, Any], Likeness | None]


def _firms(some: Sequence[int]) -> dict[int, Firm]:
    return {row.number: Firm(*tuple(row)) for row in duplicates.firms(some)}


def _faces(some: Sequence[int]) -> dict[int, Face]:
    return {row.number: Face(*tuple(row)) for row in duplicates.faces(some)}


SEARCHES: Final = {
    RecordKind.ORGANIZATION: _Search(duplicates.firms_like, _firms, likeness.of_firms),
    RecordKind.CONTACT: _Search(duplicates.faces_like, _faces, likeness.of_faces),
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
    found = 0
    for kind in SEARCHES:
        after = 0
        while True:
            with transaction():
                jobs.hold(held)
                some = duplicates.changed(kind, since=since, after=after, at_most=AT_ONCE)
                if some:
                    found += search(kind, some)
                    jobs.count(held, len(some))
            if not some:
                break
            after = some[-1]
    with transaction():
        jobs.hold(held)
        jobs.finish(held, result={"found": found}, told=f"{found:,} pairs found.")


def search(kind: RecordKind, some: Sequence[int]) -> int:
    """Compare these records with the book, and keep the pairs that are worth a look. How many those are.

    A pair of theirs that is no longer alike leaves the queue; one that was told apart stays apart.
    """
    pairs = {(min(pair), max(pair)) for pair in SEARCHES[kind].candidates(some)}
    rows = SEARCHES[kind].read(sorted({number for pair in pairs for number in pair}))
    alike: dict[tuple[int, int], Likeness] = {}
    for one, other in sorted(pairs):
        if one in rows and other in rows:
            found = SEARCHES[kind].likeness(rows[one], rows[other])
            if found:
                alike[one, other] = found
    db.session.execute(
        sa.delete(DuplicatePair).where(
            DuplicatePair.kind == kind,
            DuplicatePair.rejected_at.is_(None),
            sa.or_(DuplicatePair.one_id.in_(some), DuplicatePair.other_id.in_(some)),
        )
    )
    if alike:
        rows_made = [
            {
                "kind": kind,
                "one_id": one,
                "other_id": other,
                "score": found.score,
                "evidence": [*found.evidence],
            }
            for (one, other), found in alike.items()
        ]
        db.session.execute(insert(DuplicatePair).values(rows_made).on_conflict_do_nothing())
    return len(alike)


def forget_archived() -> None:
    """Take pairs out of the queue of which one is archived or merged by now."""
    for kind in SEARCHES:
        archived = duplicates.archived(kind)
        db.session.execute(
            sa.delete(DuplicatePair).where(
                DuplicatePair.kind == kind,
                DuplicatePair.rejected_at.is_(None),
                sa.or_(DuplicatePair.one_id.in_(archived), DuplicatePair.other_id.in_(archived)),
            )
        )


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
