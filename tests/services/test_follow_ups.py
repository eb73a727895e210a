"""Keeping promises: each act, what it leaves alone, what it refuses, and how it is taken back."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

import crm
from crm import services
from crm.db import act_as, db, transaction
from crm.errors import Refused
from crm.models import Interaction, User
from tests.database.sessions import signed_in, until
from tests.databases import Database
from tests.factories import Make

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
TODAY = date(2026, 11, 24)
DUE = TODAY - timedelta(days=3)

As = Callable[[User], None]


@pytest.fixture
def promise(make: Make, nell: User, acting_as: As) -> Interaction:
    """Something nell promised for three days ago; nell is acting."""
    made = make.interaction(author=nell, follow_up_date=DUE, is_touch=False)
    acting_as(nell)
    return made


def state(promise: Interaction) -> tuple[object, ...]:
    """Everything that the acts of this module may change, but for the version."""
    db.session.expire(promise)
    return (
        promise.follow_up_required,
        promise.follow_up_date,
        promise.owner_id,
        promise.completed_at,
        promise.completed_by,
        promise.completed_with,
        promise.snoozed_until_on,
        promise.times_rescheduled,
    )


def complete(promise: Interaction, by: User, with_: Interaction | None = None) -> None:
    services.follow_ups.complete(promise, by=by, now=NOW, with_=with_)


def test_completing_says_who_and_when_and_keeps_flag_and_day(promise: Interaction, nell: User) -> None:
    complete(promise, nell)
    assert state(promise) == (True, DUE, nell.user_id, NOW, nell.user_id, None, None, 0)
    assert not promise.is_open_promise


def test_anybody_completes_what_a_colleague_promised(
    promise: Interaction, nell: User, otis: User, acting_as: As
) -> None:
    acting_as(otis)
    complete(promise, otis)
    assert (promise.owner_id, promise.completed_by) == (nell.user_id, otis.user_id)


def test_completing_twice_is_refused_by_name_and_changes_nothing(
    promise: Interaction, nell: User, otis: User, acting_as: As
) -> None:
    complete(promise, nell)
    before = state(promise)
    acting_as(otis)
    with pytest.raises(Refused, match="Nell Okafor completed this already"):
        complete(promise, otis)
    acting_as(nell)
    with pytest.raises(Refused, match="You completed this already"):
        complete(promise, nell)
    assert state(promise) == before


def test_a_promise_is_kept_with_the_interaction_that_was_logged(
    promise: Interaction, make: Make, nell: User
) -> None:
    call, other = make.interaction(author=nell), make.interaction(author=nell)
    complete(promise, nell, with_=call)
    assert promise.completed_with == call.interaction_id
    with pytest.raises(Refused):
        complete(promise, nell, with_=other)


def test_one_that_was_completed_without_being_logged_gets_its_interaction_later(
    promise: Interaction, make: Make, nell: User, otis: User, acting_as: As
) -> None:
    complete(promise, nell)
    acting_as(otis)
    call = make.interaction(author=otis)
    services.follow_ups.complete(promise, by=otis, now=NOW + timedelta(hours=1), with_=call)
    assert (promise.completed_at, promise.completed_by) == (NOW, nell.user_id)
    assert promise.completed_with == call.interaction_id


def test_reopening_brings_it_back_with_the_day_it_had(promise: Interaction, nell: User) -> None:
    before = state(promise)
    complete(promise, nell)
    services.follow_ups.reopen(promise)
    assert state(promise) == before
    with pytest.raises(Refused, match="open already"):
        services.follow_ups.reopen(promise)


def test_a_snoozed_promise_keeps_the_day_it_is_due(promise: Interaction) -> None:
    services.follow_ups.snooze(promise, until=TODAY + timedelta(days=1))
    assert (promise.follow_up_date, promise.snoozed_until_on) == (DUE, TODAY + timedelta(days=1))
    assert promise.times_rescheduled == 0


@pytest.mark.parametrize("until", [DUE, DUE - timedelta(days=1)])
def test_snoozing_to_before_it_is_due_is_refused(promise: Interaction, until: date) -> None:
    with pytest.raises(Refused) as refused:
        services.follow_ups.snooze(promise, until=until)
    assert refused.value.field == "until"
    assert promise.snoozed_until_on is None


def test_rescheduling_moves_the_day_wakes_it_and_is_counted(promise: Interaction) -> None:
    services.follow_ups.snooze(promise, until=TODAY + timedelta(days=1))
    services.follow_ups.reschedule(promise, to=TODAY + timedelta(days=6))
    services.follow_ups.reschedule(promise, to=TODAY + timedelta(days=7))
    assert (promise.follow_up_date, promise.snoozed_until_on) == (TODAY + timedelta(days=7), None)
    assert promise.times_rescheduled == 2


def test_rescheduling_to_the_day_it_has_is_refused(promise: Interaction) -> None:
    with pytest.raises(Refused) as refused:
        services.follow_ups.reschedule(promise, to=DUE)
    assert refused.value.field == "date"
    assert promise.times_rescheduled == 0


def test_a_colleague_keeps_it_from_now_on(promise: Interaction, otis: User) -> None:
    services.follow_ups.hand_over(promise, to=otis.user_id)
    assert promise.owner_id == otis.user_id
    with pytest.raises(Refused, match="Otis Brandt keeps it already"):
        services.follow_ups.hand_over(promise, to=otis.user_id)


def test_nobody_who_left_gets_a_promise(promise: Interaction, make: Make, nell: User) -> None:
    gone = make.user("Gone Long", active=False)
    for number in (gone.user_id, 2**62):
        with pytest.raises(Refused) as refused:
            services.follow_ups.hand_over(promise, to=number)
        assert refused.value.field == "owner"
    assert promise.owner_id == nell.user_id


ACTS: dict[str, Callable[[Interaction, User, int | None], services.follow_ups.Was]] = {
    "snooze": lambda promise, _, seen: services.follow_ups.snooze(
        promise, until=TODAY + timedelta(days=1), seen=seen
    ),
    "reschedule": lambda promise, _, seen: services.follow_ups.reschedule(
        promise, to=TODAY + timedelta(days=4), seen=seen
    ),
    "hand over": lambda promise, to, seen: services.follow_ups.hand_over(promise, to=to.user_id, seen=seen),
}


@pytest.mark.parametrize("act", ACTS)
def test_each_act_is_taken_back_exactly(act: str, promise: Interaction, otis: User) -> None:
    services.follow_ups.snooze(promise, until=DUE + timedelta(days=1))
    before = state(promise)
    was = ACTS[act](promise, otis, None)
    assert state(promise) != before
    services.follow_ups.put_back(promise, was)
    assert state(promise) == before


@pytest.mark.parametrize("act", ACTS)
def test_what_was_changed_again_is_not_taken_back(act: str, promise: Interaction, otis: User) -> None:
    was = ACTS[act](promise, otis, None)
    services.follow_ups.reschedule(promise, to=TODAY + timedelta(days=30))
    before = state(promise)
    with pytest.raises(Refused, match="changed again since"):
        services.follow_ups.put_back(promise, was)
    assert state(promise) == before


@pytest.mark.parametrize("act", ACTS)
def test_who_looked_at_an_older_version_is_refused(act: str, promise: Interaction, otis: User) -> None:
    seen = promise.version
    services.follow_ups.reschedule(promise, to=TODAY + timedelta(days=30))
    before = state(promise)
    with pytest.raises(Refused) as refused:
        ACTS[act](promise, otis, seen)
    assert refused.value.field == "version"
    assert state(promise) == before


@pytest.mark.parametrize("act", ACTS)
def test_what_is_completed_is_neither_moved_nor_handed_over(
    act: str, promise: Interaction, nell: User, otis: User
) -> None:
    complete(promise, nell)
    before = state(promise)
    with pytest.raises(Refused, match="completed in the meantime"):
        ACTS[act](promise, otis, None)
    assert state(promise) == before


A_PROMISE = """
    with place as (insert into organizations (name) values ('The Tin Heron') returning organization_id)
    insert into interactions (organization_id, interaction_type, follow_up_required, follow_up_date)
    select organization_id, 'Note', true, '2026-11-24' from place returning interaction_id
