"""Cells mean what people meant by them, and what cannot be read is not guessed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.services.imports import cells, money
from crm.services.imports.states import code

TODAY = date(2026, 6, 12)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("46181", date(2026, 6, 8)),
        ("46181.0", date(2026, 6, 8)),
        ("6/8/2026", date(2026, 6, 8)),
        ("06-08-26", date(2026, 6, 8)),
        ("2026-06-08", date(2026, 6, 8)),
        ("2026-06-08 00:00:00", date(2026, 6, 8)),
        ("2026-06-08T00:00:00", date(2026, 6, 8)),
        ("31/02/2026", None),
        ("4/11", None),
        ("yesterday", None),
        ("6/8/2019", None),
        ("6/8/2032", None),
        ("30000", None),
        ("461810", None),
        ("6/8-2026", None),
    ],
)
def test_days_are_read_when_all_parts_are_there_and_near_today(text: str, meant: date | None) -> None:
    assert cells.day(text, on=TODAY) == meant


@given(st.dates(date(2024, 1, 1), date(2027, 12, 31)))
def test_every_way_to_write_a_day_gives_that_day(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    for text in (str(serial), day.isoformat(), f"{day.month}/{day.day}/{day.year}"):
        assert cells.day(text, on=TODAY) == day


@pytest.mark.parametrize(
    ("text", "found", "is_all"),
    [
        ("(812) 555-0136", ["(812) 555-0136"], True),
        ("574-555-0144", ["(574) 555-0144"], True),
        ("+1 (502) 555-0144", ["(502) 555-0144"], True),
        ("18125550136", ["(812) 555-0136"], True),
        ("608‐555‐0197", ["(608) 555-0197"], True),
        ("312-555-0111/312-555-0112", ["(312) 555-0111", "(312) 555-0112"], True),
        ("312-555-0111 or 312-555-0111", ["(312) 555-0111"], True),
        ("Bob 312.555.0111", ["(312) 555-0111"], False),
        ("312-555-0111 x12", ["(312) 555-0111"], False),
        ("555-0111", [], False),
        ("CLOSED", [], False),
        ("3125550111999", [], False),
        ("+44 20 7946 0958", ["+44 20 7946 0958"], True),
        ("+44 12", [], False),
        ("+999 1234567", [], False),
    ],
)
def test_every_ten_digit_number_in_a_cell_is_found(text: str, found: list[str], is_all: bool) -> None:
    assert cells.phones(text) == found
    assert cells.is_only_phones(text) == is_all


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("45872-2538", "45872-2538"),
        ("458722538", "45872-2538"),
        ("41011", "41011"),
        ("2139", "02139"),
        ("2139.0", "02139"),
        ("k1a0b6", "K1A 0B6"),
        ("123", None),
        ("Elkhollow", None),
    ],
)
def test_postal_codes_get_their_leading_zero_back(text: str, meant: str | None) -> None:
    assert cells.postal_code(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("il", "IL"),
        ("Ill.", "IL"),
        ("illinois", "IL"),
        ("N.Y.", "NY"),
        ("W Va", "WV"),
        ("XX", None),
        ("MO", "MO"),
    ],
)
def test_states_become_two_capitals(text: str, meant: str | None) -> None:
    assert code(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Amos.Klondorf@Example.com", "amos.klondorf@example.com"),
        ("no-at-sign.example.com", None),
        ("two@@example.com", None),
        ("space in@example.com", None),
        ("ends@example", None),
        ("x@example,com", None),
        ("a@example.com, b@example.com", None),
    ],
)
def test_an_address_is_one_as_a_whole_or_none(text: str, meant: str | None) -> None:
    assert cells.email(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("www.example.com/menu", "https://www.example.com/menu"),
        ("HTTP://example.com", "HTTP://example.com"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("ask the chef", None),
        ("https://", None),
        ("https://[::1", None),
    ],
)
def test_only_web_addresses_are_taken_for_links(text: str, meant: str | None) -> None:
    assert cells.web_address(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("pays $41.00 a case, wants 5 bucks off", "$41.00"),
        ("spiff of 30 dollars to the rep", "30 dollars"),
        ("€ 12", "€ 12"),
        ("about 2M dollars", "2M dollars"),
        ("quoted 2.79/lb", "2.79/lb"),
        ("USD 40", "USD 40"),
        ("sales last year: $", "sales last year: $"),
        ('needs 12" rolls, 3/8" cut', ""),
        ("6/5 lb pack, item 99120, their #1", ""),
        ("5 cases, 10% off the menu", ""),
        ("Lowell serves 1.5 lb", ""),
    ],
)
def test_amounts_of_money_are_noticed_and_other_numbers_are_not(text: str, meant: str) -> None:
    assert money.amount(text) == meant


@given(st.text())
def test_no_cell_stops_the_reading(text: str) -> None:
    cells.priority(text)
    cells.day(text, on=TODAY)
    cells.phones(text)
    cells.is_only_phones(text)
    cells.email(text)
    cells.web_address(text)
    cells.postal_code(text)
    cells.customer_number(text)
    money.amount(text)
    code(text)
