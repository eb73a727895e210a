"""What makes two records one in the eyes of the search, and what makes two a chain."""

import pytest

from crm.services.likeness import SAME_PHONE, Face, Firm, digits, of_faces, of_firms

PIER = Firm(1, "Harbor Grill", street="12 Pier Street", city="Ashby", state="MI", phones=("(555) 010-0101",))


@pytest.mark.parametrize(
    "other",
    [
        Firm(2, "Harbor Grill LLC", street="12 Pier St", city="Ashby"),
        Firm(2, "The Harbor Grill", phones=("+1 555 010 0101",)),
        Firm(2, "Harbour Grill", city="Ashby", phones=("555.010.0101 x12",)),
        Firm(2, "Harbor Grill"),
        Firm(2, "Grill Harbor", city="Ashby", street="12 Pier Street"),
    ],
    ids=["legal form", "another way to write a number", "a slip", "nothing but the name", "turned around"],
)
def test_they_are_worth_a_look(other: Firm) -> None:
    assert of_firms(PIER, other)
    assert of_firms(other, PIER) == of_firms(PIER, other)


@pytest.mark.parametrize(
    "other",
    [
        Firm(2, "Harbor Grill", city="Gravel Point"),
        Firm(2, "Harbor Grill", city="Ashby", street="400 Market Square"),
        Firm(2, "Harbor Grill", city="Ashby", state="OH"),
        Firm(2, "Harbor Grill 2", city="Ashby", street="12 Pier Street"),
        Firm(2, "Cedar Mill Foods", city="Ashby"),
        Firm(2, "Harbor Hotel", city="Ashby"),
        Firm(2, "Harbor Grill", parent=1),
    ],
    ids=[
        "another city",
        "another street",
        "another state",
        "a number",
        "another name",
        "half a name",
        "branch",
    ],
)
def test_they_are_two(other: Firm) -> None:
    assert of_firms(PIER, other) is None


def test_siblings_below_one_parent_are_two_unless_more_than_the_name_is_the_same() -> None:
    one, other = (Firm(n, "Harbor Grill", parent=9) for n in (1, 2))
    assert of_firms(one, other) is None
    own = {"parent": 9, "phones": ("555 010 0101",), "email": "pier@harbor.example"}
    assert of_firms(Firm(1, "Harbor Grill", **own), Firm(2, "Harbor Grill", **own))


def test_more_in_common_is_more_alike() -> None:
    by_name = of_firms(PIER, Firm(2, "Harbor Grill"))
    by_phone = of_firms(PIER, Firm(2, "Harbor Grill", phones=PIER.phones))
    assert by_name
    assert by_phone
    assert by_phone.score > by_name.score
    assert SAME_PHONE in by_phone.evidence


DANA = Face(1, "Dana Ruiz", organization=7, email="dana@harbor.example", phones=("555 010 0101",))


@pytest.mark.parametrize(
    "other",
    [
        Face(2, "Dana Ruiz", organization=7),
        Face(2, "Chef Dana Ruiz", organization=7),
        Face(2, "Ruiz Dana", organization=7),
        Face(2, "Dana Ruis", organization=7),
        Face(2, "D. Ruiz", organization=8, email="Dana@Harbor.example"),
    ],
    ids=["same", "with a title", "turned around", "a slip", "changed employer"],
)
def test_it_is_one_person(other: Face) -> None:
    assert of_faces(DANA, other)


@pytest.mark.parametrize(
    "other",
    [
        Face(2, "Dana Ruiz", organization=8),
        Face(2, "Omar Vance", organization=7, email="dana@harbor.example"),
        Face(2, "Dana Wu", organization=7),
        Face(2, "Lars Ruiz", organization=7),
    ],
    ids=["a namesake elsewhere", "one mailbox", "one first name", "one family"],
)
def test_it_is_two_people(other: Face) -> None:
    assert of_faces(DANA, other) is None


def test_a_mailbox_of_the_house_makes_nobody_one() -> None:
    one = Face(1, "Dana Ruiz", organization=7, email="info@harbor.example")
    assert of_faces(one, Face(2, "Dora Ruz", organization=8, email="info@harbor.example")) is None


@pytest.mark.parametrize(
    ("phone", "digits_of_it"),
    [("+1 (555) 010-0101", "5550100101"), ("555.010.0101 x12", "5550100101"), ("12", ""), ("", "")],
)
def test_a_number_is_compared_by_its_digits(phone: str, digits_of_it: str) -> None:
    assert digits(phone) == digits_of_it
