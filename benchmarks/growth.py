"""Whether ten times the history makes a page dearer.

    benchmarks/run growth [--rounds N]

Every main page in the books `medium` (100,000 interactions) and `large` (1,000,000): the best round in each,
both in turns, their ratio, statements and bytes (brotli) in both. The goal is a ratio of 1.5; statements and
bytes do not grow at all but for what a page shows more of. Pages of records are of those that have much: the
busiest principal, the account, contact and opportunity with most interactions.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa
from pages import Bench, best, kept, watched

from crm.db import act_as, db

BUSIEST = {
    "organizations": "select organization_id from interactions where organization_id is not null",
    "contacts": "select contact_id from interactions where contact_id is not null",
    "opportunities": "select opportunity_id from interactions where opportunity_id is not null",
}
TABS = ("", "/products", "/pipeline", "/interactions", "/distributors", "/contacts", "/details")
TYPING = {"HX-Request": "true"}
OF_A_REP = (
    *("/", "/follow-ups", "/follow-ups/ledger", "/dashboard", "/interactions/new", "/notifications"),
    *("/principals", "/organizations", "/contacts", "/products", "/distributors", "/opportunities"),
    *("/opportunities/board", "/interactions", "/samples", "/search?q=tavern", "/favorites", "/settings"),
)
OF_A_MANAGER = (
    *(
        "/dashboard",
        "/digests",
        "/team",
        "/audit",
        "/admin/goals",
        "/trash",
        "/duplicates",
        "/imports",
        "/jobs",
    ),
)
MOST = 1.5


def in_turns(
    benches: Sequence[Bench], path: Callable[[Bench], str], rounds: int, **asked: str
) -> list[float]:
    """Milliseconds of a page in the best round of each book."""
    headers: Mapping[str, str] = asked

    def act(bench: Bench) -> Callable[[], object]:
        address = path(bench)
        answer = bench.client.get(address, headers=headers)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        return lambda: bench.client.get(address, headers=headers)

    return best([act(bench) for bench in benches], rounds)


def busiest(bench: Bench, noun: str) -> str:
    """The page of the record of that noun with most interactions."""
    with bench.app.app_context():
        act_as(bench.user_id)
        asked = f"{BUSIEST[noun]} and deleted_at is null group by 1 order by count(*) desc, 1 limit 1"
        number = db.session.execute(sa.text(asked)).scalar_one()
    return f"/{noun}/{number}"


def looked_at(bench: Bench, path: str) -> tuple[int, float]:
    """Statements and KiB of a page."""
    with watched(bench.app) as (statements, _):
        bench.client.get(path)
    packed = bench.client.get(path, headers={"Accept-Encoding": "br"})
    return len(statements), len(packed.data) / 1024


def line(benches: Sequence[Bench], name: str, path: Callable[[Bench], str], rounds: int) -> str:
    medium, large = in_turns(benches, path, rounds)
    (few, light), (many, heavy) = (looked_at(bench, path(bench)) for bench in benches)
    mark = "  !" if large / medium > MOST else ""
    return (
        f"{name:<34} {medium:>8.1f} {large:>8.1f} {large / medium:>6.2f}   {few:>4} {many:>4}  "
        f"{light:>7.1f} {heavy:>7.1f}{mark}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["growth"])
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    lines = [f"{'page':<34} {'medium':>8} {'large':>8}  ratio   stmt stmt      KiB     KiB"]
    for who, paths in (("nell", OF_A_REP), ("mara", OF_A_MANAGER)):
        benches = [Bench(f"{who}@pantry.example", book) for book in ("medium", "large")]
        lines.append(f"as {who}")
        lines += [line(benches, path, lambda _, path=path: path, options.rounds) for path in paths]
        if who == "nell":
            lines += [
                line(benches, f"/principals/N{tab}", lambda one, tab=tab: one.principal + tab, options.rounds)
                for tab in TABS
            ]
            of = {noun: {bench.book: busiest(bench, noun) for bench in benches} for noun in BUSIEST}
            lines += [
                line(benches, f"/{noun}/N", lambda one, pages=of[noun]: pages[one.book], options.rounds)
                for noun in BUSIEST
            ]
    kept("growth", f"medium and large book, best of {options.rounds}, in turns", lines)


if __name__ == "__main__":
    main()
