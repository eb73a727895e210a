"""The pictures of the guide: taken of a demo book of its own, by one browser, as a person would come there.

The book is the same each time but for its day, for it always ends today; what is logged and imported on the
way stays in the folder that is thrown away afterwards.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from stack import browser, processes, up
from stack.processes import Server
from stack.steps import StepFailed, say

DOCS = Path(__file__).resolve().parents[1]
PICTURES = DOCS / "guide" / "pictures"
WORKBOOK = DOCS.parent / "tests" / "samples" / "tracker-workbook.xlsx"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
COLOURS = 96
"""Our pages are flat: more colours make larger files, and nobody sees them."""
WORK = 300_000
"""As long as a workbook may be read and checked on a busy machine, in milliseconds."""

Take = Callable[[str], None]

expect.set_options(timeout=20_000)


def take() -> None:
    """Take all of them. Raises `StepFailed` where there is no browser or the stack does not start."""
    found = browser.find()
    if found is None:
        raise StepFailed("there is no browser here.", way_out="set CHROMIUM to one.")
    PICTURES.mkdir(exist_ok=True)
    with _stack() as made, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(found.program), args=[*found.arguments, "--disable-gpu"]
        )
        address, password = made.values["BASE_URL"], made.values["DEMO_PASSWORD"]
        for who, size, story in STORIES:
            page = _signed_in(chromium, address, who, password, size)
            story(page, partial(_keep, page))
            page.context.close()
        chromium.close()


@contextmanager
def _stack() -> "Iterator[up.settings.Settings]":
    with tempfile.TemporaryDirectory(prefix="pantry-pictures-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        os.environ.setdefault("DEMO_PASSWORD", "only-for-the-pictures")
        started: list[Server] = []
        with up.alone_in(folder) as lock:
            try:
                yield up.start(folder, None, True, started, lock)
            finally:
                processes.stop_all(started)


def _signed_in(chromium: Browser, address: str, who: str, password: str, size: dict[str, int]) -> Page:
    context = chromium.new_context(
        base_url=address,
        viewport=size,  # type: ignore[arg-type]
        reduced_motion="reduce",
        color_scheme="light",
        has_touch=size is PHONE,
        timezone_id="America/Chicago",
    )
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("E-mail").fill(f"{who}@pantry.example")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/")
    return page


def _keep(page: Page, name: str) -> None:
    """Write down what is seen now, in few colours."""
    page.wait_for_timeout(400)  # fonts and live updates; a picture that comes too early shows neither
    path = DOCS / "images" / name if name == "today.png" else PICTURES / name
    page.screenshot(path=path)
    with Image.open(path) as taken:
        few = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    say(f"{path.stat().st_size / 1000:6.0f} kB  {path.relative_to(DOCS)}")


def _rep_on_a_phone(page: Page, take: Take) -> None:
    take("rep-today.png")
    page.locator(".tabbar").get_by_role("link", name="Log").tap()
    form = page.locator("#log-form")
    form.get_by_role("combobox", name="Who did you talk to?").press_sequentially("odal")
    form.get_by_role("option", name=re.compile("Odalys")).first.tap()
    form.locator(".choice", has_text="Phone Call").tap()
    form.get_by_label("Notes").fill("Loved the fig jam. Wants a price list for the brunch menu.")
    take("rep-log.png")
    tomorrow = form.locator(".choice", has_text="Tomorrow")
    tomorrow.tap()
    _in_the_middle(tomorrow)
    take("rep-log-follow-up.png")
    form.get_by_role("button", name="Save interaction").tap()
    expect(page.locator("#log")).to_be_hidden()
    take("rep-saved.png")
    page.goto("/follow-ups")
    page.get_by_role("link", name=re.compile("Snooze or reschedule")).first.tap()
    expect(page.get_by_text("Snooze until", exact=True)).to_be_visible()
    take("rep-later.png")
    page.goto("/principals")
    page.get_by_role("link", name="Copperpot Preserves", exact=True).tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Copperpot Preserves")
    take("rep-principal.png")
    page.goto("/opportunities/new")
    take("rep-opportunity.png")


def _rep_at_a_desk(page: Page, take: Take) -> None:
    take("today.png")
    page.goto("/opportunities/board")
    take("rep-board.png")


def _manager(page: Page, take: Take) -> None:
    for address, name in (
        ("/dashboard", "manager-dashboard.png"),
        ("/digests", "manager-digest.png"),
        ("/principals", "manager-principals.png"),
        ("/admin/goals", "manager-goals.png"),
    ):
        page.goto(address)
        take(name)
    page.goto("/team")
    page.get_by_role("link", name="Nell Carrow").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nell Carrow")
    take("manager-person.png")


def _importing(page: Page, take: Take) -> None:
    page.goto("/imports")
    page.locator("input[type=file]").set_input_files(WORKBOOK)
    take("import-file.png")
    page.get_by_role("button", name="Read the file").click()
    bring = page.get_by_role("button", name=re.compile(r"Import [\d,]+ records"))
    bring.wait_for(timeout=WORK)
    take("import-check.png")
    sheet = page.locator("summary", has_text="Organizations, ")
    sheet.first.click()
    _to_the_top(sheet.first)
    take("import-columns.png")
    names = page.locator("summary", has_text="Look through them")
    names.click()
    _to_the_top(page.get_by_text("Names nobody here knows"))
    take("import-names.png")
    bring.click()
    page.get_by_role("button", name="Revert").first.wait_for(timeout=WORK)
    page.evaluate("scrollTo(0, 0)")
    take("import-done.png")


def _in_the_middle(what: Locator) -> None:
    what.evaluate("(one) => one.scrollIntoView({ block: 'center' })")


def _to_the_top(what: Locator) -> None:
    what.evaluate("(one) => { one.scrollIntoView(); scrollBy(0, -24); }")


STORIES: tuple[tuple[str, dict[str, int], Callable[[Page, Take], None]], ...] = (
    ("nell", DESK, _rep_at_a_desk),
    ("nell", PHONE, _rep_on_a_phone),
    ("mara", DESK, _manager),
    ("ada", DESK, _importing),
)
"""In this order: what comes later may change what an earlier one shows."""
