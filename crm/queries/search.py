"""One search over the whole book: what is found by its name, products by their numbers as well.

A name that begins with what was typed comes first, then one whose words do, then one that holds them. Where
nothing holds them, one slip is forgiven in a word of four letters or more: a letter too many, too few, wrong
or swapped with the next. Case and accents never matter. Archived records are not found: they stand in the
Trash.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.enums import EngagementLevel, OpportunityStage
from crm.queries.slips import SIGNS, slips

LEAST_LETTERS = 2
"""One letter would find everything."""

MOST_LETTERS, MOST_WORDS = 100, 6

LOOKED_AT = 200
"""Names that hold the words from which the best are chosen: "restaurant" may be in every other name."""


class Kind(StrEnum):
    """What can be found. An organization that is both, principal and distributor, is found as a principal."""

    PRINCIPAL = "principal"
    OPPORTUNITY = "opportunity"
    CONTACT = "contact"
    ORGANIZATION = "organization"
    DISTRIBUTOR = "distributor"
    PRODUCT = "product"


@dataclass(frozen=True)
class Hit:
    """A record that was found or looked at last, with what tells it from others of the same name."""

    kind: Kind
    record_id: int
    title: str
    detail: str
    """Second line: position and organization of a contact, city of an organization, maker of a product ...
    A principal has none; it has the fields below.
    """
    is_near: bool
    """True if it was found only because a slip was forgiven."""
    stage: OpportunityStage | None
    """Of an opportunity."""
    level: EngagementLevel | None
    """Of a principal, like the next three; None with `last_on` None = not contacted yet."""
    last_on: date | None
    """The firm's day of the last touch."""
    days: int | None
    products: int | None


_TABLES: dict[Kind, tuple[str, str, str]] = {
    Kind.PRINCIPAL: ("organizations", "organization_id", "is_principal and"),
    Kind.OPPORTUNITY: ("opportunities", "opportunity_id", ""),
    Kind.CONTACT: ("contacts", "contact_id", ""),
    Kind.ORGANIZATION: ("organizations", "organization_id", "not is_principal and not is_distributor and"),
    Kind.DISTRIBUTOR: ("organizations", "organization_id", "is_distributor and not is_principal and"),
    Kind.PRODUCT: ("products", "product_id", ""),
}
"""Table, key, and which of its rows are of that kind."""

# Every branch may stop at a few rows, and a prepared statement does not know what was typed: left alone,
# PostgreSQL would hope to meet the rows early and now and then read a whole table that holds none.
_CAREFULLY = sa.text(
    "select set_config('plan_cache_mode', 'force_custom_plan', true), "
    "set_config('enable_seqscan', 'off', true), set_config('enable_parallel_append', 'off', true)"
)
_AS_USUAL = sa.text(
    "select set_config('plan_cache_mode', 'auto', true), set_config('enable_seqscan', 'on', true), "
    "set_config('enable_parallel_append', 'on', true)"
)

_EXACT, _BEGINS, _WORDS_BEGIN, _HOLDS, _NEAR = range(5)
"""The places of a hit, best first."""

_TOLD = f"""
select h.kind, h.record_id,
       coalesce(o.name, d.name, btrim(c.first_name || ' ' || c.last_name), p.name) as title,
       case when h.kind = 'principal' then ''
            when d.opportunity_id is not null then concat_ws(' · ', at_d.name, made.names)
            when c.contact_id is not null
                 then concat_ws(' · ', nullif(c.position, ''), at_c.name,
                                case when c.left_on is not null then 'has left' end)
            when p.product_id is not null
                 then concat_ws(' · ', at_p.name, nullif(p.category, ''), nullif(numbers.named, ''))
            else concat_ws(' · ', nullif(o.segment, ''), nullif(o.city, '')) end as detail,
       h.place = {_NEAR} as is_near, d.stage::text as stage, firm_day(seen.last_at) as last_on,
       case when seen.last_at is not null
            then calculate_engagement_level(seen.last_at, cast(:today as date)) end as level,
       case when seen.last_at is not null
            then greatest(cast(:today as date) - firm_day(seen.last_at), 0) end as days, carries.products
  from hits h
  left join organizations o
         on h.kind in ('principal', 'organization', 'distributor') and o.organization_id = h.record_id
  left join opportunities d on h.kind = 'opportunity' and d.opportunity_id = h.record_id
  left join organizations at_d on at_d.organization_id = d.organization_id
  left join lateral (
       select string_agg(m.name, ', ' order by m.name_key) as names
         from opportunity_principals op join organizations m on m.organization_id = op.principal_id
        where op.opportunity_id = d.opportunity_id) made on true
  left join contacts c on h.kind = 'contact' and c.contact_id = h.record_id
  left join organizations at_c on at_c.organization_id = c.organization_id
  left join products p on h.kind = 'product' and p.product_id = h.record_id
  left join organizations at_p on at_p.organization_id = p.principal_id
  left join lateral (
       select concat_ws(' · ',
                case when lower(p.manufacturer_code) like :number then p.manufacturer_code end,
                (select i.item_number || ' at ' || w.name
                   from product_distributors i join organizations w on w.organization_id = i.distributor_id
                  where i.product_id = p.product_id and i.deleted_at is null
                    and lower(i.item_number) like :number
                  order by lower(i.item_number), i.product_distributor_id limit 1)) as named) numbers on true
  left join lateral (
       select max(l.interaction_date) as last_at from interaction_principals l
        where h.kind = 'principal' and l.principal_id = h.record_id and l.counts) seen on true
  left join lateral (
       select count(*) as products from products x
        where x.principal_id = h.record_id and x.deleted_at is null
       having h.kind = 'principal') carries on true
"""
"""What makes hits of the rows `hits`, which have kind, record_id, place and what they are ordered by."""

