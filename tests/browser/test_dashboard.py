"""The dashboard in a real browser: how far the coldest principal is, filters, order of panels, a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Site, Visit


def names(page: Page) -> list[str]:
    return [str(panel.get_attribute("data-panel")) for panel in page.locator("[data-panel]").all()]


def test_a_manager_finds_the_coldest_principal_and_its_next_step_in_three_clicks(
    visit: Visit, site: Site
) -> None:
    manager = visit(None, DESKTOP)
    page = manager.sign_in(site.book.manager).page
    clicks = manager.count_presses()
    menu = page.get_by_role("navigation", name="Main", exact=True)
    menu.get_by_role("link", name="Dashboard").click()
    card = page.locator("#panel-principals .pcard").first
    expect(card).to_contain_text("No follow-up planned")
    card.locator("h3 a").click()
    expect(page.locator("h1")).to_have_text("Yarrow & Rye")  # never contacted: none is colder
    page.locator("#why .btn").click()
    expect(page.locator("#log-form .picked")).to_contain_text("Yarrow & Rye")
    assert clicks() == 3


@pytest.mark.slow
def test_filters_are_kept_and_panels_put_in_order_with_keys_mouse_and_without_scripts(
    visit: Visit, site: Site
) -> None:
    rep = visit(site.book.rep, DESKTOP)
    page = rep.page
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page).to_have_url(f"{site.address}/dashboard")
    usual = names(page)
    page.get_by_role("link", name="This month").click()
    expect(page.locator("#panel-metrics .chip[aria-current]")).to_have_text("This month")
    page.locator("#panel-principals").get_by_role("combobox", name="Engagement").select_option(
        "not-contacted"
    )
    expect(page.locator("#panel-principals .pcard")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("croissant", delay=30)
    expect(page.locator("#dashboard-cards .empty")).to_be_visible()
    expect(page.get_by_label("Search principals")).to_be_focused()
    rep.go("/dashboard")
    expect(page.locator("#panel-metrics .chip[aria-current]")).to_have_text("This month")
    expect(page.locator("#panel-principals").get_by_role("combobox", name="Engagement")).to_have_value(
        "not-contacted"
    )

    page.get_by_role("link", name="Arrange").click()
    grip = page.get_by_role("button", name="Move Activity with the arrow keys")
    grip.press("ArrowUp")
    expect(page.locator("[data-panel]").first).to_have_attribute("data-panel", "metrics")
    expect(grip).to_be_focused()
    page.get_by_role("checkbox", name="Stale opportunities").uncheck()
    expect(page.locator("#panel-stale")).to_have_count(0)
    page.get_by_role("button", name="Move Momentum with the arrow keys").drag_to(
        page.locator("#arrangement li").first, target_position={"x": 20, "y": 2}
    )
    expect(page.locator("[data-panel]").first).to_have_attribute("data-panel", "momentum")
    assert rep.accessibility_failures() == []

    plain = visit(site.book.rep, PHONE, scripts=False)
    plain.go("/dashboard")
    assert names(plain.page) == ["momentum", "metrics", "engagement", "follow-ups", "principals", "coverage"]
    plain.page.get_by_role("link", name="Arrange").click()
    plain.page.get_by_role("button", name="Move Momentum down").click()
    plain.page.get_by_role("checkbox", name="Stale opportunities").check()
    plain.page.get_by_role("button", name="Save").click()
    plain.go("/dashboard")
    assert names(plain.page)[:2] == ["metrics", "momentum"]
    assert "stale" in names(plain.page)
    plain.go("/dashboard/arrangement")
    plain.page.get_by_role("button", name="As it comes").click()
    plain.go("/dashboard?whose=me&period=week&level=&keep=whose,period,level")
    assert names(plain.page) == usual


def test_on_a_phone_a_principal_is_logged_from_its_card_in_place(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, PHONE).go("/dashboard")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    card = page.locator("#panel-principals .pcard").filter(has_text="Yarrow & Rye")
    card.get_by_role("link", name="Interaction with").click()
    expect(page.locator("#log-form")).to_contain_text("Yarrow & Rye")
