"""Small drawings: everything stays inside them, and the goal is where it should be."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crm import charts
from crm.blueprints.components import Week
from crm.enums import EngagementLevel


def weeks(*figures: int) -> list[Week]:
    return [
        Week(date(2026, 6, 1) + timedelta(weeks=i), n, EngagementLevel.HIGH) for i, n in enumerate(figures)
    ]


@given(st.lists(st.integers(0, 500), min_size=1, max_size=26), st.integers(0, 40))
def test_every_bar_and_the_goal_stay_inside_the_drawing(figures: list[int], goal: int) -> None:
    drawn = charts.strip(weeks(*figures), goal)
    assert all(bar.y >= 0 and bar.y + bar.height <= charts.BASE + 0.11 for bar in drawn.bars)
    assert 0 < drawn.goal_y <= charts.BASE


def test_a_week_that_meets_the_goal_reaches_its_line() -> None:
    drawn = charts.strip(weeks(9, 10, 3), 10)
    assert [bar.kind for bar in drawn.bars] == ["under", "met", "now"]
    assert drawn.bars[0].y > drawn.goal_y
    assert abs(drawn.bars[1].y - drawn.goal_y) < 0.2


def test_a_week_without_any_is_still_to_be_seen() -> None:
    assert charts.strip(weeks(0, 4), 10).bars[0].height > 0


def test_a_month_is_named_where_it_begins() -> None:
    months = [bar.month for bar in charts.strip(weeks(*[1] * 10), 10).bars]
    assert months == ["Jun", None, None, None, None, "Jul", None, None, None, "Aug"]


def test_the_first_month_gives_way_to_one_that_begins_soon() -> None:
    late = [Week(date(2026, 6, 29) + timedelta(weeks=i), 1, None) for i in range(3)]
    assert [bar.month for bar in charts.strip(late, 10).bars] == [None, "Jul", None]


def test_a_week_before_the_first_contact_has_no_band() -> None:
    bar = charts.strip([Week(date(2026, 6, 1), 0, None)], 10).bars[0]
    assert bar.band_height == 0


@given(st.integers(0, 1200), st.integers(0, 1000))
def test_a_tally_is_all_lit_exactly_when_the_goal_is_met(done: int, goal: int) -> None:
    drawn = charts.tally(done, goal)
    lit = [is_lit for _, is_lit in drawn.notches]
    assert len(lit) == min(goal, charts.MOST_NOTCHES)
    assert lit == sorted(lit, reverse=True), "from the left"
    assert drawn.is_met == (bool(lit) and all(lit))


def test_a_week_without_a_goal_meets_none() -> None:
    drawn = charts.strip(weeks(0, 4, 0), 0)
    assert [bar.kind for bar in drawn.bars] == ["under", "under", "now"]
