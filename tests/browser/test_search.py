"""The palette and the search page in a real browser: by keyboard alone, on a phone, and without scripts."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import COLOURS, DESKTOP, PHONE, Site, Visit


def open_palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search or jump to")).to_be_focused()


def test_a_record_is_reached_by_keyboard_alone(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).page
    open_palette(page)
    page.keyboard.type("amber", delay=20)
    first = page.locator("#palette [role=option]").first
    expect(first).to_contain_text(site.book.principal)
    expect(first).to_have_attribute("aria-selected", "true")
    field = page.get_by_role("combobox", name="Search or jump to")
    expect(field).to_have_attribute("aria-activedescendant", str(first.get_attribute("id")))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.address}/principals/{site.book.principal_id}")


def test_enter_before_the_answer_leads_where_the_answer_would(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).page
    open_palette(page)
    page.keyboard.type("oldfen")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.address}/principals/{site.book.cold_id}")


def test_enter_waits_for_the_answer_to_the_last_letter_and_follows_no_earlier_one(
    visit: Visit, site: Site
) -> None:
    page = visit(site.book.rep, DESKTOP).page
    held: list[Route] = []
    page.route(re.compile(r"[?&]q=$"), lambda route: held.append(route))
    with page.expect_request(re.compile(r"[?&]q=$")):
        open_palette(page)
    page.keyboard.type("oldfen")
    page.keyboard.press("Enter")
    held[0].continue_()
    expect(page).to_have_url(f"{site.address}/principals/{site.book.cold_id}")


def test_arrows_walk_round_the_options_and_escape_gives_the_focus_back(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).go("/principals")
    page.get_by_label("Sort").focus()
    open_palette(page)
    page.keyboard.type("amber", delay=20)
    options = page.locator("#palette [role=option]")
    expect(options.first).to_contain_text(site.book.principal)
    names = options.evaluate_all("all => all.map((one) => one.id)")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("combobox", name="Search or jump to")).to_have_attribute(
        "aria-activedescendant", names[1]
    )
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("combobox", name="Search or jump to")).to_have_attribute(
        "aria-activedescendant", names[-1]
    )
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("combobox", name="Search or jump to")).to_have_attribute(
        "aria-activedescendant", names[0]
    )
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()
    expect(page.get_by_label("Sort")).to_be_focused()


def test_log_with_somebody_opens_the_form_about_them(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).page
    open_palette(page)
    page.keyboard.type("log with amberfold", delay=10)
    expect(page.locator("#palette [role=option]").first).to_contain_text("Log interaction with Amberfold")
    page.keyboard.press("Enter")
    expect(page.locator("#log")).to_be_visible()
    expect(page.locator("#palette")).not_to_be_visible()
    expect(page.locator("#log-form .picked")).to_contain_text(site.book.principal)


def test_log_with_somebody_opens_the_form_about_them_for_whoever_does_not_wait_for_the_answer(
    visit: Visit, site: Site
) -> None:
    page = visit(site.book.rep, DESKTOP).page
    open_palette(page)
    page.keyboard.type("log with amberfold")
    page.keyboard.press("Enter")
    expect(page.locator("#log-form .picked")).to_contain_text(site.book.principal)


@pytest.mark.slow
def test_every_page_of_the_navigation_can_be_gone_to(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).page
    links = page.locator(".sidebar .nav a")
    hrefs = [links.nth(n).evaluate("link => link.href") for n in range(links.count())]
    open_palette(page)
    page.keyboard.type("go to", delay=10)
    group = page.get_by_role("group", name="Go to")
    expect(group).to_be_visible()
    expect(page.locator("#palette-list > [role=group]")).to_have_count(1)
    offered = [one.evaluate("link => link.href") for one in group.get_by_role("option").all()]
    assert set(hrefs) <= set(offered)
    page.keyboard.type(" follow", delay=10)
    expect(group.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.address}/follow-ups")


def test_what_was_looked_at_last_stands_first_when_nothing_is_typed(visit: Visit, site: Site) -> None:
    page = visit(site.book.manager, DESKTOP).go(f"/principals/{site.book.busy_id}")
    page.goto(f"{site.address}/principals/{site.book.cold_id}")
    open_palette(page)
    expect(page.locator("#palette [role=option]").first).to_contain_text("Oldfen Grains")
    expect(page.get_by_role("group", name="Looked at last")).to_contain_text("Kettlewick Soups")
    expect(page.get_by_role("group", name="Do")).to_contain_text("Log interaction")


def test_typing_into_the_box_of_the_sidebar_goes_on_in_the_palette(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).page
    page.get_by_label("Search everything").focus()
    page.keyboard.type("amber", delay=20)
    expect(page.get_by_role("combobox", name="Search or jump to")).to_have_value("amber")
    expect(page.locator("#palette [role=option]").first).to_contain_text(site.book.principal)


def test_the_slash_searches_the_list_and_everything_where_there_is_none(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).go("/principals")
    page.keyboard.press("/")
    expect(page.get_by_label("Search principals")).to_be_focused()
    page.goto(f"{site.address}/follow-ups")
    page.keyboard.press("/")
    expect(page.locator("#palette")).to_be_visible()


def test_the_keys_that_the_help_tells_are_those_that_work(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).page
    page.keyboard.press("?")
    told = page.locator("#shortcuts dt:has-text('')").all_inner_texts()
    goes = page.locator(".sidebar .nav a[data-go]:not([data-go=''])")
    for n in range(goes.count()):
        key = str(goes.nth(n).get_attribute("data-go")).upper()
        row = page.locator("#shortcuts dd", has_text=f"G {key}")
        expect(row, f"the help tells nothing of G {key}").to_have_count(1)
    said = [
        row.inner_text().split()[-1].lower()
        for row in page.locator("#shortcuts dd").all()
        if row.inner_text().startswith("G ")
    ]
    assert sorted(said) == sorted(str(goes.nth(n).get_attribute("data-go")) for n in range(goes.count()))
    assert "Search or jump" in told
    page.keyboard.press("Escape")
    if "New opportunity" in told:
        page.keyboard.press("n")
        expect(page).to_have_url(f"{site.address}/opportunities/new")


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing_in_the_open_palette(visit: Visit, site: Site, viewport: dict[str, int]) -> None:
    rep = visit(site.book.rep, viewport)
    for letters in ("", "zzzzz", "amber"):
        rep.go("/")
        open_palette(rep.page)
        rep.page.keyboard.type(letters)
        expect(rep.page.locator("#palette-list")).to_have_attribute("data-letters", letters)
        assert rep.accessibility_failures(but=[COLOURS]) == [], letters
    if viewport == DESKTOP:
        assert rep.accessibility_failures_in_either_theme() == []


@pytest.mark.slow
def test_axe_finds_nothing_on_the_page_of_what_was_found(visit: Visit, site: Site) -> None:
    """Every page is looked at on a phone; this one here at a desk with all that it can say."""
    rep = visit(site.book.rep, DESKTOP)
    for address in ("/search?q=mar", "/search?q=amberfodl", "/search?q=zzzzz"):
        rep.go(address)
        assert rep.accessibility_failures() == [], address


def test_on_a_phone_it_fills_the_screen_and_a_tap_leads_there(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, PHONE).page
    page.get_by_role("link", name="Search", exact=True).tap()
    expect(page.get_by_role("combobox", name="Search or jump to")).to_be_focused()
    page.locator("#palette").evaluate("one => Promise.all(one.getAnimations().map((a) => a.finished))")
    assert page.locator("#palette").bounding_box() == {"x": 0, "y": 0, **PHONE}
    page.keyboard.type("amber")
    page.locator(f"#palette [role=option][href='/principals/{site.book.principal_id}']").tap()
    expect(page).to_have_url(f"{site.address}/principals/{site.book.principal_id}")


def test_without_scripts_the_same_is_found_on_a_page(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, PHONE, scripts=False).page
    page.get_by_role("link", name="Search", exact=True).click()
    expect(page.get_by_role("heading", name="Search", exact=True)).to_be_visible()
    page.locator("main").get_by_label("Search everything").fill("amber")
    page.locator("main").get_by_role("button", name="Search").click()
    page.get_by_role("link", name=site.book.principal).click()
    expect(page).to_have_url(f"{site.address}/principals/{site.book.principal_id}")


def test_the_page_follows_what_is_typed_and_keeps_field_and_address(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).go("/search")
    page.keyboard.press("/")
    page.keyboard.type("oldfen", delay=20)
    expect(page.locator("#results [data-row]")).to_have_count(1)
    expect(page.locator("main").get_by_label("Search everything")).to_be_focused()
    expect(page).to_have_url(f"{site.address}/search?q=oldfen")
