"""The board in a browser: by keyboard, by hand, on a phone, without scripts."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Site, Visit

CARD = "Spring breakfast menu"


def column(page: Page, stage: str) -> Locator:
    return page.locator(f'.col[data-stage="{stage}"]')


def stands_in(page: Page, stage: str) -> None:
    expect(column(page, stage).get_by_role("link", name=CARD, exact=True)).to_have_count(1)
    expect(page.get_by_role("link", name=CARD, exact=True)).to_have_count(1)


def drag(page: Page, what: Locator, to: Locator) -> None:
    """As a hand does it: take it, move it there in some steps, let it go."""
    what.hover()
    page.mouse.down()
    at = what.bounding_box()
    assert at
    page.mouse.move(at["x"] - 20, at["y"] + 20, steps=4)
    page.locator(".board.is-dragging").wait_for()
    box = to.bounding_box()
    assert box
    for n in (4, 0):
        page.mouse.move(box["x"] + box["width"] / 2 + n, box["y"] + 20 + n, steps=8)
    page.mouse.up()


@pytest.mark.slow
def test_a_card_is_moved_by_keys_closed_with_a_reason_taken_back_and_dragged(
    visit: Visit, site: Site
) -> None:
    rep = visit(site.book.rep, DESKTOP)
    page = rep.go("/opportunities/board")
    card = page.get_by_role("link", name=CARD, exact=True)
    card.focus()
    page.keyboard.press("]")
    stands_in(page, "Initial Outreach")
    expect(card).to_be_focused()
    page.keyboard.press("[")
    stands_in(page, "New Lead")
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog", name="Move to a stage")
    dialog.locator(".stages").wait_for()
    assert rep.accessibility_failures() == []
    page.keyboard.press("6")
    stands_in(page, "Demo Scheduled")
    expect(card).to_be_focused()
    page.keyboard.press("]")
    dialog.get_by_label("Why does it end?").select_option(index=1)
    dialog.get_by_role("button", name="Move opportunity").click()
    expect(dialog).to_be_hidden()
    expect(column(page, "Closed - Won").locator(".count")).to_have_text("1")
    page.get_by_role("button", name="Undo").last.click()
    stands_in(page, "Demo Scheduled")
    card.focus()
    page.keyboard.press("z")  # there is nothing more to take back
    drag(
        page,
        page.locator(".opp", has=card).locator(".grip"),
        column(page, "Feedback Logged").locator(".cards"),
    )
    stands_in(page, "Feedback Logged")
    expect(page.locator("#toasts")).to_contain_text("is now in Feedback Logged")
    card.click()
    opened = page.get_by_role("dialog", name="Opportunity")
    expect(opened.get_by_text("Time in stage")).to_be_visible()
    assert rep.accessibility_failures() == []
    page.keyboard.press("Escape")
    expect(card).to_be_focused()
    page.get_by_label("Principal", exact=True).first.select_option(label="Oldfen Grains")
    expect(card).to_have_count(0)
    page.get_by_role("link", name="List", exact=True).click()
    page.wait_for_url(re.compile(r"/opportunities\?principal=\d+$"))


@pytest.mark.slow
def test_on_a_phone_without_scripts_stages_stack_and_nine_buttons_move_a_card(
    visit: Visit, site: Site
) -> None:
    rep = visit(site.book.rep, PHONE, scripts=False)
    page = rep.go("/opportunities/board")
    first, second = column(page, "New Lead").bounding_box(), column(page, "Initial Outreach").bounding_box()
    assert first
    assert second
    assert second["y"] >= first["y"] + first["height"]
    page.get_by_role("link", name=f"Move {CARD} to another stage").click()
    page.get_by_role("button", name="Awaiting Response").click()
    page.wait_for_url("**/opportunities/board")
    stands_in(page, "Awaiting Response")
    page.get_by_role("link", name=f"Move {CARD} to another stage").click()
    page.get_by_role("link", name="Closed - Stalled").click()
    page.get_by_role("button", name="Move opportunity").click()
    expect(page.get_by_text("Say why it ends").first).to_be_visible()
    page.get_by_label("Why does it end?").select_option(index=1)
    page.get_by_role("button", name="Move opportunity").click()
    page.wait_for_url("**/opportunities/board")
    expect(column(page, "Closed - Stalled").locator(".count")).to_have_text("1")
    page.goto(f"{site.address}/opportunities?q=spring")
    page.get_by_role("link", name=CARD).click()
    page.get_by_role("button", name="Move stage").click()
    page.get_by_role("button", name="New Lead").click()
    expect(page.locator(".path [aria-current=step]")).to_contain_text("New Lead")
