"""A whole brokerage in a real database, loaded by the command: what is kept equals what is counted anew."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta

import psycopg
import pytest
from flask import Flask

import crm
from crm import queries, services
from crm.db import SYSTEM, act_as, db, transaction
from crm.enums import EngagementLevel
from crm.queries.promises import When
from crm.services.letters import Asked
from tests import databases
from tests.commands import flask_command
from tests.databases import Database
from tests.services.demo.books import SUNDAY

pytestmark = pytest.mark.slow

TODAY = SUNDAY


@pytest.fixture(scope="module")
def brokerage(template: Database, worker_id: str) -> Iterator[Database]:
    """A database with the broker's book, loaded as an operator would."""
    loaded = databases.once("brokerage", template, load)
    with databases.clone(loaded, f"brokerage_{worker_id}") as copy:
        yield copy


def load(database: Database) -> None:
    day = ("--today", str(TODAY))
    done = flask_command(database, "demo", "load", "--size", "broker", *day, DEMO_PASSWORD="larder-door-8")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def worker(brokerage: Database) -> Iterator[Flask]:
    """The application of a worker on that database, acting for the planner."""
    app = crm.create_app("worker", brokerage.settings("worker"))
    with app.app_context():
        act_as(SYSTEM)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def system(brokerage: Database) -> Iterator[psycopg.Connection]:
    with brokerage.connect() as connection:
        yield connection


def test_the_view_equals_a_recount_of_the_history(system: psycopg.Connection) -> None:
    """The recount knows nothing of summaries, deltas and derived links: only the tables that people fill."""
    wrong = system.execute(
        """
        with counted as (
            select op.principal_id, i.interaction_id, i.interaction_date
            from interactions i
            join opportunity_principals op using (opportunity_id)
            where i.is_touch
            union
            select ip.principal_id, i.interaction_id, i.interaction_date
            from interactions i
            join interaction_principals ip using (interaction_id)
            where i.is_touch and not ip.is_derived
        ),
        truth as (
            select o.organization_id,
                (select count(*) from opportunity_principals op where op.principal_id = o.organization_id),
                (select count(*) from counted c where c.principal_id = o.organization_id),
                (select count(*) from products p where p.principal_id = o.organization_id),
                (select max(interaction_date) from counted c where c.principal_id = o.organization_id)
            from organizations o
            where o.is_principal
        ),
        told as (
            select organization_id, opportunities_count, interactions_count, products_count,
                last_activity_date
            from principal_activity_summary
        )
        (table truth except table told) union all (table told except table truth)
        """
    ).fetchall()
    assert wrong == []
    assert system.execute("select count(*) from principal_activity_summary").fetchone() == (16,)


def test_every_product_of_an_opportunity_brought_its_principal(system: psycopg.Connection) -> None:
    missing = system.execute(
        """
        select from opportunity_products op
        join products p using (product_id)
        where not exists (
            select from opportunity_principals x
            where x.opportunity_id = op.opportunity_id and x.principal_id = p.principal_id
        )
        """
    ).fetchall()
    without = system.execute(
        """
        select from opportunities o
        where not exists (select from opportunity_principals x where x.opportunity_id = o.opportunity_id)
        """
    ).fetchall()
    assert (missing, without) == ([], [])


def test_a_recompute_on_its_day_finds_nothing_to_mend(worker: Flask) -> None:
    with transaction():
        found = services.engagement.recompute(today=TODAY)
    assert set(asdict(found).values()) == {0}


def test_the_recorded_levels_are_those_of_the_history_on_every_day(system: psycopg.Connection) -> None:
    """Since a principal was first seen, the level recorded last is the one that its touches give."""
    wrong = system.execute(
        """
        with days as (
            select c.principal_id, day::date as day
            from engagement_changes c
            cross join generate_series(c.changed_on::timestamp, %(today)s::timestamp, '1 day') as day
            where c.cause = 'first seen'
        )
        select d.principal_id, d.day
        from days d
        cross join lateral (
            select to_level from engagement_changes c
            where c.principal_id = d.principal_id and c.changed_on <= d.day
            order by c.changed_on desc
            limit 1
        ) as recorded
        cross join lateral (
            select calculate_engagement_level(max(interaction_date), d.day) as level
            from interaction_principals ip
            where ip.principal_id = d.principal_id
                and counts
                and interaction_date < (d.day + 1)::timestamp at time zone firm_zone()
        ) as real
        where recorded.to_level <> real.level
        """,
        {"today": TODAY},
    ).fetchall()
    assert wrong == []
    causes = dict(
        system.execute("select cause, count(*)::int from engagement_changes group by cause").fetchall()
    )
    assert causes["first seen"] == 16
    assert causes["interaction"] >= 10
    assert causes["time passed"] >= 20


def test_a_principal_is_first_seen_when_it_came_to_the_firm(system: psycopg.Connection) -> None:
    (first_seen,) = system.execute(
        """
        select c.changed_on
        from engagement_changes c
        join organizations o on o.organization_id = c.principal_id
        where o.name = 'Sootwell Charcuterie' and c.cause = 'first seen'
        """
    ).fetchone() or (None,)
    assert first_seen == TODAY - timedelta(days=143)


def test_nothing_in_it_is_dated_after_now(system: psycopg.Connection) -> None:
    (newest,) = system.execute(
        """
        select greatest(
            (select max(interaction_date) from interactions), (select max(completed_at) from interactions),
            (select max(changed_at) from opportunity_stage_changes),
            (select max(closed_at) from opportunities),
            (select max(updated_at) from interactions), (select max(created_at) from engagement_changes)
        ) <= now()
        """
    ).fetchone() or (None,)
    assert newest is True


def test_the_digest_of_mara_has_something_to_say_on_its_day(worker: Flask) -> None:
    with transaction():
        mara = queries.users.by_email("mara@pantry.example")
        book = queries.books.of(mara)
        assert len(book.people or ()) == 4
        standing = queries.digests.standing(book, on=TODAY)
        assert {None, EngagementLevel.HIGH, EngagementLevel.LOW} <= {one.level for one in standing}
        assert len(queries.digests.going_cold(standing, on=TODAY)) >= 3
        assert len({late.owner for late in queries.digests.late(book, on=TODAY)}) >= 3
        assert queries.digests.moves(book, first_on=TODAY - timedelta(days=6), last_on=TODAY)
        preferences = {one.kind: one for one in queries.notification_preferences.of(mara)}
        (written,) = services.digests.write([Asked(mara, preferences)], on=TODAY)
    assert written is not None


def test_nell_sees_three_overdue_and_four_for_today(worker: Flask) -> None:
    with transaction():
        nell = queries.users.by_email("nell@pantry.example")
        counts = queries.follow_ups.counts(nell.user_id, today=TODAY)
    assert (counts.overdue, counts.today, counts.of[When.SNOOZED]) == (3, 4, 1)
    assert counts.total > 10
