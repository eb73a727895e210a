"""Features that can be switched, how they are switched now, and which work waits until they are on again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from zlib import crc32

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from crm.db import db
from crm.enums import Role
from crm.models import FeatureFlag, FeatureFlagChange, User


class Feature(NamedTuple):
    """One feature that can be switched: what people call it (many of them), and what they miss without it."""

    title: str
    text: str


KNOWN: Final = {
    "api": Feature(
        "The API, access tokens and calendars",
        "Let scripts and other systems in at /api/v1, and calendar programs read follow-ups.",
    ),
    "board": Feature("Boards", "See opportunities as a board of stages, and drag them."),
    "bulk-changes": Feature(
        "Changes of many rows at once",
        "Change the chosen rows of a list at once, and schedule follow-ups for them.",
    ),
    "bulk-moves": Feature(
        "Moves of all that is overdue",
        "Move everything that is overdue in a list of follow-ups to tomorrow at once.",
    ),
    "dashboard-details": Feature(
        "The panels of the dashboard that look at much",
        "Stale opportunities, momentum, coverage and scorecards on the dashboard.",
    ),
    "duplicates": Feature(
        "Duplicates and merging", "Find records that look like one, make them one, and two again."
    ),
    "exports": Feature("Exports", "Take lists, the audit trail or the whole book along as files."),
    "imports": Feature("Imports", "Bring lists and workbooks into the book."),
    "legacy": Feature("The rows of the old database", "Look at the old database as it was."),
    "live-updates": Feature("Live updates", "Open pages show by themselves what others have just changed."),
}
"""Each feature that can be switched. To add one: a line here, its addresses in `crm.flags.PLACES`, and
`flags.is_on("its-name")` where something leads there; a migration with its row, for without one it is off.
"""

WORK: Final = {
    "duplicates": "duplicates",
    "export": "exports",
    "follow-ups scheduled": "bulk-changes",
    "import": "imports",
    "import checked": "imports",
    "many rows changed": "bulk-changes",
    "records merged": "duplicates",
}
"""The kinds of jobs that wait while their feature is off for everybody. What takes work back never waits."""

log = structlog.get_logger()


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


def told() -> sa.ScalarSelect[Any]:
    """All rows as one value, for a question that asks for something else as well; `read` takes it."""
    row = FeatureFlag
    parts: list[Any] = []
    for column in (row.is_on, row.roles, row.people, row.percent):
        parts += [sa.literal_column(f"'{column.key}'"), column]
    return sa.select(sa.func.json_object_agg(row.flag, sa.func.json_build_object(*parts))).scalar_subquery()


def read(rows: dict[str, dict[str, Any]] | None) -> dict[str, Switch]:
    """The same as `switches`, of what `told` asks for; without moments."""
    return {name: _read(name, (rows or {}).get(name)) for name in KNOWN}


def _read(name: str, row: dict[str, Any] | None) -> Switch:
    if row is None:
        return Switch(name, is_on=False)
    roles = frozenset(Role(role) for role in row["roles"])
    return Switch(
        name, is_on=row["is_on"], roles=roles, people=frozenset(row["people"]), percent=row["percent"]
    )


def held_work(session: Session | None = None) -> list[str]:
    """The kinds of jobs that wait now: their feature is off for everybody, or nobody can say."""
    session = session or db.session()
    try:
        with session.begin_nested():
            on = set(session.scalars(sa.select(FeatureFlag.flag).where(FeatureFlag.is_on)))
    except SQLAlchemyError:
        log.exception("feature flags cannot be read: work of what can be switched waits")
        on = set()
    return [kind for kind, feature in WORK.items() if feature not in on]


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
