"""How two spellings of an organization's name are compared, and which names the book holds.

Three keys, from strict to generous. A later key finds what an earlier one misses; equal generous keys alone
do not make two organizations one: a chain has a branch in every city (`imports.plans.organizations`).
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from crm.db import db
from crm.models import Organization

LEGAL_FORMS = frozenset({"inc", "incorporated", "llc", "co", "company", "corp", "corporation", "ltd"})

_CUSTOMER_NUMBER = re.compile(r"\d{4,6}[a-z]")
_APOSTROPHES = re.compile(r"['`\u2018\u2019\u02bc\u00b4]")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_NOT_A_WORD = re.compile(r"[\W_]+")


def folded(name: str) -> str:
    """Key 2: the name without regard to case, width and kind of blanks. Folding twice changes nothing."""
    text = name
    for _ in range(3):  # Unicode's own folding needs a second round for a handful of letters
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(text.split())


def bare(name: str) -> str:
    """Key 3: key 2 without accents, apostrophes, punctuation and a leading "the"; "&" reads as "and".

    At the end a customer number (four to six digits and a letter) and legal forms are left off.

    A name that holds nothing else keeps its key 2, so that the key of a name is never empty.
    """
    text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", folded(name))))
    text = _APOSTROPHES.sub("", text).replace("&", " and ")
    words = _NOT_A_WORD.sub(" ", text).split()
    while len(words) > 1 and (words[-1] in LEGAL_FORMS or _CUSTOMER_NUMBER.fullmatch(words[-1])):
        words.pop()
    while len(words) > 1 and words[0] == "the":
        del words[0]
    return " ".join(words) or folded(name)


@dataclass(frozen=True, slots=True)
class Named:
    """An organization of the book as far as finding it by name goes. Archived ones are told too."""

    organization_id: int
    name: str
    city: str = ""
    is_distributor: bool = False
    is_archived: bool = False


def by_key(book: Iterable[Named]) -> dict[str, list[Named]]:
    """The organizations of `book` under their generous key, in the order of `book`."""
    groups: dict[str, list[Named]] = defaultdict(list)
    for one in book:
        groups[bare(one.name)].append(one)
    return groups


def in_book() -> list[Named]:
    """Every organization of the book, archived ones too, oldest first."""
    columns = (
        Organization.organization_id,
        Organization.name,
        sa.func.coalesce(Organization.city, ""),
        Organization.is_distributor,
        Organization.deleted_at.is_not(None),
    )
    rows = db.session.execute(sa.select(*columns).order_by(Organization.organization_id))
    return [Named(*row) for row in rows]
