"""Logging in a kitchen and at a desk: counted in taps on a phone, in keys on a keyboard."""

import re

import psycopg
from playwright.sync_api import Locator, expect

from tests.browser.conftest import DESKTOP, PHONE, Site, Visit

MOST_TAPS = 6
THUMB = 844 * 0.45
"""From here down a thumb reaches without the other hand, on a phone of 844 points."""


def logged(site: Site, notes: str) -> tuple[str, bool]:
    with psycopg.connect(site.database.url("backup")) as connection:
        row = connection.execute(
            "select interaction_type::text, follow_up_required from interactions where notes = %s", [notes]
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def test_call_note_and_follow_up_take_six_taps_on_a_phone(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, PHONE)
    page, presses = rep.page, rep.count_presses()
    taps: list[float] = []

    def tap(what: Locator) -> None:
        what.scroll_into_view_if_needed()
        box = what.bounding_box()
        assert box is not None
        taps.append(box["y"] + box["height"] / 2)
        what.tap()

    tap(page.locator(".tabbar").get_by_role("link", name="Log"))
    form = page.locator("#log-form")
    who = form.get_by_role("combobox", name="Who did you talk to?")
    expect(who).to_be_focused()  # the letters are typed, not tapped for
    who.press_sequentially("mar")
    tap(form.get_by_role("option", name=re.compile("Marisol")))
    tap(form.locator(".choice", has_text="Phone Call"))
    notes = form.get_by_label("Notes")
    tap(notes)
    notes.press_sequentially("Six taps")
    tap(form.locator(".choice", has_text="Tomorrow"))
    save = form.get_by_role("button", name="Save interaction")
    tap(save)
    expect(page.locator("#log")).to_be_hidden()
    assert presses() == len(taps) <= MOST_TAPS
    assert logged(site, "Six taps") == ("Phone Call", True)
    # What is tapped every time, first and last, lies under the thumb.
    assert min(taps[0], taps[-1]) > THUMB


def test_on_a_phone_the_notes_stand_above_the_fold(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, PHONE)
    page = rep.go(f"/contacts/{site.book.contact_id}")
    page.locator(".tabbar").get_by_role("link", name="Log").tap()
    notes = page.locator("#log-form").get_by_label("Notes")
    notes.wait_for()
    box, foot = notes.bounding_box(), page.locator("#log-form .dialog-foot").bounding_box()
    assert box is not None
    assert foot is not None
    assert box["y"] + 40 < foot["y"] <= 844


def test_the_whole_log_takes_few_keys_beside_what_is_written(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).page
    keys = 0

    def press(key: str) -> None:
        nonlocal keys
        keys += 1
        page.keyboard.press(key)

    press("c")
    form = page.locator("#log-form")
    expect(form.get_by_role("combobox", name="Who did you talk to?")).to_be_focused()
    for letter in "mar":
        press(letter)
    expect(form.get_by_role("option").first).to_be_visible()
    with page.expect_response(re.compile("/interactions/draft")):
        press("Enter")
    expect(form.get_by_label("Notes")).to_be_visible()

    def go_to(name: str) -> None:
        for _ in range(12):
            if page.evaluate("document.activeElement.name") == name:
                return
            press("Tab")
        raise AssertionError(f"No Tab leads to {name}")

    go_to("interaction_type")
    press("Space")
    go_to("notes")
    page.keyboard.type("Keys alone")
    go_to("follow_up")
    press("ArrowRight")
    press("Control+Enter")
    expect(page.locator("#log")).to_be_hidden()
    assert logged(site, "Keys alone") == ("Phone Call", True)
    assert keys <= 18
