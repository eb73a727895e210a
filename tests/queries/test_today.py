"""A person's week: kept counters by principal, an honest comparison, the latest entries."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from crm import queries, sentences
from crm.db import SYSTEM, db
from crm.models import Interaction, User
from tests.factories import Make

CHICAGO = "America/Chicago"
TODAY = date(2026, 11, 24)
"""A Tuesday; its Monday is the 23rd."""

ActAs = Callable[[User | str], None]


def at(days: int, hour: int = 12, minute: int = 0) -> datetime:
    """That hour in Chicago, so many days from today."""
    day = TODAY + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(CHICAGO))


def test_the_week_counts_ones_own_touches_folded_or_not(
    make: Make, nell: User, otis: User, acting_as: ActAs
) -> None:
    dairy = make.principal("Larkmeadow Dairy", owner=nell)
    make.interaction(principals=[dairy], author=nell, on=at(-1))
    make.interaction(principals=[dairy], author=otis, on=at(-1))
    acting_as(SYSTEM)
    db.session.execute(sa.text("select fold_principal_deltas()"))
    make.interaction(principals=[dairy], author=nell, on=at(0))
    make.interaction(principals=[dairy], author=nell, on=at(-2))  # Sunday: last week
    make.interaction(principals=[dairy], author=nell, on=at(0), is_touch=False, follow_up_date=TODAY)
    acting_as(nell)
    (row,) = queries.today.week(nell.user_id, today=TODAY).principals
    assert (row.name, row.done, row.days, row.level) == ("Larkmeadow Dairy", 2, 0, "High Engagement")


def test_what_was_done_today_is_counted_by_what_it_was(
    make: Make, nell: User, otis: User, acting_as: ActAs
) -> None:
    for by, on, kind in (
        (nell, at(0, hour=0), "Phone Call"),
        (nell, at(0, hour=23), "Phone Call"),
        (nell, at(0), "Demo/sampled"),
        (nell, at(-1, hour=23), "Email"),
        (nell, at(1, hour=0), "Email"),
        (otis, at(0), "Note"),
    ):
        make.interaction(author=by, on=on, interaction_type=kind)
    make.interaction(author=nell, on=at(0), is_touch=False, follow_up_date=TODAY)
    make.interaction(author=nell, on=at(0), deleted_at=at(0))
    acting_as(nell)
    today = queries.today.pace(nell.user_id, today=TODAY, zone=CHICAGO).today
    assert sentences.deeds(today) == "two calls, one tasting"


def test_the_week_shows_what_one_looks_after_or_was_in_touch_for_busiest_first(
    make: Make, nell: User, otis: User, acting_as: ActAs
) -> None:
    make.principal("Never Called", owner=nell)
    quiet = make.principal("Quiet", second_owner_id=nell.user_id)
    busy = make.principal("Busy", owner=otis)
    make.principal("Others", owner=otis)
    make.principal("Archived", owner=nell, deleted_at=at(-3))
    make.interaction(principals=[quiet], author=otis, on=at(-18))
    make.interaction(principals=[busy], author=nell, on=at(0))
    acting_as(nell)
    week = queries.today.week(nell.user_id, today=TODAY)
    assert [(row.name, row.done, row.days, row.level) for row in week.principals] == [
        ("Busy", 1, 0, "High Engagement"),
        ("Quiet", 0, 18, "Low Engagement"),
        ("Never Called", 0, None, None),
    ]
    assert queries.today.week(nell.user_id, today=TODAY, limit=2).total == 3


def test_a_touch_taken_back_leaves_the_week(make: Make, nell: User, acting_as: ActAs) -> None:
    dairy = make.principal("Larkmeadow Dairy", owner=nell)
    call = make.interaction(principals=[dairy], author=nell, on=at(0))
    acting_as(nell)
    assert queries.today.week(nell.user_id, today=TODAY).principals[0].done == 1
    call.deleted_at = at(0)
    db.session.flush()
    assert queries.today.week(nell.user_id, today=TODAY).principals[0].done == 0


def test_the_pace_compares_up_to_the_end_of_the_same_weekday(
    make: Make, nell: User, otis: User, acting_as: ActAs
) -> None:
    for moment in (at(-1, 0, 0), at(0, 23, 59)):  # this week: Monday's first and Tuesday's last minute
        make.interaction(author=nell, on=moment)
    for moment in (at(-8, 0, 0), at(-7, 23, 59), at(-7, 8)):  # last week up to Tuesday's end
        make.interaction(author=nell, on=moment)
    make.interaction(author=nell, on=at(-6, 0, 0))  # last Wednesday: not yet "by Tuesday"
    make.interaction(author=nell, on=at(-9, 23, 59))  # the Sunday before
    make.interaction(author=otis, on=at(0))
    make.interaction(author=nell, on=at(0), is_touch=False, follow_up_date=TODAY)
    make.interaction(author=nell, on=at(0), deleted_at=at(0))
    acting_as(nell)
    pace = queries.today.pace(nell.user_id, today=TODAY, zone=CHICAGO)
    assert (pace.so_far, pace.by_then) == (2, 3)


def test_the_latest_entries_are_ones_own_newest_first(
    make: Make, nell: User, otis: User, acting_as: ActAs
) -> None:
    makers = [make.principal("Zinnia Jams"), make.principal("Amber Teas")]
    dana = make.contact("Dana", "Reyes")
    make.interaction(contact=dana, principals=makers, author=nell, on=at(-2), notes="One\nTwo")
    make.interaction(author=otis, on=at(0))
    make.interaction(author=nell, on=at(0), is_touch=False, follow_up_date=TODAY)
    newest: Interaction = make.interaction(author=nell, on=at(-1))
    acting_as(nell)
    first, second = queries.today.lately(nell.user_id)
    assert first.interaction_id == newest.interaction_id
    assert (second.whom, second.last_line) == ("Dana Reyes", "Two")
    assert [principal.name for principal in second.principals] == ["Amber Teas", "Zinnia Jams"]
