"""The people of Fernhollow Brokerage. Nell, Mara and Ada are fixed (architecture.md §16)."""

from typing import Final, NamedTuple

from crm.enums import Role


class Person(NamedTuple):
    """One account. `manager` is the key of whom they report to, `years` how long they have been here."""

    key: str
    full_name: str
    role: Role
    manager: str | None
    time_zone: str
    years: int


STAFF: Final = (
    Person("ada", "Ada Aldermoor", Role.ADMIN, None, "America/Chicago", 9),
    Person("mara", "Mara Thistlewick", Role.MANAGER, None, "America/Chicago", 8),
    Person("idris", "Idris Pemberly", Role.MANAGER, None, "America/New_York", 6),
    Person("nell", "Nell Carrow", Role.REP, "mara", "America/Chicago", 5),
    Person("theo", "Theo Vantongeren", Role.REP, "mara", "America/Chicago", 4),
    Person("asha", "Asha Brindle", Role.REP, "mara", "America/New_York", 4),
    Person("corin", "Corin Maddox-Yew", Role.REP, "idris", "America/New_York", 7),
    Person("lotte", "Lotte Greaves", Role.REP, "idris", "America/New_York", 2),
    Person("jonah", "Jonah Featherby", Role.REP, "idris", "America/Chicago", 3),
)

REPS: Final = tuple(person.key for person in STAFF if person.role is Role.REP)

IDS: Final = {person.key: number for number, person in enumerate(STAFF, 1)}
"""The numbers that the book uses for its people; the loader moves them past those already taken."""


def address_of(key: str) -> str:
    """The address under which the person of this key signs in."""
    return f"{key}@pantry.example"
