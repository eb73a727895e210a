"""How long it takes to find something among 100,000 organizations, from what is typed to the answer.

    benchmarks/run search [--rounds N]

A row for each way of searching: the whole request of the palette through the application, and beside it the
same statement sent bare through psycopg, in turns. p50 and p95 in milliseconds; the promise is a p95 under
100 ms from three letters on, and at most twice the bare statement. benchmarks/search.sql makes the book.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import psycopg
from pages import kept, signed_in, watched

import crm
from crm.db import db

PALETTE = {"HX-Request": "true"}

WAYS = {
    "three letters": ["amb", "mar", "sal", "res", "foo", "ill", "nor", "pan", "zoe", "bre"],
    "a beginning": ["amberfo", "harvest", "willowg", "steakh", "univers", "marisol", "cresc"],
    "a word within": ["bakery", "tavern", "foodservice", "catering", "croissant", "jurgen"],
    "two words": ["amber tavern", "school harvest", "greta mar", "north butter", "club cedar"],
    "part of a word": ["erbend", "anyonfo", "ussant", "oodserv", "parrow"],
    "one slip": ["hravest", "steakhuose", "slat", "amberfodl", "unversity", "cresent", "tavren grill"],
    "a number": ["MC-1003", "MC-95", "0488500", "097700", "10017", "4885"],
    "in vain": ["zzzz", "qqqqqq", "xylofon brewery", "🍋🍋🍋", "%%%", "9999999999"],
}


def milliseconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def spread(times: list[float]) -> tuple[float, float]:
    """p50 and p95."""
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["search"])
    parser.add_argument("--rounds", type=int, default=12)
    options = parser.parse_args()
    app = crm.create_app("web")
    client, _, _ = signed_in(app, "nell@pantry.example")
    with app.app_context():
        address = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    lines = [f"{'':<16} {'p50':>7} {'p95':>7}   {'bare p50':>8} {'bare p95':>8}  ratio  slowest"]
    everything: tuple[list[float], list[float]] = ([], [])
    with psycopg.connect(address) as bare:
        bare.execute("set role kp_staff; set plan_cache_mode = force_custom_plan; set enable_seqscan = off")
        for way, phrases in WAYS.items():
            pages, floors = [], []
            slowest = (0.0, "")
            for phrase in phrases:
                path = f"/search/palette?q={quote(phrase)}"
                with watched(app) as (statements, _):
                    assert client.get(path, headers=PALETTE).status_code == 200
                ((text, values),) = [one for one in statements if "from hits h" in one[0]]
                of_phrase = []
                for _ in range(options.rounds):
                    of_phrase.append(milliseconds(lambda path=path: client.get(path, headers=PALETTE)))
                    floors.append(
                        milliseconds(lambda text=text, values=values: bare.execute(text, values).fetchall())
                    )
                pages += of_phrase
                slowest = max(slowest, (statistics.median(of_phrase), phrase))
            (p50, p95), (bare50, bare95) = spread(pages), spread(floors)
            lines.append(
                f"{way:<16} {p50:>7.1f} {p95:>7.1f}   {bare50:>8.1f} {bare95:>8.1f} {p50 / bare50:>6.2f}  "
                f"{slowest[1]} ({slowest[0]:.1f})"
            )
            everything[0].extend(pages)
            everything[1].extend(floors)
    (p50, p95), (bare50, bare95) = map(spread, everything)
    lines.append(f"{'all':<16} {p50:>7.1f} {p95:>7.1f}   {bare50:>8.1f} {bare95:>8.1f} {p50 / bare50:>6.2f}")
    book = "100,000 organizations, 30,000 contacts, 20,000 opportunities, 5,000 products"
    kept("search", f"{book}, {options.rounds} rounds", lines)


if __name__ == "__main__":
    main()
