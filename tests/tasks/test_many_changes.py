"""More rows than one request changes: each change done by a job, and taken back."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crm import policy, queries, services
from crm.db import SYSTEM, db, transaction
from crm.enums import JobState, Priority
from crm.errors import Refused
from crm.models import Job, Organization, User
from crm.queries.lists import ORGANIZATIONS, Asker, Wanted
from crm.services import bulk, many_changes, steps
from crm.services.bulk import Setting
from tests.factories import Make

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
Acting = Callable[[User | str | None], None]


@pytest.fixture
def around(tmp_path: Path) -> services.jobs.Around:
    return services.jobs.Around(tmp_path, policy.may_change_row)


def ask(person: User, setting: Setting, *, seen: int | None = None) -> int:
    listing = ORGANIZATIONS
    wanted = Wanted(asker=Asker(person.user_id, NOW.date()), sort=listing.sorts[0], is_descending=False)
    with transaction():
        return many_changes.ask(listing, wanted, setting, title="Change", by=person, seen=seen)


def run(job_id: int, around: services.jobs.Around) -> Job:
    services.jobs.run(job_id, now=datetime.now(UTC), around=around)
    db.session.expire_all()
    return db.session.get_one(Job, job_id)


def column(name: str) -> list[Any]:
    order = sa.select(getattr(Organization, name)).order_by(Organization.organization_id)
    return list(db.session.scalars(order))


@pytest.mark.parametrize(
    ("setting", "after", "before"),
    [
        (bulk.tag(["patio"]), [["old", "patio"], ["patio"]], [["old"], []]),
        (bulk.untag(["OLD"]), [[], []], [["old"], []]),
        (bulk.rank(Priority.A_PLUS), ["A+", "A+"], ["C", None]),
        (bulk.rank(None), [None, None], ["C", None]),
        (bulk.focus(True, today=date(2026, 11, 25)), [date(2026, 11, 23)] * 2, [None, None]),
        (bulk.archive(now=NOW), [NOW, NOW], [None, None]),
        (bulk.hand_over(to=None, takers={None}), [None, None], None),
    ],
    ids=["tag", "untag", "rank", "no rank", "focus", "archive", "owner"],
)
def test_each_change_is_done_in_steps_and_taken_back(
    setting: Setting, after: list[Any], before: list[Any] | None, make: Make, nell: User, acting_as: Acting,
    around: services.jobs.Around, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(steps, "AT_ONCE", 1)
    make.organization("One", tags=["old"], priority="C", owner=nell)
    make.organization("Two", owner=nell)
    acting_as(nell)
    job_id = ask(nell, setting, seen=2)
    acting_as(SYSTEM)
    job = run(job_id, around)
    assert job.state == JobState.DONE, job.last_error
    assert column(setting.column) == after
    acting_as(nell)
    with transaction():
        undoing = services.undoings.ask(job_id, by=nell.user_id, now=datetime.now(UTC))
    acting_as(SYSTEM)
    assert run(undoing, around).state == JobState.DONE
    assert column(setting.column) == (before or [nell.user_id] * 2)


def test_what_is_not_changed_is_told_with_the_reason(
    make: Make, nell: User, otis: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    make.organization("Hers", owner=nell)
    make.organization("His", owner=otis)
    make.organization("So already", owner=nell, tags=["patio"])
    make.organization("Full", owner=nell, tags=[str(n) for n in range(30)])
    gone = make.organization("Gone by then", owner=nell)
    acting_as(nell)
    job_id = ask(nell, bulk.tag(["patio"]))
    gone.deleted_at = NOW
    db.session.flush()
    acting_as(SYSTEM)
    job = run(job_id, around)
    assert job.result == {"changed": 1, "left": 4}
    reasons = [reason for _, _, reason in queries.jobs.left(job)]
    assert set(reasons) > {many_changes.OTHERS, many_changes.SAME, many_changes.GONE}
    assert any("more than 30 tags" in reason for reason in reasons)


def test_what_was_edited_since_stays_when_all_is_taken_back(
    make: Make, nell: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    one, two = make.organization("One", owner=nell), make.organization("Two", owner=nell)
    acting_as(nell)
    job_id = ask(nell, bulk.rank(Priority.A))
    acting_as(SYSTEM)
    run(job_id, around)
    acting_as(nell)
    one.city = "Reno"
    db.session.flush()
    with transaction():
        undoing = services.undoings.ask(job_id, by=nell.user_id, now=datetime.now(UTC))
    acting_as(SYSTEM)
    job = run(undoing, around)
    assert job.result == {"taken back": 1, "stay": 1}
    db.session.expire_all()
    assert (one.priority, two.priority) == (Priority.A, None)


def test_other_rows_than_were_seen_are_refused(make: Make, nell: User, acting_as: Acting) -> None:
    make.organization("One", owner=nell)
    acting_as(nell)
    with pytest.raises(Refused, match="They are 1 by now"):
        ask(nell, bulk.rank(None), seen=2)


def test_whoever_no_longer_signs_in_changes_nothing(
    make: Make, nell: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    make.organization("One", owner=nell)
    acting_as(nell)
    job_id = ask(nell, bulk.rank(Priority.A))
    nell.active = False
    make.save(nell)
    acting_as(SYSTEM)
    assert run(job_id, around).state == JobState.FAILED
    assert column("priority") == [None]
