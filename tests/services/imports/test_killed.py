"""A job that brings in a list dies between two chunks or within one, and goes on where it was."""

import random

import pytest
import sqlalchemy as sa

from crm import failpoints
from crm.db import SYSTEM, db, transaction
from crm.enums import JobState
from crm.models import Contact, Interaction, Job, Opportunity, Organization
from crm.services.imports import applying, sessions
from tests.services.imports.bringing import Bringing, contents

BOOK = (Organization, Contact, Opportunity, Interaction)
LIST = "Date,Type,Organization,Contact,Notes\n" + "".join(
    f"2026-11-{n % 20 + 1:02},Call,House {n % 7},Person {n % 11},talk {n}\n" for n in range(60)
)


class Died(BaseException):
    """What a machine that loses power does, as far as a test in one process can have it."""


def apply_dying_at(bringing: Bringing, number: int, dies: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply, dying at these passes of the points that can be armed, and going on each time."""
    bringing.acting_as(bringing.person)
    with transaction():
        sessions.apply(bringing.session(number))
    passes = 0

    def reach(point: str) -> None:
        nonlocal passes
        passes += 1
        if passes in dies:
            raise Died

    monkeypatch.setattr(failpoints, "reach", reach)
    while True:
        try:
            job = bringing.run(number)
        except Died:
            bringing.acting_as(SYSTEM)
            with transaction():
                job = db.session.get_one(Job, bringing.session(number).job_id)
                job.state, job.lease_until, job.lease_token = JobState.PLANNED, None, None
            continue
        assert job.state is JobState.DONE, job.last_error
        return


@pytest.mark.slow
@pytest.mark.parametrize("moments", [3, pytest.param(20, marks=pytest.mark.long)])
def test_killed_at_random_moments_and_resumed_the_result_is_the_same(
    bringing: Bringing, monkeypatch: pytest.MonkeyPatch, moments: int
) -> None:
    monkeypatch.setattr(applying, "AT_ONCE", 12 if moments < 10 else 5)
    number = bringing.bring_text(LIST)
    bringing.ask(number, sessions.apply)
    whole = contents(*BOOK)
    bringing.ask(number, sessions.revert)
    bringing.acting_as(SYSTEM)
    assert all(not rows for rows in contents(*BOOK).values())
    again = bringing.bring_text(LIST)
    dies = sorted(random.Random(moments).sample(range(1, 16 if moments < 10 else 40), moments))
    apply_dying_at(bringing, again, dies, monkeypatch)
    resumed = contents(*BOOK)
    assert [len(rows) for rows in resumed.values()] == [len(rows) for rows in whole.values()]
    assert (len(resumed["organizations"]), len(resumed["interactions"])) == (7, 60)


def test_what_is_about_a_principal_alone_is_committed_with_it(
    bringing: Bringing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "AT_ONCE", 2)
    bringing.make.principal("Amberfold Bakery")
    number = bringing.bring_text(
        "Date,Type,Organization,Principal\n11/2/2026,Call,,Amberfold Bakery\n"
        "11/3/2026,Call,Grill,Amberfold Bakery\n11/4/2026,Call,,Amberfold Bakery\n"
    )

    def reach(point: str) -> None:
        if point == "import.chunk":  # what a real commit would look at
            db.session.execute(sa.text("set constraints all immediate"))
            db.session.execute(sa.text("set constraints all deferred"))

    monkeypatch.setattr(failpoints, "reach", reach)
    job = bringing.ask(number, sessions.apply)
    assert job.state is JobState.DONE, job.last_error
    assert len(contents(Interaction)["interactions"]) == 3


def stopped_midway(bringing: Bringing, monkeypatch: pytest.MonkeyPatch) -> int:
    """A session whose person asks it to stop after the first of its chunks."""
    monkeypatch.setattr(applying, "AT_ONCE", 10)
    number = bringing.bring_text(LIST)
    bringing.acting_as(bringing.person)
    with transaction():
        sessions.apply(bringing.session(number))

    def reach(point: str) -> None:
        if point == "import.kept":
            with transaction():
                job = db.session.get_one(Job, bringing.session(number).job_id)
                job.cancel_asked_at = job.cancel_asked_at or job.created_at

    monkeypatch.setattr(failpoints, "reach", reach)
    assert bringing.run(number).state is JobState.STOPPED
    monkeypatch.setattr(failpoints, "reach", lambda _: None)
    return number


def test_one_that_is_stopped_keeps_what_was_done_and_can_go_on(
    bringing: Bringing, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = stopped_midway(bringing, monkeypatch)
    some = len(contents(Organization)["organizations"])
    assert some > 0
    with transaction():
        job = db.session.get_one(Job, bringing.session(number).job_id)
        job.state, job.cancel_asked_at = JobState.PLANNED, None
    assert bringing.run(number).state is JobState.DONE
    assert len(contents(Interaction)["interactions"]) == 60


def test_one_that_was_stopped_midway_can_be_taken_back(
    bringing: Bringing, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = stopped_midway(bringing, monkeypatch)
    assert bringing.ask(number, sessions.revert).state is JobState.DONE
    bringing.acting_as(SYSTEM)
    assert all(not rows for rows in contents(*BOOK).values())
