"""Each feature that can be switched: off it is gone everywhere and its work waits, on it is there; and with
all of them off every page stands and leads nowhere that is off.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from crm import flags, policy, queries, services
from crm.db import SYSTEM, db, transaction
from crm.enums import JobQueue, JobState, TokenKind
from crm.models import ApiToken, Job, User
from crm.queries.flags import KNOWN, WORK
from tests.clients import Client
from tests.factories import Make, as_role

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
Switch = Callable[..., None]
Acting = Callable[[User | str | None], None]


@pytest.fixture
def switch(database: sa.Connection) -> Switch:
    """`switch("imports", is_on=False)`, as a command does."""

    def change(*names: str, is_on: bool) -> None:
        db.session.commit()
        with as_role(database, "kp_owner"):
            for name in names:
                database.exec_driver_sql("select set_feature_flag(%s, %s, '{}', '{}', 0)", (name, is_on))
        db.session.expire_all()

    return change


@dataclass(frozen=True)
class Signs:
    """How one sees of a feature that it is there: its address, and where what leads to it."""

    address: str
    page: str = "/"
    """A page that leads to it."""
    way: str = ""
    """What leads there: a part of the page, as CSS has it; "" for nothing."""


SIGNS = {
    "api": Signs("/settings/tokens", "/settings", "a[href='/settings/tokens']"),
    "board": Signs("/opportunities/board", "/opportunities", "a[href^='/opportunities/board']"),
    "bulk-changes": Signs(
        "/organizations/changes/new?do=archive", "/organizations", ".bulkbar button[name='do'], td.tick"
    ),
    "bulk-moves": Signs("", "/follow-ups", "form[action='/follow-ups/moves']"),
    "dashboard-details": Signs("/dashboard/stale", "/dashboard", "#panel-stale-title, #panel-momentum-title"),
    "duplicates": Signs("/duplicates", "/contacts", "a[href='/duplicates']"),
    "exports": Signs("/organizations/export.csv", "/organizations", "[href*='export'], [action*='export']"),
    "imports": Signs("/imports", "/", "a[href='/imports']"),
    "legacy": Signs("/legacy"),
    "live-updates": Signs(""),
}


@pytest.fixture
def book(make: Make, ada: User) -> None:
    """Enough that each page has something to show and to offer."""
    maker = make.principal("Maker", owner=ada)
    make.organization("Bistro", owner=ada)
    make.opportunity(owner=ada, principals=[maker])
    make.interaction(
        author=ada, owner=ada, principals=[maker], follow_up_date=datetime(2026, 1, 5, tzinfo=UTC).date()
    )


def is_led_to(client: Client, signs: Signs) -> bool:
    page = client.get(signs.page)
    assert page.status_code == 200
    return bool(signs.way and BeautifulSoup(page.text, "lxml").select(signs.way))


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize("name", KNOWN)
def test_what_is_off_is_gone_and_what_is_on_is_there(
    name: str, client: Client, ada: User, switch: Switch
) -> None:
    signs = SIGNS[name]
    client.sign_in(ada)
    assert is_led_to(client, signs) == bool(signs.way)
    if signs.address:
        there = client.get(signs.address)
        assert there.status_code == 200
        there.close()  # it may be a file
    switch(name, is_on=False)
    assert not is_led_to(client, signs)
    if signs.address:
        answer = client.get(signs.address)
        assert answer.status_code == 403
        assert "Switched off for now" in answer.text
        assert KNOWN[name].title in answer.text
        piece = client.get(signs.address, headers={"HX-Request": "true"})
        assert piece.status_code == 403
        assert piece.headers["HX-Retarget"] == "#toasts"
    switch(name, is_on=True)
    assert is_led_to(client, signs) == bool(signs.way)


def test_each_address_of_a_feature_is_there(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    found = {name for endpoint in endpoints for name in flags.places_of(endpoint)}
    assert found == flags.PLACES.keys()
    for places in flags.PLACES.values():
        for place in places:
            assert any(flags.fnmatchcase(endpoint, place) for endpoint in endpoints), place
    assert set(WORK.values()) <= KNOWN.keys()
    assert KNOWN.keys() == SIGNS.keys()


@pytest.fixture
def secret(make: Make, ada: User) -> Callable[[TokenKind], str]:
    def give(kind: TokenKind) -> str:
        made = f"kp_{secrets.token_urlsafe(32)}"
        make.save(
            ApiToken(
                user_id=ada.user_id,
                kind=kind,
                name="A script",
                prefix=made[:9],
                secret_sha256=services.tokens.sha256(made),
                scopes=["write"],
            )
        )
        return made

    return give


def test_scripts_and_calendars_are_told_that_the_api_is_off_and_of_single_features_as_well(
    client: Client, secret: Callable[[TokenKind], str], switch: Switch
) -> None:
    bearing = {"Authorization": f"Bearer {secret(TokenKind.PERSONAL)}"}
    calendar = f"/calendar/{secret(TokenKind.CALENDAR)}.ics"
    assert client.get("/api/v1/imports", headers=bearing).status_code == 200
    switch("imports", is_on=False)
    problem = client.get("/api/v1/imports", headers=bearing)
    assert (problem.status_code, problem.mimetype) == (403, "application/problem+json")
    assert client.get("/api/v1/organizations", headers=bearing).status_code == 200
    assert client.get(calendar).status_code == 200
    switch("api", is_on=False)
    assert client.get("/api/v1/organizations", headers=bearing).status_code == 403
    assert client.get("/api/v1/organizations").status_code == 401, "who is nobody learns nothing"
    assert client.get(calendar).status_code == 403


@pytest.mark.parametrize("kind", WORK)
def test_work_of_what_is_off_waits_and_goes_on_when_it_is_on(
    kind: str, ada: User, acting_as: Acting, switch: Switch
) -> None:
    acting_as(SYSTEM)
    with transaction():
        job_id = services.jobs.add(kind, "once", by=ada.user_id, queue=JobQueue.WORK)
    assert job_id is not None
    assert queries.jobs.long_waiting(now=NOW.replace(year=2099), most=5) == [job_id]
    switch(WORK[kind], is_on=False)
    acting_as(SYSTEM)
    assert queries.jobs.long_waiting(now=NOW.replace(year=2099), most=5) == []
    switch(WORK[kind], is_on=True)
    acting_as(SYSTEM)
    assert queries.jobs.long_waiting(now=NOW.replace(year=2099), most=5) == [job_id]


def test_work_that_runs_when_its_feature_is_switched_off_stops_between_two_steps_and_loses_nothing(
    ada: User, make: Make, client: Client, acting_as: Acting, switch: Switch, tmp_path: Path
) -> None:
    acting_as(SYSTEM)
    around = services.jobs.Around(tmp_path, policy.may_change_row)
    with transaction():
        job_id = services.jobs.add("duplicates", "2026-11-24", by=ada.user_id, queue=JobQueue.WORK)
    assert job_id is not None
    switch("duplicates", is_on=False)
    acting_as(SYSTEM)
    services.jobs.run(job_id, now=NOW, around=around)
    db.session.expire_all()
    job = db.session.get_one(Job, job_id)
    assert (job.state, job.attempts, job.last_error) == (JobState.PLANNED, 0, None)
    db.session.commit()
    told = " ".join(client.sign_in(ada).get(f"/jobs/{job_id}").text.split())
    assert "Waits: this is switched off for now" in told
    switch("duplicates", is_on=True)
    acting_as(SYSTEM)
    services.jobs.run(job_id, now=NOW, around=around)
    db.session.expire_all()
    assert db.session.get_one(Job, job_id).state == JobState.DONE


def test_where_nobody_can_say_what_is_on_work_that_can_be_switched_waits_and_all_other_is_done(
    database: sa.Connection, acting_as: Acting
) -> None:
    acting_as(SYSTEM)
    assert queries.flags.held_work() == []
    with taken_from_system(database):
        acting_as(SYSTEM)
        assert queries.flags.held_work() == list(WORK)
        assert queries.jobs.waiting(now=NOW, most=5) == []


@contextlib.contextmanager
def taken_from_system(database: sa.Connection) -> Iterator[None]:
    db.session.commit()
    with as_role(database, "kp_owner"):
        database.exec_driver_sql("revoke select on feature_flags from kp_system")
    yield
    db.session.commit()
    with as_role(database, "kp_owner"):
        database.exec_driver_sql("grant select on feature_flags to kp_system")


def test_panels_that_are_off_come_back_where_they_were(client: Client, ada: User, switch: Switch) -> None:
    client.sign_in(ada)
    every = [panel["name"] for panel in _panels(client)]
    shown = [name for name in every if name not in ("stale", "metrics")]
    client.submit("/dashboard/arrangement", {"panel": every, "shown": shown, "request_key": _key()})
    switch("dashboard-details", is_on=False)
    left = [panel["name"] for panel in _panels(client)]
    assert "stale" not in left
    kept = [name for name in left if name != "metrics"]
    client.submit("/dashboard/arrangement", {"panel": left, "shown": kept, "request_key": _key()})
    switch("dashboard-details", is_on=True)
    now = {panel["name"]: panel["shown"] for panel in _panels(client)}
    assert set(now) == set(every)
    assert [name for name, is_shown in now.items() if not is_shown] == ["metrics", "stale"]


def _panels(client: Client) -> list[dict[str, object]]:
    soup = BeautifulSoup(client.get("/dashboard/arrangement").text, "lxml")
    return [
        {"name": str(line["data-name"]), "shown": line.select_one("input[checked]") is not None}
        for line in soup.select("#arrangement li")
    ]


def _key() -> str:
    return f"00000000-0000-4000-8000-{secrets.token_hex(6)}"


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("book")
@pytest.mark.parametrize("who", ["nell", "mara", "ada"])
def test_with_everything_off_every_page_stands_and_leads_nowhere_that_is_off(
    who: str, request: pytest.FixtureRequest, app: Flask, client: Client, switch: Switch
) -> None:
    switch(*KNOWN, is_on=False)
    client.sign_in(request.getfixturevalue(who))
    waiting, seen, off = ["/"], {"/"}, []
    while waiting:
        path = waiting.pop()
        answer = client.get(path)
        assert answer.status_code < 500, path
        assert answer.status_code != 404, path
        if answer.mimetype != "text/html":
            continue
        for link in BeautifulSoup(answer.text, "lxml").select("[href], [action], [formaction]"):
            for name in ("href", "action", "formaction"):
                address = str(link.get(name, "")).partition("#")[0]
                rule = _rule(app, address)
                if rule is None:
                    continue
                if any(feature in KNOWN for feature in flags.places_of(rule.endpoint)):
                    off.append(f"{path} leads to {address}")
                elif name == "href" and rule.rule not in seen:
                    seen.add(rule.rule)
                    waiting.append(address)
    assert off == []
    assert len(seen) > 30


def _rule(app: Flask, address: str) -> Rule | None:
    """The route of an address of ours."""
    if not address.startswith("/") or address.startswith("/static/"):
        return None
    adapter = app.url_map.bind("localhost")
    for method in ("GET", "POST"):
        with contextlib.suppress(HTTPException):
            rule, _ = adapter.match(address.partition("?")[0], method=method, return_rule=True)
            return rule
    return None
