"""The page and the form of a record in a real browser: kept text, suggestions, two versions."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Site, Visit


def edit(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/organizations/{site.book.organization_id}/edit")


def test_what_was_typed_is_kept_and_leaving_is_asked_about(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).page
    edit(page, site)
    page.get_by_label("Legal name").fill("Marlowe Bend Unified")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(f"{site.address}/organizations/{site.book.organization_id}")
    assert asked == ["beforeunload"]
    edit(page, site)
    expect(page.get_by_label("Legal name")).to_have_value("Marlowe Bend Unified")
    expect(page.get_by_text("This is what you had typed and not saved.")).to_be_visible()
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_label("Legal name")).to_have_value("")


def test_the_keyboard_saves_the_form(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).page
    edit(page, site)
    page.get_by_label("Suite, floor").fill("Back door")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"{site.address}/organizations/{site.book.organization_id}")
    expect(page.locator("#details")).to_contain_text("Back door")


def test_a_principal_that_is_a_distributor_as_well_is_warned_of_at_once(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, PHONE).go("/organizations/new")
    warning = page.get_by_text("Both is possible, and rare")
    expect(warning).to_be_hidden()
    page.get_by_role("checkbox", name="Principal We represent them").check()
    page.get_by_role("checkbox", name="Distributor They stock").check()
    expect(warning).to_be_visible()


def test_a_name_of_the_book_is_told_while_it_is_typed(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).go("/organizations/new")
    page.get_by_label("Name", exact=True).press_sequentially("Marlowe Bend School", delay=15)
    expect(page.locator("#similar")).to_contain_text("Marlowe Bend School District")


def test_a_contact_is_added_by_keyboard_with_their_superior(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).go("/contacts/new")
    page.get_by_label("First name").fill("Hal")
    place = page.get_by_role("combobox", name="Where they work")
    place.fill("Marlowe")
    page.get_by_role("option").first.wait_for()
    place.press("Enter")
    page.get_by_label("Reports to").select_option(label=site.book.contact)
    page.get_by_role("button", name="Save contact").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hal")
    expect(page.locator("#reach")).to_contain_text(site.book.contact)


@pytest.mark.slow
def test_two_editors_choose_without_scripts(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, PHONE, scripts=False)
    manager = visit(site.book.manager, DESKTOP)
    edit(rep.page, site)
    edit(manager.page, site)
    manager.page.get_by_label("State").fill("WI")
    manager.page.get_by_role("button", name="Save organization").click()
    manager.page.wait_for_url(f"{site.address}/organizations/{site.book.organization_id}")
    rep.page.get_by_label("State").fill("IL")
    rep.page.get_by_role("button", name="Save organization").click()
    expect(rep.page.get_by_text("Two changes to Marlowe Bend School District")).to_be_visible()
    rep.page.get_by_role("radio", name="Yours IL").check(force=True)
    rep.page.get_by_role("button", name="Save these choices").click()
    expect(rep.page.locator("#details")).to_contain_text("Marlowe Bend, IL")


@pytest.mark.slow
def test_the_choice_between_two_versions_is_accessible(visit: Visit, site: Site) -> None:
    first, second = visit(site.book.rep, DESKTOP), visit(site.book.manager, DESKTOP)
    edit(first.page, site)
    edit(second.page, site)
    second.page.get_by_label("Country").fill("US")
    second.page.get_by_role("button", name="Save organization").click()
    second.page.wait_for_url(f"{site.address}/organizations/{site.book.organization_id}")
    first.page.get_by_label("Country").fill("USA")
    first.page.get_by_role("button", name="Save organization").click()
    expect(first.page.get_by_text("Two changes to")).to_be_visible()
    assert first.accessibility_failures() == []


@pytest.mark.slow
def test_a_star_and_the_more_menu_work_by_hand(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, PHONE).go(f"/contacts/{site.book.contact_id}")
    page.get_by_role("button", name="Favourite:").click()
    expect(page.get_by_role("button", name="Favourite:")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="More for").click()
    page.get_by_role("link", name="Left, or moved to…").click()
    expect(page.get_by_label("Since")).to_be_visible()
