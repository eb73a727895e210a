"""Letters and clocks: both changes of the year in eight zones, a zone changed at midnight, clocks that are
wrong.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from crm import services
from crm.db import SYSTEM, db
from crm.enums import DeliveryState
from crm.models import Delivery, NotificationPreference, User
from tests.factories import Make

Acting = Callable[[User | str | None], None]

CHANGES = {
    date(2026, 3, 8): ("America/New_York", "America/Chicago", "America/St_Johns"),
    date(2026, 11, 1): ("America/New_York", "America/Chicago", "America/St_Johns"),
    date(2026, 3, 29): ("Europe/London",),
    date(2026, 10, 25): ("Europe/London",),
    date(2026, 10, 4): ("Australia/Adelaide", "Australia/Lord_Howe"),
    date(2026, 4, 5): ("Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Chatham"),
    date(2026, 9, 27): ("Pacific/Chatham",),
    date(2026, 4, 24): ("Africa/Cairo",),
    date(2026, 10, 30): ("Africa/Cairo",),
}
"""The days on which clocks jump ahead or fall back, and where: by half an hour in Lord Howe, at midnight in
Cairo.
"""
IN_EVERY_RUN = {date(2026, 11, 1), date(2026, 10, 4), date(2026, 4, 24)}
"""An hour twice, half an hour less, and a midnight that is not there; the others are like one of these."""
HOURS = (0, 2, 7)


@pytest.fixture(autouse=True)
def _the_system_acts(acting_as: Acting) -> None:
    acting_as(SYSTEM)


def rep_at(make: Make, zone: str, hour: int) -> User:
    rep = make.user(time_zone=zone)
    make.save(NotificationPreference(user_id=rep.user_id, kind="reminder", hour=hour,
                                     weekdays=[1, 2, 3, 4, 5, 6, 7]))  # fmt: skip
    return rep


def planned(user: User) -> list[date]:
    """The days whose letter was planned to be written, in order."""
    rows = sa.select(Delivery.local_date).where(
        Delivery.user_id == user.user_id,
        sa.or_(Delivery.state == DeliveryState.PLANNED, Delivery.reason == services.planning.OVERTAKEN),
    )
    return sorted(db.session.scalars(rows))


@pytest.mark.slow
@pytest.mark.parametrize(
    "day",
    [pytest.param(day, marks=() if day in IN_EVERY_RUN else pytest.mark.long) for day in CHANGES],
    ids=str,
)
def test_each_day_around_a_change_has_one_letter(make: Make, day: date) -> None:
    reps = [rep_at(make, zone, hour) for zone in CHANGES[day] for hour in HOURS]
    starts = [
        datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(zone))
        for zone in CHANGES[day]
        for hour in HOURS
    ]
    moment = min(starts).astimezone(UTC) - timedelta(hours=26)
    while moment < max(starts).astimezone(UTC) + timedelta(hours=30):
        services.planning.plan_deliveries(now=moment)
        moment += timedelta(minutes=30)
    around = [day - timedelta(days=1), day, day + timedelta(days=1)]
    for rep in reps:
        assert [one for one in planned(rep) if one in around] == around, rep.time_zone


def test_a_person_who_changes_zone_ten_minutes_before_midnight_gets_each_day_once(make: Make) -> None:
    rep = rep_at(make, "America/Chicago", 7)
    day = date(2026, 11, 24)
    services.planning.plan_deliveries(now=datetime(2026, 11, 24, 13, tzinfo=UTC))
    for zone, moment in (
        ("Pacific/Auckland", datetime(2026, 11, 25, 5, 50, tzinfo=UTC)),
        ("Pacific/Honolulu", datetime(2026, 11, 25, 6, 0, tzinfo=UTC)),
        ("America/Chicago", datetime(2026, 11, 25, 13, 0, tzinfo=UTC)),
    ):
        rep.time_zone = zone
        make.connection.exec_driver_sql("select 1")
        db.session.expire_all()
        db.session.execute(sa.select(1))
        services.planning.plan_deliveries(now=moment)
    days = planned(rep)
    assert len(days) == len(set(days))
    assert day in days


def test_a_clock_a_day_ahead_or_behind_sends_nothing_twice(make: Make) -> None:
    rep = rep_at(make, "UTC", 7)
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    for days in (0, 1, -1, 0, 1):
        services.planning.plan_deliveries(now=noon + timedelta(days=days))
    days_planned = planned(rep)
    assert len(days_planned) == len(set(days_planned))
    assert days_planned[-1] == date(2026, 11, 25)
