"""Stage, sentiment, advocacy, due and age take the words of the business and show colour, icon and word."""

from datetime import date

import pytest
from jinja2 import UndefinedError

from crm.enums import AdvocacyStatus, InteractionType, OpportunityStage, Sentiment
from tests.components.conftest import Draw

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize("stage", OpportunityStage)
def test_a_stage_shows_its_exact_word(draw: Draw, stage: OpportunityStage) -> None:
    drawn = draw("stage", "stage", stage)
    assert drawn.text == stage.value
    assert ("data-closed" in drawn.attrs) is stage.is_closed


def test_an_open_stage_lights_the_steps_up_to_it(draw: Draw) -> None:
    steps = [
        len(draw("stage", "stage", stage).select("rect.on"))
        for stage in OpportunityStage
        if not stage.is_closed
    ]
    assert steps == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("value", Sentiment)
def test_a_sentiment_is_colour_icon_and_word(draw: Draw, value: Sentiment) -> None:
    drawn = draw("sentiment", "sentiment", value)
    assert drawn.text == value.value
    assert drawn["data-value"] == value.value.lower()
    assert drawn.find("use") is not None


@pytest.mark.parametrize("value", AdvocacyStatus)
def test_an_advocacy_is_colour_icon_and_word(draw: Draw, value: AdvocacyStatus) -> None:
    drawn = draw("advocacy", "advocacy", value)
    assert drawn.text == value.value
    assert drawn["data-value"] == value.value.lower()


@pytest.mark.parametrize("value", InteractionType)
def test_every_interaction_type_has_an_icon(draw: Draw, value: InteractionType) -> None:
    assert draw("icon", "type_icon", value).find("use") is not None


@pytest.mark.parametrize(
    ("on", "when", "text"),
    [
        (date(2026, 11, 16), "overdue", "Mon 16 Nov · 8 days ago"),
        (date(2026, 11, 23), "overdue", "Mon 23 Nov · yesterday"),
        (date(2026, 11, 24), "today", "Tue 24 Nov · today"),
        (date(2026, 11, 25), "later", "Wed 25 Nov · tomorrow"),
        (date(2027, 1, 4), "later", "Mon 4 Jan 2027 · in 41 days"),
    ],
)
def test_a_due_date_says_how_far_away_it_is(draw: Draw, on: date, when: str, text: str) -> None:
    due = draw("due", "due", on, TODAY)
    assert due["data-when"] == when
    assert due.text == text
    time = due.find("time")
    assert time is not None
    assert time["datetime"] == on.isoformat()


def test_an_age_says_how_long_it_was_quiet(draw: Draw) -> None:
    assert draw("age", "age", 1).text == "quiet 1 day"
    assert draw("age", "age", 17, "stale").text == "quiet 17 days · stale"


def test_a_word_that_nobody_knows_is_an_error_and_not_a_blank(draw: Draw) -> None:
    with pytest.raises(UndefinedError):
        draw("sentiment", "sentiment", "Delighted")
