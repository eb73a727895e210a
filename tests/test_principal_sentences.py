"""What pages say about principals in sentences."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from crm import principal_sentences
from crm.enums import EngagementLevel
from crm.queries.principal_weeks import Week
from crm.queries.principals import Share
from crm.queries.standings import Standing

HIGH, MEDIUM, LOW, INACTIVE = EngagementLevel
TODAY = date(2026, 11, 24)
MONDAY = date(2026, 11, 23)

STANDING = Standing(
    principal_id=1, name="Amberfold Bakery Co.", name_key="amberfold bakery co.", opportunities_count=0,
    interactions_count=1, products_count=0, last_at=datetime(2026, 11, 23, 18, tzinfo=UTC), last_on=MONDAY,
    days=1, level=HIGH, percent=96, owner_name=None, goal=10,
)  # fmt: skip


def weeks(*levels: EngagementLevel | None, done: int = 0) -> list[Week]:
    since = MONDAY - timedelta(weeks=len(levels) - 1)
    return [Week(since + timedelta(weeks=i), done, level) for i, level in enumerate(levels)]


@pytest.mark.parametrize(
    ("high", "medium", "low", "inactive", "new", "said"),
    [
        (0, 0, 0, 0, 0, "Nobody here."),
        (1, 0, 0, 0, 0, "It is warm."),
        (2, 1, 0, 0, 0, "All three are warm."),
        (9, 4, 2, 1, 0, "Of 16 principals, one has gone quiet and two are low."),
        (1, 0, 1, 2, 1, "Of five principals, two have gone quiet, one is low and one was never contacted."),
        (0, 0, 0, 1, 0, "One has gone quiet."),
        (0, 0, 0, 0, 12, "Of 12 principals, 12 were never contacted."),
    ],
)
def test_a_list_says_how_warm_it_is(
    high: int, medium: int, low: int, inactive: int, new: int, said: str
) -> None:
    counts = zip((*EngagementLevel, None), (high, medium, low, inactive, new), strict=True)
    assert principal_sentences.of_list([Share(level, n, 0) for level, n in counts]) == said


@pytest.mark.parametrize(
    ("levels", "headline", "before"),
    [
        ([HIGH] * 26, "High for 26 weeks or more.", ""),
        ([LOW] * 15 + [HIGH] * 11, "High for 11 weeks.", "Low before that. "),
        ([None] * 24 + [HIGH] * 2, "High for two weeks.", "Not contacted yet before that. "),
        ([MEDIUM] * 25 + [HIGH], "High since this week.", "Medium before that. "),
    ],
)
def test_the_strip_says_how_long_and_what_comes(
    levels: list[EngagementLevel | None], headline: str, before: str
) -> None:
    said = principal_sentences.of_weeks(weeks(*levels), STANDING, today=TODAY)
    falls = "Falls to Medium on Tue 1 Dec unless somebody is in touch. "
    assert said == (headline, f"{before}{falls}No interaction in 26 weeks.")


def test_the_strip_says_how_often_the_goal_was_met() -> None:
    inactive = replace(STANDING, level=INACTIVE)
    met = [*weeks(INACTIVE, INACTIVE, done=9), Week(MONDAY, 10, INACTIVE)]
    _, rest = principal_sentences.of_weeks(met, inactive, today=TODAY)
    assert rest == "10 or more in one of 3 weeks."
    _, rest = principal_sentences.of_weeks(met[:2], inactive, today=TODAY)
    assert rest == "No week of 2 reached 10; the fullest had nine."


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        (9, "Nine or more in three of 3 weeks."),
        (12, "No week of 3 reached 12; the fullest had 10."),
        (0, "No weekly goal; the fullest of 3 weeks had 10."),
    ],
)
def test_the_goal_is_that_of_the_principal(goal: int, said: str) -> None:
    principal = replace(STANDING, level=INACTIVE, goal=goal)
    met = [*weeks(INACTIVE, INACTIVE, done=9), Week(MONDAY, 10, INACTIVE)]
    assert principal_sentences.of_weeks(met, principal, today=TODAY)[1] == said


def test_the_strip_of_a_principal_never_contacted_promises_the_ring() -> None:
    new = replace(STANDING, level=None, last_at=None, last_on=None, days=None)
    said = principal_sentences.of_weeks(weeks(*[None] * 26), new, today=TODAY)
    assert said == ("Not contacted yet.", "The first interaction starts the ring.")


@pytest.mark.parametrize(
    ("days_ago", "heading"),
    [(0, "Today"), (1, "Mon 23 Nov · yesterday"), (30, "Sun 25 Oct · 30 days ago"), (31, "Sat 24 Oct")],
)
def test_a_day_is_called_as_people_call_it(days_ago: int, heading: str) -> None:
    on = TODAY - timedelta(days=days_ago)
    assert principal_sentences.of_day(on, TODAY) == heading
    assert principal_sentences.of_day(on, TODAY, is_continued=True) == f"{heading}, earlier"
