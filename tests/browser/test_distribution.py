"""Who carries what in a real browser: a row is changed where it stands, with scripts and without."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Site, Visit


def test_an_item_number_is_changed_in_its_row(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, PHONE)
    page = rep.go(f"/products/{site.book.product_id}")
    page.locator("#stock").get_by_role("link", name="Change").click()
    number = page.get_by_label("Item number")
    expect(number).to_have_value("778-10")
    expect(number).to_be_focused()
    assert rep.accessibility_failures() == []
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0
    number.fill("778-11")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#stock")).to_contain_text("778-11")
    number = page.locator("#stock").get_by_role("link", name="Change")
    number.click()
    page.get_by_label("Item number").fill("778-10")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#stock")).to_contain_text("778-10")


@pytest.mark.slow
def test_a_lapsed_authorization_is_renewed_without_scripts(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP, scripts=False).go(
        f"/principals/{site.book.principal_id}/distributors"
    )
    expect(page.get_by_text("One authorization lapsed.")).to_be_visible()
    page.locator("#distributors").get_by_role("link", name="Change").click()
    was = page.get_by_label("Expires").input_value()
    page.get_by_label("Expires").fill("2099-01-01")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#distributors")).to_contain_text("2099")
    expect(page.get_by_text("One authorization lapsed.")).to_have_count(0)
    page.locator("#distributors").get_by_role("link", name="Change").click()
    page.get_by_label("Expires").fill(was)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("One authorization lapsed.")).to_be_visible()
