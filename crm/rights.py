"""Which rows of a page the person signed in may change, asked for all of them at once.

Floor 5.
"""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from crm import policy, queries, web
from crm.queries.users import Colleague


class Owned(Protocol):
    """Anything that somebody owns."""

    @property
    def owners(self) -> tuple[int | None, int | None]: ...


R = TypeVar("R", bound=Owned)


def with_rights(rows: Iterable[R]) -> list[tuple[R, bool]]:
    """Each row, and whether the person may change it."""
    me = web.person()
    team = queries.users.team(me.user_id)
    return [(row, policy.may_change(me, owners=row.owners, team=team)) for row in rows]


def changeable(rows: Iterable[R]) -> list[R]:
    """Those of the rows that the person may change."""
    return [row for row, is_theirs in with_rights(rows) if is_theirs]


def takers() -> list[Colleague]:
    """Those whom the person may give rows and promises to: their team, for an admin everybody."""
    me = web.person()
    team = queries.users.team(me.user_id)
    return [
        one for one in queries.users.colleagues() if policy.may_change(me, owners=(one.user_id,), team=team)
    ]
