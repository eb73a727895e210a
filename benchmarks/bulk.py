"""How long it takes to schedule follow-ups for 10,000 organizations, against one bare statement.

    benchmarks/run bulk [--rows N] [--rounds N]

The bare statement is an INSERT … SELECT of the same interactions, with all triggers. Beside it: looking at
what would come of it, asking for it, the job from its claim to its end, and taking all of it back. The goal
is a ratio of 5 for the asking and the job together. Seconds, the best round.
"""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

import crm
from crm import policy, queries, services
from crm.config import Settings
from crm.db import SYSTEM, act_as, db, transaction
from crm.queries.lists import ORGANIZATIONS, Asker, Wanted
from crm.queries.schedules import Rule, When
from crm.services.jobs import Around

RESULTS = Path(__file__).parent / "results" / "bulk.txt"
RULE = Rule(when=When.SPREAD, on=date(2099, 1, 1), per_day=20)

BARE = """
    insert into interactions (organization_id, interaction_type, author_id, is_touch, follow_up_required,
                              follow_up_date, owner_id)
    select organization_id, 'Follow-up', owner_id, false, true, date '2099-01-01', owner_id
      from organizations where segment = 'Measured'
"""


def seconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["bulk"])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    settings = Settings()
    owner = psycopg.connect(str(settings.database_owner_url).replace("+psycopg", ""), autocommit=True)
    [(person,)] = owner.execute("select min(user_id) from users where role = 'admin'").fetchall()
    owner.execute(
        "insert into organizations (name, segment, owner_id) "
        "select 'Measured ' || n, 'Measured', %s from generate_series(1, %s) n",
        [person, options.rows],
    )
    owner.execute("analyze organizations")
    rounds = [measure(owner, crm.create_app("worker"), person) for _ in range(options.rounds)]
    best = {name: min(one[name] for one in rounds) for name in rounds[0]}
    ratio = (best["asking"] + best["the job"]) / best["bare statement"]
    lines = [f"{'':<18} {'seconds':>8}"]
    lines += [f"{name:<18} {best[name]:>8.2f}" for name in best]
    lines += ["", f"{options.rows:,} rows: asking and the job take {ratio:.1f} times the bare statement."]
    text = "\n".join([f"{datetime.now(UTC):%Y-%m-%d}", *lines]) + "\n"
    RESULTS.write_text(text)
    print(text)


def measure(owner: psycopg.Connection[Any], app: Any, person: int) -> dict[str, float]:
    """One round, after which no promise is left."""
    took: dict[str, float] = {}
    with owner.transaction(force_rollback=True):
        took["bare statement"] = seconds(lambda: owner.execute(BARE))
    around = Around(Path(), policy.may_change_row)
    jobs: list[int] = []
    with app.app_context():
        act_as(person)
        wanted = Wanted(
            asker=Asker(person, datetime.now(UTC).date()),
            sort=ORGANIZATIONS.sorts[0],
            is_descending=False,
            filters={"segment": "Measured"},
        )
        previews = []
        took["looking"] = seconds(
            lambda: previews.append(queries.schedules.preview(ORGANIZATIONS, wanted, RULE))
        )
        db.session.rollback()

        def ask() -> None:
            with transaction():
                by = queries.users.get(person)
                jobs.append(
                    services.schedules.ask(
                        ORGANIZATIONS, wanted, RULE, note="", nouns="organizations", by=by,
                        seen=previews[0].mark,
                    )
                )  # fmt: skip

        took["asking"] = seconds(ask)
    took["the job"] = seconds(lambda: work(app, jobs[0], around))
    with app.app_context():
        act_as(person)
        with transaction():
            jobs.append(services.undoings.ask(jobs[0], by=person, now=datetime.now(UTC)))
    took["taking back"] = seconds(lambda: work(app, jobs[1], around))
    owner.execute("delete from interactions where organization_id in "
                  "(select organization_id from organizations where segment = 'Measured')")  # fmt: skip
    owner.execute("vacuum analyze interactions")
    return took


def work(app: Any, job_id: int, around: Around) -> None:
    with app.app_context():
        act_as(SYSTEM)
        services.jobs.run(job_id, now=datetime.now(UTC), around=around)
        state = db.session.execute(sa.text("select state from jobs where job_id = :id"), {"id": job_id})
        assert state.scalar_one() == "done"


if __name__ == "__main__":
    main()
