"""Changing many rows of a list at once, and taking that back.

A change is a row of `jobs`, done as it is written: its result holds what each row was, for an undo that
leaves alone whatever was edited since.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from crm import clock
from crm.db import db
from crm.enums import JobState, Priority
from crm.errors import Refused
from crm.models import Job
from crm.queries.lists import LISTS, Listing

KIND = "rows changed"
MOST = 500
"""Rows that are changed in one request (rulings, Web)."""
UNDO_FOR = timedelta(hours=24)
MOST_TAGS = 30
"""Tags on one row; more say nothing."""

MayChange = Callable[[Collection[int | None]], bool]
"""Whether the person may change a row with these owners."""


@dataclass(frozen=True)
class Setting:
    """One column of every row, and its new value from the old one. Equal means there is nothing to
    change. `kept` is the same as JSON keeps it, for `read`.
    """

    column: str
    new: Callable[[Any], Any]
    kept: dict[str, Any]


@dataclass(frozen=True)
class Changed:
    """What a change did. `same` rows had it already, `others` are not this person's to change, `gone` are
    archived. `job_id` is None if no row was changed.
    """

    job_id: int | None
    changed: int
    same: int
    others: int
    gone: int


@dataclass(frozen=True)
class Returned:
    """What an undo did: rows that are as they were, and rows that stay because they were edited since."""

    list_name: str
    returned: int
    left: int


def hand_over(*, to: int | None, takers: Collection[int]) -> Setting:
    """Give the rows to this user, one of `takers`, or to nobody. Raises `Refused` for anybody else."""
    if to is not None and to not in takers:
        raise Refused("Choose somebody of your team; an admin can hand over to everybody.", field="owner")
    return Setting("owner_id", lambda _: to, {"do": "owner", "to": to})


def tag(tags: Sequence[str]) -> Setting:
    """Put tags on the rows. Raises `Refused` from the first row that would have more than `MOST_TAGS`."""

    def new(old: list[str]) -> list[str]:
        known = {tag.casefold() for tag in old}
        together = [*old, *(tag for tag in tags if tag.casefold() not in known)]
        if len(together) > MOST_TAGS:
            raise Refused(
                f"One of them would have more than {MOST_TAGS} tags. Take some off first.", field="tags"
            )
        return together

    return Setting("tags", new, {"do": "tag", "tags": list(tags)})


def untag(tags: Sequence[str]) -> Setting:
    """Take tags off the rows, however they are capitalized."""
    off = {tag.casefold() for tag in tags}
    kept = {"do": "untag", "tags": list(tags)}
    return Setting("tags", lambda old: [tag for tag in old if tag.casefold() not in off], kept)


def rank(priority: Any) -> Setting:
    """Say how much the rows matter; None = nobody has said."""
    return Setting("priority", lambda _: priority, {"do": "rank", "priority": plain(priority)})


def focus(is_in: bool, *, today: date) -> Setting:
    """Put the rows in the focus of the week in which `today`, a day of the firm, lies; or take them out."""
    monday = clock.week_of(today) if is_in else None
    kept = {"do": "focus", "is_in": is_in, "today": today.isoformat()}
    return Setting("weekly_focus_on", lambda _: monday, kept)


def archive(*, now: datetime) -> Setting:
    """Archive the rows; they leave every list and stay in the Trash."""
    return Setting("deleted_at", lambda _: now, {"do": "archive", "now": now.isoformat()})


def read(kept: Mapping[str, Any]) -> Setting:
    """The setting that `kept` keeps; who may be given rows was looked at when it was made."""
    settings: dict[str, Callable[[], Setting]] = {
        "owner": lambda: hand_over(to=kept["to"], takers={kept["to"]}),
        "tag": lambda: tag(kept["tags"]),
        "untag": lambda: untag(kept["tags"]),
        "rank": lambda: rank(kept["priority"] and Priority(kept["priority"])),
        "focus": lambda: focus(kept["is_in"], today=date.fromisoformat(kept["today"])),
        "archive": lambda: archive(now=datetime.fromisoformat(kept["now"])),
    }
    return settings[kept["do"]]()


CHANGES: Mapping[str, str] = {
    "owner": "Change owner",
    "tags": "Tags",
    "priority": "Priority",
    "focus": "Weekly focus",
    "archive": "Archive",
}
"""What can be done with many rows, by the names that lists declare, and what people call it."""


def change(
    listing: Listing,
    numbers: Sequence[int],
    setting: Setting,
    *,
    by: int,
    may_change: MayChange,
    now: datetime,
) -> Changed:
    """Change one column of the rows with these keys; those that `may_change` denies stay as they are.

    Raises `Refused` for more than `MOST` rows, and if none of them may be changed.
    """
    if len(numbers) > MOST:
        raise Refused(f"At most {MOST} are changed in one go. Narrow the list and do it in parts.")
    known = owners_of(listing, numbers)
    allowed = [number for number, owners in known.items() if may_change(owners)]
    if known and not allowed:
        raise Refused("These are colleagues' rows: their owners, a manager or an admin can change them.")
    ours = locked(listing, allowed, setting)
    new = [(row, setting.new(row.was)) for row in ours]
    changing = [(row, value) for row, value in new if value != row.was]
    tally = {
        "same": len(ours) - len(changing),
        "others": len(known) - len(ours),
        "gone": len(numbers) - len(known),
    }
    if not changing:
        return Changed(None, 0, **tally)
    versions = write(listing, setting.column, [(row.number, row.version, value) for row, value in changing])
    before = [[row.number, versions[row.number], plain(row.was)] for row, _ in changing]
    job = Job(
        kind=KIND, run_key=str(uuid4()), state=JobState.DONE, requested_by=by, finished_at=now,
        result={"list": listing.name, "column": setting.column, "before": before},
    )  # fmt: skip
    db.session.add(job)
    db.session.flush()
    return Changed(job.job_id, len(changing), **tally)


def put_back(job_id: int, *, by: int, now: datetime) -> Returned:
    """Give the rows of a change their old values again, but for those that were edited since.

    Raises `sqlalchemy.exc.NoResultFound` if `by` made no such change, `Refused` after a day or if none is
    left.
    """
    job = db.session.execute(
        sa.select(Job).where(Job.job_id == job_id, Job.kind == KIND, Job.requested_by == by)
    ).scalar_one()
    result = job.result or {}
    if job.finished_at is None or now - job.finished_at > UNDO_FOR:
        raise Refused("This was more than a day ago. Change them one by one.")
    listing, column = LISTS[result["list"]], result["column"]
    kind = listing.model.__table__.c[column].type
    returned = write(
        listing, column, [(number, version, typed(was, kind)) for number, version, was in result["before"]]
    )
    if not returned:
        raise Refused("These were edited since, or taken back already. They stay as they are.")
    return Returned(listing.name, len(returned), len(result["before"]) - len(returned))


@dataclass(frozen=True)
class _Row:
    number: int
    version: int
    was: Any


def owners_of(listing: Listing, numbers: Sequence[int]) -> dict[int, tuple[int | None, ...]]:
    """Who owns the rows with these keys; archived ones are left out."""
    query = sa.select(listing.key, *listing.owners).where(listing.key.in_(numbers), listing.scope)
    return {row[0]: tuple(row[1:]) for row in db.session.execute(query)}


def locked(listing: Listing, numbers: Sequence[int], setting: Setting) -> list[_Row]:
    """The rows as they are now, held until the end of the transaction; none that this person may not
    change.
    """
    table = listing.model.__table__
    query = (
        sa.select(listing.key, table.c.version, table.c[setting.column])
        .where(listing.key.in_(numbers), listing.scope)
        .order_by(listing.key)
        .with_for_update()
    )
    return [_Row(*row) for row in db.session.execute(query)]


def write(listing: Listing, column: str, rows: Sequence[tuple[int, int, Any]]) -> dict[int, int]:
    """Give each row (key, version, value) its value if it still has that version; the new versions by
    key.
    """
    model, table = listing.model, listing.model.__table__
    values = sa.values(
        sa.column("number", sa.BigInteger),
        sa.column("seen", sa.Integer),
        sa.column("value", table.c[column].type),
        name="new",
    ).data(list(rows))
    written = db.session.execute(
        sa.update(model)
        .where(listing.key == values.c.number, table.c.version == values.c.seen)
        .values({column: sa.cast(values.c.value, table.c[column].type), "version": table.c.version + 1})
        .returning(listing.key, table.c.version)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.expire_all()
    return {row[0]: row[1] for row in written}


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def typed(value: Any, kind: sa.types.TypeEngine[Any]) -> Any:
    """What `plain` made of a value of this type, as it was."""
    if value is None:
        return None
    if isinstance(kind, sa.DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, sa.Date):
        return date.fromisoformat(value)
    return kind.enum_class(value) if isinstance(kind, sa.Enum) and kind.enum_class else value
