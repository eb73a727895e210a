"""Names that people take for the same are found to be so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.queries.organization_names import bare, folded


@given(st.text())
def test_keys_of_keys_are_the_keys(name: str) -> None:
    assert folded(folded(name)) == folded(name)
    assert bare(bare(name)) == bare(name)


@given(st.text())
def test_a_stricter_key_never_finds_more_than_a_generous_one(name: str) -> None:
    assert bare(folded(name)) == bare(name)


@pytest.mark.parametrize(
    "other",
    [
        "BRAMUMBLE GRILL & TAP",
        "Bramumble  Grill\xa0& Tap",
        "The Bramumble Grill and Tap",
        "Brámumble Grill & Tap, Inc.",
        "Bramumble Grill & Tap Company LLC",
        "'Bramumble' Grill & Tap 48622E",
        "BRAMUMBLE-GRILL & TAP CO. 4862B",
    ],
)
def test_spellings_of_one_name_share_the_generous_key(other: str) -> None:
    assert bare(other) == bare("Bramumble Grill & Tap") == "bramumble grill and tap"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bramumble Grill", "Bramumble Gril"),
        ("Studio 1600", "Studio 1700"),
        ("Tavern 48622", "Tavern"),
        ("The", "A"),
        ("LLC", "Inc"),
        ("寿司", "ラーメン"),
    ],
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert bare(one) != bare(other)


def test_a_name_of_signs_alone_has_a_key_too() -> None:
    assert bare("???") == "???"
