"""Lists in a real browser: typed into, ticked by key, changed many rows at once, with scripts and without."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Site, Visit


def test_typing_narrows_the_list_and_keeps_focus_text_and_address(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).go("/organizations")
    page.keyboard.press("/")
    page.keyboard.type("amberfeld", delay=30)
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(site.book.principal)
    expect(page.get_by_text("This comes close.")).to_be_visible()
    expect(page.get_by_label("Search organizations")).to_be_focused()
    expect(page).to_have_url(f"{site.address}/organizations?q=amberfeld")
    page.reload()
    expect(rows).to_have_count(1)


def test_a_filter_and_a_column_change_the_list_at_once(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).go("/organizations")
    page.locator("summary", has_text="Filters").click()
    page.get_by_role("combobox", name="Owner").select_option("me")
    expect(page).to_have_url(f"{site.address}/organizations?owner=me")
    expect(page.get_by_role("link", name="Take away Owner: Mine")).to_be_visible()
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Phone", exact=True).check()
    expect(page.get_by_role("columnheader", name="Phone")).to_be_visible()
    expect(page).to_have_url(re.compile(r"columns=.*phone"))


def test_rows_are_walked_and_ticked_by_key_changed_together_and_taken_back(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).go("/organizations?kind=principal&owner=me")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    bar = page.get_by_role("region", name="Chosen organizations")
    expect(bar).to_contain_text("2 chosen")
    bar.get_by_role("button", name="Priority").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("A+").check()
    dialog.get_by_role("button", name="Priority of two organizations").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("tbody .tag", has_text="A+")).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts").get_by_text("Two organizations as before.")).to_be_visible()
    expect(page.locator("tbody .tag", has_text="A+")).to_have_count(0)


def test_one_tick_in_the_head_chooses_the_page(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).go("/contacts")
    page.get_by_label("Select all on this page").check()
    n = page.locator("tbody tr").count()
    expect(page.get_by_role("region", name="Chosen contacts")).to_contain_text(f"{n} chosen")
    page.get_by_label("Select all on this page").uncheck()
    expect(page.get_by_role("region", name="Chosen contacts")).to_be_hidden()


@pytest.mark.slow
def test_many_rows_are_changed_on_a_phone_without_scripts(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, PHONE, scripts=False).go("/organizations?q=oldfen")
    page.get_by_label("Select Oldfen Grains").check()
    page.get_by_role("region", name="Chosen organizations").get_by_role("button", name="Tags").click()
    page.get_by_label("Tags", exact=True).fill("whole grain")
    page.get_by_role("button", name="Tags of one organization").click()
    expect(page).to_have_url(f"{site.address}/organizations?q=oldfen")
    expect(page.locator("#main").get_by_text("Changed the tags of one organization.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#main").get_by_text("One organization as before.")).to_be_visible()


@pytest.mark.slow
def test_a_view_is_kept_from_the_menu_and_opened_by_its_address(visit: Visit, site: Site) -> None:
    page = visit(site.book.manager, DESKTOP).go("/organizations?kind=principal&sort=-name")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("link", name="Keep this view…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name of the view").fill("Makers, backwards")
    dialog.get_by_role("button", name="Keep this view").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Makers, backwards")
    page.goto(f"{site.address}/organizations")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("link", name="Makers, backwards").click()
    expect(page.locator("tbody tr").first).to_contain_text("Yarrow & Rye")


@pytest.mark.slow
def test_axe_finds_nothing_with_everything_of_a_list_open(visit: Visit, site: Site) -> None:
    for viewport, theme in ((PHONE, "dark"), (DESKTOP, "light")):
        person = visit(site.book.rep, viewport, theme=theme)
        page = person.go("/organizations?owner=me&flag=no-contact")
        page.locator("summary", has_text="Columns").click()
        assert person.accessibility_failures() == []
        person.go("/contacts")
        page.locator("tbody input[name=id]").first.check()
        page.get_by_role("button", name="Archive").click()
        page.get_by_role("button", name="Archive one contact").wait_for()
        assert person.accessibility_failures() == []


@pytest.mark.slow
def test_follow_ups_for_chosen_rows_are_looked_at_before_they_are_asked_for(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).go("/organizations?owner=me")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    bar = page.get_by_role("region", name="Chosen organizations")
    bar.get_by_role("button", name="Schedule follow-ups").click()
    dialog = page.get_by_role("dialog", name="Schedule follow-ups")
    dialog.get_by_label("What should happen").fill("Ask what they need before the holidays")
    found = dialog.locator("#schedule-found")
    expect(found).to_contain_text("each get one follow-up")
    tomorrow = found.inner_text()
    dialog.get_by_label("Another day").check()
    dialog.get_by_label("Which day").fill("2099-01-05")
    dialog.get_by_label("Which day").blur()
    expect(found).to_contain_text("Once the day is right")
    dialog.get_by_label("Which day").fill((datetime.now(UTC).date() + timedelta(days=30)).isoformat())
    dialog.get_by_label("Which day").blur()
    expect(found).to_contain_text("each get one follow-up")
    assert tomorrow != found.inner_text()
    dialog.locator("#schedule-deed").get_by_role("button").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#toasts")).to_contain_text("The follow-ups are being scheduled.")
    page.locator("#toasts").get_by_role("link", name="Look on").click()
    expect(page).to_have_url(re.compile(r"/jobs/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Schedule follow-ups")
