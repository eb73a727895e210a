"""Features that can be switched, and how they are switched now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from crm.db import db
from crm.enums import Role
from crm.models import FeatureFlag

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
    roles: frozenset[Role]
    """For whom it is on; empty = for everybody."""
    changed_at: datetime | None
    """When it was last switched; None while nobody has."""

    def is_on_for(self, role: Role) -> bool:
        """Whether somebody of this role has the feature."""
        return self.is_on and (not self.roles or role in self.roles)

    @property
    def said(self) -> str:
        """The state in words: off, on, "on for managers and admins"."""
        if not self.is_on:
            return "off"
        names = [f"{role}s" for role in Role if role in self.roles]
        return "on for " + " and ".join(names) if names else "on"


def switches() -> dict[str, Switch]:
    """Every known feature by its name, in the order in which they are known."""
    rows = {row.flag: row for row in db.session.scalars(sa.select(FeatureFlag))}
    return {name: _switch(name, rows.get(name)) for name in KNOWN}


def _switch(name: str, row: FeatureFlag | None) -> Switch:
    if row is None:
        return Switch(name, is_on=False, roles=frozenset(), changed_at=None)
    return Switch(name, is_on=row.is_on, roles=frozenset(row.roles), changed_at=row.updated_at)
