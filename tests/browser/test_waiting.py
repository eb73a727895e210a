"""Saved in a walk-in cooler: an entry without a line is kept on the device, and arrives once."""

import re

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESKTOP, PASSWORD, PHONE, Person, Site, Visit


def logged(site: Site, notes: str) -> int:
    with psycopg.connect(site.database.url("backup")) as connection:
        row = connection.execute("select count(*) from interactions where notes = %s", [notes]).fetchone()
    return int(row[0]) if row else 0


def open_form(person: Person, notes: str) -> Locator:
    """The log form on a page of the contact, with all that saving it takes."""
    page = person.go(f"/contacts/{person.site.book.contact_id}")
    page.get_by_role("link", name=re.compile("Log interaction|^Log$")).locator("visible=true").first.click()
    form = page.locator("#log-form")
    form.locator(".choice", has_text="Phone Call").click()
    form.get_by_label("Notes").fill(notes)
    return form


def save_without_a_line(person: Person, notes: str) -> None:
    form = open_form(person, notes)
    person.page.context.set_offline(True)
    expect(form.get_by_text("No connection. Save it all the same")).to_be_visible()
    form.get_by_role("button", name="Save interaction").click()
    expect(person.page.locator("#log")).to_be_hidden()
    expect(notice(person.page)).to_contain_text("1 entry waits for a connection.")


def notice(page: Page) -> Locator:
    return page.get_by_role("region", name="Not sent yet")


def test_an_entry_saved_without_a_line_survives_a_closed_tab_and_arrives_once(
    visit: Visit, site: Site
) -> None:
    rep = visit(site.book.rep, PHONE)
    save_without_a_line(rep, "Saved in the cooler")
    assert logged(site, "Saved in the cooler") == 0
    expect(rep.page.get_by_role("status").get_by_text("is kept on this device")).to_be_visible()
    assert rep.accessibility_failures() == []

    # The form is there for the next one, and for the one that waits.
    rep.page.locator(".tabbar").get_by_role("link", name="Log").tap()
    expect(rep.page.locator("#log-form").get_by_label("Notes")).to_have_value("")
    rep.page.keyboard.press("Escape")
    notice(rep.page).get_by_role("button", name="Open").tap()
    notes = rep.page.locator("#log-form").get_by_label("Notes")
    expect(notes).to_have_value("Saved in the cooler")
    notes.fill("Saved in the cooler, twice")
    rep.page.get_by_role("button", name="Save interaction").tap()
    expect(notice(rep.page)).to_contain_text("1 entry waits")

    context = rep.page.context
    rep.page.close()
    # The post reaches the server, and its answer does not come back: it is sent again.
    context.set_offline(False)
    posts: list[int] = []

    def lose_the_first(route: object) -> None:
        answer = route.fetch()  # type: ignore[attr-defined]
        posts.append(answer.status)
        if len(posts) == 1:
            route.abort()  # type: ignore[attr-defined]
        else:
            route.fulfill(response=answer)  # type: ignore[attr-defined]

    context.route("**/interactions", lose_the_first)
    page = context.new_page()
    page.goto(site.address + "/")
    expect(notice(page)).to_be_visible()
    page.reload()
    expect(page.get_by_role("status").get_by_text("saved already")).to_be_visible()
    expect(notice(page)).to_be_hidden()
    assert posts == [200, 200]
    assert logged(site, "Saved in the cooler, twice") == 1
    assert logged(site, "Saved in the cooler") == 0


def test_what_waits_goes_out_by_itself_when_the_line_is_back(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, DESKTOP)
    save_without_a_line(rep, "Back on the street")
    rep.page.context.set_offline(False)
    expect(rep.page.get_by_role("status").get_by_text("Logged a call with Marisol")).to_be_visible()
    expect(notice(rep.page)).to_be_hidden()
    expect(rep.page.locator("main").get_by_text("Back on the street")).to_be_visible()
    assert logged(site, "Back on the street") == 1


def test_a_refused_entry_comes_back_with_what_was_typed_and_what_is_wrong(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, DESKTOP)
    page = rep.page
    page.keyboard.press("c")
    page.locator("#log-form").get_by_label("Notes").fill("Whom did I meet?")
    page.context.set_offline(True)
    page.get_by_role("button", name="Save interaction").click()
    page.context.set_offline(False)
    expect(notice(page)).to_contain_text("1 entry could not be saved as typed.")
    expect(notice(page)).to_contain_text("Choose whom this was with")
    notice(page).get_by_role("button", name="Open").click()
    form = page.locator("#log-form")
    expect(form.get_by_text("Choose whom this was with").first).to_be_visible()
    expect(form.get_by_label("Notes")).to_have_value("Whom did I meet?")
    form.get_by_role("combobox", name="Who did you talk to?").press_sequentially("mar")
    form.get_by_role("option", name=re.compile("Marisol")).click()
    form.locator(".choice", has_text="Meeting").click()
    form.get_by_role("button", name="Save interaction").click()
    expect(page.locator("#log")).to_be_hidden()
    expect(notice(page)).to_be_hidden()
    assert logged(site, "Whom did I meet?") == 1


@pytest.mark.slow
def test_what_waits_is_one_persons_and_waits_for_them_to_sign_in(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, DESKTOP)
    page = rep.page
    save_without_a_line(rep, "Nobody else sends this")

    # Nobody signs out over it unawares, and a session that is over sends nothing.
    page.get_by_role("button", name=re.compile("^Nell Carrow")).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status").get_by_text("Send or discard it, then sign out.")).to_be_visible()
    page.context.clear_cookies()
    page.context.set_offline(False)
    expect(notice(page)).to_contain_text("1 entry waits until you sign in.")

    colleague = Person(page, site)
    colleague.sign_in(site.book.manager)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(notice(page)).to_be_hidden()
    assert logged(site, "Nobody else sends this") == 0

    page.context.clear_cookies()
    rep.go("/login")
    page.get_by_label("E-mail").fill(site.book.rep)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("status").get_by_text("Logged a call with Marisol")).to_be_visible()
    assert logged(site, "Nobody else sends this") == 1


def test_an_entry_is_discarded_and_taken_back(visit: Visit, site: Site) -> None:
    rep = visit(site.book.rep, DESKTOP)
    page = rep.page
    save_without_a_line(rep, "Not worth it")
    notice(page).get_by_role("button", name="Discard").click()
    expect(notice(page)).to_contain_text("Discarded.")
    notice(page).get_by_role("button", name="Undo").click()
    expect(notice(page)).to_contain_text("1 entry waits for a connection.")
    notice(page).get_by_role("button", name="Discard").click()
    page.context.set_offline(False)
    page.reload()
    expect(notice(page)).to_be_hidden()
    assert logged(site, "Not worth it") == 0
