"""Opportunities in a browser: three steps without scripts, by keyboard and with a draft; moves and undo."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Person, Site, Visit


@pytest.mark.slow
def test_on_a_phone_without_scripts_the_three_steps_lead_to_an_opportunity(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, PHONE, scripts=False)
    page = rep.go("/opportunities/new")
    page.get_by_role("textbox", name="Part of a name").fill("marlowe")
    page.get_by_role("button", name="Find").click()
    page.get_by_text("Marlowe Bend School District").check()
    page.get_by_role("button", name="Show their people").click()
    page.get_by_label("Primary contact").select_option(label="Marisol Quintero-Vane, Food service director")
    page.get_by_role("radio", name="Initial Outreach").check()
    page.get_by_role("button", name="Continue to products").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What are you bringing?")
    page.get_by_role("checkbox", name="Oldfen Grains").check()
    page.get_by_role("button", name="Show products").click()
    page.get_by_label("Coarse polenta").check()
    page.get_by_role("button", name="Continue to details").click()
    page.get_by_label("Notes").fill("Two schools first")
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("Coarse polenta")).to_be_checked()
    page.get_by_role("button", name="Basic info").click()
    expect(page.get_by_role("radio", name="Initial Outreach")).to_be_checked()
    page.get_by_role("button", name="Continue to products").click()
    page.get_by_role("button", name="Continue to details").click()
    expect(page.get_by_label("Notes")).to_have_value("Two schools first")
    expect(page.get_by_label("Name")).to_have_value(
        re.compile(r"Marlowe Bend School District - Oldfen Grains - \w{3} 20\d\d")
    )
    page.get_by_role("button", name="Add opportunity").click()
    page.wait_for_url(re.compile(r"/opportunities/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Oldfen Grains")
    page.get_by_role("button", name="Move stage").click()
    page.get_by_role("button", name="Demo Scheduled").click()
    expect(page.locator(".path [aria-current=step]")).to_contain_text("Demo Scheduled")
    page.get_by_role("button", name=re.compile("More for")).click()
    page.get_by_role("button", name="Archive opportunity").click()
    expect(page.get_by_role("button", name="Restore")).to_be_visible()


def begin(rep: Person) -> None:
    """Up to the second step, by keyboard alone."""
    page = rep.go("/")
    page.keyboard.press("n")
    page.wait_for_url("**/opportunities/new")
    page.get_by_role("combobox", name="Organization").fill("marl")
    page.get_by_role("option", name="Marlowe Bend School District").wait_for()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Primary contact").get_by_role("option")).to_have_count(2)
    page.keyboard.press("Control+Enter")
    page.get_by_role("heading", name="What are you bringing?").wait_for()


@pytest.mark.slow
def test_by_keyboard_products_bring_their_principals_and_principals_narrow_products(
    visit: Visit, site: Site
) -> None:
    rep = visit(site.book.rep, DESKTOP)
    begin(rep)
    page = rep.page
    page.get_by_label("Yarrow & Rye").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("Coarse polenta")).to_have_count(0)
    expect(page.locator(".htmx-added, .htmx-settling, .htmx-request")).to_have_count(0)
    page.keyboard.press("Space")
    page.get_by_label("Coarse polenta").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("Principals follow from the products: Oldfen Grains")).to_be_visible()
    assert rep.accessibility_failures() == []
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Where does it stand?")
    assert rep.accessibility_failures() == []


@pytest.mark.slow
def test_what_was_told_is_there_again_after_leaving(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, DESKTOP)
    begin(rep)
    page = rep.page
    page.get_by_label("Coarse polenta").check()
    page.get_by_role("button", name="Continue to details").click()
    page.get_by_label("Notes").fill("Menu board meets on Friday")
    rep.go("/principals")
    rep.go("/opportunities/new")
    expect(page.get_by_text("This is what you had typed and not saved.")).to_be_visible()
    expect(page.locator(".picked")).to_contain_text("Marlowe Bend")
    page.get_by_role("button", name="Continue to products").click()
    expect(page.get_by_label("Coarse polenta")).to_be_checked()
    page.get_by_role("button", name="Continue to details").click()
    expect(page.get_by_label("Notes")).to_have_value("Menu board meets on Friday")


@pytest.mark.slow
def test_closing_asks_why_in_a_dialog_and_the_toast_takes_it_back(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, DESKTOP)
    page = rep.go("/opportunities")
    page.get_by_role("link", name="Spring breakfast menu").click()
    page.get_by_role("button", name="Move stage").click()
    page.get_by_role("link", name="Closed - Stalled").click()
    dialog = page.get_by_role("dialog", name="Move to a stage")
    dialog.get_by_role("button", name="Move opportunity").click()
    expect(dialog.get_by_text("Say why it ends").first).to_be_visible()
    assert rep.accessibility_failures() == []
    dialog.get_by_label("Why does it end?").select_option(index=1)
    dialog.get_by_role("button", name="Move opportunity").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".path [aria-current=step]")).to_contain_text("Closed - Stalled")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".path [aria-current=step]")).to_contain_text("New Lead")
