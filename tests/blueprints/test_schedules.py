"""Scheduling follow-ups for many rows, as people do it: look at what comes of it, ask, look on, take back."""

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag

from crm import bell, clock, services
from crm.db import db
from crm.enums import JobState
from crm.models import Job, JobRow, User
from tests.clients import Client
from tests.factories import Make

Counting = Callable[[], AbstractContextManager[list[str]]]
SCHEDULABLE = ("organizations", "contacts", "distributors", "opportunities", "principals")


@pytest.fixture(autouse=True)
def _nobody_hears_bells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "publish", lambda task, *ids: None)


@pytest.fixture
def reader(nell: User, client: Client) -> Client:
    return client.sign_in(nell)


def form(client: Client, address: str, status: int = 200) -> Tag:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return BeautifulSoup(answer.text, "lxml").select_one("#schedule-form")


def words(element: Tag) -> str:
    return " ".join(element.get_text(" ").split())


def fields(shown: Tag, **changes: str) -> dict[str, str]:
    """What a person without scripts would post who changes only this."""
    said = {
        field["name"]: field.get("value", "") for field in shown.select("input[type=hidden], [type=date]")
    }
    said |= {"when": "1", "keeper": "each", "per_day": "5", "note": "", "request_key": str(uuid4())}
    return {name: value for name, value in (said | changes).items() if name != "csrf_token"}


@pytest.mark.parametrize("name", SCHEDULABLE)
def test_every_list_of_those_who_can_be_promised_something_has_the_button(
    name: str, reader: Client, make: Make
) -> None:
    place = make.principal("Maker", is_distributor=True)
    make.opportunity(organization=place)
    make.contact(organization=place)
    page = BeautifulSoup(reader.get(f"/{name}").text, "lxml")
    button = next(one for one in page.select(".bulkbar button") if "Schedule follow-ups" in one.text)
    home = page.select_one("form.list-rows")
    address = button.get("formaction") or home["action"]
    assert address == f"/{name}/follow-ups/new"
    assert "No " in words(form(reader, address))
    number = page.select_one(".tick input[name=id]")["value"]
    assert "Nobody looks after it." in words(form(reader, f"{address}?id={number}"))


def test_what_comes_of_it_is_told_before_it_is_asked_for_and_runs_as_one_job(
    reader: Client, make: Make, nell: User
) -> None:
    rows = [make.organization(f"Place {n}", owner=nell) for n in range(3)]
    waits = make.organization("Waits", owner=nell)
    make.interaction(organization=waits, follow_up_date=date(2099, 1, 1), owner=nell)
    ids = "&".join(f"id={row.organization_id}" for row in [*rows, waits])
    shown = form(reader, f"/organizations/follow-ups/new?q=&{ids}")
    said = words(shown.select_one("#schedule-found"))
    assert "Three organizations each get one follow-up, on " in said
    assert "3 for Nell Okafor" in said
    assert "One organization gets none: 1: A follow-up is open already." in said
    assert words(shown.select_one("#schedule-deed")) == "Schedule three follow-ups"
    posted = fields(shown, note="Call before the holidays")
    answers = [reader.submit("/organizations/follow-ups", posted) for _ in range(2)]
    [job] = db.session.scalars(sa.select(Job)).all()
    assert {answer.location for answer in answers} == {f"/jobs/{job.job_id}"}
    assert (job.rows_total, job.asked["note"]) == (3, "Call before the holidays")
    due = clock.today_for(nell.time_zone, clock.now()) + timedelta(days=3)
    plans = db.session.scalars(sa.select(JobRow.plan).where(JobRow.plan.is_not(None))).all()
    assert plans == [{"on": due.isoformat(), "keeper": nell.user_id}] * 3


def test_all_in_this_filter_is_scheduled_by_its_question(reader: Client, make: Make, nell: User) -> None:
    for n in range(3):
        make.organization(f"Bistro {n}", owner=nell)
    make.organization("Diner", owner=nell)
    shown = form(reader, "/organizations/follow-ups/new?q=bistro&all=1&id=1")
    assert "Three organizations" in words(shown)
    assert shown.select_one(".dialog-foot a")["href"] == "/organizations?q=bistro"


