"""Pages of imports: a file is brought, its columns are said, what would happen is shown, and it happens."""

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from crm import bell, policy, services
from crm.db import SYSTEM, db
from crm.enums import ImportState
from crm.models import ImportSession, ImportSheet, Organization, User
from tests.clients import Client
from tests.conftest import Counting
from tests.services.imports.bringing import SAMPLES, Acting

LIST = "Organization,City,Owner\nThe Tin Heron,Elkhollow,Somebody\n,Elkhollow,\nGrill,,\n"


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "publish", lambda *_: None)


class Page:
    """A person at the pages of imports, and the worker that does what they ask for."""

    def __init__(self, app: Flask, client: Client, acting_as: Acting, person: User) -> None:
        self.app, self.client, self.acting_as, self.person = app, client, acting_as, person
        self.client.sign_in(person)

    def bring(self, content: bytes, name: str = "list.csv", **more: str) -> str:
        """The page of the import of this file, checked."""
        fields = keys(self.client, "/imports") | more
        parts = [
            f'--xx\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()
        ]
        head = f'--xx\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = "".join(parts).encode() + head.encode() + content + b"\r\n--xx--\r\n"
        answer = self.client.post("/imports", data=body, content_type="multipart/form-data; boundary=xx")
        assert answer.status_code == 303, answer.get_data(as_text=True)
        self.work()
        return str(answer.headers["Location"])

    def press(self, page: str, where: str, **data: str) -> int:
        answer = self.client.post(f"{page}/{where}", data=keys(self.client, page) | data)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        self.work()
        return answer.status_code

    def work(self) -> None:
        self.acting_as(SYSTEM)
        around = services.jobs.Around(self.app.config["SETTINGS"].data_dir, policy.may_change_row)
        for job_id in db.session.scalars(
            sa.select(ImportSession.job_id).where(
                ImportSession.state.in_((ImportState.READING, ImportState.APPLYING, ImportState.REVERTING))
            )
        ).all():
            assert job_id is not None
            services.jobs.run(job_id, now=datetime.now(UTC), around=around)
        db.session.expire_all()

    def text(self, page: str) -> str:
        shown = self.client.get(page)
        assert shown.status_code == 200
        return " ".join(re.sub(r"<[^>]+>", " ", shown.get_data(as_text=True)).split())


def keys(client: Client, page: str) -> dict[str, str]:
    """What every form of a page carries."""
    shown = client.get(page).get_data(as_text=True)
    names = "csrf_token", "request_key"
    found = {name: re.search(rf'name="{name}" value="([^"]*)"', shown) for name in names}
    return {name: match[1] for name, match in found.items() if match}


@pytest.fixture
def page(app: Flask, client: Client, acting_as: Acting, nell: User) -> Page:
    return Page(app, client, acting_as, nell)


def test_a_file_is_brought_checked_imported_and_taken_back(page: Page) -> None:
    here = page.bring(LIST.encode())
    told = page.text(here)
    for words in ("Dry run", "organizations added 2", "the row names no organization", "Import 2 records",
                  "Names nobody here knows", "Somebody"):  # fmt: skip
        assert words in told
    assert db.session.scalars(sa.select(Organization)).all() == []
    page.press(here, "application")
    names = sa.select(Organization.name).order_by(Organization.organization_id)
    assert list(db.session.scalars(names)) == ["The Tin Heron", "Grill"]
    assert "Revert this import" in page.text(here)
    key = db.session.scalar(sa.select(sa.func.min(Organization.organization_id)))
    assert "list.csv Made by sheet list, row 2" in page.text(f"/organizations/{key}/history")
    page.press(here, "reversal")
    assert list(db.session.scalars(names)) == []
    assert "Taken back" in page.text("/imports")


def test_rows_that_cannot_be_read_come_back_as_a_file_that_imports_once_mended(page: Page) -> None:
    here = page.bring(LIST.encode())
    sheet = db.session.execute(sa.select(ImportSheet.import_sheet_id)).scalar_one()
    with page.client.get(f"{here}/sheets/{sheet}/rejects") as answer:
        file = answer.get_data(as_text=True)
    assert file.splitlines()[0] == "\ufeffOrganization,City,Owner,What is wrong"
    again = page.bring(file.replace("\n,Elkhollow", "\nLantern House,Elkhollow").encode(), "mended.csv")
    page.press(again, "application")
    assert list(db.session.scalars(sa.select(Organization.name))) == ["Lantern House"]


def test_what_is_said_of_columns_and_names_counts(page: Page, otis: User) -> None:
    here = page.bring(LIST.encode())
    sheet = db.session.execute(sa.select(ImportSheet.import_sheet_id)).scalar_one()
    page.press(here, "check", **{
        f"kind-{sheet}": "organizations", "chosen": str(sheet), f"field-{sheet}-0": "name",
        f"field-{sheet}-1": "notes", f"field-{sheet}-2": "owner", "answer-0": str(otis.user_id),
    })  # fmt: skip
    page.press(here, "application")
    wanted = sa.select(Organization).where(Organization.name == "The Tin Heron")
    heron = db.session.execute(wanted).scalar_one()
    assert (heron.city, heron.notes, heron.owner_id) == (None, "Elkhollow", otis.user_id)


def test_a_refused_file_says_why_and_nothing_else_can_be_done_with_it(page: Page) -> None:
    here = page.bring((SAMPLES / "edge" / "cut-off.xlsx").read_bytes(), "book.xlsx")
    told = page.text(here)
    assert "This is a damaged workbook" in told
    assert "Import 2" not in told


def test_no_file_is_said_beside_the_field(page: Page) -> None:
    answer = page.client.post(
        "/imports", data=keys(page.client, "/imports"), content_type="multipart/form-data"
    )
    assert answer.status_code == 422
    assert "Choose a file." in answer.get_data(as_text=True)


@pytest.mark.slow
def test_a_file_may_be_larger_than_other_requests(page: Page) -> None:
    rows = "".join(f"House {n},{'x' * 1000}\n" for n in range(3_000))
    here = page.bring(f"Organization,Notes\n{rows}".encode())
    assert "organizations added 3,000" in page.text(here)


def test_an_import_is_seen_by_all_and_decided_by_who_brought_it(page: Page, otis: User) -> None:
    here = page.bring(LIST.encode())
    page.client.sign_in(otis)
    assert "Check again" not in page.text(here)
    answer = page.client.post(f"{here}/application", data=keys(page.client, "/imports"))
    assert answer.status_code == 404


def test_the_pages_ask_as_often_for_many_rows_as_for_few(page: Page, statements: Counting) -> None:
    few = page.bring(LIST.encode())
    many = page.bring(("Organization\n" + "".join(f"House {n}\n" for n in range(200))).encode())
    seen = []
    for address in (few, many):
        with statements() as asked:
            page.client.get(address)
        seen.append(len(asked))
    assert abs(seen[0] - seen[1]) <= 1
    assert max(seen) <= 16


def test_an_encoding_that_cannot_be_told_is_asked_for_and_can_be_named(page: Page) -> None:
    text = "Organization,City\nCafé Zoë,Elkhollow\nCrêperie Sélendrie,Marlinde\n".encode("mac_roman")
    assert "name the encoding: mac_roman" in page.text(page.bring(text))
    assert "Café Zoë" in page.text(page.bring(text, encoding=" mac_roman "))