_RECENT = sa.text(
    """
    with seen as materialized (
        select r.kind::text as record_kind, r.record_id, r.seen_at from recent_items r
         where r.user_id = :user order by r.seen_at desc limit :looked_at),
    hits as (
        select case when s.record_kind <> 'organization' then s.record_kind
                    when w.is_principal then 'principal' when w.is_distributor then 'distributor'
                    else 'organization' end as kind,
               s.record_id, 0 as place, s.seen_at
          from seen s
          left join organizations w on s.record_kind = 'organization' and w.organization_id = s.record_id)
    """
    + _TOLD
    + """
     where h.kind = any (:kinds) and coalesce(o.deleted_at, d.deleted_at, c.deleted_at, p.deleted_at) is null
       and coalesce(o.organization_id, d.opportunity_id, c.contact_id, p.product_id) is not null
     order by h.seen_at desc, h.kind, h.record_id limit :most
    """
)


def find(letters: str, *, kinds: Collection[Kind] = tuple(Kind), each: int, today: date) -> list[Hit]:
    """At most `each` records of each of the kinds that are called, or numbered, like `letters`.

    Kinds come together, the one with the best hit first; within a kind the best comes first. `today` is the
    firm's day, for the levels of principals. Fewer than two letters find nothing.
    """
    phrase = clean(letters)
    words = phrase.split()[:MOST_WORDS]
    if len(phrase) < LEAST_LETTERS or not kinds:
        return []
    told = [word for word in words if any(map(str.isalnum, word))]
    forgiven = [slips(word) for word in told]
    # Where no three letters or digits stand in a row, the index of trigrams has only beginnings to look up.
    has_part = bool(SIGNS.search(phrase))
    values: dict[str, Any] = {
        "phrase": phrase,
        "number": ("%" if has_part else "") + _literally(phrase).lower() + "%",
        "most": each,
        "looked_at": max(LOOKED_AT, each),
        "today": today,
    }
    values |= {f"word{n}": _literally(word) for n, word in enumerate(told)}
    values |= {f"slips{n}": near for n, near in enumerate(forgiven) if near}
    in_order = tuple(kind for kind in Kind if kind in kinds)
    statement = _statement(in_order, tuple(map(bool, forgiven)), has_part=has_part)
    db.session.execute(_CAREFULLY)
    rows = db.session.execute(statement, values).all()
    db.session.execute(_AS_USUAL)
    return [_hit(row) for row in rows]


def recent(user_id: int, *, kinds: Collection[Kind] = tuple(Kind), most: int, today: date) -> list[Hit]:
    """What user `user_id` looked at last, newest first; archived records and other kinds are left out."""
    values = {
        "user": user_id,
        "kinds": [kind.value for kind in kinds],
        "most": most,
        "looked_at": 4 * most,
        "number": "",
        "today": today,
    }
    return [_hit(row) for row in db.session.execute(_RECENT, values)]


def clean(letters: str) -> str:
    """What was typed as it is searched for: no stray blanks and bytes, and no longer than anybody types."""
    return " ".join(letters.replace("\x00", " ").split())[:MOST_LETTERS].strip()


def _hit(row: sa.Row[Any]) -> Hit:
    return Hit(
        kind=Kind(row.kind),
        record_id=row.record_id,
        title=row.title,
        detail=row.detail,
        is_near=row.is_near,
        stage=OpportunityStage(row.stage) if row.stage else None,
        level=EngagementLevel(row.level) if row.level else None,
        last_on=row.last_on,
        days=row.days,
        products=row.products,
    )


