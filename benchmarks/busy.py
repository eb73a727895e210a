"""How long pages take while all work is under way at once, against a quiet stack.

    benchmarks/run busy [--pages N] [--readers N]

Web processes and workers as bin/up starts them, the workers niced. Some people read page after page and look
half a second at each. First nothing else happens; then digests for thousands of managers are written
and sent, all interactions are exported, follow-ups for all organizations are scheduled and all is recounted.
The goal: 2.5 times the p95 of the quiet stack.
"""

import argparse
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.request import Request, urlopen

import sqlalchemy as sa
from digests import MONDAY, Sink
from processes import let_in, new_password, serving, signed_in, working

import crm
from crm import queries, services
from crm.db import SYSTEM, act_as, db, transaction
from crm.queries.lists import INTERACTIONS, ORGANIZATIONS, Asker, Listing, Wanted
from crm.queries.schedules import Rule, When

RESULTS = Path(__file__).parent / "results" / "busy.txt"
PATHS = ("/", "/follow-ups", "/organizations", "/principals", "/opportunities", "/interactions", "/dashboard")
LOOKS = 0.5
"""Seconds that somebody looks at a page."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["busy"])
    parser.add_argument("--pages", type=int, default=420)
    parser.add_argument("--readers", type=int, default=3)
    options = parser.parse_args()
    password = new_password()
    let_in(password)
    sink = Sink()
    os.environ["SMTP_URL"] = f"smtp://127.0.0.1:{sink.listening.getsockname()[1]}"
    app = crm.create_app("worker")
    with serving() as (address, _):
        cookies = signed_in(address, password)
        read(address, cookies, options.readers, len(PATHS) * len(cookies) * 2)  # everything was read once
        quiet = read(address, cookies, options.readers, options.pages)
        ask(app)
        with working(app, now=MONDAY):
            busy = read(address, cookies, options.readers, options.pages)
            became = told(app, sink)
    text = table(quiet, busy, became)
    RESULTS.write_text(text)
    print(text)


def read(address: str, cookies: list[str], readers: int, pages: int) -> dict[str, list[float]]:
    """Milliseconds of each page, by path."""
    found: dict[str, list[float]] = {path: [] for path in PATHS}

    def reads(reader: int) -> None:
        for number in range(reader, pages, readers):
            path = PATHS[number // readers % len(PATHS)]
            began = time.perf_counter()
            urlopen(Request(address + path, headers={"Cookie": cookies[reader % len(cookies)]})).read()
            found[path].append((time.perf_counter() - began) * 1000)
            time.sleep(LOOKS)

    with ThreadPoolExecutor(readers) as several:
        list(several.map(reads, range(readers)))
    return found


def ask(app: crm.Flask) -> None:
    """Ask for the long jobs."""
    with app.app_context():
        act_as(SYSTEM)
        ada = db.session.scalars(
            sa.text("select user_id from users where email = 'ada@pantry.example'")
        ).one()
        db.session.rollback()
    with app.app_context():
        act_as(ada)
        by = queries.users.get(ada)
        with transaction():
            columns = list(INTERACTIONS.all_columns)
            services.exports.ask(
                INTERACTIONS, _all(INTERACTIONS, ada), columns, ending="csv", by=by, total=None
            )
        with transaction():
            rule = Rule(when=When.SPREAD, on=date(2099, 1, 1), per_day=20)
            wanted = _all(ORGANIZATIONS, ada)
            seen = queries.schedules.preview(ORGANIZATIONS, wanted, rule).mark
            services.schedules.ask(
                ORGANIZATIONS, wanted, rule, note="Say hello", nouns="organizations", by=by, seen=seen
            )


def _all(listing: Listing, person: int) -> Wanted:
    sort = listing.sorts[0]
    asker = Asker(person, datetime.now(UTC).date())
    return Wanted(asker=asker, sort=sort, is_descending=sort.is_descending)


def told(app: crm.Flask, sink: Sink) -> list[str]:
    """How far the work has come meanwhile."""
    with app.app_context():
        act_as(SYSTEM)
        rows = db.session.execute(
            sa.text(
                "select kind, state::text, rows_done from jobs "
                "where created_at > now() - interval '1 hour' order by job_id"
            )
        ).all()
        db.session.rollback()
    return [
        f"{sink.taken:,} digests sent",
        *(f"{kind}: {state}, {done:,} rows" for kind, state, done in rows),
    ]


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def table(quiet: dict[str, list[float]], busy: dict[str, list[float]], became: list[str]) -> str:
    lines = [f"{datetime.now(UTC):%Y-%m-%d}, p95 in ms{'quiet':>12}{'busy':>10}{'ratio':>8}"]
    for path in PATHS:
        a, b = p95(quiet[path]), p95(busy[path])
        lines.append(f"{path:<20}{a:>15.0f}{b:>10.0f}{b / a:>8.1f}")
    a, b = (p95([each for times in found.values() for each in times]) for found in (quiet, busy))
    lines.append(f"{'all of them':<20}{a:>15.0f}{b:>10.0f}{b / a:>8.1f}")
    return "\n".join([*lines, "meanwhile:", *(f"  {line}" for line in became)]) + "\n"


if __name__ == "__main__":
    main()
