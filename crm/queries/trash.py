"""What was archived and can be restored, the latest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from crm.db import db
from crm.enums import Archivable
from crm.queries.keys import read_moment, read_number

PAGE = 50


@dataclass(frozen=True)
class Archived:
    """One archived record. `owners` are the users of whom one, or their manager, may restore it."""

    kind: Archivable
    record_id: int
    name: str
    at: datetime | None
    """When it was archived; None = it is in the book."""
    owners: list[int]


class Key(NamedTuple):
    """Where a page ends and the next begins. Written `2026-11-06T15:00:00+00:00~204`."""

    at: datetime
    record_id: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.record_id}"

    @classmethod
    def parse(cls, text: str) -> "Key | None":
        """The key that `text` names, or None if it is none."""
        moment, _, number = text.partition("~")
        at, record_id = read_moment(moment), read_number(number)
        return cls(at, record_id) if at and record_id is not None else None


_OWNED = "array_remove(array[r.owner_id, r.{other}], null)"
_STANDS = (
    "not exists (select from merge_log m where m.kind = '{kind}' and m.absorbed_id = {key}"
    " and m.split_at is null)"
)
"""What was merged into another record is a part of that one: it comes back by undoing the merge."""
_SOURCES = {
    Archivable.ORGANIZATION: (
        f"select r.organization_id as id, r.name, {_OWNED.format(other='second_owner_id')} as owners,"
        " r.deleted_at from organizations r"
        f" where {_STANDS.format(kind='organization', key='r.organization_id')}"
    ),
    Archivable.CONTACT: (
        "select r.contact_id as id, btrim(r.first_name || ' ' || r.last_name) as name,"
        " array_remove(array[r.owner_id], null) as owners, r.deleted_at from contacts r"
        f" where {_STANDS.format(kind='contact', key='r.contact_id')}"
    ),
    Archivable.PRODUCT: (
        f"select p.product_id as id, p.name, {_OWNED.format(other='second_owner_id')} as owners, p.deleted_at"
        " from products p left join organizations r on r.organization_id = p.principal_id"
    ),
    Archivable.OPPORTUNITY: (
        f"select r.opportunity_id as id, r.name, {_OWNED.format(other='second_owner_id')} as owners,"
        " r.deleted_at from opportunities r"
    ),
    Archivable.INTERACTION: (
        "select r.interaction_id as id, concat_ws(': ', r.interaction_type::text,"
        " coalesce(r.subject, r.follow_up_note, left(r.notes, 60))) as name,"
        f" {_OWNED.format(other='author_id')} as owners, r.deleted_at from interactions r"
    ),
    Archivable.SAMPLE: (
        "select s.sample_id as id, p.name || ' for ' || r.name as name,"
        f" {_OWNED.format(other='second_owner_id')} as owners, s.deleted_at from samples s"
        " join products p on p.product_id = s.product_id"
        " join opportunities r on r.opportunity_id = s.opportunity_id"
    ),
}


def page(
    *, kind: Archivable | None = None, before: Key | None = None, limit: int = PAGE
) -> tuple[list[Archived], Key | None]:
    """One page of what is archived, of one kind or of all, and where the next begins (None = nowhere)."""
    kinds = [kind] if kind else list(_SOURCES)
    earlier = "and (s.deleted_at, s.id) < (:at, :number)" if before else ""
    parts = [
        f"(select '{one.value}' as kind, s.* from ({_SOURCES[one]}) s"
        f" where s.deleted_at is not null {earlier} order by s.deleted_at desc, s.id desc limit :most)"
        for one in kinds
    ]
    both = " union all ".join(parts)
    query = f"select t.* from ({both}) t order by t.deleted_at desc, t.id desc limit :most"
    bound = {"most": limit + 1} | ({"at": before.at, "number": before.record_id} if before else {})
    rows = db.session.execute(sa.text(query), bound).all()
    found = [Archived(Archivable(row.kind), row.id, row.name, row.deleted_at, row.owners) for row in rows]
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], Key(last.at, last.record_id) if last and last.at else None


def get(kind: Archivable, record_id: int) -> Archived:
    """One record, archived or not. Raises `sqlalchemy.exc.NoResultFound` if there is none of that number."""
    query = f"select s.* from ({_SOURCES[kind]}) s where s.id = :number"
    row = db.session.execute(sa.text(query), {"number": record_id}).one()
    return Archived(kind, row.id, row.name, row.deleted_at, row.owners)
