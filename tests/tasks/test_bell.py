"""The bell is rung after the commit, costs a second at most, and nobody minds when it is not heard."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

import crm
from crm import bell, services, tasks
from crm.config import Settings
from crm.db import SYSTEM, transaction
from crm.tasks.deliveries import make_waiting
from crm.tasks.jobs import run_one
from crm.tasks.mails import send_one, send_waiting
from crm.tasks.schedule import TIMETABLE, tick
from tests.databases import Database

PATIENCE = 3.0
"""A second, and what a busy machine may add to it. Whoever does not give up at all waits for much longer."""

publish = bell.publish  # before the fixture of these tests listens in its place
Rung = list[tuple[str, tuple[int, ...]]]


@pytest.fixture
def broker(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`broker("redis://…")`: the application's broker is there, for this test."""
    monkeypatch.setattr(bell, "_quiet_until", 0.0)

    def at(address: str) -> None:
        tasks.init(app, app.config["SETTINGS"].model_copy(update={"redis_url": address}))

    return at


def test_a_bell_waits_for_the_commit(acting_as: Any, rung: Rung) -> None:
    acting_as(SYSTEM)
    with transaction():
        send_one.enqueue(7)
        assert rung == []
    assert rung == [("mails.send_one", (7,))]


def _ring_and_break() -> None:
    send_one.enqueue(7)
    raise ZeroDivisionError


def test_a_rollback_forgets_the_bell(acting_as: Any, rung: Rung) -> None:
    acting_as(SYSTEM)
    with pytest.raises(ZeroDivisionError), transaction():
        _ring_and_break()
    with transaction():
        pass
    assert rung == []


def test_no_bell_is_rung_outside_a_unit_of_work(acting_as: Any) -> None:
    acting_as(SYSTEM)
    with pytest.raises(RuntimeError, match="inside a unit of work"):
        send_one.enqueue(7)


def test_a_broker_that_is_away_is_not_waited_for(broker: Callable[[str], None]) -> None:
    broker("redis://127.0.0.1:9/0")
    begun = time.monotonic()
    publish("mails.send_one", 1)
    assert time.monotonic() - begun < PATIENCE


def test_a_broker_that_accepts_and_never_answers_is_waited_for_a_second(
    broker: Callable[[str], None],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        broker(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        begun = time.monotonic()
        publish("mails.send_one", 1)
        assert time.monotonic() - begun < PATIENCE
        begun = time.monotonic()
        for number in range(50):
            publish("mails.send_one", number)
        assert time.monotonic() - begun < PATIENCE, "one wait for all, not one for each"


def test_each_task_is_a_door_to_one_service(acting_as: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple[Any, ...]] = []
    doors = (
        (services.deliveries, "make_waiting"),
        (services.jobs, "run"),
        (services.planning, "tick"),
        (services.sending, "send"),
        (services.sending, "send_waiting"),
    )
    for module, name in doors:
        monkeypatch.setattr(
            module,
            name,
            lambda *ids, _name=f"{module.__name__}.{name}", rounds=None, **_: called.append(
                (_name, *ids, *([] if rounds is None else [rounds]))
            ),
        )
    make_waiting(1), run_one(2), send_one(3), send_waiting(4), tick()
    assert called == [
        ("crm.services.deliveries.make_waiting", 1),
        ("crm.services.jobs.run", 2),
        ("crm.services.sending.send", 3),
        ("crm.services.sending.send_waiting", 4),
        ("crm.services.planning.tick",),
    ]


def test_celery_only_ever_rings(app: Flask) -> None:
    conf = bell.celery.conf
    assert (conf.task_serializer, conf.accept_content) == ("json", ["json"])
    assert conf.task_ignore_result
    assert conf.result_backend is None
    assert not conf.task_acks_late
    assert conf.worker_prefetch_multiplier == 1
    longest = min(services.sending.LEASE, services.jobs.LEASE).total_seconds()
    assert conf.task_time_limit < longest, "the holder of a lease that ran out must be dead"
    assert {entry["task"] for entry in TIMETABLE.values()} == {"schedule.tick"}


def test_celery_is_of_the_app_that_was_made_last_and_each_test_begins_with_its_own(
    request: pytest.FixtureRequest, shared_app: Flask, own_database: Database
) -> None:
    elsewhere = own_database.settings("web", redis_url="redis://127.0.0.1:9/0")
    made = crm.create_app("web", elsewhere)
    assert (bell.celery.flask, bell.celery.conf.broker_url) == (made, elsewhere.redis_url)
    ours: Settings = request.getfixturevalue("app").config["SETTINGS"]
    assert (bell.celery.flask, bell.celery.conf.broker_url) == (shared_app, ours.redis_url)
