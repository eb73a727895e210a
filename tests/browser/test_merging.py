"""Two records become one by keyboard, and two again: on a phone and at a desk, in both themes, with axe."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, Site, Visit


@pytest.mark.slow
def test_two_records_become_one_and_two_again_by_keyboard(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, DESKTOP)
    keep, other = site.book.organization_id, site.book.distributor_id
    side_by_side = f"/duplicates/organization/{keep}/{other}"
    rep.go(side_by_side)
    was = rep.page.get_by_role("group", name="Name").get_by_role("radio").first
    was.focus()
    rep.page.keyboard.press("ArrowRight")
    expect(rep.page.get_by_role("group", name="Name").get_by_role("radio").nth(1)).to_be_checked()
    rep.page.keyboard.press("ArrowLeft")
    rep.page.get_by_role("button", name="Make them one").focus()
    rep.page.keyboard.press("Enter")
    rep.page.wait_for_url(f"**/organizations/{keep}")
    expect(rep.page.locator("#toasts")).to_contain_text("is a part of")
    rep.go(f"/organizations/{other}")
    assert rep.page.url.endswith(f"/organizations/{keep}")
    rep.go("/duplicates")
    assert rep.accessibility_failures() == []
    rep.page.get_by_role("button", name="Undo").focus()
    rep.page.keyboard.press("Enter")
    expect(rep.page.locator("#toasts")).to_contain_text("stands by itself again")
    rep.go(f"/organizations/{other}")
    assert rep.page.url.endswith(f"/organizations/{other}")