"""
SOMEBODY_WAITS = """
    select exists (select from pg_locks join pg_stat_activity using (pid)
                   where not granted and datname = current_database())
"""


def number_of(connection: psycopg.Connection, statement: str, *values: str) -> int:
    row = connection.execute(statement, values).fetchone()
    assert row is not None
    return int(row[0])


def test_of_two_who_complete_at_once_one_waits_and_is_told(own_database: Database) -> None:
    owner = own_database.connect("test", role="kp_owner")
    person = "insert into users (email, full_name, fs_uniquifier) values (%s, %s, %s) returning user_id"
    nell_id, otis_id = (
        number_of(owner, person, f"{name}@x.example", name, name) for name in ("Nell", "Otis")
    )
    number = number_of(owner, A_PROMISE)
    app = crm.create_app("web", own_database.settings("web"))
    answers: list[str] = []

    def keep() -> None:
        with app.app_context(), transaction():
            act_as(otis_id)
            promise = db.session.get_one(Interaction, number)
            try:
                complete(promise, db.session.get_one(User, otis_id))
            except Refused as refused:
                answers.append(refused.message)

    second = threading.Thread(target=keep)
    with signed_in(own_database) as first, first.transaction():
        first.execute(
            "update interactions set completed_at = now(), completed_by = %s, version = version + 1"
            " where interaction_id = %s",
            [nell_id, number],
        )
        second.start()
        until(lambda: owner.execute(SOMEBODY_WAITS).fetchone() == (True,))
    second.join(10)
    assert answers == ["Nell completed this already. Nothing is left to do."]
    assert owner.execute("select completed_by, version from interactions").fetchall() == [(nell_id, 2)]
    owner.close()
    with app.app_context():
        db.engine.dispose()
