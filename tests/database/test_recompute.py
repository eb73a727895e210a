"""The periodic recompute: what drifted is mended and told, a day without change writes nothing at all."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from crm.db import SYSTEM, db
from crm.models import EngagementChange, Organization, PrincipalActivity, PrincipalSummary, User
from crm.services import engagement
from tests.factories import Make, as_role

DAY = date(2026, 6, 15)
"""A Monday."""


@pytest.fixture(autouse=True)
def _as_the_system(acting_as: Callable[[Any], None]) -> None:
    acting_as(SYSTEM)


@pytest.fixture
def maker(make: Make) -> Organization:
    return make.principal("Sauces of the Sound")


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 17, tzinfo=UTC)


def counts(principal: Organization) -> tuple[int, int]:
    row = db.session.execute(
        sa.select(PrincipalActivity.opportunities_count, PrincipalActivity.interactions_count).where(
            PrincipalActivity.organization_id == principal.organization_id
        )
    ).one()
    return row.opportunities_count, row.interactions_count


def changes(principal: Organization) -> list[tuple[date, str | None, str, str]]:
    rows = db.session.execute(
        sa.select(
            EngagementChange.changed_on,
            EngagementChange.from_level,
            EngagementChange.to_level,
            EngagementChange.cause,
        )
        .where(EngagementChange.principal_id == principal.organization_id)
        .order_by(EngagementChange.changed_on)
    )
    return [(*row,) for row in rows]


def sabotage(database: sa.Connection, *statements: str) -> None:
    """Change the history past its triggers, as a hasty hand in psql would."""
    with as_role(database, "kp_owner"):
        for table in ("interactions", "interaction_principals"):
            database.exec_driver_sql(f"alter table {table} disable trigger user")
        for statement in statements:
            database.exec_driver_sql(statement)
        for table in ("interactions", "interaction_principals"):
            database.exec_driver_sql(f"alter table {table} enable trigger user")


def test_wrong_counts_are_mended_and_told(make: Make, database: sa.Connection, maker: Organization) -> None:
    opportunity = make.opportunity(principals=[maker])
    for _ in range(3):
        make.interaction(opportunity=opportunity)
    engagement.fold()
    sabotage(
        database,
        "update principal_summaries set interactions_count = 10, opportunities_count = 0",
        "update principal_weeks set interactions_count = interactions_count + 4",
    )
    found = engagement.recompute(today=DAY)
    assert (found.principals, found.opportunities, found.interactions) == (1, 1, 7)
    assert (found.weeks, found.interactions_in_weeks) == (1, 4)
    assert found.links == 0
    assert counts(maker) == (1, 3)
    assert not engagement.recompute(today=DAY).is_drift


def test_a_lost_summary_is_made_again_from_the_history(
    make: Make, database: sa.Connection, maker: Organization
) -> None:
    opportunity = make.opportunity(principals=[maker])
    make.interaction(opportunity=opportunity)
    sabotage(database, "delete from principal_summaries", "delete from principal_deltas")
    found = engagement.recompute(today=DAY)
    assert (found.principals, found.opportunities, found.interactions, found.weeks) == (1, 1, 1, 1)
    assert counts(maker) == (1, 1)


def test_counts_not_folded_yet_are_no_drift(make: Make, maker: Organization) -> None:
    make.interaction(opportunity=make.opportunity(principals=[maker]))
    assert not engagement.recompute(today=DAY).is_drift
    engagement.fold()
    assert not engagement.recompute(today=DAY).is_drift
    assert counts(maker) == (1, 1)


def test_links_and_copies_are_mended_and_the_counts_with_them(
    make: Make, database: sa.Connection, maker: Organization
) -> None:
    other = make.principal("Another maker")
    opportunity = make.opportunity(principals=[maker])
    lost, moved_in_time, archived, named, untouched = (
        make.interaction(opportunity=opportunity, on=noon(DAY), principals=[other] if named else [])
        for named in (False, False, False, True, False)
    )
    sabotage(
        database,
        f"delete from interaction_principals where interaction_id = {lost.interaction_id}",
        "update interactions set interaction_date = interaction_date - interval '8 days' "
        f"where interaction_id = {moved_in_time.interaction_id}",
        f"update interactions set deleted_at = now() where interaction_id = {archived.interaction_id}",
        "insert into interaction_principals select interaction_id, "
        f"{other.organization_id}, true, interaction_date, author_id, interaction_type, true "
        f"from interactions where interaction_id = {untouched.interaction_id}",
    )
    found = engagement.recompute(today=DAY)
    assert found.links == 4
    assert counts(maker) == (1, 4)
    assert counts(other) == (0, 1), "named by hand, not derived from anything"
    last = sa.select(PrincipalActivity.last_activity_date)
    assert set(db.session.scalars(last)) == {noon(DAY)}
    assert named.interaction_id is not None
    assert not engagement.recompute(today=DAY).is_drift


def test_an_unchanged_day_writes_nothing_at_all(
    make: Make, maker: Organization, database: sa.Connection
) -> None:
    make.principal("Never contacted")
    make.interaction(opportunity=make.opportunity(principals=[maker]), on=noon(DAY))
    engagement.fold()
    engagement.recompute(today=DAY)
    before = fingerprints(database)
    again = engagement.recompute(today=DAY)
    assert (again.is_drift, again.level_changes) == (False, 0)
    assert fingerprints(database) == before
    quiet_day = engagement.recompute(today=DAY + timedelta(days=1))
    assert (quiet_day.is_drift, quiet_day.level_changes) == (False, 0)
    assert fingerprints(database) == before


def fingerprints(database: sa.Connection) -> list[str]:
    """Where each row of the kept tables lies: a row that was written lies somewhere else."""
    tables = (
        "interaction_principals",
        "principal_summaries",
        "principal_weeks",
        "principal_deltas",
        "engagement_changes",
    )
    return [
        f"{table} {ctid}"
        for table in tables
        for ctid in database.exec_driver_sql(f"select ctid::text from {table} order by 1").scalars()
    ]


def test_a_level_falls_by_time_passing_once_for_each_step(make: Make, maker: Organization) -> None:
    make.interaction(opportunity=make.opportunity(principals=[maker]), on=noon(DAY))
    written = [engagement.recompute(today=DAY + timedelta(days=days)).level_changes for days in range(40)]
    assert sum(written) == 4
    assert changes(maker) == [
        (DAY, None, "High Engagement", "first seen"),
        (DAY + timedelta(days=8), "High Engagement", "Medium Engagement", "time passed"),
        (DAY + timedelta(days=15), "Medium Engagement", "Low Engagement", "time passed"),
        (DAY + timedelta(days=31), "Low Engagement", "Inactive", "time passed"),
    ]


def test_days_without_a_recompute_are_one_step_and_still_time_passing(
    make: Make, maker: Organization
) -> None:
    make.interaction(opportunity=make.opportunity(principals=[maker]), on=noon(DAY))
    for days in (0, 29):
        engagement.recompute(today=DAY + timedelta(days=days))
    assert changes(maker)[1:] == [
        (DAY + timedelta(days=29), "High Engagement", "Low Engagement", "time passed")
    ]


def test_an_interaction_lifts_the_level(make: Make, maker: Organization) -> None:
    engagement.recompute(today=DAY)
    make.interaction(opportunity=make.opportunity(principals=[maker]), on=noon(DAY + timedelta(days=1)))
    engagement.recompute(today=DAY)
    engagement.recompute(today=DAY + timedelta(days=1))
    assert changes(maker) == [
        (DAY, None, "Inactive", "first seen"),
        (DAY + timedelta(days=1), "Inactive", "High Engagement", "interaction"),
    ], "an interaction of tomorrow does not count today"


def test_an_archived_interaction_is_told_from_time_passing(
    make: Make, maker: Organization, acting_as: Callable[[Any], None], nell: User
) -> None:
    opportunity = make.opportunity(principals=[maker])
    make.interaction(opportunity=opportunity, on=noon(DAY - timedelta(days=20)))
    newest = make.interaction(opportunity=opportunity, on=noon(DAY))
    engagement.recompute(today=DAY)
    acting_as(nell)
    newest.deleted_at = noon(DAY)
    db.session.flush()
    acting_as(SYSTEM)
    engagement.recompute(today=DAY + timedelta(days=1))
    engagement.recompute(today=DAY + timedelta(days=11))
    assert changes(maker)[1:] == [
        (DAY + timedelta(days=1), "High Engagement", "Low Engagement", "interaction withdrawn"),
        (DAY + timedelta(days=11), "Low Engagement", "Inactive", "time passed"),
    ]


def test_a_moved_interaction_lifts_one_principal_and_is_withdrawn_from_the_other(
    make: Make, maker: Organization
) -> None:
    other = make.principal("Another maker")
    here, there = (make.opportunity(principals=[principal]) for principal in (maker, other))
    interaction = make.interaction(opportunity=here, on=noon(DAY))
    engagement.recompute(today=DAY)
    interaction.opportunity_id = there.opportunity_id
    db.session.flush()
    engagement.recompute(today=DAY + timedelta(days=1))
    assert changes(maker)[1][1:] == ("High Engagement", "Inactive", "interaction withdrawn")
    assert changes(other)[1][1:] == ("Inactive", "High Engagement", "interaction")


def test_a_level_that_goes_and_comes_back_within_a_day_is_no_change(make: Make, maker: Organization) -> None:
    opportunity = make.opportunity(principals=[maker])
    make.interaction(opportunity=opportunity, on=noon(DAY - timedelta(days=7)))
    engagement.recompute(today=DAY)
    next_day = DAY + timedelta(days=1)
    engagement.recompute(today=next_day)
    assert changes(maker)[-1] == (next_day, "High Engagement", "Medium Engagement", "time passed")
    make.interaction(opportunity=opportunity, on=noon(next_day))
    engagement.recompute(today=next_day)
    assert changes(maker) == [(DAY, None, "High Engagement", "first seen")]


def test_a_day_keeps_one_change_whatever_happens_in_it(make: Make, maker: Organization) -> None:
    opportunity = make.opportunity(principals=[maker])
    engagement.recompute(today=DAY - timedelta(days=1))
    make.interaction(opportunity=opportunity, on=noon(DAY - timedelta(days=10)))
    engagement.recompute(today=DAY)
    make.interaction(opportunity=opportunity, on=noon(DAY))
    engagement.recompute(today=DAY)
    assert changes(maker)[1:] == [(DAY, "Inactive", "High Engagement", "interaction")]


def test_an_archived_principal_is_left_alone(make: Make, maker: Organization) -> None:
    archived = make.principal("Left the firm", deleted_at=noon(DAY))
    engagement.recompute(today=DAY)
    assert changes(archived) == []
    assert len(changes(maker)) == 1


def test_a_fold_keeps_what_the_recompute_has_seen(make: Make, maker: Organization) -> None:
    make.interaction(opportunity=make.opportunity(principals=[maker]), on=noon(DAY))
    engagement.recompute(today=DAY)
    engagement.fold()
    summary = db.session.get(PrincipalSummary, maker.organization_id)
    assert summary is not None
    assert (summary.touch_seen_at, summary.interactions_count) == (noon(DAY), 1)


def test_folding_tells_whether_there_may_be_more(make: Make, maker: Organization) -> None:
    for _ in range(3):
        make.interaction(principals=[maker])
    assert engagement.fold(2) is True
    assert engagement.fold(2) is False
    assert engagement.fold(2) is False
    assert counts(maker) == (0, 3)
