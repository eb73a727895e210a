"""A file on its whole way, into the book and out of it again: by keys alone, and without scripts."""

import contextvars
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import crm
from crm import policy, queries, services
from crm.db import SYSTEM, act_as, db
from tests.browser.conftest import DESKTOP, PHONE, Site, Visit

LIST = (
    "Full Name,Business,Their mood,Fancy\nOdalys Quill,The Tin Heron,warm,x\nBram Oake,The Tin Heron,cold,y\n"
)


def _work(site: Site) -> None:
    app = crm.create_app("worker", site.database.settings("worker", data_dir=site.folder))
    around = services.jobs.Around(site.folder, policy.may_change_row, policy.may_keep_words)
    with app.app_context():
        act_as(SYSTEM)
        waiting = queries.jobs.long_waiting(now=datetime.now(UTC), most=5)
        db.session.rollback()
        for job_id in waiting:
            services.jobs.run(job_id, now=datetime.now(UTC), around=around)
        db.session.remove()
        db.engine.dispose()


def work(site: Site) -> None:
    """Do what waits, as a worker does."""
    contextvars.Context().run(_work, site)


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has these words in its name has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "() => { const e = document.activeElement;"
            " return [e.getAttribute('aria-label'), e.textContent, e.name].join(' ') }"
        )
        if words in name:
            return
    pytest.fail(f"no Tab leads to {words}")


def by_keys(page: Page, words: str) -> None:
    tab_to(page, words)
    page.keyboard.press("Enter")


@pytest.mark.slow
def test_a_file_goes_its_whole_way_by_keys_alone(visit: Visit, site: Site, tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(LIST)
    person = visit(site.book.rep, DESKTOP)
    page = person.go("/imports")
    tab_to(page, "file")
    page.set_input_files("#file", tmp_path / "leads.csv")  # what the dialog of the system does
    by_keys(page, "Read the file")
    expect(page.get_by_role("progressbar")).to_be_visible()
    work(site)
    fancy = page.get_by_label("Fancy goes to")
    expect(fancy).to_be_visible()
    tab_to(page, "Fancy goes to")
    page.keyboard.type("Tags")
    expect(fancy).to_have_value("tags")
    by_keys(page, "Check again")
    expect(page.get_by_role("progressbar")).to_be_visible()
    work(site)
    expect(page.get_by_role("button", name="Import 3 records")).to_be_visible()
    assert person.accessibility_failures() == []
    by_keys(page, "Import 3 records")
    expect(page.get_by_role("progressbar")).to_be_visible()
    work(site)
    expect(page.get_by_text("Take it back")).to_be_visible()
    by_keys(page, "Revert this import")
    work(site)
    expect(page.get_by_text("This import was taken back")).to_be_visible()


@pytest.mark.slow
def test_a_file_goes_its_whole_way_without_scripts_on_a_phone(
    visit: Visit, site: Site, tmp_path: Path
) -> None:
    (tmp_path / "leads.csv").write_text(LIST)
    page = visit(site.book.rep, PHONE, scripts=False).go("/imports")
    page.set_input_files("#file", tmp_path / "leads.csv")
    page.get_by_role("button", name="Read the file").click()
    work(site)
    page.get_by_role("link", name="Look again").click()
    page.get_by_label("Fancy goes to").select_option("tags")
    page.get_by_role("button", name="Check again").click()
    work(site)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_label("Fancy goes to")).to_have_value("tags")
    page.get_by_role("button", name="Import 3 records").click()
    work(site)
    page.get_by_role("link", name="Look again").click()
    page.get_by_role("button", name="Revert this import").click()
    work(site)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("This import was taken back")).to_be_visible()
