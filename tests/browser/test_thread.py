"""The thread itself: log, see it count, keep the promise. On a phone, by keyboard, without scripts."""

import re

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Person, Site, Visit


def choose_marisol(page: Page, form: Locator) -> None:
    """Three letters and the first suggestion, in place of whomever the page proposed."""
    form.get_by_label("Notes").wait_for()
    change = form.get_by_role("button", name="Change")
    if change.is_visible():
        change.click()
    form.get_by_role("combobox", name="Who did you talk to?").press_sequentially("mar")
    form.get_by_role("option", name=re.compile("Marisol Quintero-Vane")).click()
    expect(form.get_by_text("Marisol Quintero-Vane").first).to_be_visible()


def logged(site: Site, notes: str) -> int:
    with psycopg.connect(site.database.url("backup")) as connection:
        row = connection.execute("select count(*) from interactions where notes = %s", [notes]).fetchone()
    return int(row[0]) if row else 0


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_logged_call_warms_the_principal_at_once(
    visit: Visit, site: Site, viewport: dict[str, int]
) -> None:
    rep = visit(site.book.rep, viewport)
    page = rep.go(f"/principals/{site.book.principal_id}")
    notes = f"Wants the spec sheet, {viewport['width']}"
    page.get_by_role("link", name=re.compile("Log interaction|^Log$")).locator("visible=true").first.click()
    form = page.locator("#log-form")
    choose_marisol(page, form)
    form.get_by_role("radio", name="Phone Call").check()
    form.get_by_label("Notes").fill(notes)
    form.get_by_role("radio", name="Positive").check()
    form.get_by_role("radio", name="In 3 days").check()
    form.get_by_label("What did you promise?").fill(f"Send spec sheet {viewport['width']}")
    form.get_by_role("button", name="Save interaction").click()
    expect(page.locator("#log")).to_be_hidden()
    expect(
        page.get_by_role("status").get_by_text("Logged a call with Marisol Quintero-Vane.")
    ).to_be_visible()
    expect(page.locator("#interactions").get_by_text(notes)).to_be_visible()
    expect(page.locator("main .ring").first).to_have_attribute("data-level", "high")
    rep.go("/follow-ups")
    expect(page.locator("main").get_by_text(f"Send spec sheet {viewport['width']}")).to_be_visible()
    assert logged(site, notes) == 1


def test_the_whole_log_goes_by_keyboard(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).page
    page.keyboard.press("c")
    form = page.locator("#log-form")
    who = form.get_by_role("combobox", name="Who did you talk to?")
    expect(who).to_be_focused()
    who.press_sequentially("marisol")
    expect(form.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    form.get_by_role("radio", name="Phone Call").focus()
    page.keyboard.press("Space")
    form.get_by_label("Notes").focus()
    page.keyboard.type("By keyboard alone")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#log")).to_be_hidden()
    assert logged(site, "By keyboard alone") == 1


def test_a_double_click_logs_once(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).page
    page.keyboard.press("c")
    form = page.locator("#log-form")
    choose_marisol(page, form)
    form.get_by_role("radio", name="Email").check()
    form.get_by_label("Notes").fill("Clicked twice")
    form.get_by_role("button", name="Save interaction").dblclick()
    expect(page.locator("#log")).to_be_hidden()
    assert logged(site, "Clicked twice") == 1


def test_a_refused_form_stays_open_with_its_text(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).page
    page.keyboard.press("c")
    form = page.locator("#log-form")
    form.get_by_label("Notes").fill("Nobody chosen yet")
    form.get_by_role("button", name="Save interaction").click()
    expect(page.locator("#log-form").get_by_text("Choose whom this was with").first).to_be_visible()
    expect(page.locator("#log-form").get_by_label("Notes")).to_have_value("Nobody chosen yet")
    assert logged(site, "Nobody chosen yet") == 0


def test_without_scripts_the_same_form_is_a_page(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, PHONE, scripts=False).page
    page.get_by_role("navigation").get_by_role("link", name="Log", exact=True).click()
    page.get_by_label("Part of a name").fill("marisol")
    page.get_by_label("Notes").fill("Written without scripts")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_label("Notes")).to_have_value("Written without scripts")
    page.get_by_role("radio", name=re.compile("Marisol Quintero-Vane")).check()
    page.get_by_role("radio", name="Meeting").check()
    page.get_by_role("button", name="Save interaction").click()
    expect(
        page.get_by_text("Logged a meeting with Marisol Quintero-Vane.").locator("visible=true")
    ).to_have_count(1)
    assert logged(site, "Written without scripts") == 1


