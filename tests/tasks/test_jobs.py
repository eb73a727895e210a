"""Planned work: once a key, in one transaction with its result, tried again later, freed from the dead."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

import crm
from crm import services
from crm.db import SYSTEM, act_as, db, transaction
from crm.enums import JobState, MailKind, MailState
from crm.errors import Refused
from crm.models import Job, MailMessage, Notification, NotificationPreference, RequestKey, User
from tests.databases import Database
from tests.factories import Make

NOW = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
Acting = Callable[[User | str | None], None]


@pytest.fixture(autouse=True)
def _the_system_acts(acting_as: Acting) -> None:
    acting_as(SYSTEM)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """A kind of job that notes the days it was run for."""
    days: list[date] = []

    def work(on: date) -> dict[str, int]:
        days.append(on)
        return {"seen": len(days)}

    monkeypatch.setitem(services.jobs.KINDS, "trial", work)
    return days


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind of job that writes something and then breaks."""

    def work(on: date) -> dict[str, int]:
        services.mails.queue(to="nell@pantry.example", subject="half done", text="x")
        raise ZeroDivisionError("half way")

    monkeypatch.setitem(services.jobs.KINDS, "breaking", work)


def plan(kind: str, key: str = "2026-11-24") -> int:
    with transaction():
        job_id = services.jobs.add(kind, key)
    assert job_id is not None
    return job_id


def job(job_id: int) -> Job:
    db.session.expire_all()
    return db.session.execute(sa.select(Job).where(Job.job_id == job_id)).scalar_one()


def test_the_recompute_is_planned_once_an_hour_and_anew_at_the_firms_midnight() -> None:
    midnight = datetime(2026, 11, 24, 6, tzinfo=UTC)  # in Chicago
    for minute in (-61, -60, -1, 0, 1, 59, 60):
        with transaction():
            services.jobs.plan(now=midnight + timedelta(minutes=minute))
    keys = db.session.scalars(
        sa.select(Job.run_key).where(Job.kind == "engagement").order_by(Job.job_id)
    ).all()
    assert keys == [
        "2026-11-23T22-0600", "2026-11-23T23-0600", "2026-11-24T00-0600", "2026-11-24T01-0600"
    ]  # fmt: skip


def test_the_hour_that_clocks_show_twice_is_two_hours() -> None:
    for hour in (6, 7):  # 1 am in Chicago, twice
        with transaction():
            services.jobs.plan(now=datetime(2026, 11, 1, hour, 30, tzinfo=UTC))
    keys = db.session.scalars(
        sa.select(Job.run_key).where(Job.kind == "engagement").order_by(Job.job_id)
    ).all()
    assert keys == ["2026-11-01T01-0500", "2026-11-01T01-0600"]


def test_a_job_runs_once_for_the_day_of_its_key_and_keeps_its_result(done: list[date]) -> None:
    job_id = plan("trial", "2026-11-24T07-0600")
    for _ in range(2):
        services.jobs.run(job_id, now=NOW)
    assert done == [date(2026, 11, 24)]
    assert (job(job_id).state, job(job_id).result) == (JobState.DONE, {"seen": 1})


def test_what_a_broken_job_did_is_undone_and_it_is_tried_again_a_while_later(breaking: None) -> None:
    job_id = plan("breaking")
    with pytest.raises(ZeroDivisionError):
        services.jobs.run(job_id, now=NOW)
    assert job(job_id).state == JobState.PLANNED
    assert job(job_id).last_error == "ZeroDivisionError: half way"
    assert job(job_id).next_attempt_at == NOW + timedelta(minutes=1)
    assert db.session.execute(sa.select(MailMessage)).first() is None


def test_a_job_that_breaks_five_times_has_failed_until_somebody_retries_it(breaking: None) -> None:
    job_id = plan("breaking")
    now = NOW
    for _ in range(services.jobs.MOST_ATTEMPTS):
        with pytest.raises(ZeroDivisionError):
            services.jobs.run(job_id, now=now)
        now += timedelta(hours=1)
    assert job(job_id).state == JobState.FAILED
    services.jobs.run(job_id, now=now)
    assert job(job_id).attempts == services.jobs.MOST_ATTEMPTS, "a failed one does not run by itself"
    with transaction():
        services.jobs.retry(job_id, now=now)
    assert (job(job_id).state, job(job_id).attempts) == (JobState.PLANNED, 0)


def test_only_a_failed_job_can_be_retried(done: list[date]) -> None:
    job_id = plan("trial")
    with pytest.raises(Refused, match="only a failed or stopped one"), transaction():
        services.jobs.retry(job_id, now=NOW)


def test_a_job_whose_worker_is_gone_waits_again_once_its_lease_ran_out(done: list[date]) -> None:
    job_id = plan("trial")
    db.session.execute(
        sa.update(Job).values(
            state=JobState.RUNNING,
            lease_until=NOW + services.jobs.LEASE,
            lease_token=sa.func.gen_random_uuid(),
        )
    )
    db.session.commit()
    with transaction():
        assert services.jobs.free_expired(now=NOW + timedelta(minutes=2)) == 0
    with transaction():
        assert services.jobs.free_expired(now=NOW + timedelta(minutes=4)) == 1
    services.jobs.run(job_id, now=NOW + timedelta(minutes=4))
    assert len(done) == 1


