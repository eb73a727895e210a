"""A real Chromium over the real application: gunicorn on its own database, seeded through the factories."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests import databases
from tests.browser import renewing
from tests.browser.book import PASSWORD, Book, write_book
from tests.databases import Database

ROOT = Path(__file__).parent.parent.parent
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
NARROW = (360, 768, 1024)
"""The smallest phone, and where pages begin to have more beside one another."""

# What goes on for ever is no way to somewhere; what was cut short has been replaced, maybe by another move.
COMES_TO_REST = """async () => {
  await new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame)));
  const moves = () => document.getAnimations().filter((one) => {
    const { endTime } = one.effect?.getComputedTiming() ?? {};
    return one.playState === "running" && Number.isFinite(endTime);
  });
  for (let running = moves(); running.length; running = moves())
    await Promise.allSettled(running.map((one) => one.finished));
}"""

AXE = Axe().axe_script
WCAG = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
COLOURS = "color-contrast"
"""The rule that takes longer than all others together. Colours are the parts': where a kind of page has been
looked at by it, it finds nothing else on the pages that are made of the same parts.
"""

expect.set_options(timeout=20_000)  # on two cores that also run the other tests, an answer may take its time


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder is a browser test, with or without the mark."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The browser that bin/test found or installed. On CI a missing one is a failure, elsewhere a skip."""
    if "CHROMIUM" not in os.environ:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("There is no Chromium here; set CHROMIUM.")
    quiet = [
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
    ]
    words = os.environ.get("CHROMIUM_ARGS", "").split()
    return {"executable_path": os.environ["CHROMIUM"], "args": [*words, *quiet]}


@pytest.fixture(scope="session")
def own_book(template: Database, worker_id: str) -> Iterator[tuple[Database, Book]]:
    """A database of this worker with a small book in it, written by real commits; nobody works in it."""
    with databases.clone(template, f"book_{worker_id}") as written:
        book = write_book(written)
        renewing.keep(written)
        yield written, book


@dataclass
class Site:
    """Where the application answers, and what it is about."""

    address: str
    book: Book
    database: Database
    folder: Path
    """Where its files lie."""