def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, DESKTOP)
    page = rep.page
    page.keyboard.press("c")
    form = page.locator("#log-form")
    choose_marisol(page, form)
    form.get_by_role("radio", name="Note").check()
    form.get_by_label("Notes").fill("Typed before the session ended")
    page.context.clear_cookies()
    form.get_by_role("button", name="Save interaction").click()
    expect(page.get_by_text("You were signed out meanwhile.")).to_be_visible()
    page.get_by_label("E-mail").fill(site.book.rep)
    page.get_by_label("Password").fill("pantry-shelf-7")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Typed before the session ended")).to_be_visible()
    page.get_by_role("button", name="Send it").click()
    expect(
        page.get_by_text("Logged a note with Marisol Quintero-Vane.").locator("visible=true")
    ).to_have_count(1)
    assert logged(site, "Typed before the session ended") == 1


def test_what_was_typed_survives_a_closed_dialog(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).page
    page.keyboard.press("c")
    page.locator("#log-form").get_by_label("Notes").fill("Interrupted by the chef")
    page.keyboard.press("Escape")
    expect(page.locator("#log")).to_be_hidden()
    page.keyboard.press("c")
    expect(page.locator("#log-form").get_by_label("Notes")).to_have_value("Interrupted by the chef")


def test_a_dialog_that_closed_this_very_moment_opens_again(visit: Visit, site: Site) -> None:
    page = visit(site.book.rep, DESKTOP).page
    page.keyboard.press("c")
    notes = page.locator("#log-form").get_by_label("Notes")
    notes.fill("Interrupted by the chef")
    # The key comes before the browser tells of the close, as it does when the machine is busy.
    old_form_stands = page.evaluate(
        """() => {
          document.getElementById("log").close();
          const key = { key: "c", bubbles: true, cancelable: true };
          document.activeElement.dispatchEvent(new KeyboardEvent("keydown", key));
          return document.getElementById("log-form") !== null;
        }"""
    )
    assert not old_form_stands  # or what is typed into it goes when the new one arrives
    expect(page.get_by_role("dialog", name="Log interaction")).to_be_visible()
    expect(notes).to_have_value("Interrupted by the chef")
    notes.fill("Interrupted twice")
    page.keyboard.press("Escape")
    expect(page.locator("#log")).to_be_hidden()
    page.keyboard.press("c")
    expect(notes).to_have_value("Interrupted twice")


def test_a_promise_is_completed_and_taken_back(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, DESKTOP)
    page = rep.go("/follow-ups")
    promise = page.locator(".task", has_text="Share allergen matrix")
    promise.get_by_role("button", name=re.compile("^Complete")).click()
    expect(page.locator(".task", has_text="Share allergen matrix")).to_have_count(0)
    toast = page.get_by_role("status").locator(".toast", has_text="Share allergen matrix")
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator(".task", has_text="Share allergen matrix")).to_have_count(1)


def person_sees_theme(person: Person) -> str:
    return str(person.page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_the_theme_is_the_persons_and_stays(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, DESKTOP)
    light = person_sees_theme(rep)
    rep.page.locator(".whoami").click()
    rep.page.get_by_role("button", name="Dark").click()
    assert person_sees_theme(rep) != light
    dark = person_sees_theme(rep)
    rep.go("/follow-ups")
    assert person_sees_theme(rep) == dark
