"""What the columns of a file mean, said in a real browser by dragging and by keys."""

import contextvars
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

import crm
from crm import policy, queries, services
from crm.db import SYSTEM, act_as, db, transaction
from crm.services.imports import sessions
from tests.browser.conftest import DESKTOP, Site, Visit
from tests.databases import Database

LIST = b"Full Name,Business,Their mood,Fancy\nOdalys Quill,The Tin Heron,warm,x\n"


def checked(database: Database, email: str, folder: Path) -> int:
    """The session of the list, brought by that person and checked, as a worker does it."""
    app = crm.create_app("worker", database.settings("worker", data_dir=folder))
    with app.app_context():
        act_as(SYSTEM)
        with transaction():
            person = queries.users.by_email(email)
            number = sessions.begin(io.BytesIO(LIST), name="leads.csv", by=person, data_dir=folder)
        with transaction():
            job_id = queries.imports.get(number).job_id
        assert job_id is not None
        around = services.jobs.Around(folder, policy.may_change_row)
        services.jobs.run(job_id, now=datetime.now(UTC), around=around)
        db.engine.dispose()
    return number


def field(page: Page, name: str) -> Locator:
    return page.locator(".fields-of-import").get_by_role("button", name=name, exact=True)


@pytest.mark.slow
def test_fields_are_dragged_onto_columns_and_set_down_by_keys(
    visit: Visit, site: Site, tmp_path: Path
) -> None:
    number = contextvars.Context().run(checked, site.database, site.book.rep, tmp_path)
    person = visit(site.book.rep, DESKTOP)
    page = person.go(f"/imports/{number}")
    fancy = page.get_by_label("Fancy goes to")
    mood = page.get_by_label("Their mood goes to")
    field(page, "Tags").drag_to(fancy, steps=6)
    expect(fancy).to_have_value("tags")
    row = page.locator("tr", has=fancy)
    expect(row.get_by_text("Matched")).to_be_visible()

    field(page, "Notes").press("Enter")
    expect(field(page, "Notes")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("tr[data-over]")).to_contain_text("Their mood")
    field(page, "Notes").press("Escape")
    expect(page.locator("tr[data-over]")).to_have_count(0)
    field(page, "Notes").press("Enter")
    field(page, "Notes").press("ArrowDown")
    field(page, "Notes").press("ArrowUp")
    field(page, "Notes").press("Enter")
    expect(mood).to_have_value("notes")
    expect(page.get_by_role("status").filter(has_text="Their mood goes to Notes")).to_be_attached()
    assert person.accessibility_failures() == []
