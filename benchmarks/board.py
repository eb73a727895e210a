"""What the pages of opportunities cost in the large book: the board, narrowed and not, and one opportunity.

    benchmarks/run board [--rounds N]

The promise is 2.5 times the floor. The board counts 64,000 opportunities in nine stages.
"""

import argparse

from pages import HEAD, Bench, kept

PATHS = (
    "/opportunities/board",
    "/opportunities/board?owner=me",
    "/opportunities/board?q=croissant",
    "/opportunities/board?context=Food+Show",
    "/opportunities/1",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["board"])
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    bench = Bench("nell@pantry.example")
    lines = [HEAD, *(bench.measure(path, options.rounds).line() for path in PATHS)]
    kept("board", f"large book, best of {options.rounds}", lines)


if __name__ == "__main__":
    main()
