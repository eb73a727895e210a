"""A row that the database does not take is found and left with its reason; all the others are done."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm import policy, queries, services
from crm.db import SYSTEM, db, transaction
from crm.enums import JobState, Priority
from crm.models import Interaction, Job, Organization, User
from crm.queries.lists import ORGANIZATIONS, Asker, Wanted
from crm.queries.schedules import Rule, When
from crm.services import bulk, exports, many_changes, steps
from tests.factories import Make, as_role

TODAY = date(2026, 11, 24)
ROWS = 21
Acting = Callable[[User | str | None], None]
Forbid = Callable[[str, str], None]


@pytest.fixture
def around(tmp_path: Path) -> services.jobs.Around:
    return services.jobs.Around(tmp_path, policy.may_change_row)


@pytest.fixture
def forbid(database: sa.Connection) -> Forbid:
    """`forbid("organizations", "name = 'x'")`: from now on the database refuses such rows of the table."""

    def refuse(table: str, rows: str) -> None:
        db.session.flush()
        with as_role(database, "kp_owner"):
            database.execute(
                sa.text(f"alter table {table} add constraint ck_poison check (not ({rows})) not valid")
            )

    return refuse


@pytest.fixture
def places(make: Make, nell: User) -> list[Organization]:
    return [make.organization(f"Place {number:02}", owner=nell) for number in range(ROWS)]


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "AT_ONCE", 8)


def everything(person: User) -> Wanted:
    sort = ORGANIZATIONS.sorts[0]
    return Wanted(asker=Asker(person.user_id, TODAY), sort=sort, is_descending=False)


def rank(person: User) -> int:
    with transaction():
        return many_changes.ask(
            ORGANIZATIONS, everything(person), bulk.rank(Priority.A), title="Priority", by=person, seen=ROWS
        )


def run(job_id: int, around: services.jobs.Around, acting_as: Acting) -> Job:
    acting_as(SYSTEM)
    services.jobs.run(job_id, now=datetime.now(UTC), around=around)
    db.session.expire_all()
    job = db.session.get_one(Job, job_id)
    assert job.state == JobState.DONE, job.last_error
    assert job.rows_done == ROWS
    return job


def test_a_row_that_cannot_be_changed_is_left_and_all_others_are_changed(
    places: list[Organization], nell: User, acting_as: Acting, around: services.jobs.Around, forbid: Forbid
) -> None:
    acting_as(nell)
    job_id = rank(nell)
    forbid("organizations", "name in ('Place 03', 'Place 20') and priority = 'A'")
    job = run(job_id, around, acting_as)
    assert job.result == {"changed": ROWS - 2, "left": 2}
    left = queries.jobs.left(job)
    assert {key for _, key, _ in left} == {places[3].organization_id, places[20].organization_id}
    assert all(
        reason.startswith("The database does not take it: new row for relation") for *_, reason in left
    )
    assert [place.priority for place in places].count(Priority.A) == ROWS - 2


def test_a_row_that_cannot_be_given_its_old_value_stays_and_all_others_get_theirs(
    places: list[Organization], nell: User, acting_as: Acting, around: services.jobs.Around, forbid: Forbid
) -> None:
    acting_as(nell)
    job_id = rank(nell)
    run(job_id, around, acting_as)
    forbid("organizations", "name = 'Place 10' and priority is null")
    acting_as(nell)
    with transaction():
        undoing = services.undoings.ask(job_id, by=nell.user_id, now=datetime.now(UTC))
    job = run(undoing, around, acting_as)
    assert job.result == {"taken back": ROWS - 1, "stay": 1}
    [(_, key, reason)] = queries.jobs.left(job)
    assert (key, "does not take it" in reason) == (places[10].organization_id, True)


def test_a_place_to_which_nothing_can_be_promised_is_left_and_all_others_get_their_follow_up(
    places: list[Organization], nell: User, acting_as: Acting, around: services.jobs.Around, forbid: Forbid
) -> None:
    acting_as(nell)
    wanted, rule = everything(nell), Rule(when=When.DAY, on=date(2026, 11, 27))
    with transaction():
        seen = queries.schedules.preview(ORGANIZATIONS, wanted, rule).mark
        job_id = services.schedules.ask(
            ORGANIZATIONS, wanted, rule, note="Call", nouns="places", by=nell, seen=seen
        )
    forbid("interactions", f"organization_id = {places[5].organization_id}")
    job = run(job_id, around, acting_as)
    assert job.result == {"added": ROWS - 1, "left": 1}
    assert [key for _, key, _ in queries.jobs.left(job)] == [places[5].organization_id]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Interaction)) == ROWS - 1


def test_what_is_no_rows_fault_lets_the_whole_job_try_again(
    places: list[Organization], nell: User, acting_as: Acting, around: services.jobs.Around,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    acting_as(nell)
    job_id = rank(nell)
    acting_as(SYSTEM)

    def too_slow(*_: object) -> None:
        db.session.execute(sa.text("set local statement_timeout = '1ms'"))
        db.session.execute(sa.text("select pg_sleep(1)"))

    monkeypatch.setattr(bulk, "locked", too_slow)
    with pytest.raises(sa.exc.OperationalError):
        services.jobs.run(job_id, now=datetime.now(UTC), around=around)
    db.session.expire_all()
    job = db.session.get_one(Job, job_id)
    assert (job.state, job.rows_done) == (JobState.PLANNED, 0)
    assert not queries.jobs.left(job)


def test_a_row_that_no_file_can_hold_is_left_out_and_all_others_are_in_it(
    places: list[Organization], nell: User, acting_as: Acting, around: services.jobs.Around,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made = exports.cell

    def cell(value: object, zone: str) -> object:
        if value == "Place 07":
            raise ValueError("year 0 is out of range")
        return made(value, zone)

    monkeypatch.setattr(exports, "cell", cell)
    acting_as(nell)
    with transaction():
        job_id = exports.ask(
            ORGANIZATIONS, everything(nell), [ORGANIZATIONS.head], ending="csv", by=nell, total=ROWS
        )
    job = run(job_id, around, acting_as)
    assert job.result == {"rows": ROWS - 1, "left": 1}
    [(place, key, reason)] = queries.jobs.left(job)
    assert (place, key) == (8, places[7].organization_id)
    assert reason == "It cannot be written into the file: year 0 is out of range."
    [written] = around.data_dir.glob("exports/*.csv")
    assert "Place 07" not in written.read_text()
    assert len(written.read_text().splitlines()) == ROWS


def test_an_export_of_which_much_cannot_be_written_is_none(
    places: list[Organization], nell: User, acting_as: Acting, around: services.jobs.Around,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def cell(value: object, zone: str) -> object:
        raise ValueError(f"{value} in {zone}")

    monkeypatch.setattr(exports, "cell", cell)
    monkeypatch.setattr(exports, "MOST_LEFT", 5)
    acting_as(nell)
    with transaction():
        job_id = exports.ask(
            ORGANIZATIONS, everything(nell), [ORGANIZATIONS.head], ending="csv", by=nell, total=ROWS
        )
    acting_as(SYSTEM)
    services.jobs.run(job_id, now=datetime.now(UTC), around=around)
    db.session.expire_all()
    job = db.session.get_one(Job, job_id)
    assert (job.state, job.last_error) == (JobState.FAILED, exports.TOO_MUCH)
    assert not list(around.data_dir.glob("exports/*"))
