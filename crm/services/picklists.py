"""Keeping the firm's lists of words. Rows hold the word itself, and saved views ask for it: who renames one,
or merges it into another, does so on them, too.

Both are a row of `jobs`, done as it is written: its result holds what each row was, for an undo that leaves
alone whatever was edited since.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from crm.db import db
from crm.enums import JobState, Picklist
from crm.errors import Refused
from crm.models import Job, PicklistValue
from crm.queries.picklists import HOLDERS, Holder, Kept, beside, find, kept, takers
from crm.services import records

KIND = "word changed"
UNDO_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Changed:
    """What became of a word: the job that can be undone, and how many rows had it."""

    job_id: int
    rows: int


@dataclass(frozen=True)
class Returned:
    """What an undo did: the word, rows that have it again, and rows that stay because they were edited."""

    picklist: Picklist
    value: str
    returned: int
    left: int


def add(picklist: Picklist, value: str, *, under: str | None = None) -> PicklistValue:
    """Offer a word at the end of its list.

    Raises `sqlalchemy.exc.IntegrityError` (uq_picklist_values_value) for one that stands there already.
    """
    last = sa.select(sa.func.coalesce(sa.func.max(PicklistValue.place), -1)).where(
        PicklistValue.picklist == picklist
    )
    word = PicklistValue(
        picklist=picklist, value=value, under=under, place=db.session.execute(last).scalar_one() + 1
    )
    db.session.add(word)
    db.session.flush()
    return word


def rename(known: Kept, picklist: Picklist, *, to: str, by: int, now: datetime) -> Changed:
    """Call a word otherwise, in its list and on every row that holds it, archived ones too.

    Raises `Refused` for a name that rows have already, `sqlalchemy.exc.IntegrityError`
    (uq_picklist_values_value) for one that stands in the list.
    """
    if to != known.value and find(picklist, to) is not None:
        raise Refused("This word is there already. Merge the two instead.", field="value")
    was = _state(known.word)
    if known.word is not None:
        known.word.value = to
        db.session.flush()
    return _replace(known, picklist, to, f"{known.value} renamed {to}", was=was, by=by, now=now)


def merge(known: Kept, picklist: Picklist, *, into: str, by: int, now: datetime) -> Changed:
    """Give every row that holds a word another one of its list instead, and offer the first no more.

    Raises `Refused` for another one that it cannot be merged into.
    """
    if into not in takers(known, kept(picklist)):
        raise Refused("Choose one of the list.", field="into")
    was = _state(known.word)
    if known.word is not None:
        records.archive(known.word, now=now)
    return _replace(known, picklist, into, f"{known.value} merged into {into}", was=was, by=by, now=now)


def put_back(job_id: int, *, by: int, now: datetime) -> Returned:
    """Give the rows of a renaming or a merging their old word again, but for those that were edited since.

    Raises `sqlalchemy.exc.NoResultFound` if `by` did no such thing, `Refused` after a day or if there is
    nothing left to do, `sqlalchemy.exc.IntegrityError` (uq_picklist_values_value) if the word is there anew.
    """
    job = db.session.execute(
        sa.select(Job).where(Job.job_id == job_id, Job.kind == KIND, Job.requested_by == by)
    ).scalar_one()
    result = job.result or {}
    if job.finished_at is None or now - job.finished_at > UNDO_FOR:
        raise Refused("This was more than a day ago. Change it back by hand.")
    picklist, value = Picklist(result["picklist"]), result["value"]
    rows = sum(_write(holder, result["held"][holder.table.name]) for holder in HOLDERS[picklist])
    for holder in HOLDERS[picklist]:
        among = result.get("views", {}).get(holder.table.name)
        if among:
            _ask(holder, result["became"], value, among=among)
    is_back = _restate(result["word"])
    if not rows and not is_back:
        raise Refused("This was edited since, or taken back already. It stays as it is.")
    return Returned(picklist, value, rows, result["records"] - rows)


def move(word: PicklistValue, *, is_up: bool) -> bool:
    """Put a word one place up or down among those offered with it; False if it is there already."""
    order = beside(records.take(word))
    if word not in order:
        return False
    place = order.index(word)
    to = place + (-1 if is_up else 1)
    if not 0 <= to < len(order):
        return False
    order[place], order[to] = order[to], order[place]
    for number, other in enumerate(order):
        if other.place != number:
            other.place = number
    db.session.flush()
    return True


def restore(word: PicklistValue) -> PicklistValue:
    """Offer an archived word again."""
    word.deleted_at = None
    db.session.flush()
    return word


def remove(word: PicklistValue) -> None:
    """Take a word out of its list for good.

    Raises `sqlalchemy.exc.IntegrityError` (rs_picklist_values_used) while any row has it.
    """
    db.session.delete(word)
    db.session.flush()


def _replace(
    known: Kept,
    picklist: Picklist,
    to: str,
    title: str,
    *,
    was: dict[str, Any] | None,
    by: int,
    now: datetime,
) -> Changed:
    """Write the new word over the old one on every row, and what that takes to undo."""
    held = {holder.table.name: _take(holder, known.value, to) for holder in HOLDERS[picklist]}
    n = sum(len(rows) for rows in held.values())
    views = {holder.table.name: _ask(holder, known.value, to) for holder in HOLDERS[picklist]}
    word = known.word and [known.word.picklist_value_id, known.word.version, was]
    job = Job(
        kind=KIND, run_key=str(uuid4()), state=JobState.DONE, requested_by=by, finished_at=now,
        asked={"title": title},
        result={
            "picklist": picklist.value, "value": known.value, "became": to, "records": n, "held": held,
            "views": views, "word": word,
        },
    )  # fmt: skip
    db.session.add(job)
    db.session.flush()
    db.session.expire_all()
    return Changed(job.job_id, n)


def _take(holder: Holder, was: str, to: str) -> list[list[Any]]:
    """Change the rows of one holder; each as its key, the version it has now, and what it held."""
    if was == to:
        return []
    table, column = holder.table, holder.table.c[holder.column.key]
    keys = list(table.primary_key)
    before = sa.select(*keys, column.label("was")).where(holder.holds(was)).with_for_update().cte("before")
    new: Any = to
    if holder.is_array:
        has_both = column.op("@>", is_comparison=True)(sa.cast([to], sa.ARRAY(sa.Text)))
        new = sa.case(
            (has_both, sa.func.array_remove(column, was)), else_=sa.func.array_replace(column, was, to)
        )
    rows = db.session.execute(
        sa.update(table)
        .where(*(key == before.c[key.name] for key in keys))
        .values({column.name: new})
        .returning(*keys, table.c.version, before.c.was)
    )
    return [list(row) for row in rows]


def _ask(holder: Holder, was: str, to: str, *, among: list[int] | None = None) -> list[int]:
    """Let everybody's saved views of the holder's list that ask for one word ask for another; their keys."""
    if was == to:
        return []
    words = (urlencode({holder.filter_name: word}) for word in (was, to))
    keys = None if among is None else sa.cast(among, sa.ARRAY(sa.BigInteger))
    changed = sa.func.rename_in_saved_views(holder.list_name, *words, keys).column_valued("saved_view_id")
    return list(db.session.scalars(sa.select(changed)))


def _write(holder: Holder, rows: list[list[Any]]) -> int:
    """Give the rows that `_take` changed what they held, if they have the same version still."""
    table, column = holder.table, holder.table.c[holder.column.key]
    keys = list(table.primary_key)
    row = sa.func.jsonb_array_elements(sa.cast(rows, JSONB), type_=JSONB).column_valued("old_row")
    was: Any = row[len(keys) + 1]
    if holder.is_array:
        each = (
            sa.func.jsonb_array_elements_text(was)
            .table_valued("value", with_ordinality="place")
            .render_derived()
        )
        was = sa.func.array(sa.select(each.c.value).order_by(each.c.place).scalar_subquery())
    else:
        was = was.as_string()
    written: Any = db.session.execute(
        sa.update(table)
        .where(
            *(key == sa.cast(row[place].as_string(), sa.BigInteger) for place, key in enumerate(keys)),
            table.c.version == sa.cast(row[len(keys)].as_string(), sa.Integer),
        )
        .values({column.name: was})
    )
    db.session.expire_all()
    return int(written.rowcount)


def _state(word: PicklistValue | None) -> dict[str, Any] | None:
    """What a renaming or a merging may change of a word."""
    if word is None:
        return None
    gone = word.deleted_at
    return {"value": word.value, "deleted_at": gone and gone.isoformat()}


def _restate(changed: list[Any] | None) -> bool:
    """Make a word what `_state` told, if nobody changed it since; whether that was so."""
    word = db.session.get(PicklistValue, changed[0]) if changed else None
    if changed is None or word is None or records.take(word).version != changed[1]:
        return False
    gone = changed[2]["deleted_at"]
    word.value, word.deleted_at = changed[2]["value"], gone and datetime.fromisoformat(gone)
    db.session.flush()
    return True
