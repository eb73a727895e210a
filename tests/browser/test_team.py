"""An admin looks after the people of the firm: at a desk, on a phone, with scripts and without."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import COLOURS, DESKTOP, NARROW, PHONE, Person, Site, Visit


def number_of(person: Person, name: str) -> str:
    """The number of somebody of the team, from the list."""
    person.go("/team")
    address = person.page.get_by_role("link", name=name).get_attribute("href") or ""
    return address.rsplit("/", 1)[-1]


@pytest.mark.slow
def test_axe_finds_nothing_on_the_pages_of_an_admin_and_nothing_scrolls_sideways(
    visit: Visit, site: Site
) -> None:
    ada = visit(site.book.admin, PHONE)
    nell = number_of(ada, "Nell Carrow")
    found, too_wide = {}, list[str]()
    words = "/admin/picklists/segment"
    of_words = (
        words,
        "/admin/picklists/tag",
        f"{words}/word?word=Casual",
        f"{words}/merging?word=Casual&into=Italian",
    )
    for path in ("/team", "/team/new", f"/team/{nell}", f"/team/{nell}/departure", *of_words):
        ada.go(path)
        found[path] = ada.accessibility_failures(but=[COLOURS])
        too_wide += [f"{path} {told}" for told in ada.overflows(NARROW)]
        ada.page.set_viewport_size(PHONE)
    assert {path: failures for path, failures in found.items() if failures} == {}
    assert too_wide == []


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_an_admin_invites_somebody_changes_their_role_and_switches_them_off(
    visit: Visit, site: Site, scripts: bool
) -> None:
    ada = visit(site.book.admin, PHONE if scripts else DESKTOP, scripts=scripts)
    page, name = ada.page, "Ivo Larkin" if scripts else "Lotte Greaves"
    ada.go("/team")
    page.get_by_role("link", name="Invite someone").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Send invitation").click()
    expect(page.locator("#email-error")).to_have_text("Say where the letter goes, like nell@pantry.example.")
    expect(page.get_by_label("Name")).to_have_value(name)
    page.get_by_label("E-mail").fill(f"{name.split()[0].lower()}@pantry.example")
    page.get_by_label("Manager").select_option("Mara Lindqvist")
    page.get_by_role("button", name="Send invitation").click()
    page.wait_for_url(re.compile("/team$"))
    page.get_by_role("link", name=name).click()
    expect(page.get_by_text("in the team of Mara Lindqvist")).to_be_visible()
    page.get_by_label("Role").select_option("manager")
    page.get_by_label("Manager", exact=True).select_option("")
    page.get_by_role("button", name="Save role and manager").click()
    expect(page.locator(".page-head .lede")).to_have_text("Manager")
    page.get_by_role("link", name="Switch off…").click()
    page.get_by_role("button", name="Switch off").click()
    page.wait_for_url(re.compile(r"/team/\d+$"))
    expect(page.get_by_role("button", name="Switch on")).to_be_visible()
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("link", name="Switch off…")).to_be_visible()
