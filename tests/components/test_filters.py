"""Dates, moments and figures as the voice of the product says them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from crm import filters

TODAY = date(2026, 11, 24)


def test_a_day_names_its_year_only_if_it_is_another_one() -> None:
    assert filters.day(date(2026, 11, 4), TODAY) == "Wed 4 Nov"
    assert filters.day(date(2025, 12, 31), TODAY) == "Wed 31 Dec 2025"
    assert filters.long_day(TODAY, TODAY) == "Tuesday 24 November"
    assert filters.long_day(date(2027, 1, 1), TODAY) == "Friday 1 January 2027"


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (date(2026, 11, 16), "8 days ago"),
        (date(2026, 11, 22), "2 days ago"),
        (date(2026, 11, 23), "yesterday"),
        (date(2026, 11, 24), "today"),
        (date(2026, 11, 25), "tomorrow"),
        (date(2026, 11, 26), "in 2 days"),
    ],
)
def test_a_near_day_goes_by_its_name(on: date, said: str) -> None:
    assert filters.when_day(on, TODAY) == said


def test_days_since_are_said_like_days() -> None:
    assert [filters.days_ago(n) for n in (0, 1, 18)] == ["today", "yesterday", "18 days ago"]


@pytest.mark.parametrize(
    ("utc", "said"),
    [
        (datetime(2026, 11, 23, 21, 40, tzinfo=UTC), "Mon 23 Nov, 3:40 pm"),
        (datetime(2026, 11, 24, 5, 30, tzinfo=UTC), "Mon 23 Nov, 11:30 pm"),
        (datetime(2026, 11, 24, 6, 0, tzinfo=UTC), "Tue 24 Nov, 12:00 am"),
        (datetime(2026, 7, 1, 17, 5, tzinfo=UTC), "Wed 1 Jul, 12:05 pm"),
        (datetime(2026, 1, 1, 3, 0, tzinfo=UTC), "Wed 31 Dec 2025, 9:00 pm"),
    ],
)
def test_a_moment_is_told_in_the_person_s_zone(utc: datetime, said: str) -> None:
    assert filters.moment(utc, "America/Chicago", TODAY) == said
    assert filters.moment(utc, ZoneInfo("America/Chicago"), TODAY) == said


def test_a_moment_falls_on_the_day_of_the_person_s_zone() -> None:
    assert filters.local_day(datetime(2026, 11, 24, 5, 30, tzinfo=UTC), "America/Chicago") == date(
        2026, 11, 23
    )


def test_running_text_has_words_up_to_nine() -> None:
    assert [filters.words(n) for n in (0, 1, 9, 10, 1204)] == ["no", "one", "nine", "10", "1,204"]


def test_a_figure_agrees_with_its_noun() -> None:
    assert filters.counted(1, "interaction") == "one interaction"
    assert filters.counted(0, "interaction") == "no interactions"
    assert filters.plural(3, "interaction") == "3 interactions"
    assert filters.plural(2, "person is waiting", "people are waiting") == "2 people are waiting"


def test_a_sentence_begins_with_a_capital_and_keeps_the_rest() -> None:
    assert filters.sentence("three at McKinley, today") == "Three at McKinley, today"
    assert filters.sentence("") == ""


def test_a_record_keeps_its_avatar_s_colour() -> None:
    assert {filters.tone(n) for n in range(20)} == {1, 2, 3, 4, 5}
    assert filters.tone(204) == filters.tone(204)
