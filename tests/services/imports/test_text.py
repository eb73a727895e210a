"""What people meant is read, whatever programs have done to it on the way."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.services.imports.text import clean, clean_lines, repair

LATIN = st.text(st.characters(codec="cp1252", exclude_categories=("Cc",), exclude_characters="ƒˆ˜"))


@pytest.mark.parametrize(
    ("stored", "meant"),
    [
        ("CrÃªperie SÃ©lendrie", "Crêperie Sélendrie"),
        ("CafÃƒÂ© Zoe", "Café Zoe"),
        ("Vesilloway\x92s Tap Room", "Vesilloway’s Tap Room"),
        ("Vesillowayâ€™s Tap Room", "Vesilloway’s Tap Room"),
        ("Café Zoë", "Café Zoë"),
        ("NESCAFÉ®", "NESCAFÉ®"),
        ("Caf?", "Caf?"),
        ("BÂLOISE", "BÂLOISE"),
        ("crÃ¨me brÃ»lÃ©e, 寿司", "crÃ¨me brÃ»lÃ©e, 寿司"),
    ],
)
def test_misread_letters_are_put_right_and_others_left_alone(stored: str, meant: str) -> None:
    assert repair(stored) == meant


@pytest.mark.slow
@given(LATIN)
def test_a_text_that_went_through_the_wrong_encoding_twice_comes_back(text: str) -> None:
    garbled = text
    for _ in range(2):
        # as browsers read it: the five bytes that Windows-1252 leaves open stay control characters
        garbled = "".join(
            bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in garbled.encode("utf-8")
        )
    assert repair(garbled) == repair(text)


@given(st.text())
def test_clean_text_has_no_stray_blanks(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == cleaned.strip()
    assert "  " not in cleaned
    assert not any(unicodedata.category(c) == "Cc" or c in "\xa0\u200b\ufeff" for c in cleaned)


@given(st.text(st.characters(codec="ascii")))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean_lines(clean_lines(text)) == clean_lines(text)


def test_blanks_of_every_kind_become_one_space() -> None:
    assert clean(" Cafe\xa0 Oskovane\t\n Grill\u200b ") == "Cafe Oskovane Grill"


def test_notes_keep_their_lines() -> None:
    assert clean_lines("\n first  line \r\nsecond\x92s\n\n") == "first line\nsecond’s"
