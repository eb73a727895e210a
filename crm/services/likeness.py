"""How likely it is that two records of the book are one: what speaks for it, and what against it.

A chain has a branch in every city, so the same name elsewhere, at another address or below the same parent is
a sibling and no duplicate, unless something says more than the name: a number, an address, a mailbox of their
own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from crm.queries.organization_names import bare

LEAST: Final = 70
"""Pairs of a lower score are not worth a person's look."""

SAME_NAME, SAME_PHONE, SAME_MAIL = "same name", "same phone", "same e-mail address"
SIMILAR_NAME, SAME_ADDRESS, SAME_CITY = "similar name", "same address", "same city"
SAME_WEB, SAME_PLACE = "same web site", "same organization"
"""What a pair has in common, in words."""

_NAME_LIKE, _NAME_ALIKE = 78, 92
_STREET_ALIKE: Final = 88
_NOT_DIGITS = re.compile(r"\D+")
_STREET_WORDS: Final = {
    "street": "st", "avenue": "ave", "road": "rd", "boulevard": "blvd", "drive": "dr", "lane": "ln",
    "suite": "ste", "north": "n", "south": "s", "east": "e", "west": "w", "highway": "hwy", "square": "sq",
}  # fmt: skip
_SHARED_MAILBOXES: Final = frozenset({"info", "office", "orders", "sales", "hello", "contact", "admin"})


@dataclass(frozen=True)
class Firm:
    """An organization as far as telling it apart goes."""

    number: int
    name: str
    parent: int | None = None
    phones: tuple[str, ...] = ()
    email: str = ""
    web: str = ""
    street: str = ""
    city: str = ""
    state: str = ""


@dataclass(frozen=True)
class Face:
    """A contact as far as telling them apart goes."""

    number: int
    name: str
    organization: int | None = None
    phones: tuple[str, ...] = ()
    email: str = ""


@dataclass(frozen=True)
class Likeness:
    """How alike two records are, 0 to 100, and what says so."""

    score: int
    evidence: tuple[str, ...]


def of_firms(one: Firm, other: Firm) -> Likeness | None:
    """How alike two organizations are; None where they are not worth a look."""
    if one.number in (other.parent, one.parent) or other.number == one.parent:
        return None
    name = _alike(bare(one.name), bare(other.name))
    phone = bool(set(map(digits, one.phones)) & set(map(digits, other.phones)) - {""})
    mail = _same(one.email, other.email)
    web = _same(_site(one.web), _site(other.web))
    street = _streets(one.street, other.street)
    elsewhere = _differ(one.city, other.city) or _differ(one.state, other.state)
    address = bool(street and street >= _STREET_ALIKE and not elsewhere)
    own = phone + mail + address
    """What a branch does not share with its siblings."""
    apart = elsewhere or (street is not None and street < _STREET_ALIKE)
    siblings = one.parent is not None and one.parent == other.parent
    if apart and not (phone and mail and name >= _NAME_LIKE and not elsewhere):
        return None
    if siblings and not (own >= 2 and name >= _NAME_LIKE):
        return None
    if name < _NAME_LIKE and not (own >= 2 and name >= 45):
        return None
    if name < _NAME_ALIKE and not own:
        return None
    score = min(100, round(name * 0.72) + 12 * phone + 12 * mail + 10 * address + 4 * web)
    city = bool(one.city) and not elsewhere and bool(other.city)
    score = min(100, score + 6 * city)
    found = [
        (SAME_NAME, name == 100),
        (SIMILAR_NAME, name < 100 and name >= _NAME_LIKE),
        (SAME_PHONE, phone),
        (SAME_MAIL, mail),
        (SAME_WEB, web),
        (SAME_ADDRESS, address),
        (SAME_CITY, city and not address),
    ]
    return _likeness(score, found)


def of_faces(one: Face, other: Face) -> Likeness | None:
    """How alike two contacts are; None where they are not worth a look. The same name at two organizations is
    two people, unless a mailbox or a number of their own says otherwise.
    """
    name = max(
        _alike(_plain(one.name), _plain(other.name)), _initialled(_plain(one.name), _plain(other.name))
    )
    place = one.organization is not None and one.organization == other.organization
    phone = bool(set(map(digits, one.phones)) & set(map(digits, other.phones)) - {""})
    mail = _same(one.email, other.email) and one.email.partition("@")[0].lower() not in _SHARED_MAILBOXES
    own = phone + mail
    if name < 60 or not (own or place) or not _words_agree(_plain(one.name), _plain(other.name)):
        return None
    if name < 88 and not (mail or (phone and place)):
        return None
    score = min(100, round(name * 0.6) + 24 * mail + 14 * phone + 18 * place)
    found = [
        (SAME_NAME, name == 100),
        (SIMILAR_NAME, name < 100),
        (SAME_PLACE, place),
        (SAME_PHONE, phone),
        (SAME_MAIL, mail),
    ]
    return _likeness(score, found)


def digits(phone: str) -> str:
    """A number as two ways of writing it have it in common: the last ten digits; "" for too few."""
    found = _NOT_DIGITS.sub("", phone.partition("x")[0])
    return found[-10:] if len(found) >= 7 else ""


def _likeness(score: int, found: Sequence[tuple[str, bool]]) -> Likeness | None:
    evidence = tuple(words for words, holds in found if holds)
    return Likeness(score, evidence) if score >= LEAST else None


def _alike(one: str, other: str) -> float:
    """0 to 100. The order of words plays no part, and a number that differs tells two apart."""
    if one == other:
        return 100.0
    if _numbers(one) != _numbers(other):
        return 0.0
    return max(fuzz.token_sort_ratio(one, other), fuzz.ratio(one.replace(" ", ""), other.replace(" ", "")))


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def _plain(name: str) -> str:
    return bare(name).replace("chef ", "")


def _words_agree(one: str, other: str) -> bool:
    """Whether each word of the shorter name stands in the other one, by a slip or by its first letter: Dario
    and Lars Ruiz are two, whatever else they share.
    """
    few, many = sorted((one.split(), other.split()), key=len)
    return all(
        any(
            word[0] == another[0] if 1 in (len(word), len(another)) else fuzz.ratio(word, another) >= 75
            for another in many
        )
        for word in few
    )


def _initialled(one: str, other: str) -> float:
    """Alike enough to ask, where one of two is "D. Ruiz" and the other one "Dana Ruiz"; else 0."""
    (first, *_, last), (other_first, *_, other_last) = one.split() * 2, other.split() * 2
    is_short = 1 in (len(first), len(other_first)) and first[0] == other_first[0]
    return 80.0 if is_short and last == other_last else 0.0


def _same(one: str, other: str) -> bool:
    return bool(one.strip()) and one.strip().lower() == other.strip().lower()


def _differ(one: str, other: str) -> bool:
    return bool(one and other) and bare(one) != bare(other)


def _site(address: str) -> str:
    """The host of a web address without what is the same everywhere."""
    host = re.sub(r"^\w+://", "", address.strip().lower()).partition("/")[0]
    return host.removeprefix("www.")


def _streets(one: str, other: str) -> float | None:
    """How alike two streets are; None where one is not known."""
    if not one.strip() or not other.strip():
        return None
    return _alike(_street(one), _street(other))


def _street(text: str) -> str:
    return " ".join(_STREET_WORDS.get(word, word) for word in bare(text).split())
