"""Touches by week, folded or not, and the level that each week ended with."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from crm.enums import EngagementLevel
from crm.models import Organization, User
from crm.queries import principal_weeks
from crm.queries.principal_weeks import Week, running
from tests.factories import Make, as_role

TODAY = date(2026, 11, 24)  # a Tuesday
MONDAY = date(2026, 11, 23)
HIGH, MEDIUM, LOW, INACTIVE = EngagementLevel

Act = Callable[[User], None]


def at(on: date, clock: time = time(12)) -> datetime:
    return datetime.combine(on, clock, ZoneInfo("America/Chicago")).astimezone(UTC)


@pytest.fixture
def bakery(make: Make) -> Organization:
    return make.principal("Amberfold Bakery Co.")


def fold(database: sa.Connection) -> None:
    with as_role(database, "kp_owner"):
        database.exec_driver_sql("select fold_principal_deltas()")


def by_monday(principal: Organization) -> dict[date, Week]:
    return {week.monday: week for week in principal_weeks.strip(principal.organization_id, today=TODAY)}


def test_a_strip_has_26_weeks_up_to_the_running_one(bakery: Organization, nell: User, acting_as: Act) -> None:
    acting_as(nell)
    weeks = principal_weeks.strip(bakery.organization_id, today=TODAY)
    assert [week.monday for week in weeks] == [MONDAY - timedelta(weeks=n) for n in range(25, -1, -1)]
    assert {(week.interactions, week.level) for week in weeks} == {(0, None)}


def test_a_week_counts_the_same_before_and_after_its_touches_are_folded(
    bakery: Organization, make: Make, nell: User, otis: User, acting_as: Act, database: sa.Connection
) -> None:
    make.interaction(principals=[bakery], on=at(MONDAY), author=nell)
    fold(database)
    make.interaction(principals=[bakery], on=at(MONDAY), author=otis, interaction_type="Email")
    make.interaction(principals=[bakery], on=at(MONDAY - timedelta(days=1)), author=nell)
    acting_as(nell)
    before = principal_weeks.strip(bakery.organization_id, today=TODAY)
    assert [week.interactions for week in before[-2:]] == [1, 2]
    assert principal_weeks.tallies([bakery.organization_id], today=TODAY) == {bakery.organization_id: 2}
    fold(database)
    acting_as(nell)
    assert principal_weeks.strip(bakery.organization_id, today=TODAY) == before
    assert principal_weeks.tallies([bakery.organization_id], today=TODAY) == {bakery.organization_id: 2}


def test_a_week_of_the_firm_ends_at_its_own_midnight(
    bakery: Organization, make: Make, nell: User, acting_as: Act
) -> None:
    sunday = MONDAY - timedelta(days=1)
    make.interaction(principals=[bakery], on=at(sunday, time(23, 59)))
    acting_as(nell)
    weeks = by_monday(bakery)
    assert weeks[MONDAY].interactions == 0
    assert weeks[MONDAY - timedelta(weeks=1)].interactions == 1
    assert weeks[MONDAY - timedelta(weeks=1)].level == HIGH


def test_only_this_week_and_these_principals_are_in_a_tally(
    bakery: Organization, make: Make, nell: User, acting_as: Act
) -> None:
    other, silent = make.principal(), make.principal()
    make.interaction(principals=[bakery, other], on=at(MONDAY))
    make.interaction(principals=[bakery], on=at(MONDAY - timedelta(days=1)))
    acting_as(nell)
    asked = [bakery.organization_id, silent.organization_id]
    assert principal_weeks.tallies(asked, today=TODAY) == {bakery.organization_id: 1}
    assert principal_weeks.tallies([], today=TODAY) == {}


def test_the_level_of_a_week_is_the_one_its_sunday_ended_with(
    bakery: Organization, make: Make, nell: User, acting_as: Act
) -> None:
    last_touch = date(2026, 10, 12)  # a Monday
    make.interaction(principals=[bakery], on=at(last_touch))
    acting_as(nell)
    weeks = by_monday(bakery)
    levels = [weeks[last_touch + timedelta(weeks=n)].level for n in range(-1, 7)]
    # Sundays are 6, 13, 20, 27, 34 and 41 days after it; this week ends with today, 43 days after.
    assert levels == [None, HIGH, MEDIUM, LOW, LOW, INACTIVE, INACTIVE, INACTIVE]


def test_the_running_week_has_the_level_of_today_and_not_of_its_sunday(
    bakery: Organization, make: Make, nell: User, acting_as: Act
) -> None:
    make.interaction(principals=[bakery], on=at(TODAY - timedelta(days=7)))
    acting_as(nell)
    assert by_monday(bakery)[MONDAY].level == HIGH


def test_an_archived_touch_is_in_no_week_and_no_level(
    bakery: Organization, make: Make, nell: User, acting_as: Act
) -> None:
    make.interaction(principals=[bakery], on=at(MONDAY), deleted_at=at(TODAY))
    make.interaction(principals=[bakery], on=at(MONDAY), is_touch=False)
    acting_as(nell)
    week = by_monday(bakery)[MONDAY]
    assert (week.interactions, week.level) == (0, None)


@pytest.mark.parametrize(
    ("levels", "n"),
    [([HIGH], 1), ([LOW, HIGH, HIGH], 2), ([HIGH, LOW, HIGH], 1), ([None, None], 2), ([HIGH] * 4, 4)],
)
def test_the_running_level_is_counted_back_to_the_last_change(
    levels: list[EngagementLevel | None], n: int
) -> None:
    weeks = [Week(MONDAY + timedelta(weeks=i), 0, level) for i, level in enumerate(levels)]
    assert running(weeks) == n
