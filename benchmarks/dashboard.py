"""What the dashboard costs, whole and panel by panel, and whether history makes it dearer.

    benchmarks/run dashboard [--rounds N]

The books `medium` and `large` differ in how much happened (100,000 and 1,000,000 interactions) and have the
same principals. The promises are at most ten statements, 2.5 times the floor, and 1.5 for large ÷ medium: of
the whole page, both books in turns, and of its bare SQL.
"""

import argparse

from pages import HEAD, Bench, best, kept

WHO = {"nell": "a rep", "mara": "a manager"}
PANELS = ("engagement", "metrics", "follow-ups", "stale", "momentum", "principals", "coverage", "scorecards")
PARTLY = {"HX-Request": "true"}
WHOLE = "/dashboard"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["dashboard"])
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    lines, ratios = [HEAD], ["", f"{'large ÷ medium':<24} {'page':>6} {'sql':>6}"]
    for who, called in WHO.items():
        medium, large = (Bench(f"{who}@pantry.example", book) for book in ("medium", "large"))
        rows = [bench.measure(WHOLE, options.rounds) for bench in (medium, large)]
        names = [f"{WHOLE} of {called}, {bench.book}" for bench in (medium, large)]
        lines += [row.line(name) for row, name in zip(rows, names, strict=True)]
        pair = best(
            [lambda bench=bench: bench.client.get(WHOLE) for bench in (medium, large)], options.rounds
        )
        ratios.append(f"{called:<24} {pair[1] / pair[0]:>6.2f} {rows[1].sql / rows[0].sql:>6.2f}")
    parts = (large.measure(f"{WHOLE}/{panel}", options.rounds, PARTLY) for panel in PANELS)
    lines += [part.line() for part in parts]
    kept("dashboard", f"medium and large book, best of {options.rounds}", lines + ratios)


if __name__ == "__main__":
    main()
