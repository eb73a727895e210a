"""What it costs to log an interaction, against its own SQL sent bare.

    benchmarks/run log [--rounds N]

One call about one contact, with a follow-up, posted as the dialog posts it: the whole request, divided by its
floor taken beside it as `benchmarks/run pages` has it. Both write and commit, with every trigger, and each
under a request key of its own.
"""

import argparse
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

from pages import HEAD, Bench, Measured, best, kept, watched

HEADERS = {"HX-Request": "true"}


def measure(bench: Bench, rounds: int) -> Measured:
    """The posted form against its floor."""
    page = bench.client.get("/interactions/new").get_data(as_text=True)
    cookie = bench.client.get_cookie("session")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    one = "select min(contact_id) from contacts where deleted_at is null"
    [(contact,)] = bench.bare.execute(one).fetchall()

    def post() -> Any:
        form = {
            "csrf_token": unescape(token[1]) if token else "",
            "request_key": str(uuid4()),
            "about": f"contact:{contact}",
            "interaction_type": "Phone Call",
            "notes": "Asked for the new price list of the frozen line.",
            "sentiment": "Positive",
            "follow_up": str(datetime.now(UTC).date() + timedelta(days=7)),
        }
        if cookie:  # else what each one toasts would wait in the session for a page that never comes
            bench.client.set_cookie(cookie.key, cookie.value)
        return form["request_key"], bench.client.post("/interactions", data=form, headers=HEADERS)

    post()
    with watched(bench.app) as (statements, templates):
        key, answer = post()
    assert answer.status_code < 400, answer.get_data(as_text=True)

    def sql() -> None:
        fresh = str(uuid4())
        with bench.bare.transaction():
            for text, parameters in statements:
                found = bench.bare.execute(text, anew(parameters, key, fresh))
                if found.description:
                    found.fetchall()

    def html() -> None:
        with bench.app.test_request_context("/interactions"):
            for template, context in templates:
                template.render(context)

    acts = (post, sql, html, lambda: bench.floor.get("/"))
    size = len(answer.data) / 1024
    return Measured("POST /interactions", *best(acts, rounds), len(statements), size)


def anew(parameters: Any, key: str, fresh: str) -> Any:
    """The parameters of a statement with another request key: one that was used does nothing more."""
    if not isinstance(parameters, Mapping):
        return parameters
    return {name: fresh if str(value) == key else value for name, value in parameters.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["log"])
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    line = measure(Bench("nell@pantry.example"), options.rounds).line()
    kept("log", f"{os.environ['BENCHMARK_BOOK']} book, best of {options.rounds}", [HEAD, line])


if __name__ == "__main__":
    main()
