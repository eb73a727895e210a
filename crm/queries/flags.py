"""Features that can be switched, and how they are switched now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zlib import crc32

import sqlalchemy as sa

from crm.db import db
from crm.enums import Role
from crm.models import FeatureFlag, FeatureFlagChange, User

KNOWN: Final = {
    "bulk-moves": "Move everything that is overdue in a list of follow-ups to tomorrow at once.",
}
"""Each feature that can be switched, and what somebody misses while it is off. To add one: a line here, and
`flags.is_on("its-name")` where it begins; without a row in the table it is off.
"""


@dataclass(frozen=True)
class Switch:
    """How one feature is switched."""

    name: str
    is_on: bool
    roles: frozenset[Role] = frozenset()
    people: frozenset[int] = frozenset()
    percent: int = 0
    """For whom it is on: roles, people by number, a part of everybody; all empty = for everybody."""
    changed_at: datetime | None = None
    """When it was last switched; None while nobody has."""

    @property
    def is_for_all(self) -> bool:
        return self.is_on and not (self.roles or self.people or self.percent)

    def is_on_for(self, role: Role, user_id: int) -> bool:
        """Whether somebody of this role and number has the feature."""
        is_chosen = role in self.roles or user_id in self.people or _place(self.name, user_id) < self.percent
        return self.is_on and (self.is_for_all or is_chosen)

    @property
    def said(self) -> str:
        """The state in words: off, on, "on for managers, two people and 10 %"."""
        if not self.is_on:
            return "off"
        some = [f"{role}s" for role in Role if role in self.roles]
        if self.people:
            some.append("one person" if len(self.people) == 1 else f"{len(self.people)} people")
        if self.percent:
            some.append(f"{self.percent} %")
        return f"on for {', '.join(some[:-1])}{' and ' if some[1:] else ''}{some[-1]}" if some else "on"


@dataclass(frozen=True)
class Change:
    """How a feature was switched, when, and by whom (None = by a command)."""

    switch: Switch
    by_name: str | None


def switches() -> dict[str, Switch]:
    """Every known feature by its name, in the order in which they are known."""
    rows = {row.flag: row for row in db.session.scalars(sa.select(FeatureFlag))}
    return {
        name: _switch(rows[name], rows[name].updated_at) if name in rows else Switch(name, is_on=False)
        for name in KNOWN
    }


def history(*, most: int = 10) -> dict[str, list[Change]]:
    """The last changes of each known feature, the newest first."""
    row = FeatureFlagChange
    place = sa.func.row_number().over(partition_by=row.flag, order_by=row.feature_flag_change_id.desc())
    last = sa.select(row.feature_flag_change_id, place.label("place")).subquery()
    found = db.session.execute(
        sa.select(row, User.full_name)
        .join(last, last.c.feature_flag_change_id == row.feature_flag_change_id)
        .outerjoin(User, User.user_id == row.changed_by)
        .where(last.c.place <= most, row.flag.in_(KNOWN))
        .order_by(row.feature_flag_change_id.desc())
    )
    changes: dict[str, list[Change]] = {name: [] for name in KNOWN}
    for change, by_name in found:
        changes[change.flag].append(Change(_switch(change, change.changed_at), by_name))
    return changes


def _switch(row: FeatureFlag | FeatureFlagChange, at: datetime) -> Switch:
    return Switch(
        row.flag,
        is_on=row.is_on,
        roles=frozenset(row.roles),
        people=frozenset(row.people),
        percent=row.percent,
        changed_at=at,
    )


def _place(name: str, user_id: int) -> int:
    """Where somebody stands among a hundred for one feature: always at the same place, and elsewhere for
    another feature, so that not the same people try everything.
    """
    return crc32(f"{name}:{user_id}".encode()) % 100
