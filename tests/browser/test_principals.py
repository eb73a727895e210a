"""The list of principals and a timeline in a real browser, with scripts and without."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Site, Visit


def test_typing_narrows_the_list_at_once_and_keeps_focus_text_and_address(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).go("/principals")
    page.keyboard.press("/")
    page.keyboard.type("croissant", delay=30)
    expect(page.locator(".pcard")).to_have_count(1)
    expect(page.locator(".pcard h2")).to_have_text(site.book.principal)
    expect(page.get_by_label("Search principals")).to_be_focused()
    expect(page.get_by_label("Search principals")).to_have_value("croissant")
    expect(page).to_have_url(f"{site.address}/principals?q=croissant")
    expect(page.locator("#lede")).not_to_contain_text("principals")
    page.reload()
    expect(page.locator(".pcard")).to_have_count(1)


def test_what_was_typed_last_is_what_is_shown(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).go("/principals")
    box = page.get_by_label("Search principals")
    box.press_sequentially("croissant", delay=20)
    box.fill("polenta")
    expect(page.locator(".pcard")).to_have_count(1)
    expect(page.locator(".pcard h2")).to_have_text("Oldfen Grains")
    page.get_by_label("Sort").select_option("name")
    expect(page).to_have_url(f"{site.address}/principals?q=polenta&sort=name")
    page.go_back()
    expect(page).to_have_url(f"{site.address}/principals?q=polenta")
    expect(box).to_have_value("polenta")


def test_the_list_is_searched_and_filtered_without_scripts(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, PHONE, scripts=False).go("/principals")
    page.get_by_label("Search principals").fill("croissant")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".pcard")).to_have_count(1)
    page.get_by_role("navigation", name="Engagement").get_by_role("link", name="Not contacted yet").click()
    expect(page.get_by_role("heading", name="Nothing found for “croissant”")).to_be_visible()
    page.get_by_role("link", name="Show all principals").click()
    expect(page.locator(".pcard").first).to_be_visible()


@pytest.mark.slow
def test_each_tab_of_a_principal_has_an_address_a_way_back_and_goes_by_key(visit: Visit, site: Site) -> None:
    home = f"/principals/{site.book.principal_id}"
    page = visit(site.book.rep, DESKTOP).go(home)
    tabs = page.get_by_role("navigation", name=site.book.principal)
    ways = ["", "/products", "/pipeline", "/interactions", "/distributors", "/contacts", "/details"]
    for way in ways[1:]:
        tabs.locator("[aria-current]").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page).to_have_url(site.address + home + way)
        expect(page.locator("h1")).to_have_text(site.book.principal)
        expect(tabs.locator("[aria-current]")).to_have_attribute("href", home + way)
    for way in reversed(ways[:-1]):
        page.go_back()
        expect(page).to_have_url(site.address + home + way)
        expect(tabs.locator("[aria-current]")).to_have_attribute("href", home + way)


def test_earlier_interactions_follow_in_place_and_take_the_focus(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).go(f"/principals/{site.book.busy_id}")
    expect(page.locator(".timeline > li")).to_have_count(20)
    page.get_by_role("link", name="Earlier interactions").click()
    expect(page.locator(".timeline > li")).to_have_count(25)
    expect(page.locator(".timeline-part .timeline-part .timeline-day").first).to_be_focused()
    expect(page.get_by_role("link", name="Earlier interactions")).to_have_count(0)


def test_earlier_interactions_are_a_page_of_their_own_without_scripts(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, PHONE, scripts=False).go(f"/principals/{site.book.busy_id}")
    page.get_by_role("link", name="Earlier interactions").click()
    expect(page.get_by_role("heading", name="Earlier interactions")).to_be_visible()
    expect(page.locator(".timeline > li")).to_have_count(5)
    page.get_by_role("link", name="Back to the newest").click()
    expect(page.locator(".timeline > li")).to_have_count(20)
