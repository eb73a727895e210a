"""Whether writers wait for one another: eight log interactions on one principal, and spread over many.

    benchmarks/run writers [--rounds N] [--seconds N]

Each writer has a connection of its own, as the web has it, and logs one interaction a transaction, with every
trigger: links, counts, weeks, the trail, what is told to live updates. In turns on opportunities of one hot
principal and of many; once as fast as it goes, once with the transaction held for 5 ms more, as a request
holds it. The goal is a ratio of 0.75, hot ÷ spread, in the median.
"""

import argparse
import os
import statistics
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg
from pages import kept
from processes import owner

WRITERS = 8
EACH = 50
"""Opportunities that each writer logs on, in turns."""
HELD = 0.005
LOGGED = """
    insert into interactions (opportunity_id, interaction_type, author_id, interaction_date)
    values (%s, 'Phone Call', %s, now())
"""
AS = "select set_config('app.user_id', %s, true), set_config('role', 'kp_staff', true)"
HOT = """
    select op.opportunity_id from opportunity_principals op where op.principal_id = %s
    order by op.opportunity_id limit %s
"""
SPREAD = """
    select opportunity_id
    from (select opportunity_id, principal_id,
                 row_number() over (partition by principal_id order by opportunity_id) as turn
            from opportunity_principals) as each
    order by turn, principal_id limit %s
"""


def chosen(connection: psycopg.Connection) -> tuple[int, list[int], list[int]]:
    """Who writes; opportunities of one principal alone, and as many of all principals in turns."""
    [(person,)] = connection.execute("select min(user_id) from users where role = 'admin'").fetchall()
    principals = "select principal_id from opportunity_principals group by 1 order by count(*) desc limit 1"
    [(hottest,)] = connection.execute(principals).fetchall()
    hot = [row[0] for row in connection.execute(HOT, [hottest, WRITERS * EACH])]
    spread = [row[0] for row in connection.execute(SPREAD, [len(hot)])]
    return person, hot, spread


def a_second(person: int, opportunities: Sequence[int], seconds: float, held: float) -> float:
    """How many interactions eight writers log in a second."""
    begin = threading.Barrier(WRITERS)

    def write(writer: int) -> int:
        address = os.environ["DATABASE_URL"].replace("+psycopg", "")
        mine, n = opportunities[writer::WRITERS] or opportunities, 0
        with psycopg.connect(address) as connection:
            begin.wait()
            until = time.perf_counter() + seconds
            while time.perf_counter() < until:
                with connection.transaction():
                    connection.execute(AS, [str(person)])
                    connection.execute(LOGGED, [mine[n % len(mine)], person])
                    if held:
                        time.sleep(held)
                n += 1
        return n

    with ThreadPoolExecutor(WRITERS) as several:
        return sum(several.map(write, range(WRITERS))) / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["writers"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    connection = owner()
    person, hot, spread = chosen(connection)
    lines = [f"{'':<34} {'hot/s':>8} {'spread/s':>9} {'ratio':>7}"]
    for name, held in (("as fast as it goes", 0.0), ("held 5 ms more", HELD)):
        pairs = []
        for number in range(options.rounds + 1):
            # In turns which of the two comes first, and the first pair only warms up.
            ways = (hot, spread) if number % 2 else (spread, hot)
            rates = {id(way): a_second(person, way, options.seconds, held) for way in ways}
            connection.execute("select fold_principal_deltas(1000000)")
            if number:
                pairs.append((rates[id(hot)], rates[id(spread)]))
        ratios = [a / b for a, b in pairs]
        medians = (statistics.median(rates) for rates in zip(*pairs, strict=True))
        lines.append(
            f"{name:<34} {next(medians):>8.0f} {next(medians):>9.0f} {statistics.median(ratios):>7.2f}   "
            f"{min(ratios):.2f} to {max(ratios):.2f}"
        )
    told = f"{WRITERS} writers, {len(hot)} opportunities of one principal or of all"
    kept("writers", f"{told}, {options.rounds} pairs of {options.seconds:g} s", lines)


if __name__ == "__main__":
    main()
