"""How the words of a search find rows: as parts of a folded text, or, where that finds nothing, nearly."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.queries.lists.listing import Condition, Listing, SearchKey

LEAST_LETTERS = 4
"""A shorter word is never read as a slip: half of the book is one letter away from it."""

NEAR = 0.45
"""The similarity of a word (0 to 1) from which it counts as meant; "amberfeld" is 0.6 near to "amberfold"."""


def holding(listing: Listing, words: Sequence[str], *, is_forgiving: bool = False) -> list[Condition]:
    """True for rows in which each of the words is found; `is_forgiving` lets longer ones be misspelled.

    Case and accents never matter. For `is_forgiving` the transaction must know how near is near: `forgive`.
    """
    return [_found(listing, word, is_forgiving=is_forgiving and len(word) >= LEAST_LETTERS) for word in words]


def can_forgive(words: Sequence[str]) -> bool:
    """Whether one of the words is long enough to be a misspelled one."""
    return any(len(word) >= LEAST_LETTERS for word in words)


def forgive() -> None:
    """Tell the running transaction how near is near; gone with it."""
    db.session.execute(
        sa.text("select set_config('pg_trgm.word_similarity_threshold', :near, true)"), {"near": str(NEAR)}
    )


def _found(listing: Listing, word: str, *, is_forgiving: bool) -> Condition:
    return sa.or_(*(_through(key, _match(key, word, is_forgiving=is_forgiving)) for key in listing.search))


def _through(key: SearchKey, match: Condition) -> Condition:
    """True for the rows that are found, or that refer to what is found in another table."""
    if key.keys is None:
        return match
    # An array, not IN (SELECT …): only so both sides of the OR come from their own index.
    found: Condition = key.of == sa.func.any(sa.func.array(key.keys.where(match).scalar_subquery()))
    return found


def part_of(column: Any, text: str) -> Condition:
    """True where `text` is a part of a folded column, without regard to case and accents."""
    signs = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    part: Condition = column.like(sa.func.fold(f"%{signs}%"))
    return part


def _match(key: SearchKey, word: str, *, is_forgiving: bool) -> Condition:
    part = part_of(key.column, word)
    return sa.or_(part, key.column.op("%>", is_comparison=True)(sa.func.fold(word))) if is_forgiving else part
