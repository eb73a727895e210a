"""Follow-ups for many rows at once: what is planned, made, left and taken back."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm import policy, queries, services
from crm.db import SYSTEM, db, transaction
from crm.enums import JobState
from crm.errors import Refused
from crm.models import Interaction, InteractionPrincipal, Job, JobRow, Notification, User
from crm.queries.lists import CONTACTS, OPPORTUNITIES, ORGANIZATIONS, Asker, Listing, Wanted
from crm.queries.schedules import (
    AWAY,
    GONE,
    MOVED_ON,
    NOBODYS,
    OTHERS,
    PROMISED,
    UNRANKED,
    Preview,
    Rule,
    When,
)
from tests.factories import Make

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
FRIDAY = date(2026, 11, 27)
Acting = Callable[[User | str | None], None]
ON_FRIDAY = Rule(when=When.DAY, on=FRIDAY)


@pytest.fixture
def around(tmp_path: Path) -> services.jobs.Around:
    return services.jobs.Around(tmp_path, policy.may_change_row)


def all_of(listing: Listing, person: User) -> Wanted:
    return Wanted(asker=Asker(person.user_id, NOW.date()), sort=listing.sorts[0], is_descending=False)


def look(person: User, rule: Rule = ON_FRIDAY, listing: Listing = ORGANIZATIONS) -> Preview:
    return queries.schedules.preview(listing, all_of(listing, person), rule)


def ask(person: User, rule: Rule = ON_FRIDAY, listing: Listing = ORGANIZATIONS) -> int:
    with transaction():
        return services.schedules.ask(
            listing, all_of(listing, person), rule, note="Call", nouns=listing.nouns, by=person,
            seen=look(person, rule, listing).mark,
        )  # fmt: skip


def run(job_id: int, around: services.jobs.Around) -> Job:
    services.jobs.run(job_id, now=datetime.now(UTC), around=around)
    db.session.expire_all()
    return db.session.get_one(Job, job_id)


def promises() -> list[Interaction]:
    found = db.session.scalars(
        sa.select(Interaction).where(Interaction.deleted_at.is_(None)).order_by(Interaction.interaction_id)
    )
    return list(found)


def test_each_gets_one_follow_up_of_whoever_looks_after_it(
    make: Make, nell: User, otis: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    maker = make.principal("Amberfold", owner=nell)
    place = make.organization("Bistro", second_owner_id=otis.user_id)
    acting_as(nell)
    job_id = ask(nell)
    acting_as(SYSTEM)
    job = run(job_id, around)
    assert (job.state, job.result, job.rows_done) == (JobState.DONE, {"added": 2, "left": 0}, 2)
    made = promises()
    assert [(one.organization_id, one.owner_id) for one in made] == [
        (maker.organization_id, nell.user_id),
        (place.organization_id, otis.user_id),
    ]
    for one in made:
        assert (one.author_id, one.is_touch, one.follow_up_date) == (nell.user_id, False, FRIDAY)
        assert (one.follow_up_note, one.interaction_type) == ("Call", "Follow-up")
    links = db.session.execute(
        sa.select(InteractionPrincipal.interaction_id, InteractionPrincipal.principal_id)
    ).all()
    assert links == [(made[0].interaction_id, maker.organization_id)]
    told = db.session.scalars(sa.select(Notification.subject)).one()
    assert told == "Schedule follow-ups for organizations: 2 added, 0 left as they were."


def test_the_preview_says_how_many_for_whom_and_why_others_get_none(
    make: Make, nell: User, otis: User, acting_as: Acting
) -> None:
    gone = make.user("Gone", active=False)
    make.organization("Fine", owner=nell)
    make.organization("Nobody's")
    make.organization("His", owner=otis)
    make.organization("Theirs who left", owner=gone)
    make.organization("In the trash", owner=nell, deleted_at=NOW)
    waits = make.organization("Waits", owner=nell)
    make.interaction(organization=waits, follow_up_date=FRIDAY, owner=otis)
    kept = make.organization("Kept", owner=nell)
    make.interaction(organization=kept, follow_up_date=FRIDAY, owner=nell, completed_at=NOW)
    acting_as(nell)
    found = look(nell, Rule(when=When.DAY, on=FRIDAY, keepers={nell.user_id}))
    assert (found.made, found.first_on, found.last_on) == (2, FRIDAY, FRIDAY)
    assert found.keepers == [("Nell Okafor", 2)]
    assert sorted(found.left) == sorted([(NOBODYS, 1), (OTHERS, 1), (AWAY, 1), (PROMISED, 1)])
    assert dict(look(nell, Rule(when=When.DAY, on=FRIDAY, keeper=nell.user_id)).left) == {PROMISED: 1}


def test_some_a_day_for_each_person_go_over_workdays_only(
    make: Make, nell: User, otis: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    for n in range(7):
        make.organization(f"Hers {n}", owner=nell)
    make.organization("His", owner=otis)
    acting_as(nell)
    for first, days in (
        (FRIDAY, ["2026-11-27"] * 2 + ["2026-11-30"] * 2 + ["2026-12-01"] * 2 + ["2026-12-02"]),
        (date(2026, 11, 28), ["2026-11-30"] * 2 + ["2026-12-01"] * 2 + ["2026-12-02"] * 2 + ["2026-12-03"]),
    ):
        job_id = ask(nell, Rule(when=When.SPREAD, on=first, per_day=2))
        plans = db.session.scalars(
            sa.select(JobRow.plan).where(JobRow.job_id == job_id).order_by(JobRow.place)
        ).all()
        assert [plan["on"] for plan in plans if plan["keeper"] == nell.user_id] == days
        assert [plan["on"] for plan in plans if plan["keeper"] == otis.user_id] == days[:1]


def test_the_cadence_counts_from_the_last_touch_and_ends_on_a_workday(
    make: Make, nell: User, acting_as: Acting
) -> None:
    for name, priority, days_ago in (("A", "A+", 4), ("B", "A", 60), ("C", None, 1), ("D", "D", None)):
        one = make.organization(name, priority=priority, owner=nell)
        if days_ago is not None:
            make.interaction(organization=one, on=NOW - timedelta(days=days_ago))
    acting_as(nell)
    rule = Rule(when=When.CADENCE, on=FRIDAY)
    rows = queries.schedules.look(ORGANIZATIONS, all_of(ORGANIZATIONS, nell), rule).order_by("place")
    assert [(row.due_on, row.reason) for row in db.session.execute(rows)] == [
        (date(2026, 12, 4), None),
        (FRIDAY, None),
        (None, UNRANKED),
        (FRIDAY, None),
    ]
    saturday = Rule(when=When.CADENCE, on=date(2026, 11, 28))
    assert look(nell, saturday).first_on == date(2026, 11, 30)


def test_contacts_and_opportunities_are_promised_themselves_and_their_organizations_owner_helps_out(
    make: Make, nell: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    place = make.organization("Bistro", owner=nell)
    contact = make.contact(organization=place)
    make.contact(organization=place, left_on=date(2026, 1, 1))
    opportunity = make.opportunity(organization=place)
    acting_as(nell)
    assert look(nell, listing=CONTACTS).left == [(MOVED_ON, 1)]
    jobs = [ask(nell, listing=listing) for listing in (CONTACTS, OPPORTUNITIES)]
    acting_as(SYSTEM)
    for job_id in jobs:
        assert run(job_id, around).state == JobState.DONE
    first, second = promises()
    assert (first.contact_id, first.organization_id) == (contact.contact_id, place.organization_id)
    assert (second.opportunity_id, second.organization_id) == (
        opportunity.opportunity_id,
        place.organization_id,
    )
    assert {first.owner_id, second.owner_id} == {nell.user_id}


def test_two_who_schedule_the_same_rows_make_one_promise_for_each(
    make: Make, nell: User, otis: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    for n in range(3):
        make.organization(f"Place {n}", owner=nell)
    jobs = []
    for person in (nell, otis):
        acting_as(person)
        jobs.append(ask(person))
    acting_as(SYSTEM)
    results = [run(job_id, around).result for job_id in jobs]
    assert results == [{"added": 3, "left": 0}, {"added": 0, "left": 3}]
    assert len(promises()) == 3
    assert {reason for _, _, reason in queries.jobs.left(db.session.get_one(Job, jobs[1]))} == {PROMISED}


def test_what_was_archived_in_the_meantime_is_left(
    make: Make, nell: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    one = make.organization("Place", owner=nell)
    make.organization("Other", owner=nell)
    acting_as(nell)
    job_id = ask(nell)
    one.deleted_at = NOW
    db.session.flush()
    acting_as(SYSTEM)
    job = run(job_id, around)
    assert job.result == {"added": 1, "left": 1}
    assert queries.jobs.left(job) == [(2, one.organization_id, GONE)]


def test_something_else_than_was_seen_is_refused(make: Make, nell: User, acting_as: Acting) -> None:
    make.organization("Place", owner=nell)
    acting_as(nell)
    wanted, seen = all_of(ORGANIZATIONS, nell), look(nell).mark
    make.organization("Came since", owner=nell)
    with pytest.raises(Refused, match="comes of it now"), transaction():
        services.schedules.ask(
            ORGANIZATIONS, wanted, ON_FRIDAY, note="", nouns="organizations", by=nell, seen=seen
        )


def test_all_of_it_is_taken_back_but_for_what_was_touched_since(
    make: Make, nell: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    for n in range(3):
        make.organization(f"Place {n}", owner=nell)
    acting_as(nell)
    job_id = ask(nell)
    acting_as(SYSTEM)
    run(job_id, around)
    acting_as(nell)
    kept = promises()[1]
    services.follow_ups.complete(kept, by=nell, now=NOW)
    with transaction():
        undoing = services.undoings.ask(job_id, by=nell.user_id, now=datetime.now(UTC))
    with pytest.raises(Refused, match="already"), transaction():
        services.undoings.ask(job_id, by=nell.user_id, now=datetime.now(UTC))
    acting_as(SYSTEM)
    job = run(undoing, around)
    assert (job.state, job.result) == (JobState.DONE, {"taken back": 2, "stay": 1})
    assert [one.interaction_id for one in promises()] == [kept.interaction_id]
    assert len(queries.jobs.left(job)) == 1


def test_what_was_taken_back_or_is_a_day_old_is_over(
    make: Make, nell: User, otis: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    make.organization("Place", owner=nell)
    acting_as(nell)
    job_id = ask(nell)
    now = datetime.now(UTC)
    with pytest.raises(Refused, match="still runs"):
        services.undoings.ask(job_id, by=nell.user_id, now=now)
    acting_as(SYSTEM)
    run(job_id, around)
    with pytest.raises(Refused, match="more than a day ago"):
        services.undoings.ask(job_id, by=nell.user_id, now=now + timedelta(days=2))
    with pytest.raises(sa.exc.NoResultFound):
        services.undoings.ask(job_id, by=otis.user_id, now=now)
    with transaction():
        services.undoings.ask(job_id, by=nell.user_id, now=now)
    db.session.execute(sa.update(Job).where(Job.job_id == job_id).values(state=JobState.STOPPED))
    with pytest.raises(Refused, match="taken back"):
        services.jobs.retry(job_id, now=now, by=nell.user_id)
