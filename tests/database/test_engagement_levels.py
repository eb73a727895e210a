"""Levels and percents by days of the firm, whatever zone the session or the summer is in."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from crm.enums import EngagementLevel
from tests.factories import as_role

HIGH, MEDIUM, LOW, INACTIVE = EngagementLevel


@pytest.fixture(autouse=True)
def _as_owner(database: sa.Connection) -> Any:
    with as_role(database, "kp_owner"):
        yield


def firm_in(database: sa.Connection, zone: str) -> ZoneInfo:
    database.execute(sa.text("update firm_settings set time_zone = :z"), {"z": zone})
    return ZoneInfo(zone)


def level(database: sa.Connection, last: datetime | None, today: date) -> str:
    statement = sa.text("select calculate_engagement_level(cast(:last as timestamptz), cast(:today as date))")
    return str(database.execute(statement, {"last": last, "today": today}).scalar_one())


def percent(database: sa.Connection, last: datetime | None, today: date) -> int:
    statement = sa.text("select engagement_percent(cast(:last as timestamptz), cast(:today as date))")
    return int(database.execute(statement, {"last": last, "today": today}).scalar_one())


ZONES = ("UTC", "America/Chicago", "Pacific/Auckland", "Pacific/Pago_Pago", "Asia/Kathmandu")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, HIGH), (7, HIGH), (8, MEDIUM), (14, MEDIUM), (15, LOW), (30, LOW), (31, INACTIVE), (400, INACTIVE)],
)
def test_a_level_changes_at_the_firms_midnight(
    database: sa.Connection, zone: str, days: int, expected: str
) -> None:
    firm = firm_in(database, zone)
    day = date(2026, 6, 15)
    first = datetime(2026, 6, 15, 0, 0, tzinfo=firm)
    last = datetime(2026, 6, 15, 23, 59, 59, 999999, tzinfo=firm)
    for moment in (first, last):
        assert level(database, moment, day + timedelta(days=days)) == expected


@pytest.mark.parametrize("session_zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_zone_of_the_session_does_not_matter(database: sa.Connection, session_zone: str) -> None:
    firm = firm_in(database, "America/Chicago")
    database.exec_driver_sql(f"set local timezone = '{session_zone}'")
    late = datetime(2026, 6, 15, 23, 30, tzinfo=firm)
    assert late.astimezone(UTC).date() == date(2026, 6, 16)
    assert level(database, late, date(2026, 6, 22)) == HIGH
    assert level(database, late, date(2026, 6, 23)) == MEDIUM


@pytest.mark.parametrize(
    ("zone", "shift"),
    [
        ("America/Chicago", date(2026, 3, 8)),  # 23 hours
        ("America/Chicago", date(2026, 11, 1)),  # 25 hours
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
        ("America/Havana", date(2026, 3, 8)),  # midnight itself is left out
    ],
)
def test_a_day_of_23_or_25_hours_is_one_day(database: sa.Connection, zone: str, shift: date) -> None:
    firm = firm_in(database, zone)
    for start in (shift - timedelta(days=1), shift):
        for hour in (0, 3, 23):
            moment = datetime(start.year, start.month, start.day, hour, 30, tzinfo=firm)
            # A wall clock that never showed this time shows the next one that there was.
            moment = moment.astimezone(UTC)
            day = moment.astimezone(firm).date()
            assert level(database, moment, day + timedelta(days=7)) == HIGH
            assert level(database, moment, day + timedelta(days=8)) == MEDIUM
            assert level(database, moment, day + timedelta(days=31)) == INACTIVE


def test_never_is_inactive_and_tomorrow_is_high(database: sa.Connection) -> None:
    firm_in(database, "UTC")
    assert level(database, None, date(2026, 6, 15)) == INACTIVE
    assert level(database, datetime(2026, 6, 16, 12, tzinfo=UTC), date(2026, 6, 15)) == HIGH


def test_with_one_argument_today_is_the_firms(database: sa.Connection) -> None:
    # East of the date line it is tomorrow, for most of the day, when it is still today in the west.
    firm_in(database, "Pacific/Kiritimati")
    ask = sa.text(
        "select calculate_engagement_level(start), calculate_engagement_level(start - interval '1 second'), "
        "firm_today() = (now() at time zone 'Pacific/Kiritimati')::date "
        "from (select (firm_today() - 7)::timestamp at time zone 'Pacific/Kiritimati') as day (start)"
    )
    assert tuple(database.execute(ask).one()) == (HIGH, MEDIUM, True)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-1, 100),
        (0, 100),
        (1, 96),
        (7, 75),
        (8, 71),
        (14, 50),
        (22, 38),
        (30, 25),
        (45, 13),
        (59, 1),
        (60, 0),
        (61, 0),
    ],
)
def test_the_percent_falls_in_straight_lines(database: sa.Connection, days: int, expected: int) -> None:
    firm_in(database, "America/Chicago")
    last = datetime(2026, 6, 15, 12, tzinfo=UTC)
    assert percent(database, last, date(2026, 6, 15) + timedelta(days=days)) == expected


def test_never_is_no_percent(database: sa.Connection) -> None:
    assert percent(database, None, date(2026, 6, 15)) == 0


def test_percent_and_level_never_disagree(database: sa.Connection) -> None:
    firm_in(database, "America/Chicago")
    last = datetime(2026, 6, 15, 12, tzinfo=UTC)
    for days in range(70):
        today = date(2026, 6, 15) + timedelta(days=days)
        found = percent(database, last, today)
        told = HIGH if found >= 75 else MEDIUM if found >= 50 else LOW if found >= 25 else INACTIVE
        assert told == level(database, last, today), f"{days} days: {found} %"


@pytest.mark.parametrize("zone", ZONES)
def test_a_week_begins_on_the_firms_monday(database: sa.Connection, zone: str) -> None:
    firm = firm_in(database, zone)
    ask = sa.text("select firm_week(:moment)")
    for moment, monday in (
        (datetime(2026, 6, 15, 0, 0, tzinfo=firm), date(2026, 6, 15)),
        (datetime(2026, 6, 21, 23, 59, tzinfo=firm), date(2026, 6, 15)),
        (datetime(2026, 6, 22, 0, 0, tzinfo=firm), date(2026, 6, 22)),
    ):
        assert database.execute(ask, {"moment": moment}).scalar_one() == monday