def test_a_worker_that_lost_its_lease_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(on: date) -> dict[str, int]:
        services.mails.queue(to="nell@pantry.example", subject="too late", text="x")
        db.session.execute(sa.update(Job).values(lease_token=sa.func.gen_random_uuid()))
        return {}

    monkeypatch.setitem(services.jobs.KINDS, "trial", slow)
    job_id = plan("trial")
    services.jobs.run(job_id, now=NOW)
    assert db.session.execute(sa.select(MailMessage)).first() is None


def test_the_recompute_stores_what_it_found_and_finds_nothing_the_second_time(make: Make) -> None:
    make.interaction(principals=[make.principal()], on=NOW)
    first, second = plan("engagement", "2026-11-24T07-0600"), plan("engagement", "2026-11-24T08-0600")
    services.jobs.run(first, now=NOW)
    services.jobs.run(second, now=NOW)
    assert (job(first).result or {})["level_changes"] == 1
    assert set((job(second).result or {"": 1}).values()) == {0}


def test_who_looks_after_a_principal_that_slips_to_low_is_told_once_that_day(
    make: Make, nell: User, otis: User
) -> None:
    make.save(
        NotificationPreference(
            user_id=otis.user_id, kind=MailKind.SLIPPED, is_on=False, is_in_app=False, hour=7, weekdays=[1]
        )
    )
    slips = make.principal("Amberfold", owner=nell)
    for maker in (slips, make.principal("His", owner=otis), make.principal("Nobody's")):
        make.interaction(principals=[maker], on=NOW - timedelta(days=14))
    lifted = make.principal("Lifted", owner=nell)
    make.interaction(principals=[lifted], on=NOW - timedelta(days=40))
    services.jobs.run(plan("engagement", "2026-11-24T07-0600"), now=NOW)
    make.interaction(principals=[lifted], on=NOW - timedelta(days=20))
    results = []
    for hour in ("07", "08"):
        job_id = plan("engagement", f"2026-11-25T{hour}-0600")
        services.jobs.run(job_id, now=NOW + timedelta(days=1))
        results.append((job(job_id).result or {})["told"])
    assert results == [1, 0]
    told = db.session.scalars(sa.select(Notification)).one()
    assert (told.user_id, told.subject) == (nell.user_id, "Amberfold slipped to Low today.")
    assert told.link == f"/principals/{slips.organization_id}"


def test_keeping_forgets_what_is_older_than_its_time(make: Make, nell: User) -> None:
    old, new = NOW - timedelta(days=8), NOW - timedelta(days=6)
    for moment, key in ((old, "0" * 31 + "1"), (new, "0" * 31 + "2")):
        make.save(RequestKey(request_key=key, user_id=nell.user_id, location="/", created_at=moment))
    letters = {
        name: make.save(
            MailMessage(message_id=f"<{name}@x>", to_address="x@y.example", subject=name, text_body="words",
                        state=MailState.SENT if name != "waiting" else MailState.PLANNED,
                        created_at=NOW - timedelta(days=days), is_secret=name == "secret")
        )
        for name, days in (("old", 367), ("new", 363), ("secret", 3), ("waiting", 400))
    }  # fmt: skip
    job_id = plan("keeping")
    services.jobs.run(job_id, now=NOW)
    assert job(job_id).result == {"request keys": 1, "mail bodies": 2, "jobs": 0}
    kept = {name for name, letter in letters.items() if letter.text_body is not None}
    assert kept == {"new", "waiting"}


def test_whoever_sleeps_within_a_transaction_loses_its_locks_before_its_lease_is_over(
    own_database: Database,
) -> None:
    app = crm.create_app("worker", own_database.settings("worker"))
    with app.app_context(), db.engine.connect() as connection:
        shown = connection.exec_driver_sql("show idle_in_transaction_session_timeout").scalar_one()
        db.session.remove()
    db_seconds = int(shown.removesuffix("s"))
    assert 60 < db_seconds < min(services.jobs.LEASE, services.sending.LEASE).total_seconds()
    with app.app_context():
        db.engine.dispose()


def test_a_tick_does_not_wait_for_who_works_at_a_job_of_today_and_writes_how_far_they_are(
    own_database: Database,
) -> None:
    app = crm.create_app("worker", own_database.settings("worker"))
    with app.app_context():
        act_as(SYSTEM)
        with transaction():
            services.jobs.plan(now=NOW)
        with own_database.connect() as worker:
            worker.autocommit = False
            worker.execute("update jobs set rows_done = rows_done + 1, lease_until = now()")
            with transaction():
                db.session.execute(sa.text("set local lock_timeout = '1s'"))
                services.jobs.plan(now=NOW)
            worker.rollback()
        db.session.remove()
        db.engine.dispose()
