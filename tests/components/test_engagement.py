"""Rings, levels, gauges and tallies say in words what they show in colour."""

import pytest

from crm.enums import EngagementLevel
from tests.components.conftest import Draw


@pytest.mark.parametrize(
    ("level", "days", "name"),
    [
        (EngagementLevel.HIGH, 0, "High engagement, last interaction today"),
        (EngagementLevel.HIGH, 1, "High engagement, last interaction yesterday"),
        (EngagementLevel.MEDIUM, 11, "Medium engagement, last interaction 11 days ago"),
        (EngagementLevel.LOW, 18, "Low engagement, last interaction 18 days ago"),
        (EngagementLevel.INACTIVE, 58, "Inactive, last interaction 58 days ago"),
        (None, None, "Not contacted yet"),
    ],
)
def test_a_ring_is_a_picture_with_a_name(
    draw: Draw, level: EngagementLevel | None, days: int | None, name: str
) -> None:
    ring = draw("ring", "ring", level, days)
    assert ring["role"] == "img"
    assert ring["aria-label"] == name


def test_a_ring_says_the_percent_where_the_card_does(draw: Draw) -> None:
    ring = draw("ring", "ring", EngagementLevel.LOW, 18, percent=43)
    assert ring["aria-label"] == "Low engagement, 43 percent, last interaction 18 days ago"


def test_the_word_of_a_level_is_enough_for_a_ring(draw: Draw) -> None:
    assert draw("ring", "ring", "Low Engagement", 18)["data-level"] == "low"


def test_not_contacted_yet_is_told_apart_from_inactive(draw: Draw) -> None:
    never, inactive = draw("level", "level", None), draw("level", "level", EngagementLevel.INACTIVE)
    assert never["data-level"] != inactive["data-level"]
    assert (never.text, inactive.text) == ("Not contacted yet", "Inactive")


def test_one_day_is_not_days(draw: Draw) -> None:
    assert draw("ring", "ring", EngagementLevel.HIGH, 1, "lg").text == "1day"
    assert draw("ring", "ring", EngagementLevel.HIGH, 2, "lg").text == "2days"


def test_a_ring_beside_its_words_is_not_read_twice(draw: Draw) -> None:
    ring = draw("level", "level", EngagementLevel.HIGH).find(class_="ring")
    assert ring is not None
    assert ring["aria-hidden"] == "true"
    assert "aria-label" not in ring.attrs


@pytest.mark.parametrize(
    ("done", "lit", "is_met"), [(0, 0, False), (9, 9, False), (10, 10, True), (13, 10, True)]
)
def test_a_tally_lights_one_notch_an_interaction(draw: Draw, done: int, lit: int, is_met: bool) -> None:
    tally = draw("tally", "tally", done, 10)
    assert len(tally.select("rect")) == 10
    assert len(tally.select("rect.on")) == lit
    assert ("data-met" in tally.attrs) is is_met
    assert tally.text == f"{done} of 10 interactions this week"


def test_a_gauge_leads_to_the_principals_it_counts(draw: Draw) -> None:
    gauge = draw("gauge", "gauge", EngagementLevel.LOW, 21, "of 14 principals", "/principals?level=low")
    assert gauge["href"] == "/principals?level=low"
    assert gauge.get_text(" ", strip=True) == "21 % Low of 14 principals"
