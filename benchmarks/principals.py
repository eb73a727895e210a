"""What the pages of principals cost in the large book: 512 of them, and every tab of the busiest one.

    benchmarks/run principals [--rounds N]

The promise is 2.5 times the floor, and a search among principals that answers in well under half a second.
"""

import argparse

from pages import HEAD, Bench, kept

LISTS = (
    "/",
    "/follow-ups",
    "/principals",
    "/principals?q=dairy",
    "/principals?view=table",
    "/dashboard/principals?q=dairy",
)
TABS = ("", "/products", "/pipeline", "/interactions", "/distributors", "/contacts", "/details")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["principals"])
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    bench = Bench("mara@pantry.example")
    paths = [*LISTS, *(bench.principal + tab for tab in TABS)]
    lines = [HEAD, *(bench.measure(path, options.rounds).line() for path in paths)]
    kept("principals", f"large book, best of {options.rounds}", lines)


if __name__ == "__main__":
    main()
