"""What takes long, by a script alone: a file brought in and taken back, a list taken along."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask

from crm import bell, policy, services
from crm.db import SYSTEM, db
from crm.enums import JobState
from crm.models import Job, User
from tests.api.conftest import ComeIn
from tests.factories import Make

LIST = b"Organization,City,Owner\nThe Tin Heron,Elkhollow,Somebody\n,Elkhollow,\nGrill,,\n"

Work = Callable[[], None]


@pytest.fixture
def work(app: Flask, acting_as: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Work:
    """Do every job that waits, as the worker would."""
    monkeypatch.setattr(bell, "publish", lambda *_: None)

    def run() -> None:
        acting_as(SYSTEM)
        around = services.jobs.Around(app.config["SETTINGS"].data_dir, policy.may_change_row)
        waiting = sa.select(Job.job_id).where(Job.state == JobState.PLANNED).order_by(Job.job_id)
        for job_id in db.session.scalars(waiting).all():
            services.jobs.run(job_id, now=datetime.now(UTC), around=around)
        db.session.expire_all()

    return run


def test_a_file_is_brought_looked_at_applied_and_taken_back(
    nell: User, otis: User, come_in: ComeIn, work: Work
) -> None:
    script = come_in(nell)
    brought = script.ask("POST", "/imports", data={"file": (BytesIO(LIST), "list.csv")})
    assert brought.status_code == 202, brought.text
    work()
    [listed] = script.get("/imports").json["items"]
    here = f"/imports/{listed['import_session_id']}"
    checked = script.get(here).json
    assert (checked["state"], checked["outcomes"]) == ("checked", {"created": 2, "unreadable": 1})
    wrong = script.get(f"{here}/rows", outcome="unreadable").json["items"]
    assert [row["row"] for row in wrong] == [3]
    assert "names no organization" in wrong[0]["problems"][0]["reason"]
    first = script.get(f"{here}/rows", limit=1).json
    assert script.get(f"{here}/rows", limit=1, cursor=first["next_cursor"]).json["items"][0]["row"] == 3
    [sheet], [question] = checked["sheets"], checked["questions"]
    assert (sheet["headers"], question["text"]) == (["Organization", "City", "Owner"], "Somebody")
    answer = {"topic": question["topic"], "text": "Somebody", "choice": str(nell.user_id)}
    said = {
        "sheets": [{"import_sheet_id": sheet["import_sheet_id"], "fields": sheet["fields"] | {"1": ""}}],
        "answers": [answer],
    }
    assert script.post(f"{here}/check", {"answers": [answer | {"text": "Else"}]}).status_code == 422
    assert script.post(f"{here}/check", said).status_code == 202
    work()
    assert "1" not in script.get(here).json["sheets"][0]["fields"]
    assert come_in(otis).post(f"{here}/check", {}).status_code == 404
    assert come_in(otis).post(f"{here}/application").status_code == 404
    assert script.post(f"{here}/application").status_code == 202
    work()
    names = {one["name"] for one in script.get("/organizations").json["items"]}
    assert names == {"The Tin Heron", "Grill"}
    assert script.post(f"{here}/reversal", {}).status_code == 202
    work()
    assert script.get("/organizations").json["items"] == []
    assert script.get(here).json["state"] == "reverted"


def test_without_a_file_nothing_is_brought(nell: User, come_in: ComeIn) -> None:
    refused = come_in(nell).ask("POST", "/imports", data={"name": "x"})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "file")


def test_a_list_is_taken_along_by_who_asked_for_it(
    make: Make, nell: User, otis: User, come_in: ComeIn, work: Work
) -> None:
    make.organization("Harbor Deli", owner=nell)
    make.organization("Otis’ Grill", owner=otis)
    script = come_in(nell)
    asked = script.post("/exports", {"list": "organizations", "ending": "csv", "filters": {"owner": "me"}})
    work()
    job = script.get(asked.headers["Location"]).json
    assert (job["state"], job["figures"]["rows"]) == ("done", 1)
    with script.get(job["file"]) as file:
        assert "Harbor Deli" in file.text
        assert "Otis" not in file.text
    other = come_in(otis)
    assert other.get(job["file"]).status_code == 404
    assert other.get(f"/jobs/{job['job_id']}").status_code == 404


def test_a_job_is_stopped_tried_again_and_taken_back(
    make: Make, nell: User, come_in: ComeIn, work: Work
) -> None:
    deli = make.organization("Harbor Deli", owner=nell)
    script = come_in(nell)
    asked = script.post("/organizations/changes-of-all", {"do": "priority", "priority": "A+"})
    here = f"/jobs/{asked.json['job_id']}"
    assert script.post(f"{here}/cancellation").json["state"] == "stopped"
    assert script.post(f"{here}/cancellation").status_code == 422
    assert script.post(f"{here}/attempts").json["state"] == "planned"
    work()
    of_deli = f"/organizations/{deli.organization_id}"
    assert script.get(of_deli).json["priority"] == "A+"
    assert script.post(f"{here}/return").status_code == 202
    work()
    assert script.get(of_deli).json["priority"] is None


def test_follow_ups_are_promised_to_many_at_once_by_who_looks_after_them(
    make: Make, nell: User, come_in: ComeIn, work: Work
) -> None:
    delis = [make.organization(owner=nell).organization_id for _ in range(3)]
    script, day = come_in(nell), (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    asked = script.post("/organizations/follow-ups", {"ids": delis[:2], "on": day, "note": "Say hello"})
    assert asked.status_code == 202, asked.text
    work()
    made = script.get("/follow-ups").json["items"]
    assert sorted(one["organization_id"] for one in made) == delis[:2]
    assert {(one["what"], one["follow_up_date"], one["owner_id"]) for one in made} == {
        ("Say hello", day, nell.user_id)
    }
    again = script.post("/organizations/follow-ups", {"ids": delis[:2], "on": day})
    assert again.status_code == 422
    assert script.post("/organizations/follow-ups", {"on": "2020-01-01"}).json["errors"][0]["field"] == "on"