def test_without_scripts_another_rule_is_shown_first_and_asked_for_then(
    reader: Client, make: Make, nell: User
) -> None:
    for n in range(3):
        make.organization(f"Place {n}", owner=nell)
    shown = form(reader, "/organizations/follow-ups/new?all=1")
    first = (clock.now() + timedelta(days=30)).date().isoformat()
    posted = fields(shown, when="spread", per_day="1", on=first)
    answer = reader.submit("/organizations/follow-ups", posted)
    assert answer.status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0
    again = BeautifulSoup(answer.text, "lxml").select_one("#schedule-form")
    assert "This is what comes of it now." in words(again)
    posted |= {"seen": again.select_one("[name=seen]")["value"], "request_key": str(uuid4())}
    assert reader.submit("/organizations/follow-ups", posted).status_code == 303


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"when": "day", "on": "2001-01-01"}, "Choose a day from today on."),
        ({"when": "day", "on": "soon"}, "like 2026-11-30"),
        ({"when": "day", "on": ""}, "Choose the day."),
        ({"when": "spread", "per_day": "0"}, "from 1 to 200"),
        ({"when": "never"}, "Not a valid choice"),
        ({"keeper": "9"}, "somebody of your team"),
        ({"note": "x" * 501}, "At most 500"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    changes: dict[str, str], why: str, reader: Client, make: Make, nell: User
) -> None:
    make.organization("Place", owner=nell)
    posted = fields(form(reader, "/organizations/follow-ups/new?all=1"), **changes)
    answer = reader.submit("/organizations/follow-ups", posted)
    assert answer.status_code == 422
    assert why in BeautifulSoup(answer.text, "lxml").text
    again = reader.get("/organizations/follow-ups/new", query_string=posted)
    assert again.status_code == 200
    assert why in BeautifulSoup(again.text, "lxml").text


def test_a_rep_promises_for_the_team_and_an_admin_for_everybody(
    client: Client, make: Make, nell: User, otis: User, ada: User
) -> None:
    make.organization("His", owner=otis)
    address = "/organizations/follow-ups/new?all=1"
    assert "another team" in words(form(client.sign_in(nell), address))
    assert "1 for Otis Brandt" in words(form(client.sign_in(ada), address))
    shown = form(client.sign_in(nell), address)
    assert "Otis Brandt" not in words(shown.select_one("select"))


def test_the_form_asks_as_often_for_ten_rows_as_for_a_hundred(
    reader: Client, make: Make, nell: User, statements: Counting
) -> None:
    numbers = []
    for rows in (10, 90):
        for n in range(rows):
            make.organization(f"Place {n}", owner=nell)
        with statements() as seen:
            form(reader, "/organizations/follow-ups/new?all=1")
        numbers.append(len(seen))
    assert numbers[0] == numbers[1] <= 7


def test_a_job_that_is_over_can_be_taken_back_by_whoever_asked_for_it(
    client: Client, make: Make, nell: User, ada: User
) -> None:
    place = make.organization("Place", owner=nell)
    done = make.save(
        Job(
            kind=services.schedules.KIND, run_key=str(uuid4()), requested_by=nell.user_id, rows_done=1,
            state=JobState.DONE, finished_at=clock.now(), result={"added": 1, "left": 0},
            asked={"title": "Schedule follow-ups for organizations", "list": "organizations"},
        )
    )  # fmt: skip
    make.save(JobRow(job_id=done.job_id, place=1, record_id=place.organization_id, state="done", made_id=1))
    make.save(
        JobRow(job_id=done.job_id, place=2, record_id=place.organization_id + 1, state="left", reason="Why.")
    )
    undo = f"/jobs/{done.job_id}/return"
    assert undo not in client.sign_in(ada).get(f"/jobs/{done.job_id}").text
    assert client.submit(undo, {"request_key": str(uuid4())}).status_code == 404
    page = client.sign_in(nell).get(f"/jobs/{done.job_id}").text
    assert undo in page
    assert "Why." in page
    answer = client.submit(undo, {"request_key": str(uuid4())})
    assert answer.location == f"/jobs/{done.job_id + 1}"
    assert "Undo: schedule follow-ups for organizations" in client.get(answer.location).text
    page = client.get(f"/jobs/{done.job_id}").text
    assert undo not in page
    assert "was taken back" in page


def test_chosen_principals_are_taken_along_as_a_file(reader: Client, make: Make, nell: User) -> None:
    one, _ = make.principal("=Amberfold", owner=nell), make.principal("Larkmeadow")
    for asked, names in (
        (f"id={one.organization_id}", ["'=Amberfold"]),
        ("all=1&sort=name", ["'=Amberfold", "Larkmeadow"]),
    ):
        with reader.get(f"/principals/export.csv?{asked}") as answer:
            rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
        assert [row[:2] for row in rows[1:]] == [[name, "Not contacted yet"] for name in names]