def _literally(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@cache
def _statement(kinds: tuple[Kind, ...], forgiven: tuple[bool, ...], *, has_part: bool) -> sa.TextClause:
    """The one statement for these kinds and as many words; `forgiven` says which of them may have a slip."""
    found = " union all ".join(_found(kind, range(len(forgiven)), has_part=has_part) for kind in kinds)
    hits = "select * from found"
    if any(forgiven):
        near = " union all ".join(_near(kind, forgiven) for kind in kinds)
        hits += f" union all select * from ({near}) near where not exists (select from found)"
    order = ", ".join(f"'{kind}'" for kind in kinds)
    return sa.text(
        f"with found as materialized ({found}), hits as ({hits}) {_TOLD} order by "
        f"min(h.place) over (partition by h.kind), array_position(array[{order}], h.kind), "
        "h.place, h.nearness desc, h.name_key, h.record_id"
    )


def _found(kind: Kind, words: Sequence[int], *, has_part: bool) -> str:
    """The best of one kind. A branch is asked only where those before it found too few."""
    branches = [_beginning(kind)]
    if words and kind is Kind.PRODUCT:
        branches.insert(0, _NUMBERED)
    begins = " and ".join(f"({_word_begins(n)})" for n in words)
    holds = " and ".join(_word_held(n) for n in words)
    if words:
        branches.append(_holding(kind, begins, but=_PHRASE_BEGINS, place=_WORDS_BEGIN))
    if words and has_part:
        branches.append(_holding(kind, holds, but=begins, place=_HOLDS))
    union = " union all ".join(f"({branch})" for branch in branches)
    if kind is Kind.PRODUCT:  # its number and its name may both lead to it
        union = f"select distinct on (record_id) * from ({union}) named order by record_id, place"
        union = f"select * from ({union}) once order by place, name_key, record_id"
    return f"(select * from ({union}) {kind} limit :most)"


_PHRASE_BEGINS = "name_key >= fold(:phrase) and name_key < fold(:phrase) || chr(1114111)"


def _word_begins(n: int) -> str:
    return f"name_key like fold(:word{n}) || '%' or name_key like '% ' || fold(:word{n}) || '%'"


def _word_held(n: int) -> str:
    return f"name_key like '%' || fold(:word{n}) || '%'"


def _beginning(kind: Kind) -> str:
    """Names that begin with all that was typed: a range of the index by name, in its order."""
    table, key, which = _TABLES[kind]
    return (
        f"select '{kind}' as kind, {key} as record_id, "
        f"case when rtrim(name_key) = fold(:phrase) then {_EXACT} else {_BEGINS} end as place, "
        f"0::real as nearness, name_key from {table} "
        f"where {which} deleted_at is null and {_PHRASE_BEGINS} order by name_key, {key} limit :most"
    )


def _holding(kind: Kind, condition: str, *, but: str, place: int) -> str:
    """Names that fulfil the condition, which the index of trigrams looks up, and were not found before."""
    table, key, which = _TABLES[kind]
    return (
        f"select '{kind}', {key}, {place}, 0::real, name_key from ("
        f"select {key}, name_key from {table} where {which} deleted_at is null "
        f"and {condition} and not ({but}) limit :looked_at) held order by name_key, {key} limit :most"
    )


# Products with that number, the maker's or a distributor's: the whole of it, its beginning, a part.
_NUMBERED = f"""
    select 'product' as kind, product_id as record_id,
           min(case when number = lower(:phrase) then {_EXACT} when starts_with(number, lower(:phrase))
                    then {_BEGINS} else {_HOLDS} end) as place, 0::real as nearness, name_key
      from ((select product_id, lower(manufacturer_code) as number, deleted_at from products
              where lower(manufacturer_code) like :number order by length(manufacturer_code) limit :looked_at)
            union all
            (select product_id, lower(item_number), deleted_at from product_distributors
              where lower(item_number) like :number order by length(item_number) limit :looked_at)) numbers
      join products using (product_id)
     where numbers.deleted_at is null and products.deleted_at is null
     group by product_id, name_key order by place, name_key, product_id limit :most
"""


def _near(kind: Kind, forgiven: tuple[bool, ...]) -> str:
    """Names that hold every word when a slip in one of them is forgiven, nearest first.

    For each word that may be the one there is a condition of its own, which the index answers as a whole. If
    each could be wrong by itself, all names that are nearly like one word would be looked at one by one.
    """
    table, key, which = _TABLES[kind]
    words = range(len(forgiven))
    condition = " or ".join(
        " and ".join(
            f"name_key like any (cast(:slips{n} as text[]))" if n == wrong else _word_held(n) for n in words
        )
        for wrong in words
        if forgiven[wrong]
    )
    return (
        f"(select '{kind}', {key}, {_NEAR}, word_similarity(fold(:phrase), name_key) as nearness, name_key "
        f"from (select {key}, name_key from {table} where {which} deleted_at is null and ({condition}) "
        f"limit :looked_at) near_{kind} order by nearness desc, name_key, {key} limit :most)"
    )
