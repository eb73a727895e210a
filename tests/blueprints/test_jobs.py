"""Exports and jobs as people see them, and what the bell tells."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask

from crm import bell
from crm.db import db
from crm.enums import JobQueue, JobRowState, JobState
from crm.models import File, Job, JobRow, Notification, User
from crm.queries.lists import LISTS
from tests.clients import Client
from tests.factories import Make

Counting = Callable[[], AbstractContextManager[list[str]]]
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _nobody_hears_bells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "publish", lambda task, *ids: None)


def job(make: Make, person: User, **columns: object) -> Job:
    return make.save(
        Job(
            kind="export", run_key=str(uuid4()), requested_by=person.user_id, queue=JobQueue.WORK,
            asked={"title": "Export organizations"}, **columns,
        )
    )  # fmt: skip


def words(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(BeautifulSoup(answer.text, "lxml").select_one("#main").get_text(" ").split())


def press(client: Client, address: str, **fields: str) -> None:
    assert client.submit(address, {"request_key": str(uuid4()), **fields}).status_code == 303


def test_what_runs_says_how_far_it_is_and_is_looked_at_again(make: Make, nell: User, client: Client) -> None:
    client.sign_in(nell)
    job(
        make,
        nell,
        state=JobState.RUNNING,
        started_at=NOW - timedelta(seconds=20),
        rows_done=2000,
        rows_total=8000,
    )
    said = words(client, "/jobs")
    assert "Row 2,000 of 8,000, " in said
    assert re.search(r"\b\d+ a second, about \w+ (seconds|minutes) left\.", said)
    assert 'hx-trigger="every 2s"' in client.get("/jobs").text


def test_nothing_is_asked_again_once_nothing_runs(make: Make, nell: User, client: Client) -> None:
    client.sign_in(nell)
    assert "Nothing has run yet" in words(client, "/jobs")
    job(make, nell, state=JobState.DONE, finished_at=NOW, result={"rows": 3})
    make.save(Notification(user_id=nell.user_id, kind="job", subject="It is done", link="/jobs"))
    looked = client.get("/jobs", headers={"HX-Request": "true"}).text
    assert "every 2s" not in looked
    assert "It is done" in looked, "the toast"
    assert "3 rows" in words(client, "/jobs")


def test_a_job_is_its_askers_and_an_admins_and_its_file_its_askers_alone(
    make: Make, nell: User, otis: User, ada: User, client: Client, app: Flask
) -> None:
    done = job(make, nell, state=JobState.DONE, finished_at=NOW)
    folder: Path = app.config["SETTINGS"].data_dir
    (folder / "exports").mkdir(exist_ok=True)
    (folder / "exports" / "1.csv").write_text("Organization\r\n")
    make.save(
        File(
            job_id=done.job_id, user_id=nell.user_id, name="organizations.csv", path="exports/1.csv", size=14,
            sha256="0" * 64, expires_at=NOW + timedelta(days=7),
        )
    )  # fmt: skip
    for person, page, file in ((nell, 200, 200), (otis, 404, 404), (ada, 200, 404)):
        client.sign_in(person)
        assert client.get(f"/jobs/{done.job_id}").status_code == page
        answer = client.get(f"/jobs/{done.job_id}/file")
        assert answer.status_code == file
        answer.close()
    client.sign_in(nell)
    with client.get(f"/jobs/{done.job_id}/file") as answer:
        assert answer.headers["Content-Disposition"] == "attachment; filename=organizations.csv"
        assert "private" in answer.headers["Cache-Control"]
    db.session.execute(sa.text("set local role kp_owner"))
    db.session.execute(sa.update(File).values(expires_at=NOW - timedelta(days=1)))
    assert client.get(f"/jobs/{done.job_id}/file").status_code == 404


def test_what_waits_is_stopped_and_what_runs_is_asked_to_stop_and_can_be_tried_again(
    make: Make, nell: User, client: Client
) -> None:
    client.sign_in(nell)
    waits, runs = job(make, nell), job(make, nell, state=JobState.RUNNING, started_at=NOW)
    for one in (waits, runs):
        press(client, f"/jobs/{one.job_id}/cancellation")
    db.session.expire_all()
    assert (waits.state, runs.state) == (JobState.STOPPED, JobState.RUNNING)
    assert runs.cancel_asked_at is not None
    assert "Stops as soon as the rows it is at are done." in words(client, "/jobs")
    press(client, f"/jobs/{waits.job_id}/attempts")
    db.session.expire_all()
    assert waits.state == JobState.PLANNED


def test_rows_that_were_left_are_told_with_the_reason(make: Make, nell: User, client: Client) -> None:
    client.sign_in(nell)
    done = job(make, nell, state=JobState.DONE, finished_at=NOW)
    make.save(
        JobRow(job_id=done.job_id, place=1, record_id=7, state=JobRowState.LEFT, reason="It is archived.")
    )
    assert "No. 7 Row 1. It is archived." in words(client, f"/jobs/{done.job_id}")


def test_the_bell_counts_what_nobody_has_read(
    make: Make, nell: User, otis: User, client: Client, statements: Counting
) -> None:
    done = job(make, nell, state=JobState.DONE, finished_at=NOW)
    for link in ("/jobs", f"/jobs/{done.job_id}"):
        make.save(Notification(user_id=nell.user_id, kind="job", subject="Ready", link=link))
    make.save(Notification(user_id=otis.user_id, kind="job", subject="Not hers", link="/jobs"))
    client.sign_in(nell)

    def unread() -> str:
        with statements() as seen:
            page = BeautifulSoup(client.get("/notifications").text, "lxml")
        assert len(seen) <= 3
        assert "Not hers" not in page.text
        return page.select_one("[data-badge=unread]").get_text(" ", strip=True)

    assert unread() == "2 unread"
    client.get(f"/jobs/{done.job_id}")
    assert unread() == "1 unread"
    press(client, "/notifications/reading")
    assert unread() == ""


def test_a_list_is_taken_along_as_a_job_with_what_it_shows(make: Make, nell: User, client: Client) -> None:
    client.sign_in(nell)
    one = make.organization("Amberfold")
    press(
        client,
        "/organizations/exports",
        asked=f"q=amber&columns=place&id={one.organization_id}",
        ending="xlsx",
    )
    press(client, "/jobs/exports", ending="zip")
    first, book = db.session.scalars(sa.select(Job).order_by(Job.job_id)).all()
    [sheet] = first.asked["sheets"]
    assert (sheet["columns"], sheet["wanted"]["words"]) == (["name", "place"], ["amber"])
    assert (sheet["wanted"]["numbers"], first.rows_total) == ([one.organization_id], 1)
    assert len(book.asked["sheets"]) == len(LISTS)
    said = words(client, "/jobs")
    assert "Export organizations" in said
    assert "Waits for its turn." in said
