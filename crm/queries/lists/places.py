"""Where in a list a page begins: what its last row was sorted by, as text that addresses can carry."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from crm.queries.keys import read_day, read_moment
from crm.queries.lists.listing import Condition, Sort

LONGEST = 2_000
"""Characters; a name has at most 255, and any may be written as six."""

Place = tuple[Any, ...]


def write(place: Place) -> str:
    """The place as text: a JSON list, moments and days in ISO form."""
    values = [part.isoformat() if isinstance(part, date) else part for part in place]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def read(text: str, sort: Sort) -> Place | None:
    """The place that `text` names in the order `sort`, or None if it is none."""
    try:
        parts = json.loads(text[:LONGEST])
    except (ValueError, RecursionError):
        return None
    if not isinstance(parts, list) or len(parts) != len(sort.columns):
        return None
    place = tuple(_part(part, column.type) for part, column in zip(parts, sort.columns, strict=True))
    return None if any(part is None for part in place) else place


def beyond(place: Place, sort: Sort, here: Sequence[Any], *, is_descending: bool) -> Condition:
    """True for the rows that stand after `place`; `here` is what they are sorted by. One comparison, that the
    index of `sort` answers where `here` are its columns.
    """
    was = sa.tuple_(
        *(sa.literal(part, column.type) for part, column in zip(place, sort.columns, strict=True))
    )
    is_here = sa.tuple_(*here)
    return is_here < was if is_descending else is_here > was


def order(columns: Sequence[Any], *, is_descending: bool) -> list[sa.ColumnElement[Any]]:
    """The columns as an ORDER BY wants them."""
    return [column.desc() if is_descending else column.asc() for column in columns]


def _part(part: object, kind: sa.types.TypeEngine[Any]) -> Any:
    """What a list in an address holds, if it is of the column's kind; else None."""
    if isinstance(kind, sa.Integer):
        is_number = isinstance(part, int) and not isinstance(part, bool)
        return part if is_number and abs(part) < 2**63 else None  # type: ignore[arg-type]
    if isinstance(kind, sa.Boolean):
        return part if isinstance(part, bool) else None
    if not isinstance(part, str):
        return None
    if isinstance(kind, sa.Enum):
        return part if part in kind.enums else None
    if isinstance(kind, sa.DateTime):
        return _moment(part)
    if isinstance(kind, sa.Date):
        return read_day(part)
    return part if _is_text(part) else None


def _moment(text: str) -> datetime | None:
    return read_moment(text) if _is_text(text) else None


def _is_text(text: str) -> bool:
    """Whether PostgreSQL takes it: no NUL and no half of a surrogate pair, which JSON can both spell."""
    return not any(sign == "\x00" or "\ud800" <= sign <= "\udfff" for sign in text)
