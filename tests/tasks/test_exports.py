"""Exports: exactly what the list shows, private, safe to open, whole or not there, gone after a week."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm import failpoints, policy, queries, services
from crm.db import SYSTEM, db, transaction
from crm.enums import JobState
from crm.models import File, Job, Notification, User
from crm.queries.lists import LISTS, ORGANIZATIONS, Asker, Wanted
from tests.factories import Make

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
Acting = Callable[[User | str | None], None]


@pytest.fixture
def around(tmp_path: Path) -> services.jobs.Around:
    return services.jobs.Around(tmp_path, policy.may_change_row)


def ask(person: User, *, ending: str = "csv", backwards: bool = False) -> int:
    """The list of organizations by name, with the column of places."""
    listing = ORGANIZATIONS
    wanted = Wanted(asker=Asker(person.user_id, NOW.date()), sort=listing.sorts[0], is_descending=backwards)
    place = [column for column in listing.columns if column.name == "place"]
    with transaction():
        return services.exports.ask(
            listing, wanted, [listing.head, *place], ending=ending, by=person, total=None
        )


def the_job(job_id: int) -> Job:
    db.session.expire_all()
    return db.session.execute(sa.select(Job).where(Job.job_id == job_id)).scalar_one()


def the_file() -> File:
    return db.session.scalars(sa.select(File)).one()


def test_a_file_is_what_the_list_shows_in_its_order_and_never_calculates(
    make: Make, nell: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    for name in ("Amberfold", "=Bistro", "Gone"):
        make.organization(name, city="Reno", state="NV", deleted_at=NOW if name == "Gone" else None)
    acting_as(nell)
    job_id = ask(nell, backwards=True)
    acting_as(SYSTEM)
    services.jobs.run(job_id, now=NOW, around=around)
    file = the_file()
    content = (around.data_dir / file.path).read_bytes()
    assert content.decode("utf-8-sig").splitlines()[1:] == ['Amberfold,"Reno, NV"', '\'=Bistro,"Reno, NV"']
    assert (file.sha256, file.size) == (hashlib.sha256(content).hexdigest(), len(content))
    job = the_job(job_id)
    assert (job.state, job.rows_done, job.rows_total) == (JobState.DONE, 2, 2)
    told = db.session.scalars(sa.select(Notification)).one()
    assert (told.user_id, told.link) == (nell.user_id, f"/jobs/{job_id}")
    assert told.subject == "Export organizations: 2 rows, ready to take along."


def test_the_whole_book_is_a_workbook_or_a_zip_of_every_list(
    make: Make, nell: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    make.product("Sauce", principal=make.principal("Maker"))
    for ending in ("xlsx", "zip"):
        acting_as(nell)
        with transaction():
            job_id = services.exports.ask_book(ending=ending, by=nell, now=NOW)
        acting_as(SYSTEM)
        services.jobs.run(job_id, now=NOW, around=around)
        assert the_job(job_id).result == {"rows": 2}, ending
        path = around.data_dir / db.session.scalars(sa.select(File.path).where(File.job_id == job_id)).one()
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if ending == "zip":
                text = archive.read("products.csv").decode("utf-8-sig")
                assert next(csv.DictReader(io.StringIO(text)))["Product"] == "Sauce"
                assert len(names) == len(LISTS)
            else:
                assert len([name for name in names if name.startswith("xl/worksheets/sheet")]) == len(LISTS)


def test_a_stopped_export_leaves_no_file_and_can_be_tried_again(
    make: Make, nell: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    make.organization("Amberfold")
    acting_as(nell)
    job_id = ask(nell)
    acting_as(SYSTEM)
    with transaction():
        db.session.execute(sa.update(Job).where(Job.job_id == job_id).values(cancel_asked_at=NOW))
    services.jobs.run(job_id, now=NOW, around=around)
    assert the_job(job_id).state == JobState.STOPPED
    assert (
        list((around.data_dir / "exports").glob("*")) == []
        if (around.data_dir / "exports").exists()
        else True
    )
    acting_as(nell)
    with transaction():
        services.jobs.retry(job_id, now=NOW, by=nell.user_id)
    acting_as(SYSTEM)
    services.jobs.run(job_id, now=NOW, around=around)
    assert the_job(job_id).state == JobState.DONE


def test_no_limit_of_a_statement_is_one_of_the_whole_export(
    make: Make, nell: User, acting_as: Acting, around: services.jobs.Around, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part is a statement of its own, by a cursor, and the one that sorts all of it may take long."""
    for name in ("Amberfold", "Briar Hall"):
        make.organization(name)
    monkeypatch.setattr(queries.lists, "stream", partial(queries.lists.stream, at_once=1))
    acting_as(nell)
    job_id = ask(nell)
    acting_as(SYSTEM)
    seen: list[tuple[object, ...]] = []

    def look(point: str) -> None:
        if point == "export.rows":
            asked = "select current_setting('statement_timeout'), (select count(*) from pg_cursors)"
            seen.append(tuple(db.session.execute(sa.text(asked)).one()))

    monkeypatch.setattr(failpoints, "reach", look)
    services.jobs.run(job_id, now=NOW, around=around)
    assert seen[0] == ("10min", 1)
    assert len(seen) == 2


def test_who_lost_the_job_in_the_meantime_leaves_no_file(
    make: Make, nell: User, acting_as: Acting, around: services.jobs.Around, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.organization("Amberfold")
    acting_as(nell)
    job_id = ask(nell)
    acting_as(SYSTEM)

    def taken(held: services.jobs.Held, rows: int, **_: object) -> None:
        raise services.jobs.LeaseLost

    monkeypatch.setattr(services.jobs, "report", taken)
    services.jobs.run(job_id, now=NOW, around=around)
    assert the_job(job_id).state == JobState.RUNNING
    assert list((around.data_dir / "exports").iterdir()) == []
    monkeypatch.undo()
    (around.data_dir / "exports" / f"{job_id}-of-the-dead.csv.half").write_text("half")
    with transaction():
        services.jobs.free_expired(now=NOW + timedelta(days=400))
    services.jobs.run(job_id, now=NOW, around=around)
    assert [path.suffix for path in (around.data_dir / "exports").iterdir()] == [".csv"]


def test_a_file_is_gone_after_a_week(
    make: Make, nell: User, acting_as: Acting, around: services.jobs.Around
) -> None:
    acting_as(nell)
    job_id = ask(nell)
    acting_as(SYSTEM)
    services.jobs.run(job_id, now=NOW, around=around)
    for days, left in ((6, 1), (0, 0)):
        with transaction():
            db.session.execute(sa.update(File).values(expires_at=sa.func.now() + timedelta(days=days)))
            keeping = services.jobs.add("files kept", f"day {days}")
        assert keeping is not None
        services.jobs.run(keeping, now=NOW, around=around)
        assert len(list((around.data_dir / "exports").iterdir())) == left
        assert db.session.scalar(sa.select(sa.func.count()).select_from(File)) == left
