"""What a person has at hand: favourites and what they looked at last, with today's names."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crm.db import db
from crm.enums import RecordKind


@dataclass(frozen=True)
class AtHand:
    """One record that a person has at hand; archived ones are left out."""

    kind: RecordKind
    record_id: int
    name: str
    detail: str
    at: datetime
    """When it became a favourite, or was looked at last."""
    is_favorite: bool


_AT_HAND = sa.text(
    """
    with mine as (
        select kind, record_id, created_at as at, true as is_favorite from favorites where user_id = :user
        union all
        (select kind, record_id, seen_at, false from recent_items where user_id = :user
          order by seen_at desc limit :most))
    select mine.kind::text, mine.record_id, named.name, named.detail, mine.at, mine.is_favorite
      from mine cross join lateral (
           select o.name, concat_ws(', ', o.segment, o.city) as detail from organizations o
            where mine.kind = 'organization' and o.organization_id = mine.record_id and o.deleted_at is null
           union all
           select btrim(c.first_name || ' ' || c.last_name), concat_ws(', ', c.position, o.name)
             from contacts c left join organizations o using (organization_id)
            where mine.kind = 'contact' and c.contact_id = mine.record_id and c.deleted_at is null
           union all
           select p.name, o.name
             from products p left join organizations o on o.organization_id = p.principal_id
            where mine.kind = 'product' and p.product_id = mine.record_id and p.deleted_at is null
           union all
           select p.name, concat_ws(', ', o.name, p.stage::text)
             from opportunities p left join organizations o using (organization_id)
            where mine.kind = 'opportunity' and p.opportunity_id = mine.record_id and p.deleted_at is null
           ) named
     order by mine.is_favorite desc, case when mine.is_favorite then named.name end, mine.at desc
    """
)


def at_hand(user_id: int, *, recents: int = 20) -> list[AtHand]:
    """Favourites of a person by name, then what they looked at last, the latest first."""
    rows = db.session.execute(_AT_HAND, {"user": user_id, "most": recents})
    return [AtHand(RecordKind(row[0]), *row[1:]) for row in rows]


_NAMES = {
    RecordKind.ORGANIZATION: "select name from organizations where organization_id = :number",
    RecordKind.CONTACT: (
        "select btrim(first_name || ' ' || last_name) from contacts where contact_id = :number"
    ),
    RecordKind.PRODUCT: "select name from products where product_id = :number",
    RecordKind.OPPORTUNITY: "select name from opportunities where opportunity_id = :number",
    RecordKind.INTERACTION: "select interaction_type::text from interactions where interaction_id = :number",
}


def name_of(kind: RecordKind, record_id: int) -> str:
    """What a record is called. Raises `sqlalchemy.exc.NoResultFound` if there is none of that number."""
    return str(db.session.execute(sa.text(_NAMES[kind]), {"number": record_id}).scalar_one())
