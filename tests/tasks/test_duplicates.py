"""The nightly search: what it finds, what it leaves alone, and what it does the night after."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm import policy, queries, services
from crm.db import SYSTEM, db, transaction
from crm.enums import JobQueue, JobState, RecordKind
from crm.models import DuplicatePair, Job, User
from crm.queries.duplicates import ONE_STATEMENT
from tests.conftest import Counting
from tests.factories import Make

NOW = datetime.now(UTC)
Acting = Callable[[User | str | None], None]
Night = Callable[[str], Job]
ORGANIZATION, CONTACT = RecordKind.ORGANIZATION, RecordKind.CONTACT


@pytest.fixture
def night(acting_as: Acting, tmp_path: Path) -> Night:
    """`night("2026-11-24")`: the search of that night, from beginning to end."""

    def run(day: str) -> Job:
        acting_as(SYSTEM)
        with transaction():
            job_id = services.jobs.add("duplicates", day, queue=JobQueue.WORK)
        assert job_id is not None
        around = services.jobs.Around(tmp_path, policy.may_change_row)
        services.jobs.run(job_id, now=datetime.now(UTC), around=around)
        db.session.expire_all()
        return db.session.get_one(Job, job_id)

    return run


def pairs(kind: RecordKind) -> set[tuple[int, int]]:
    rows = db.session.execute(
        sa.select(DuplicatePair.one_id, DuplicatePair.other_id).where(
            DuplicatePair.kind == kind, DuplicatePair.rejected_at.is_(None)
        )
    )
    return {(row.one_id, row.other_id) for row in rows}


def test_the_first_night_finds_what_is_one_and_no_branch(make: Make, night: Night) -> None:
    grill = make.organization("Harbor Grill", city="Ashby", phone="(555) 010-0101")
    twin = make.organization("Harbour Grill LLC", phone="+1 555 010 0101")
    for town in ("Gravel Point", "Marlowe Bend", "Wrenfield"):
        make.organization("Harbor Grill", city=town)
    dana = make.contact("Dana", "Ruiz", organization=grill)
    same = make.contact("Dana", "Ruis", organization=grill)
    make.contact("Dana", "Ruiz", organization=twin)
    done = night("2026-11-24")
    assert (done.state, done.last_error) == (JobState.DONE, None)
    assert done.result == {"found": 2}
    assert pairs(ORGANIZATION) == {(grill.organization_id, twin.organization_id)}
    assert pairs(CONTACT) == {(dana.contact_id, same.contact_id)}


def test_the_next_night_looks_at_what_changed_and_forgets_what_is_no_longer_alike(
    make: Make, night: Night
) -> None:
    one, other = make.organization("Harbor Grill"), make.organization("Harbor Grill")
    night("2026-11-24")
    assert pairs(ORGANIZATION) == {(one.organization_id, other.organization_id)}
    other.city = one.city = "Ashby"
    other.address_line1, one.address_line1 = "1 Pier Street", "400 Market Square"
    make.save(other)
    make.save(one)
    assert night("2026-11-25").rows_done >= 2
    assert pairs(ORGANIZATION) == set()


def test_what_was_archived_or_told_apart_does_not_come_back(
    make: Make, night: Night, ada: User, acting_as: Acting
) -> None:
    one, other, third = (make.organization("Harbor Grill") for _ in range(3))
    night("2026-11-24")
    assert len(pairs(ORGANIZATION)) == 3
    acting_as(ada)
    services.duplicates.tell_apart(
        ORGANIZATION, one.organization_id, other.organization_id, by=ada.user_id, now=NOW
    )
    third.deleted_at = NOW
    make.save(third)
    night("2026-11-25")
    assert pairs(ORGANIZATION) == set()


def test_a_switchboard_makes_nobody_one(make: Make, night: Night) -> None:
    for name in ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir"):
        make.organization(f"{name} Foods", phone="555 010 0101", email="office@food.example")
    night("2026-11-24")
    assert pairs(ORGANIZATION) == set()


def test_one_without_a_city_is_held_against_all_whichever_of_the_two_changed(
    make: Make, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.duplicates, "AT_ONCE", 1)
    bare, placed = make.organization("Harbor Grill"), make.organization("Harbor Grill", city="Ashby")
    night("2026-11-24")
    pair = {(bare.organization_id, placed.organization_id)}
    assert pairs(ORGANIZATION) == pair
    placed.notes = "Changed."
    make.save(placed)
    night("2026-11-25")
    assert pairs(ORGANIZATION) == pair


def test_many_names_are_looked_for_by_several_statements_so_that_none_takes_too_long(
    make: Make, acting_as: Acting, statements: Counting
) -> None:
    some = [make.organization(f"Harbor Grill {n % 3}").organization_id for n in range(2 * ONE_STATEMENT + 1)]
    acting_as(SYSTEM)
    with statements() as seen:
        found = queries.duplicates.firms_like(some)
    assert len(seen) == 3
    assert {one for one, _ in found} == set(some)


def test_a_search_that_fails_half_way_goes_on_where_it_was(
    make: Make, night: Night, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(services.duplicates, "AT_ONCE", 1)
    grills = [make.organization("Harbor Grill", city="Ashby") for _ in range(3)]
    search, looked_at = services.duplicates.search, []

    def once(kind: RecordKind, some: list[int], **known: object) -> int:
        looked_at.extend(some)
        if len(looked_at) == 2:
            raise RuntimeError("the power is gone")
        return search(kind, some, **known)  # type: ignore[arg-type]

    monkeypatch.setattr(services.duplicates, "search", once)
    with pytest.raises(RuntimeError):
        night("2026-11-24")
    job = db.session.scalars(sa.select(Job).where(Job.kind == "duplicates")).one()
    job.next_attempt_at = NOW
    db.session.commit()
    services.jobs.run(job.job_id, now=datetime.now(UTC))
    db.session.expire_all()
    numbers = [grill.organization_id for grill in grills]
    assert looked_at == [numbers[0], numbers[1], *numbers[1:]]
    assert (job.state, job.result) == (JobState.DONE, {"found": 3})
    assert len(pairs(ORGANIZATION)) == 3
