"""What a page of a list costs, and whether the page at 90 % of the rows costs what the first one does.

    benchmarks/run lists [--rounds N]

Two rows a list, in the large book: its first page, and the one that begins after nine tenths of its rows (the
`deep` one). The promises are 2.5 times the floor, at most six statements, and 1.3 for deep ÷ first, taken in
turns. Below them are the orders of the list of organizations, deep, and searches and filters of it; then how
long each list is searched as somebody types, whose p95 is promised under 100 ms.
"""

import argparse
import time
from urllib.parse import quote, urlencode

import sqlalchemy as sa
from pages import HEAD, Bench, best, kept
from search import spread

from crm.db import act_as, db
from crm.queries.lists import LISTS, Listing, Sort, places

DEEP = 0.9
ASKED = (
    "/organizations?q=tavern",
    "/organizations?q=amb",
    "/organizations?priority=A",
    "/organizations?owner=me",
    "/interactions?owner=me",
    "/interactions?q=croissant",
    "/opportunities?state=stale",
)
TYPING = {"HX-Request": "true", "HX-Target": "results"}
TYPED = {
    "organizations": ("amb", "tav", "tavern", "harvest", "grill", "school dis", "hravest"),
    "contacts": ("mar", "marisol", "greta", "quint"),
    "opportunities": ("spr", "menu", "breakfast", "referral"),
    "products": ("cro", "butter", "soup"),
    "interactions": ("ride", "tavern", "harvest"),
}

MILLION = "interactions"
"""Ten times as many as the promise is about."""


def deep(bench: Bench, listing: Listing, sort: Sort) -> str:
    """The address of the page that begins after nine tenths of the rows."""
    with bench.app.app_context():
        act_as(bench.user_id)
        rows = db.session.execute(
            sa.select(sa.func.count()).select_from(sa.select(listing.key).where(listing.scope).subquery())
        ).scalar_one()
        place = db.session.execute(
            sa.select(*sort.columns)
            .where(listing.scope)
            .order_by(*places.order(sort.columns, is_descending=sort.is_descending))
            .offset(int(rows * DEEP))
            .limit(1)
        ).one()
    asked = {"after": places.write(tuple(place))}
    if sort is not listing.sorts[0]:
        asked["sort"] = sort.name
    return f"/{listing.name}?{urlencode(asked)}"


def typing(bench: Bench, name: str, rounds: int) -> list[float]:
    """Milliseconds of each answer while somebody types into the search of a list."""
    times = []
    for words in TYPED[name]:
        path = f"/{name}?{urlencode({'q': words})}"
        bench.client.get(path, headers=TYPING)
        for _ in range(rounds):
            began = time.perf_counter()
            bench.client.get(path, headers=TYPING)
            times.append((time.perf_counter() - began) * 1000)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["lists"])
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    bench = Bench("nell@pantry.example")
    lines, ratios = [HEAD], []
    for listing in LISTS.values():
        first, last = f"/{listing.name}", deep(bench, listing, listing.sorts[0])
        lines.append(bench.measure(first, options.rounds).line())
        lines.append(bench.measure(last, options.rounds).line(f"/{listing.name} (deep)"))
        pair = best(
            (lambda path=first: bench.client.get(path), lambda path=last: bench.client.get(path)),
            options.rounds,
        )
        ratios.append(f"{listing.name:<16} {pair[1] / pair[0]:.2f}")
    organizations = LISTS["organizations"]
    for sort in organizations.sorts[1:]:
        path = deep(bench, organizations, sort)
        lines.append(bench.measure(path, options.rounds).line(f"/organizations by {sort.name} (deep)"))
    lines += [bench.measure(quote(path, safe="/?=&"), options.rounds).line() for path in ASKED]
    typed = {name: typing(bench, name, options.rounds) for name in TYPED}
    typed["all but interactions"] = [
        each for name, times in typed.items() if name != MILLION for each in times
    ]
    found = ["{:<20} {:>5.0f} {:>5.0f}".format(name, *spread(times)) for name, times in typed.items()]
    kept(
        "lists",
        f"large book, best of {options.rounds}",
        [*lines, "", "deep ÷ first", *ratios, "", f"{'as one types, ms':<20} {'p50':>5} {'p95':>5}", *found],
    )


if __name__ == "__main__":
    main()
