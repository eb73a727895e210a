"""The people who have a word about a principal: how each speaks of it, and how that was before."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.enums import AdvocacyStatus
from crm.queries.promises import Named, named

MOST = 200


@dataclass(frozen=True)
class Stance:
    """How somebody spoke of a principal for a time; `until_on` None = they still do."""

    status: AdvocacyStatus
    since_on: date
    until_on: date | None
    note: str | None


@dataclass(frozen=True)
class Voice:
    """A contact, how they speak of the principal now, and before that, the latest first."""

    contact_id: int
    name: str
    position: str | None
    organization: Named | None
    now: Stance
    before: list[Stance]
    last_on: date | None
    """The firm's day of the last touch with them that counted for the principal."""


_VOICES = sa.text(
    """
    select c.contact_id, btrim(c.first_name || ' ' || c.last_name) as name, c.position,
           o.organization_id, o.name as organization, a.status::text, a.since_on, a.note,
           count(*) over () as total,
           (select json_agg(json_build_array(b.status, b.since_on, b.until_on, b.note)
                            order by b.since_on desc, b.contact_advocacy_id desc)
              from contact_advocacies b
             where b.contact_id = c.contact_id and b.principal_id = a.principal_id
               and b.until_on is not null and b.deleted_at is null) as before,
           (select firm_day(max(i.interaction_date))
              from interactions i
              -- One by one: what was said with a person is little beside all that was said about a principal.
              join lateral (select from interaction_principals ip
                             where ip.interaction_id = i.interaction_id and ip.principal_id = a.principal_id
                               and ip.counts
                            offset 0) as about on true
             where i.contact_id = c.contact_id) as last_on
      from contact_advocacies a
      join contacts c using (contact_id)
      left join organizations o on o.organization_id = c.organization_id
     where a.principal_id = :principal and a.until_on is null and a.deleted_at is null
       and c.deleted_at is null
     order by a.status, c.name_key, c.contact_id
     limit :most
    """
)


def of(principal_id: int, *, at_most: int = MOST) -> tuple[list[Voice], int]:
    """Champions first, blockers last, by name; and how many there are."""
    rows = db.session.execute(_VOICES, {"principal": principal_id, "most": at_most}).all()
    return [_voice(row) for row in rows], rows[0].total if rows else 0


def _voice(row: sa.Row[Any]) -> Voice:
    return Voice(
        row.contact_id,
        row.name,
        row.position,
        named(row.organization_id, row.organization),
        Stance(AdvocacyStatus(row.status), row.since_on, None, row.note),
        [
            Stance(AdvocacyStatus(status), date.fromisoformat(since), date.fromisoformat(until), note)
            for status, since, until, note in row.before or ()
        ],
        row.last_on,
    )
