"""How soon a person sees it: the dashboard, and principals while their name is typed, in a real browser.

    benchmarks/browser.py ADDRESS EMAIL PASSWORD [--rounds 10]

For a stack that runs; CHROMIUM names the browser, CHROMIUM_ARGS what it needs here. Each round is a browser
context of its own, so nothing is cached but by the server. Nothing is asserted; the table is kept in
benchmarks/results/browser.txt.
"""

import argparse
import os
import statistics
import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

RESULTS = Path(__file__).parent / "results" / "browser.txt"
DESKTOP = {"width": 1440, "height": 900}
PAINTED = """async () => {
  const paints = () => performance.getEntriesByName("first-contentful-paint");
  while (!paints().length) await new Promise((frame) => requestAnimationFrame(frame));
  const [way] = performance.getEntriesByType("navigation");
  return [paints()[0].startTime, way.loadEventEnd];
}"""


def signed_in(browser: Browser, asked: argparse.Namespace) -> BrowserContext:
    """A context in which this person has signed in."""
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{asked.address}/login")
    page.get_by_label("E-mail").fill(asked.email)
    page.get_by_label("Password").fill(asked.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{asked.address}/")
    page.close()
    return context


def opened(page: Page, address: str) -> tuple[float, float]:
    """Milliseconds until the first words of a page stand there, and until it is loaded."""
    page.goto(address, wait_until="load")
    painted, loaded = page.evaluate(PAINTED)
    return painted, loaded


def narrowed(page: Page, letters: str) -> float:
    """Milliseconds from the last letter until the list of principals is that of these letters."""
    page.get_by_label("Search principals").click()
    page.keyboard.type(letters[:-1], delay=20)
    began = time.perf_counter()
    page.keyboard.type(letters[-1])
    page.wait_for_url(f"**q={letters}*")
    return (time.perf_counter() - began) * 1000


def row(name: str, times: list[float]) -> str:
    return f"{name:<36}{statistics.median(times):>10.0f}{max(times):>10.0f}"


def measure(browser: Browser, asked: argparse.Namespace) -> str:
    context = signed_in(browser, asked)
    state = context.storage_state()
    painted, loaded, found = [], [], []
    for _ in range(asked.rounds):
        fresh = browser.new_context(viewport=DESKTOP, storage_state=state)
        page = fresh.new_page()
        first, whole = opened(page, f"{asked.address}/dashboard")
        painted.append(first)
        loaded.append(whole)
        opened(page, f"{asked.address}/principals")
        found.append(narrowed(page, asked.letters))
        fresh.close()
    return "\n".join(
        [
            f"{asked.rounds} rounds as {asked.email.split('@')[0]:<20}{'p50 ms':>10}{'most ms':>10}",
            row("/dashboard, first words", painted),
            row("/dashboard, all of it", loaded),
            row(f"/principals, “{asked.letters}” typed", found),
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("email")
    parser.add_argument("password")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--letters", default="amb")
    asked = parser.parse_args()
    with sync_playwright() as play:
        words = os.environ.get("CHROMIUM_ARGS", "").split()
        browser = play.chromium.launch(executable_path=os.environ["CHROMIUM"], args=words)
        table = measure(browser, asked)
        browser.close()
    print(table)
    RESULTS.write_text(table)


if __name__ == "__main__":
    main()
