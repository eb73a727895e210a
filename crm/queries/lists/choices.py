"""What several lists let people choose from."""

from typing import Any

import sqlalchemy as sa

from crm.models import Organization, User
from crm.queries.keys import read_number
from crm.queries.lists.listing import Case, Condition, Filter, Select
from crm.queries.lists.searching import part_of


def owner(first: Any, second: Any = None, *, name: str = "owner", label: str = "Owner") -> Filter:
    """Whose rows: mine, nobody's, or a colleague's; `second` is the column of a second owner."""
    columns = [column for column in (first, second) if column is not None]
    return Filter(
        name=name,
        label=label,
        cases={
            "me": Case("Mine", lambda asker: sa.or_(*(column == asker.user_id for column in columns))),
            "nobody": Case("No owner", lambda _: first.is_(None)),
        },
        choices=sa.select(sa.cast(User.user_id, sa.Text), User.full_name)
        .where(User.active)
        .order_by(sa.func.lower(User.full_name)),
        read=read_number,
        where=lambda number: sa.or_(*(column == number for column in columns)),
    )


def read_word(text: str) -> str | None:
    """The text of a choice as PostgreSQL takes it; None for what nobody can have chosen."""
    return text if text and len(text) <= 255 and "\x00" not in text else None


def organization(column: Any) -> Filter:
    """Rows of one organization, by its number; or, as people type it, of those with a part of a name."""
    named = Organization.name_key

    def where(answer: int | str) -> Condition:
        if isinstance(answer, int):
            one: Condition = column == answer
            return one
        some: Condition = column.in_(sa.select(Organization.organization_id).where(part_of(named, answer)))
        return some

    def called(answer: int | str) -> Select | None:
        number = Organization.organization_id
        if isinstance(answer, str):
            return None
        return sa.select(sa.cast(number, sa.Text), Organization.name).where(number == answer)

    return Filter(
        name="organization",
        label="Organization",
        read=lambda text: read_word(text) if read_number(text) is None else read_number(text),
        where=where,
        called=called,
        is_organization=True,
    )


def distinct(column: Any) -> Select:
    """The different values of an indexed text column, each found by one probe of its index, as choices."""
    first = sa.select(sa.func.min(column).label("value")).cte(f"distinct_{column.key}", recursive=True)
    following = sa.select(sa.func.min(column)).where(column > first.c.value).scalar_subquery()
    values = first.union_all(sa.select(following).where(first.c.value.is_not(None)))
    return sa.select(values.c.value, values.c.value.label("text")).where(values.c.value.is_not(None))


def tag(column: Any) -> Filter:
    """Rows that bear a tag, as it is written; `column` is an array with a GIN index."""
    return Filter(
        name="tag",
        label="Tag",
        read=read_word,
        where=lambda text: column.op("@>", is_comparison=True)(sa.cast([text], sa.ARRAY(sa.Text))),
    )
