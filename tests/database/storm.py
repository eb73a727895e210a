"""Everybody does everything to the same few opportunities at once, while the counts are kept and compared."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg

from tests.database.sessions import differences, signed_in
from tests.databases import Database

OPPORTUNITIES = 30
ANY_INTERACTION = """
    select interaction_id from interactions
    where interaction_id >= (select random() * max(interaction_id) from interactions)
    order by interaction_id limit 1
"""

Dice = random.Random


def rage(database: Database, *, people: int, seconds: float) -> None:
    """Let that many people loose for that long. Raises what any of them ran into."""
    with database.connect("worker", role="kp_system") as connection:
        connection.execute(
            "insert into opportunities (name) select 'Placement ' || n from generate_series(1, %s) n",
            [OPPORTUNITIES],
        )
    ends = time.monotonic() + seconds
    with ThreadPoolExecutor(people + 1) as pool:
        keeping = pool.submit(keep, database, ends)
        living = [pool.submit(live, database, ends, Dice(number)) for number in range(people)]
    assert min(person.result() for person in living) > 5
    wrong = keeping.result()
    assert not wrong, wrong


def live(database: Database, ends: float, dice: Dice) -> int:
    """One person, until it ends; returns how much they did. One in ten thinks better of it and rolls back."""
    done = 0
    with signed_in(database) as connection:
        while time.monotonic() < ends:
            try:
                with connection.transaction(force_rollback=dice.random() < 0.1):
                    dice.choice(ACTS)(connection, dice)
                done += 1
            except psycopg.errors.UniqueViolation:
                continue  # two people named the same principal: one of them is told so
    return done


def keep(database: Database, ends: float) -> list[object]:
    """Folds, recomputes and compares, until it ends; returns all drift and all differences that it saw."""
    wrong: list[object] = []
    with database.connect("worker", role="kp_system") as connection:
        while time.monotonic() < ends:
            connection.execute("select fold_principal_deltas(200)")
            with connection.transaction():
                row = connection.execute("select recompute_interaction_principals()").fetchone()
                row = (row or ()) + (
                    connection.execute(
                        "select * from recompute_principal_summaries(), recompute_principal_weeks()"
                    ).fetchone()
                    or ()
                )
            if any(row):
                wrong.append(row)
            wrong.extend(differences(connection))
    return wrong


def log_one(connection: psycopg.Connection, dice: Dice) -> None:
    connection.execute(
        "insert into interactions (opportunity_id, interaction_type) values (%s, 'Email')",
        [opportunity(dice)],
    )


def log_many(connection: psycopg.Connection, dice: Dice) -> None:
    connection.execute(
        "insert into interactions (opportunity_id, interaction_type, interaction_date) "
        "select %s, 'Note', now() - n * interval '1 day' from generate_series(1, 20) n",
        [opportunity(dice)],
    )


def correct_date(connection: psycopg.Connection, dice: Dice) -> None:
    connection.execute(
        "update interactions set interaction_date = now() - %s * interval '1 day' "
        f"where interaction_id = ({ANY_INTERACTION})",
        [dice.randrange(60)],
    )


def archive_or_restore_interaction(connection: psycopg.Connection, dice: Dice) -> None:
    connection.execute(
        "update interactions set deleted_at = case when deleted_at is null then now() end "
        f"where interaction_id = ({ANY_INTERACTION})"
    )


def move(connection: psycopg.Connection, dice: Dice) -> None:
    connection.execute(
        f"update interactions set opportunity_id = %s where interaction_id = ({ANY_INTERACTION})",
        [opportunity(dice)],
    )


def archive_or_restore_opportunity(connection: psycopg.Connection, dice: Dice) -> None:
    connection.execute(
        "update opportunities set deleted_at = case when deleted_at is null then now() end "
        "where opportunity_id = %s",
        [opportunity(dice)],
    )


def add_or_remove_products(connection: psycopg.Connection, dice: Dice) -> None:
    here = opportunity(dice)
    added = connection.execute(
        "insert into opportunity_products (opportunity_id, product_id) "
        "select %s, product_id from products order by random() limit 1 on conflict do nothing returning 1",
        [here],
    ).fetchone()
    if not added:
        connection.execute("delete from opportunity_products where opportunity_id = %s", [here])


def swap_principals(connection: psycopg.Connection, dice: Dice) -> None:
    here = opportunity(dice)
    connection.execute("delete from opportunity_principals where opportunity_id = %s", [here])
    connection.execute(
        "insert into opportunity_principals (opportunity_id, principal_id) "
        "select %s, organization_id from organizations where is_principal order by random() limit 1 "
        "on conflict do nothing",
        [here],
    )


def name_principal(connection: psycopg.Connection, dice: Dice) -> None:
    connection.execute(
        "insert into interaction_principals (interaction_id, principal_id) "
        f"select interaction_id, organization_id from ({ANY_INTERACTION}) as any_one, "
        "(select organization_id from organizations where is_principal order by random() limit 1) as whom "
        "on conflict do nothing"
    )


def unname_principals(connection: psycopg.Connection, dice: Dice) -> None:
    # In the order of lock_unnamed_principal: the interaction first.
    here = connection.execute(f"{ANY_INTERACTION} for no key update").fetchone()
    if here:
        connection.execute(
            "delete from interaction_principals where not is_derived and interaction_id = %s", here
        )


def opportunity(dice: Dice) -> int:
    return dice.randint(1, OPPORTUNITIES)


ACTS: list[Callable[[psycopg.Connection, Dice], None]] = [
    log_one,
    log_one,
    log_one,
    log_many,
    correct_date,
    archive_or_restore_interaction,
    move,
    archive_or_restore_opportunity,
    add_or_remove_products,
    swap_principals,
    name_principal,
    unname_principals,
]
