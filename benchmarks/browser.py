"""How soon a person sees it: main pages, and principals while their name is typed, in a real browser.

    benchmarks/run browser [--rounds N]

The large book behind web processes as bin/up starts them; no worker runs. Each round is a browser context of
its own, so nothing is cached but by the server. A manager's pages and a rep's. The goals: the dashboard in
2 s, principals as they are typed in 500 ms.
"""

import argparse
import os
import statistics
import time

from pages import kept
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from processes import let_in, new_password, serving

DESKTOP = {"width": 1440, "height": 900}
PATHS = (
    *("/", "/follow-ups", "/dashboard", "/principals", "/organizations", "/contacts", "/opportunities"),
    *("/opportunities/board", "/interactions", "/search?q=tavern"),
)
PEOPLE = {"mara": "a manager", "nell": "a rep"}
PAINTED = """async () => {
  const paints = () => performance.getEntriesByName("first-contentful-paint");
  while (!paints().length) await new Promise((frame) => requestAnimationFrame(frame));
  const [way] = performance.getEntriesByType("navigation");
  return [paints()[0].startTime, way.loadEventEnd];
}"""


def signed_in(browser: Browser, address: str, email: str, password: str) -> BrowserContext:
    """A context in which this person has signed in."""
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{address}/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/")
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


def row(name: str, painted: list[float], loaded: list[float]) -> str:
    cells = (statistics.median(painted), max(painted), statistics.median(loaded), max(loaded))
    return f"{name:<36}" + "".join(f"{cell:>9.0f}" for cell in cells)


def measure(context: BrowserContext, address: str, options: argparse.Namespace) -> list[str]:
    """A row for each page of whoever is signed in there."""
    state, browser = context.storage_state(), context.browser
    assert browser is not None
    lines = []
    for path in (*PATHS, "typing"):
        times: list[tuple[float, float]] = []
        for _ in range(options.rounds):
            fresh = browser.new_context(viewport=DESKTOP, storage_state=state)
            page = fresh.new_page()
            if path == "typing":
                opened(page, f"{address}/principals")
                took = narrowed(page, options.letters)
                times.append((took, took))
            else:
                times.append(opened(page, address + path))
            fresh.close()
        name = f"/principals, “{options.letters}” typed" if path == "typing" else path
        lines.append(row(name, *map(list, zip(*times, strict=True))))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["browser"])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--letters", default="amb")
    options = parser.parse_args()
    password = new_password()
    let_in(password)
    lines = [f"{'':<36}{'paint':>9}{'most':>9}{'loaded':>9}{'most':>9}"]
    with serving() as (address, _), sync_playwright() as play:
        words = os.environ.get("CHROMIUM_ARGS", "").split()
        browser = play.chromium.launch(executable_path=os.environ["CHROMIUM"], args=words)
        for who, called in PEOPLE.items():
            context = signed_in(browser, address, f"{who}@pantry.example", password)
            lines += [f"{called}, ms", *measure(context, address, options)]
        browser.close()
    kept("browser", f"large book, {options.rounds} rounds", lines)


if __name__ == "__main__":
    main()
