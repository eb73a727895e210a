"""The year in the demo book has a broker's rhythm: shows, routes, quiet weeks, promises kept and late."""

from collections import Counter
from datetime import date, timedelta

import pytest

from crm.clock import week_of
from crm.enums import CLOSED_STAGES
from crm.services.demo import staff
from tests.services.demo.books import BOXING_DAY, EVERY_DAY, MONDAY, SUNDAY, TUESDAY, View, broker

pytestmark = pytest.mark.slow

NELL = staff.IDS["nell"]


def talks_a_day(view: View) -> Counter[date]:
    return Counter(view.day(row.interaction_date) for row in view.book.interactions)


def test_food_shows_are_bursts_of_talks_at_one_distributor() -> None:
    view = broker()
    shows: dict[date, list[str | None]] = {}
    for row in view.book.interactions:
        if row.activity == "food show":
            shows.setdefault(view.day(row.interaction_date), []).append(row.location)
    assert len(shows) >= 12
    assert all(len(set(places)) == 1 and len(places) >= 30 for places in shows.values())
    ordinary = sorted(talks_a_day(view).values())[len(talks_a_day(view)) // 2]
    assert max(talks_a_day(view).values()) > 3 * ordinary


def test_a_ride_with_is_a_day_of_stops_on_one_truck() -> None:
    view = broker()
    stops = Counter(
        (view.day(row.interaction_date), row.author_id)
        for row in view.book.interactions
        if row.activity == "ride-with"
    )
    assert {author for _, author in stops} == {staff.IDS[rep] for rep in staff.REPS}
    assert len(stops) > 35
    assert min(stops.values()) >= 7


def test_weekends_and_holidays_are_quiet() -> None:
    view = broker()
    talks = talks_a_day(view)
    weekend = sum(count for day, count in talks.items() if day.weekday() > 4)
    assert 0 < weekend < 0.01 * talks.total()
    thanksgiving, christmas, new_year = date(2025, 11, 27), date(2025, 12, 25), date(2026, 1, 1)
    assert talks[thanksgiving] == talks[christmas] == talks[new_year] == 0


def test_there_are_quiet_weeks_and_weeks_in_which_a_rep_is_away() -> None:
    view = broker()
    weeks: Counter[date] = Counter(week_of(day) for day in talks_a_day(view).elements())
    full = [weeks[monday] for monday in sorted(weeks)][1:-1]
    assert min(full) < 0.2 * sorted(full)[len(full) // 2]
    by_rep = Counter(
        (row.author_id, week_of(view.day(row.interaction_date))) for row in view.book.interactions
    )
    for rep in staff.REPS:
        busy = [monday for monday in weeks if by_rep[staff.IDS[rep], monday] > 3]
        assert len(busy) < len(weeks)


@EVERY_DAY
def test_levels_are_spread_on_whatever_day_it_is_loaded(today: date) -> None:
    quiet = {
        name: (today - max(days)).days if days else None for name, days in broker(today).touch_days().items()
    }
    levels = Counter(
        "never"
        if days is None
        else "high"
        if days <= 7
        else "medium"
        if days <= 14
        else "low"
        if days <= 30
        else "no"
        for days in quiet.values()
    )
    assert levels == {"high": 6, "medium": 4, "low": 3, "no": 2, "never": 1}
    assert quiet["Greenlatch Plant Kitchen"] is None


@EVERY_DAY
def test_some_principals_are_going_cold(today: date) -> None:
    days = [(today - max(touched)).days for touched in broker(today).touch_days().values() if touched]
    fell_this_week = [
        ago for ago in days if ago - 7 in range(1, 8) or ago - 14 in range(1, 8) or 31 <= ago <= 37
    ]
    falls_next_week = [
        ago for ago in days if 7 - ago in range(7) or 14 - ago in range(7) or 30 - ago in range(7)
    ]
    assert len(fell_this_week) >= 3
    assert falls_next_week


def touches_this_week(view: View) -> list[int]:
    monday = week_of(view.today)
    return sorted((sum(day >= monday for day in days) for days in view.touch_days().values()), reverse=True)


@pytest.mark.parametrize("today", [SUNDAY, MONDAY, pytest.param(TUESDAY, marks=pytest.mark.long)], ids=str)
def test_the_running_week_comes_near_the_goal_of_ten_for_some(today: date) -> None:
    best, second, third, *others = touches_this_week(broker(today))
    assert 6 <= best <= 22
    assert second >= third >= 4
    assert others[-1] == 0


def test_the_week_of_a_holiday_stays_a_quiet_one() -> None:
    assert sum(touches_this_week(broker(BOXING_DAY))) < 0.5 * sum(touches_this_week(broker(SUNDAY)))


@EVERY_DAY
def test_opportunities_moved_in_the_last_seven_days(today: date) -> None:
    view = broker(today)
    moved = [
        change
        for change in view.book.stage_changes
        if change.from_stage and view.day(change.changed_at) > today - timedelta(days=7)
    ]
    assert len(moved) >= 9
    assert any(change.to_stage in CLOSED_STAGES for change in moved)
    assert len({change.changed_by for change in moved} & {NELL, staff.IDS["theo"], staff.IDS["asha"]}) >= 2


@EVERY_DAY
def test_nell_has_promises_overdue_due_today_and_later_and_one_asleep(today: date) -> None:
    mine = broker(today).open_promises(NELL)
    awake = [row for row in mine if row.snoozed_until_on is None]
    due = [row.follow_up_date for row in awake if row.follow_up_date]
    assert sum(day < today for day in due) == 3
    assert sum(day == today for day in due) == 4
    assert sum(day > today for day in due) >= 5
    assert [row.follow_up_note for row in mine if row.snoozed_until_on] == [
        "Slider buns for Amber, next to hers"
    ]


@EVERY_DAY
def test_the_team_has_late_promises_and_some_belong_to_nobody(today: date) -> None:
    view = broker(today)
    late = Counter(
        row.owner_id
        for row in view.book.interactions
        if row.follow_up_date
        and row.follow_up_date < today
        and not row.completed_at
        and not row.snoozed_until_on
    )
    assert late[None] >= 1
    assert len(late) >= 5
    assert 10 <= late.total() <= 40


def test_a_kept_promise_names_the_later_interaction_that_kept_it() -> None:
    view = broker()
    rows = {row.interaction_id: row for row in view.book.interactions}
    kept = [row for row in rows.values() if row.completed_with]
    assert len(kept) > 1500
    for row in kept:
        by = rows[row.completed_with or 0]
        assert by.interaction_date > row.interaction_date
        assert row.completed_at == by.interaction_date
        assert row.completed_by == by.author_id
        assert (row.organization_id, row.opportunity_id) == (by.organization_id, by.opportunity_id)


def test_a_promise_is_whole_or_not_there() -> None:
    for row in broker().book.interactions:
        assert row.follow_up_required == (row.follow_up_date is not None) == (row.follow_up_note is not None)
        assert row.follow_up_required or not (row.completed_at or row.snoozed_until_on)
        assert row.completed_at is None or row.completed_at >= row.interaction_date
        if row.follow_up_date is not None:
            assert row.follow_up_date >= broker().day(row.interaction_date)


def test_planned_follow_ups_are_no_touch() -> None:
    planned = [row for row in broker().book.interactions if not row.is_touch]
    assert len(planned) == 40
    assert all(row.follow_up_date and row.follow_up_date > broker().today for row in planned)


def test_on_a_monday_the_week_has_begun_before_anybody_looks() -> None:
    view = broker(MONDAY)
    this_morning = [row for row in view.book.interactions if view.day(row.interaction_date) == MONDAY]
    assert len(this_morning) >= 15
    latest = max(row.interaction_date for row in this_morning)
    assert latest < view.frame.moment(MONDAY, 8 * 60)
