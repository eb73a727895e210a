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


def meeting(listing: Listing, words: Sequence[str], *, is_forgiving: bool = False) -> list[Condition]:
    """The same as `holding`, for rows that are met one after another, in an order of theirs."""
    return [_met(listing, word, is_forgiving=is_forgiving and len(word) >= LEAST_LETTERS) for word in words]


def passing(listing: Listing, words: Sequence[str], *, is_forgiving: bool = False) -> list[Condition]:
    """The same as `holding`, for rows that are passed in their order until a page is full: each is asked by
    itself, for all that they could refer to is more than so few rows do refer to.
    """
    return [
        sa.or_(
            *(
                _referring_itself(
                    key, _match(key, word, is_forgiving=is_forgiving and len(word) >= LEAST_LETTERS)
                )
                for key in listing.search
            )
        )
        for word in words
    ]


def parts(listing: Listing, words: Sequence[str], *, is_forgiving: bool = False) -> list[list[Condition]]:
    """The rows in which each of the words is found, in parts that share none: what holds the longest word
    itself, then what refers to something that holds it.

    Each part comes from an index of its own. With OR between them PostgreSQL compares every row that it finds
    with all that it could refer to, one by one: five times as long, where a name is frequent.
    """
    longest, *rest = sorted(words, key=len, reverse=True)
    others = meeting(listing, rest, is_forgiving=is_forgiving)
    is_long = is_forgiving and len(longest) >= LEAST_LETTERS
    matches = [(key, _match(key, longest, is_forgiving=is_long)) for key in listing.search]
    own = [match for key, match in matches if key.keys is None]
    away = [(key, match) for key, match in matches if key.keys is not None]
    mine = [sa.or_(*own)] if own else []
    found = mine + [_through(key, match) for key, match in away]
    before = mine + [_referring(key, match) for key, match in away]
    return [
        [part, *(sa.not_(sa.func.coalesce(earlier, sa.false())) for earlier in before[:n]), *others]
        for n, part in enumerate(found)
    ]


def can_forgive(words: Sequence[str]) -> bool:
    """Whether one of the words is long enough to be a misspelled one."""
    return any(len(word) >= LEAST_LETTERS for word in words)


def plan_for_these_words() -> None:
    """Have what the running transaction asks planned for the very words: a plan that was kept for any words
    takes frequent ones for rare, and is slower threefold.
    """
    db.session.execute(sa.text("select set_config('plan_cache_mode', 'force_custom_plan', true)"))


def forgive() -> None:
    """Tell the running transaction how near is near; gone with it."""
    db.session.execute(
        sa.text("select set_config('pg_trgm.word_similarity_threshold', :near, true)"), {"near": str(NEAR)}
    )


def _found(listing: Listing, word: str, *, is_forgiving: bool) -> Condition:
    return sa.or_(*(_through(key, _match(key, word, is_forgiving=is_forgiving)) for key in listing.search))


def _met(listing: Listing, word: str, *, is_forgiving: bool) -> Condition:
    return sa.or_(*(_referring(key, _match(key, word, is_forgiving=is_forgiving)) for key in listing.search))


def _through(key: SearchKey, match: Condition) -> Condition:
    """True for the rows that are found, or that refer to what is found in another table."""
    if key.keys is None:
        return match
    # An array, not IN (SELECT …): only so both sides of the OR come from their own index.
    found: Condition = key.of == sa.func.any(sa.func.array(key.keys.where(match).scalar_subquery()))
    return found


def _referring(key: SearchKey, match: Condition) -> Condition:
    """The same as `_through`, for rows that another condition finds: a set is asked faster than an array."""
    if key.keys is None:
        return match
    referring: Condition = key.of.in_(key.keys.where(match))
    return referring


def _referring_itself(key: SearchKey, match: Condition) -> Condition:
    """The same as `_through`, asked of one row; the limit keeps PostgreSQL from making a set of it."""
    if key.keys is None:
        return match
    named = key.keys.selected_columns[0]
    one = key.keys.with_only_columns(sa.true()).where(named == key.of, match).limit(1)
    asked: Condition = sa.func.coalesce(one.correlate(key.of.class_.__table__).scalar_subquery(), sa.false())
    return asked


def part_of(column: Any, text: str) -> Condition:
    """True where `text` is a part of a folded column, without regard to case and accents."""
    signs = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    part: Condition = column.like(sa.func.fold(f"%{signs}%"))
    return part


def _match(key: SearchKey, word: str, *, is_forgiving: bool) -> Condition:
    part = part_of(key.column, word)
    return sa.or_(part, key.column.op("%>", is_comparison=True)(sa.func.fold(word))) if is_forgiving else part
