"""What one person commits stands in another's open page at once, and takes nothing from who types there."""

import re

import psycopg
import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import DESKTOP, Site, Visit


def commit(site: Site, statement: str, *values: object) -> None:
    with psycopg.connect(site.database.url("test"), autocommit=True) as connection:
        connection.execute("set role kp_owner")
        connection.execute(statement, values)


PROMISE = (
    "insert into interactions (interaction_type, contact_id, author_id, owner_id, is_touch, "
    "follow_up_required, follow_up_date, follow_up_note) "
    "select 'Note', %s, user_id, user_id, false, true, current_date - 9, %s "
    "from users where email = %s"
)


@pytest.mark.slow
def test_an_open_page_tells_what_a_colleague_commits_and_keeps_what_is_typed(
    visit: Visit, site: Site
) -> None:
    rep = visit(site.book.rep, DESKTOP)
    with rep.page.expect_request(re.compile("/live")):
        rep.go("/follow-ups")
    page, contact = rep.page, site.book.contact_id
    link = page.locator(".task [data-row-link]").first
    link.focus()
    focused = link.inner_text()

    commit(site, PROMISE, contact, "Promised while you looked", site.book.rep)
    expect(page.locator(".task", has_text="Promised while you looked")).to_be_visible()
    assert page.evaluate("document.activeElement.innerText") == focused

    # Typed text is in the log dialog, which lies over the list: both are right at once.
    page.keyboard.press("c")
    notes = page.locator("#log-form").get_by_label("Notes")
    notes.fill("Half a sentence")
    commit(site, PROMISE, contact, "Promised while you typed", site.book.rep)
    expect(page.locator(".task", has_text="Promised while you typed")).to_have_count(1)
    expect(notes).to_have_value("Half a sentence")
    page.keyboard.press("Escape")

    # A field in the fragment itself holds it until somebody asks.
    rep.go("/follow-ups")
    page.locator(".task [data-row-link]").first.click()
    page.wait_for_url(re.compile(r"/follow-ups/\d+$"))
    rep.go("/")
    page.evaluate(
        "document.querySelector('#content').insertAdjacentHTML('beforeend', '<input id=typing aria-label=T>')"
    )
    page.locator("#typing").fill("Mine")
    commit(site, PROMISE, contact, "Waits for you", site.book.rep)
    show = page.get_by_role("button", name="Show it")
    expect(show).to_be_visible()
    expect(page.locator("#typing")).to_have_value("Mine")
    show.click()
    expect(page.locator(".task", has_text="Waits for you")).to_be_visible()
    expect(show).to_have_count(0)

    # The board moves a card that a colleague moved.
    rep.go("/opportunities/board")
    commit(site, "update opportunities set stage = 'Demo Scheduled', name = 'Moved by a colleague'")
    moved = page.locator("[data-stage='Demo Scheduled']").get_by_text("Moved by a colleague").first
    expect(moved).to_be_visible()

    # So do the tabs of a principal and the sentence over the dashboard; the bell counts on any page.
    tab = rep.go(f"/principals/{site.book.principal_id}/details")
    commit(
        site, "update organizations set city = 'Wrenmouth' where organization_id = %s", site.book.principal_id
    )
    expect(tab.get_by_text("Wrenmouth").first).to_be_visible()
    rep.go("/dashboard?whose=me")
    late = page.locator("#lede").inner_text()
    commit(site, PROMISE, contact, "One more is late", site.book.rep)
    expect(page.locator("#lede")).not_to_have_text(late)
    rep.go("/search")
    commit(
        site,
        "insert into notifications (user_id, kind, subject, link) "
        "select user_id, 'test', 'An export is ready', '/jobs' from users where email = %s",
        site.book.rep,
    )
    expect(page.locator(".sidebar [data-badge='unread']")).to_have_text("1 unread")
    rep.go("/")

    # A connection that broke heals by itself, and what was missed is shown.
    page.context.set_offline(True)
    commit(site, PROMISE, contact, "Committed while the line was away", site.book.rep)
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('pageshow'))")
    with psycopg.connect(site.database.url("superuser"), autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and query ilike 'listen %'"
        )
    expect(page.locator(".task", has_text="Committed while the line was away")).to_be_visible()


def test_what_somebody_asks_for_in_a_panel_is_not_taken_away_by_what_is_new_there(
    visit: Visit, site: Site
) -> None:
    rep = visit(site.book.rep, DESKTOP)
    with rep.page.expect_request(re.compile("/live")):
        page = rep.go("/dashboard")
    held: list[Route] = []
    page.route(re.compile("/dashboard/metrics.*period=month"), lambda route: held.append(route))
    with page.expect_request(re.compile("/dashboard/metrics.*period=month")):
        page.get_by_role("link", name="This month").click()
    with page.expect_response(lambda answer: "metrics" in answer.url and "hx-live" in answer.request.headers):
        commit(site, PROMISE, site.book.contact_id, "Came while they waited", site.book.rep)
    held[0].continue_()
    expect(page.locator("#panel-metrics .chip[aria-current]")).to_have_text("This month")