@pytest.fixture(scope="session")
def web(
    own_book: tuple[Database, Book], worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The web process as it runs in production, on a copy of the book."""
    written, book = own_book
    folder = tmp_path_factory.mktemp("web")
    with (
        databases.clone(written, f"browser_{worker_id}") as copy,
        _serving(copy, folder) as address,
    ):
        # A page opened before the live updates have found their line would be drawn anew then.
        until = time.monotonic() + 10
        while not databases.is_listened_to(copy) and time.monotonic() < until:
            time.sleep(0.05)
        yield Site(address, book, copy, folder)


@pytest.fixture
def site(web: Site) -> Site:
    """Where the application answers, with the book as it was written: no test sees what another one did."""
    renewing.bring_back(web.database)
    return web


@contextmanager
def _serving(database: Database, folder: Path) -> Iterator[str]:
    """Gunicorn in the web role, with the built assets, on this database; gives its address."""
    port = _free_port()
    environment = os.environ | {
        "DATABASE_URL": database.url("web"),
        "REDIS_URL": os.environ["TEST_REDIS_URL"],
        "SECRET_KEY": databases.SECRET_KEY,
        "BASE_URL": f"http://127.0.0.1:{port}",
        "DATA_DIR": str(folder),
        "FIRM_TIMEZONE": databases.FIRM_TIMEZONE,
        "FIRM_NAME": "Harbor & Vine Brokerage",
        "PANTRY_ENV": "test",
        "LOG_LEVEL": "WARNING",
    }
    words = [sys.executable, "-m", "gunicorn", "--worker-class", "asgi", "--bind", f"127.0.0.1:{port}"]
    words += ["--graceful-timeout", "1", "crm.live:make()"]
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/readyz", process, folder / "web.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 180  # on two cores that run all else at the same time
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(address, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)  # the process is starting; there is nothing to wait on but its port
    pytest.fail(f"The web process did not get ready:\n{log.read_text()[-3000:]}")


@dataclass
class Person:
    """Somebody at a browser, and everything that went wrong in it."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(self.site.address + path)
        return self.page

    def count_presses(self) -> Callable[[], int]:
        """Count how often a button or a finger comes down from now on, on any page; returns what tells it."""
        presses: list[str] = []
        self.page.expose_binding("pressed", lambda _: presses.append(self.page.url))
        count = "addEventListener('pointerdown', () => window.pressed(), { capture: true })"
        self.page.add_init_script(count)
        self.page.evaluate(count)
        return lambda: len(presses)

    def sign_in(self, email: str) -> "Person":
        self.go("/login")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(self.site.address + "/")
        return self

    def accessibility_failures(self, *only: str, but: Sequence[str] = ()) -> list[str]:
        """What axe finds on the page once it has come to rest, by the rules named or all of WCAG 2.2 AA `but`
        some: what fades in has no colour of its own yet.
        """
        self.page.evaluate(COMES_TO_REST)
        rules = {"type": "rule", "values": list(only)} if only else {"type": "tag", "values": WCAG}
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        options = {
            "runOnly": rules,
            "resultTypes": ["violations"],
            "rules": {rule: {"enabled": False} for rule in but},
        }
        found = self.page.evaluate("async (options) => (await axe.run(options)).violations", options)
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    def accessibility_failures_in_either_theme(self) -> list[str]:
        """The same of the page as it is, and once more in the dark what alone a theme changes."""
        found = self.accessibility_failures()
        self.page.emulate_media(color_scheme="dark")
        found += [f"dark, {failure}" for failure in self.accessibility_failures(COLOURS)]
        self.page.emulate_media(color_scheme="light")
        return found

    def overflows(self, widths: Sequence[int]) -> list[str]:
        """At which of these widths the page that is open would scroll sideways, and by how much."""
        found = []
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": 900})
            over = self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if over > 0:
                found.append(f"at {width}: {over} px")
        return found


Visit = Callable[..., Person]


@pytest.fixture(scope="session")
def signed_in() -> dict[str, Any]:
    """The cookies of everybody who has signed in at this worker's site, by address: once is enough."""
    return {}


@pytest.fixture
def visit(
    site: Site, new_context: Callable[..., BrowserContext], signed_in: dict[str, Any]
) -> Iterator[Visit]:
    """`visit("nell@…", PHONE, theme="dark", scripts=False)`: a signed-in person with a browser of their own.

    Motion is reduced, so that nothing is looked at while it fades in. At the end of the test nothing may have
    broken the policy or thrown in any of these browsers.
    """
    people: list[Person] = []

    def make(
        email: str | None, viewport: dict[str, int], *, theme: str = "light", scripts: bool = True
    ) -> Person:
        context = new_context(
            viewport=viewport,
            color_scheme=theme,
            reduced_motion="reduce",
            storage_state=signed_in.get(email or ""),
            java_script_enabled=scripts,
            has_touch=viewport["width"] < 768,
            timezone_id="America/Chicago",
        )
        person = Person(context.new_page(), site)
        person.page.on("pageerror", lambda error: person.complaints.append(str(error)))
        person.page.on("console", lambda message: _note(person, message.type, message.text))
        people.append(person)
        if email is None:
            return person
        if email in signed_in:
            person.go("/")
        else:
            signed_in[email] = person.sign_in(email).page.context.storage_state()
        return person

    yield make
    assert [complaint for person in people for complaint in person.complaints] == []


def _note(person: Person, kind: str, text: str) -> None:
    """Policy violations and script errors. None are a 4xx or no answer that a test provokes, and a request
    that a later one replaced.
    """
    harmless = "Failed to load resource|htmx:(afterRequest|sendError|sendAbort)"
    if kind == "error" and not re.match(harmless, text):
        person.complaints.append(text)
