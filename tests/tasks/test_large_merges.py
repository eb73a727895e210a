"""Merges of more than one request moves: by a job, all of it or nothing, once, and back again."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crm import policy, queries, services
from crm.db import SYSTEM, db, transaction
from crm.enums import JobState, RecordKind
from crm.errors import Refused
from crm.models import Contact, Interaction, Job, MergeLog, Notification, Organization, User
from tests.factories import Make

ORGANIZATION = RecordKind.ORGANIZATION
Acting = Callable[[User | str | None], None]


@pytest.fixture
def around(tmp_path: Path) -> services.jobs.Around:
    return services.jobs.Around(tmp_path, policy.may_change_row)


@pytest.fixture
def keep(make: Make, nell: User) -> Organization:
    return make.organization("Harbor Grill", owner=nell)


@pytest.fixture
def other(make: Make, nell: User, monkeypatch: pytest.MonkeyPatch) -> Organization:
    """With five people and five calls, which are moved two at a time."""
    monkeypatch.setattr(services.merges, "AT_ONCE", 2)
    made = make.organization("Harbour Grill", owner=nell, city="Ashby")
    for n in range(5):
        person = make.contact(f"Person {n}", organization=made)
        make.interaction(organization=made, contact=person, owner=nell, follow_up_date=date(2099, 1, 1))
    return made


def ask(keep: Organization, other: Organization, by: User, **choices: str) -> int:
    with transaction():
        return services.large_merges.ask(
            ORGANIZATION,
            keep.organization_id,
            other.organization_id,
            choices=choices,
            seen=(keep.version, other.version),
            title="Merge Harbour Grill into Harbor Grill",
            by=by,
        )


def run(job_id: int, around: services.jobs.Around, acting_as: Acting) -> Job:
    acting_as(SYSTEM)
    services.jobs.run(job_id, now=datetime.now(UTC), around=around)
    db.session.expire_all()
    return db.session.get_one(Job, job_id)


def at(organization: Organization) -> tuple[int, ...]:
    """How many people and calls stand there."""
    return tuple(
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(model)
            .where(model.organization_id == organization.organization_id)
        )
        or 0
        for model in (Contact, Interaction)
    )


def news() -> list[tuple[str, str | None]]:
    rows = sa.select(Notification.subject, Notification.link).order_by(Notification.notification_id)
    return [(row.subject, row.link) for row in db.session.execute(rows)]


def test_it_is_done_under_the_name_of_whoever_asked_and_told_at_the_bell(
    keep: Organization, other: Organization, nell: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    acting_as(nell)
    job_id = ask(keep, other, nell, name="other")
    assert at(keep) == (0, 0), "nothing is done before its turn"
    job = run(job_id, around, acting_as)
    assert (job.state, job.last_error) == (JobState.DONE, None)
    assert (at(keep), at(other)) == ((5, 5), (0, 0))
    assert (keep.name, keep.city, other.is_archived) == ("Harbour Grill", "Ashby", True)
    merge = db.session.scalars(sa.select(MergeLog)).one()
    assert merge.survivor_id == keep.organization_id
    assert job.rows_done == job.rows_total == 15, "people, calls, and the promises in them"
    moved = (job.result or {})["moved"]
    assert news() == [
        (
            f"Merge Harbour Grill into Harbor Grill: {moved} things moved. You can undo it for 30 days.",
            f"/organizations/{keep.organization_id}",
        )
    ]


def test_it_is_taken_back_by_a_job_and_what_was_edited_since_is_named(
    keep: Organization, other: Organization, nell: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    acting_as(nell)
    run(ask(keep, other, nell), around, acting_as)
    services.records.change(keep, {"city": "Elkhollow"}, seen=keep.version)
    number = db.session.scalars(sa.select(MergeLog.merge_log_id)).one()
    acting_as(nell)
    with transaction():
        back = services.large_merges.ask_back(number, title="Undo", by=nell, now=datetime.now(UTC))
    with pytest.raises(Refused, match="undone already"):
        services.large_merges.ask_back(number, title="Undo", by=nell, now=datetime.now(UTC))
    job = run(back, around, acting_as)
    assert (job.state, job.last_error) == (JobState.DONE, None)
    assert job.rows_done == job.rows_total
    assert (at(keep), at(other)) == ((0, 0), (5, 5))
    assert not other.is_archived
    assert (keep.city, other.city) == ("Elkhollow", "Ashby")
    subject, link = news()[-1]
    assert subject.endswith("Edited since, so it stays: city.")
    assert link == f"/organizations/{other.organization_id}"


def _renamed(keep: Organization, other: Organization, make: Make, otis: User) -> None:
    services.records.change(keep, {"name": "The Grill"}, seen=keep.version)


def _archived(keep: Organization, other: Organization, make: Make, otis: User) -> None:
    services.records.archive(other, now=datetime.now(UTC))


def _handed_over(keep: Organization, other: Organization, make: Make, otis: User) -> None:
    make.connection.execute(
        sa.text("update organizations set owner_id = :otis where organization_id = :number"),
        {"otis": otis.user_id, "number": other.organization_id},
    )


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (_renamed, "was changed before its turn"),
        (_archived, "merged or archived"),
        (_handed_over, "colleague"),
    ],
)
def test_what_changed_before_its_turn_leaves_all_as_it_is_with_the_reason(
    happens: Callable[..., None], reason: str, keep: Organization, other: Organization, make: Make,
    nell: User, otis: User, acting_as: Acting, around: services.jobs.Around,
) -> None:  # fmt: skip
    acting_as(nell)
    job_id = ask(keep, other, nell)
    acting_as(SYSTEM)
    happens(keep, other, make, otis)
    job = run(job_id, around, acting_as)
    assert job.state == JobState.FAILED
    assert reason in (job.last_error or "")
    assert reason in news()[-1][0]
    assert at(other) == (5, 5)
    assert queries.merges.latest(ORGANIZATION, since=datetime(2020, 1, 1, tzinfo=UTC)) == []


def test_one_that_is_asked_to_stop_in_the_middle_leaves_all_as_it_was(
    keep: Organization, other: Organization, nell: User, acting_as: Acting, around: services.jobs.Around,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    acting_as(nell)
    job_id = ask(keep, other, nell)
    report = services.jobs.report

    def and_stop(held: Any, rows: int) -> None:
        report(held, rows)
        if rows:
            services.jobs.cancel(job_id, now=datetime.now(UTC), by=nell.user_id)
            db.session.flush()

    monkeypatch.setattr(services.jobs, "report", and_stop)
    job = run(job_id, around, acting_as)
    assert at(other) == (5, 5)
    assert not other.is_archived
    assert job.state != JobState.DONE


def test_whoever_asks_a_second_time_is_told_that_it_is_under_way(
    keep: Organization, other: Organization, make: Make, nell: User, acting_as: Acting
) -> None:
    third = make.organization(owner=nell)
    acting_as(nell)
    ask(keep, other, nell)
    for pair in ((keep, other), (other, third), (third, keep)):
        with pytest.raises(Refused, match="being merged already"):
            ask(*pair, nell)
