"""/ops and /metrics: for admins and for machines with the token, and what is red says what to do."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from crm import bell
from crm.config import Settings
from crm.models import Heartbeat, User
from tests.clients import Client
from tests.factories import Make
from tests.faults.proxy import Proxy

TOKEN = {"Authorization": "Bearer for-machines-only"}


@pytest.fixture(autouse=True)
def _a_token(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Settings = app.config["SETTINGS"]
    monkeypatch.setitem(
        app.config, "SETTINGS", settings.model_copy(update={"ops_token": "for-machines-only"})
    )


def signs(client: Client) -> dict[str, dict[str, object]]:
    answer = client.get("/ops", headers=TOKEN)
    assert answer.status_code == 200
    return {sign["name"]: sign for sign in answer.get_json()["signs"]}


def beat(make: Make, name: str, *, ago: timedelta = timedelta(0), **more: object) -> None:
    then = datetime.now(UTC) - ago
    make.save(Heartbeat(**{"name": name, "beaten_at": then, "clock_at": then} | more))


def test_a_tick_that_stopped_is_red_and_says_what_to_do(make: Make, client: Client) -> None:
    beat(make, "tick", ago=timedelta(minutes=4))
    tick = signs(client)["last_tick_age_seconds"]
    assert tick["red"]
    assert "flask jobs tick" in str(tick["do"])


def test_what_goes_on_is_not_red(make: Make, client: Client) -> None:
    for name in ("tick", "planner", "backup", "queue default", "queue mail", "queue work"):
        beat(make, name)
    red = {name: sign["said"] for name, sign in signs(client).items() if sign["red"]}
    assert list(red) == ["mail_server_up"], f"the one thing that is not there in tests; and: {red}"


def test_a_redis_that_is_away_is_red_and_says_what_to_do(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell.celery.conf, "broker_url", "redis://127.0.0.1:9/0")
    redis = signs(client)["redis_up"]
    assert (redis["red"], redis["said"]) == (True, "ConnectionError")
    assert str(redis["do"]).startswith("Start Redis.")


def test_a_redis_that_takes_a_moment_to_answer_is_not_red(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: Settings = app.config["SETTINGS"]
    address = urlsplit(settings.redis_url)
    assert address.port
    proxy = Proxy(address.port)
    through = address._replace(netloc=f":{address.password}@127.0.0.1:{proxy.port}").geturl()
    monkeypatch.setattr(bell.celery.conf, "broker_url", through)
    proxy.freeze()
    awake = threading.Timer(2 * bell.SOCKET_SECONDS, proxy.mend)
    awake.start()
    redis = signs(client)["redis_up"]
    awake.join()
    proxy.close()
    assert (redis["red"], redis["said"]) == (False, "answers")


def test_a_letter_that_nobody_planned_is_seen_by_its_age(make: Make, client: Client) -> None:
    due = datetime.now(UTC) - timedelta(hours=2)
    beat(make, "planner", ago=timedelta(hours=3), next_due_at=due)
    sign = signs(client)["oldest_unplanned_age_seconds"]
    assert (sign["red"], sign["said"]) == (True, "2 h")


def test_clocks_that_are_apart_are_red(make: Make, client: Client) -> None:
    beat(make, "queue mail", clock_at=datetime.now(UTC) + timedelta(seconds=40))
    sign = signs(client)["clock_skew_seconds"]
    assert (sign["red"], sign["said"][:2]) == (True, "40")
    beat(make, "queue work", clock_at=datetime.now(UTC) + timedelta(days=2, hours=18))
    assert signs(client)["clock_skew_seconds"]["said"] == "2 days"


def test_an_admin_sees_the_page_and_others_do_not(
    make: Make, ada: User, mara: User, sign_in: Callable[[User], Client]
) -> None:
    soup = BeautifulSoup(sign_in(ada).get("/ops").get_data(as_text=True), "lxml")
    assert "Last backup" in (soup.select_one("#to-do") or soup).text
    assert sign_in(mara).get("/ops").status_code == 403


@pytest.mark.parametrize("path", ["/ops", "/metrics"])
def test_without_the_token_a_machine_gets_nothing(client: Client, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}):
        assert client.get(path, headers=headers).status_code == 303


def test_figures_are_there_for_prometheus(make: Make, client: Client) -> None:
    beat(make, "tick")
    client.get("/healthz")
    text = client.get("/metrics", headers=TOKEN).get_data(as_text=True)
    assert 'pantry_requests_total{endpoint="probes.healthz",method="GET",status="200"}' in text
    assert "pantry_last_tick_age_seconds" in text
    assert "pantry_database_up 1.0" in text
