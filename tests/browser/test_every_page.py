"""Every page there is: accessible, inside the policy, as wide as the screen, light enough for a bad line."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import Locator

from tests.browser.conftest import COLOURS, DESKTOP, NARROW, PHONE, Site, Visit

PAGES = (
    "/",
    "/follow-ups",
    "/follow-ups/ledger",
    "/dashboard",
    "/dashboard/engagement",
    "/dashboard/follow-ups",
    "/dashboard/stale",
    "/dashboard/momentum",
    "/dashboard/metrics",
    "/dashboard/coverage",
    "/dashboard/principals",
    "/dashboard/arrangement",
    "/principals?view=cards",
    "/principals/1",
    "/organizations",
    "/organizations/1",
    "/organizations/1/edit",
    "/organizations/1/history",
    "/organizations/new",
    "/contacts",
    "/contacts/1",
    "/contacts/1/edit",
    "/contacts/1/leaving",
    "/contacts/1/history",
    "/contacts/new",
    "/opportunities",
    "/opportunities/board",
    "/opportunities/new",
    "/opportunities/1",
    "/opportunities/1/edit",
    "/opportunities/1/stage",
    "/opportunities/1/history",
    "/principals/1/products",
    "/principals/1/distributors",
    "/opportunities/1/people/new",
    "/samples",
    "/samples/of/1",
    "/samples/1/history",
    "/principals?view=table",
    "/principals/1/pipeline",
    "/principals/1/interactions",
    "/principals/1/contacts",
    "/principals/1/details",
    "/products",
    "/products/1",
    "/products/1/edit",
    "/products/1/history",
    "/products/new",
    "/stock/of/1",
    "/authorizations/of/1",
    "/authorizations/at/1",
    "/distributors",
    "/organizations/2/distribution",
    "/favorites",
    "/duplicates",
    "/duplicates/organization/1",
    "/duplicates/organization/1/2",
    "/legacy",
    "/trash",
    "/interactions",
    "/interactions/new",
    "/team",
    "/team/1",
    "/organizations/follow-ups/new",
    "/principals/follow-ups/new",
    "/imports",
    "/jobs",
    "/notifications",
    "/digests",
    "/search",
    "/settings",
    "/settings/mails",
    "/settings/tokens",
    "/settings/two-factor",
    "/api/docs",
    "/inbox",
    "/components",
)
KEPT_FROM_REPS = (
    "/dashboard/scorecards",
    "/audit",
    "/team/new",
    "/admin/goals",
    "/admin/goals/1",
    "/admin/picklists",
    "/admin/flags",
    "/ops",
)
"""Pages of managers and admins; an admin looks at them."""
KINDS = {
    *("/", "/dashboard", "/principals?view=cards", "/principals/1", "/organizations", "/opportunities/board"),
    *("/opportunities/1", "/interactions/new", "/search", "/components", "/admin/goals", "/ops"),
    *("/duplicates/organization/1/2", "/team/1"),
}
"""Each kind of page, and every component. They are looked at by every rule at a desk in both themes, and on a
phone by all but that of colours; the others, which are made of the same, on a phone and at a desk by turns.
bin/test --long looks at all of them by all rules everywhere.
"""
WIDTHS = (*NARROW, 390, 1440, 1600)
PARTS = 4
"""In how many tests the pages are looked at: several are shared out better than one long one."""
OTHERS = [path for path in PAGES if path not in KINDS]
DAILY = ("/", "/dashboard", "/principals/1", "/organizations", "/opportunities/1")
"""Where people spend their days: these every run looks at, that of CI at all."""
SHARES = [
    pytest.param("rep", DAILY, id="every day"),
    pytest.param(
        "rep", [path for path in PAGES if path in KINDS - set(DAILY)], id="kinds", marks=pytest.mark.slow
    ),
    pytest.param("admin", [path for path in KEPT_FROM_REPS if path in KINDS], id="kinds of an admin"),
    *(
        pytest.param("rep", OTHERS[part::PARTS], id=f"others, {part + 1}", marks=pytest.mark.slow)
        for part in range(PARTS)
    ),
    pytest.param(
        "admin",
        [path for path in KEPT_FROM_REPS if path not in KINDS],
        id="others of an admin",
        marks=pytest.mark.slow,
    ),
]
shared_out = pytest.mark.parametrize(("who", "paths"), SHARES)
HEAVIEST = 120 * 1024
MOST_REQUESTS = 8


SMALLEST_PHONE = {"width": 360, "height": 740}


def lines_of(label: Locator) -> int:
    """On how many lines the words of `label` stand that are in no element of their own."""
    return int(
        label.evaluate(
            """element => {
              const words = [...element.childNodes].find((node) => node.nodeType === 3 && node.data.trim());
              const range = document.createRange();
              range.selectNodeContents(words);
              return new Set([...range.getClientRects()].map((box) => Math.round(box.y))).size;
            }"""
        )
    )


def address(path: str, site: Site) -> str:
    numbers = {
        "/principals/1": site.book.principal_id,
        "/admin/goals/1": site.book.principal_id,
        "/organizations/1": site.book.organization_id,
        "/contacts/1": site.book.contact_id,
        "/products/1": site.book.product_id,
        "/samples/1": site.book.sample_id,
        "/stock/of/1": site.book.product_id,
        "/authorizations/of/1": site.book.principal_id,
        "/authorizations/at/1": site.book.distributor_id,
        "/organizations/2": site.book.distributor_id,
    }
    if path.startswith("/duplicates/organization/1"):
        other = f"/{site.book.distributor_id}" if path.endswith("/2") else ""
        return f"/duplicates/organization/{site.book.organization_id}{other}"
    found = next((start for start in numbers if path.startswith(start)), "")
    return f"{found[:-1]}{numbers[found]}{path.removeprefix(found)}" if found else path


@pytest.mark.timeout(240)
@shared_out
def test_axe_finds_nothing_on_any_page_on_a_phone_or_at_a_desk_and_nothing_scrolls_sideways(
    visit: Visit, site: Site, who: str, paths: Sequence[str]
) -> None:
    """All in one visit of each page, for the way there takes a third of the time."""
    somebody = visit(getattr(site.book, who), PHONE)
    found: dict[str, list[str]] = {}
    too_wide = []
    for place, path in enumerate(paths):
        turns = (DESKTOP, PHONE) if path in KINDS else (DESKTOP,) if place % 2 else (PHONE,)
        somebody.page.set_viewport_size(turns[0])
        somebody.go(address(path, site))
        for viewport in turns:
            somebody.page.set_viewport_size(viewport)
            found[f"{path} at {viewport['width']}"] = (
                somebody.accessibility_failures_in_either_theme()
                if path in KINDS and viewport is DESKTOP
                else somebody.accessibility_failures(but=[COLOURS])
            )
        too_wide += [f"{path} {told}" for told in somebody.overflows(NARROW)]
    assert {path: failures for path, failures in found.items() if failures} == {}
    assert too_wide == []


def test_axe_finds_nothing_on_a_phone_in_either_theme(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, PHONE)
    for path in ("/", "/interactions/new"):
        rep.go(path)
        assert rep.accessibility_failures_in_either_theme() == [], path


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desk"])
@shared_out
def test_axe_finds_nothing_on_every_page_on_a_phone_and_at_a_desk_in_either_theme(
    visit: Visit, site: Site, viewport: dict[str, int], theme: str, who: str, paths: Sequence[str]
) -> None:
    somebody = visit(getattr(site.book, who), viewport, theme=theme)
    found: dict[str, list[str]] = {}
    for path in paths:
        somebody.go(address(path, site))
        # Nothing but colours changes with the theme.
        found[path] = somebody.accessibility_failures(*([COLOURS] if theme == "dark" else []))
    assert {path: failures for path, failures in found.items() if failures} == {}


@pytest.mark.long
@pytest.mark.timeout(240)
@shared_out
def test_nothing_scrolls_sideways_at_any_width(
    visit: Visit, site: Site, who: str, paths: Sequence[str]
) -> None:
    somebody = visit(getattr(site.book, who), DESKTOP)
    too_wide = []
    for path in paths:
        somebody.go(address(path, site))
        too_wide += [f"{path} {told}" for told in somebody.overflows(WIDTHS)]
    assert too_wide == []


def test_axe_finds_nothing_at_the_door(visit: Visit) -> None:
    stranger = visit(None, PHONE)
    for path in ("/login", "/reset", "/nothing-here"):
        stranger.go(path)
        assert stranger.accessibility_failures() == [], path


def test_axe_finds_nothing_in_the_open_log_dialog(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, DESKTOP)
    rep.page.keyboard.press("c")
    rep.page.locator("#log-form").wait_for()
    assert rep.accessibility_failures() == []


def test_the_bar_at_the_bottom_of_the_smallest_phone_says_each_place_on_one_line(
    visit: Visit, site: Site
) -> None:
    rep = visit(site.book.rep, SMALLEST_PHONE)
    for path in ("/", "/follow-ups", "/principals"):
        rep.go(path)
        labels = rep.page.locator(".tabbar a").all()
        assert len(labels) == 5
        assert [label.inner_text().split("\n")[0] for label in labels if lines_of(label) > 1] == [], path


def test_tiles_of_the_log_form_stand_in_even_rows_on_the_smallest_phone(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, SMALLEST_PHONE)
    rep.go("/interactions/new")
    for group in ("interaction_type", "sentiment", "follow_up"):
        tiles = rep.page.locator(f"#log-{group} .choice")
        boxes = [box for tile in tiles.all() if (box := tile.bounding_box())]
        assert len(boxes) >= 3
        assert len({round(box["height"]) for box in boxes}) == 1, group
        # Each row ends where the form ends, also one with fewer tiles.
        ends = {round(box["y"]): round(box["x"] + box["width"]) for box in boxes}
        assert len(set(ends.values())) == 1, group


def test_figures_beside_the_ledger_stand_inside_their_cards_also_when_they_are_large(
    visit: Visit, site: Site
) -> None:
    rep = visit(site.book.rep, DESKTOP)
    rep.go("/follow-ups/ledger")
    shares = rep.page.locator("aside .table-scroll")
    shares.locator("tbody td:nth-child(2)").evaluate_all(
        "cells => cells.forEach((cell) => (cell.textContent = '128 of 1,312'))"
    )
    over = shares.evaluate_all("boxes => boxes.map((box) => box.scrollWidth - box.clientWidth)")
    assert over
    assert set(over) == {0}


def test_a_cold_page_is_light(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, PHONE)
    watching = rep.page.context.new_cdp_session(rep.page)
    watching.send("Network.enable")
    watching.send("Network.setCacheDisabled", {"cacheDisabled": True})
    weights: list[int] = []
    watching.on("Network.loadingFinished", lambda event: weights.append(int(event["encodedDataLength"])))
    for path in ("/", "/follow-ups", "/principals", "/principals/1"):
        weights.clear()
        rep.page.goto(site.address + address(path, site), wait_until="networkidle")
        assert 0 < len(weights) <= MOST_REQUESTS, path
        assert sum(weights) <= HEAVIEST, path
