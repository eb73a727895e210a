"""The dashboard and the ledger are answered by kept counts and by indexes, never by reading the history."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm.db import db
from crm.models import Opportunity, User
from crm.queries import dashboard, follow_ups, ledger
from crm.queries.dashboard.periods import Period, spans
from crm.queries.dashboard.pulses import Whose
from crm.queries.lists.opportunities import last_stir
from crm.queries.spans import Span
from crm.queries.standings import Book
from tests.factories import Make, as_role
from tests.queries.lists.test_orders import plans

Act = Callable[[User], None]

ROWS, AT_ONCE = 8_000, 1_000

HISTORY = """
    with made as (
        insert into interactions (organization_id, interaction_type, interaction_date, author_id,
                                  follow_up_required, follow_up_date, completed_at, owner_id)
        select :place, (enum_range(null::interaction_type_enum))[1 + n % 6], now() - n * interval '1 hour',
               :author, n % 10 = 0, case when n % 10 = 0 then current_date - n / 24 end,
               case when n % 10 = 0 and n % 1000 > 0 then now() - n * interval '1 hour' end,
               case when n % 10 = 0 then :author end
          from generate_series(:start + 1, :start + :rows) n
        returning interaction_id)
    insert into interaction_principals (interaction_id, principal_id)
    select interaction_id, :first + interaction_id % 10 from made
"""


EARLIER = """
    insert into principal_weeks (principal_id, week_on, author_id, interaction_type, interactions_count)
    select principal_id, week_on - 364 * year, author_id, interaction_type, interactions_count
      from principal_weeks cross join generate_series(1, 12) year
"""


@pytest.fixture
def history(make: Make, nell: User, database: sa.Connection) -> None:
    """A year of one interaction an hour, for ten principals in turn, every tenth with a promise; and what is
    kept of twelve years before.
    """
    place = make.organization()
    makers = [make.principal(owner=nell) for _ in range(10)]
    db.session.connection()
    with as_role(database, "kp_owner"):
        for start in range(0, ROWS, AT_ONCE):
            database.execute(
                sa.text(HISTORY),
                {
                    "place": place.organization_id,
                    "author": nell.user_id,
                    "first": makers[0].organization_id,
                    "start": start,
                    "rows": AT_ONCE,
                },
            )
            # Triggers that were planned for empty tables would read all of the full ones for each row.
            database.exec_driver_sql("analyze interactions, interaction_principals")
        database.exec_driver_sql("select fold_principal_deltas()")
        # One year alone is so little that to read all of its weeks may cost no more than to find a quarter.
        database.exec_driver_sql(EARLIER)
        database.exec_driver_sql("analyze principal_weeks")


@pytest.mark.slow
@pytest.mark.usefixtures("history")
def test_neither_a_panel_nor_the_ledger_of_a_month_reads_the_history(
    nell: User, database: sa.Connection, acting_as: Act
) -> None:
    acting_as(nell)
    today = datetime.now(UTC).date()
    no_panel_reads_it(database, nell.user_id, today)
    no_panel_reads_it(database, "everyone", today)
    the_ledger_reads_the_promises_of_its_month_alone(database, today)


def no_panel_reads_it(database: sa.Connection, whose: Whose, today: date) -> None:
    now, before = spans(Period.WEEK, today=today)
    with plans(database) as found:
        dashboard.pulses.of(whose, today=today)
        dashboard.metrics.of(whose, now, before)
        follow_ups.required(whose, today=today, at_most=3)
        dashboard.stale.of(whose, today=today, at_most=5)
        dashboard.coverage.of(whose, today=today, at_most=15)
        dashboard.cards.of(today=today, words=[], book=Book(), level=None, at_most=12, each=4)
        dashboard.scorecards.of(None, now, today=today)
    assert len(found) == 7
    for plan in found:
        for table in ("interactions", "interaction_principals", "principal_weeks"):
            assert f"Seq Scan on {table} " not in plan, plan


def the_ledger_reads_the_promises_of_its_month_alone(database: sa.Connection, today: date) -> None:
    asked = ledger.Asked(today - timedelta(days=27), today)
    with plans(database) as found:
        assert ledger.shares(asked)
        assert ledger.shares_of_principals(asked)
        assert ledger.page(asked)[0]
    assert len(found) == 3
    for plan in found:
        assert re.search(r"Index Only Scan (Backward )?using ix_interactions_promises ", plan), plan
        for table in ("interactions", "interaction_principals"):
            assert f"Seq Scan on {table} " not in plan, plan


def test_without_anything_every_panel_is_empty(nell: User, acting_as: Act) -> None:
    today = datetime.now(UTC).date()
    acting_as(nell)
    assert dashboard.pulses.of("everyone", today=today) == []
    assert dashboard.metrics.of("everyone", *spans(Period.WEEK, today=today)).total.now == 0
    assert dashboard.stale.of("everyone", today=today, at_most=5) == ([], 0)
    assert dashboard.coverage.of("everyone", today=today, at_most=5) == ([], 0)
    assert dashboard.frame.of(nell.user_id).team == {nell.user_id}


def test_when_days_begin_is_found_out_once_and_not_for_each_row_that_is_counted() -> None:
    told = str(Span(date(2026, 11, 23), date(2026, 11, 29)).counts(sa.column("at")))
    assert told.count("(SELECT timezone(firm_zone(), ") == 2


def test_the_last_touch_of_an_opportunity_is_the_end_of_an_index(
    make: Make, nell: User, acting_as: Act
) -> None:
    make.interaction(opportunity=make.opportunity(), author=nell)
    acting_as(nell)
    db.session.execute(sa.text("set local enable_seqscan = off; set local enable_bitmapscan = off"))
    asked = str(sa.select(last_stir()).select_from(Opportunity))
    plan = "\n".join(db.session.execute(sa.text(f"explain {asked}")).scalars())
    assert "Index Only Scan Backward using ix_interactions_last_touch" in plan, plan
