"""Who in the book might be meant: organizations of a similar name, contacts of an organization with one; and
the pairs that the nightly search found.

A sibling is told apart from a duplicate: a chain has a branch in every city (schema.md, section 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from crm.db import db
from crm.enums import RecordKind
from crm.models import Contact, DuplicatePair, Organization
from crm.queries.keys import read_number
from crm.queries.organization_names import bare

LEAST_LETTERS = 3
MOST = 5


@dataclass(frozen=True)
class Similar:
    """An organization whose name is like the one asked for."""

    organization_id: int
    name: str
    city: str
    state: str
    is_principal: bool
    is_distributor: bool
    is_archived: bool
    parent_organization_id: int | None
    is_same_name: bool
    """The names differ in nothing but case, accents, punctuation and legal form."""
    is_elsewhere: bool
    """Both cities are known and differ: a branch rather than a duplicate."""

    @property
    def place(self) -> str:
        return ", ".join(part for part in (self.city, self.state) if part)


@dataclass(frozen=True)
class Namesake:
    """A contact whose name or address is like the one asked for."""

    contact_id: int
    name: str
    position: str
    organization_name: str
    is_archived: bool
    has_left: bool
    is_there: bool
    """They work at the organization that was asked for; else only the mail address is the same."""
    is_same_name: bool
    """There, with the same name but for case and accents."""


_SIMILAR = sa.text(
    """
    select organization_id, name, coalesce(city, ''), coalesce(state, ''), is_principal, is_distributor,
           deleted_at is not null, parent_organization_id
      from organizations
     where (name_key % fold(:bare) and similarity(name_key, fold(:bare)) >= 0.5
            or fold(:bare) <% name_key and word_similarity(fold(:bare), name_key) >= 0.9
            or name_key = fold(:name))
       and organization_id is distinct from :but
       and not exists (select from duplicate_pairs d
             where d.kind = 'organization' and d.rejected_at is not null
               and d.one_id = least(organization_id, :but)
               and d.other_id = greatest(organization_id, :but))
       and not exists (select from merge_log m where m.kind = 'organization' and m.split_at is null
               and m.absorbed_id = organization_id)
     order by name_key = fold(:name) desc, similarity(name_key, fold(:bare)) desc, organization_id
     limit 40
    """
)
_NAMESAKES = sa.text(
    """
    select c.contact_id, btrim(c.first_name || ' ' || c.last_name), coalesce(c.position, ''),
           coalesce(o.name, ''), c.deleted_at is not null, c.left_on is not null,
           c.organization_id is not distinct from :organization as is_there,
           c.organization_id is not distinct from :organization and c.deleted_at is null
               and c.name_key = fold(:name) as is_same_name
      from contacts c left join organizations o using (organization_id)
     where c.contact_id is distinct from :but
       and not exists (select from duplicate_pairs d
             where d.kind = 'contact' and d.rejected_at is not null
               and d.one_id = least(c.contact_id, :but) and d.other_id = greatest(c.contact_id, :but))
       and not exists (select from merge_log m where m.kind = 'contact' and m.split_at is null
               and m.absorbed_id = c.contact_id)
       and ((c.organization_id = :organization and similarity(c.name_key, fold(:name)) >= 0.45)
            or (:email <> '' and lower(c.email) = lower(:email)))
     order by similarity(c.name_key, fold(:name)) desc, c.contact_id
     limit :most
    """
)


def organizations(
    name: str, *, city: str | None, but: int | None = None, at_most: int = MOST
) -> list[Similar]:
    """Organizations with a name like `name`, likeliest first; archived ones are told as well.

    `but` leaves out the organization whose name it is. Fewer than three letters find nothing.
    """
    key = bare(name) if name.strip() else ""
    if len(key) < LEAST_LETTERS:
        return []
    rows = db.session.execute(_SIMILAR, {"name": name, "bare": key, "but": but})
    found = [
        Similar(*row[:8], is_same_name=bare(row.name) == key, is_elsewhere=_differ(city, row[2]))  # type: ignore[misc]
        for row in rows
    ]
    # A stable sort: among the equal the database's order by likeness stays.
    return sorted(found, key=lambda one: (not one.is_same_name, one.is_elsewhere))[:at_most]


def twins(name: str, *, city: str | None) -> list[Similar]:
    """Those of the book with the same bare name that are not known to stand in another city."""
    found = organizations(name, city=city, at_most=40)
    return [one for one in found if one.is_same_name and not one.is_elsewhere]


def contacts(
    name: str, *, organization_id: int | None, email: str | None, but: int | None = None
) -> list[Namesake]:
    """Contacts of that organization with a similar name, and any with the same mail address."""
    rows = db.session.execute(
        _NAMESAKES,
        {"name": name, "organization": organization_id, "email": email or "", "but": but, "most": MOST},
    )
    return [Namesake(*row) for row in rows]


def _differ(one: str | None, other: str) -> bool:
    return bool(one and other) and bare(one or "") != bare(other)


@dataclass(frozen=True)
class Side:
    """One of the two of a pair, as the queue shows it."""

    number: int
    name: str
    about: str
    owners: list[int]


@dataclass(frozen=True)
class Pair:
    """Two records that look like one, and why."""

    kind: RecordKind
    score: int
    evidence: list[str]
    one: Side
    other: Side


class Place(NamedTuple):
    """Where a page of the queue ends."""

    score: int
    one: int
    other: int

    def __str__(self) -> str:
        return "~".join(map(str, self))

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """The place that `text` names, or None if it is none."""
        parts = [read_number(part) for part in text.split("~")]
        numbers = [part for part in parts if part is not None]
        return cls(*numbers) if len(parts) == 3 == len(numbers) and numbers[0] <= 100 else None


_SIDES = {
    RecordKind.ORGANIZATION: (
        "select organization_id as number, name, concat_ws(', ', address_line1, city, state) as about,"
        " array_remove(array[owner_id, second_owner_id], null) as owners, deleted_at from organizations"
    ),
    RecordKind.CONTACT: (
        "select contact_id as number, btrim(first_name || ' ' || last_name) as name,"
        " concat_ws(', ', position, (select o.name from organizations o"
        "   where o.organization_id = c.organization_id), email) as about,"
        " array_remove(array[owner_id], null) as owners, deleted_at from contacts c"
    ),
}


def waiting(
    kind: RecordKind, *, after: Place | None = None, at_most: int = 30
) -> tuple[list[Pair], Place | None]:
    """Pairs that nobody decided yet, the likeliest first, and where the next page begins (None = nowhere)."""
    later = "and (-d.score, d.one_id, d.other_id) > (:score, :one, :other)" if after else ""
    rows = db.session.execute(
        sa.text(
            "select d.score, d.evidence, one.number as one_id, one.name as one_name, one.about as one_about,"
            " one.owners as one_owners, other.number as other_id, other.name as other_name,"
            " other.about as other_about, other.owners as other_owners"
            f" from duplicate_pairs d join ({_SIDES[kind]}) one on one.number = d.one_id"
            f" join ({_SIDES[kind]}) other on other.number = d.other_id"
            f" where d.kind = '{kind.value}' and d.rejected_at is null"
            f" and one.deleted_at is null and other.deleted_at is null {later}"
            " order by -d.score, d.one_id, d.other_id limit :most"
        ),
        {"most": at_most + 1}
        | ({"score": -after.score, "one": after.one, "other": after.other} if after else {}),
    ).all()
    pairs = [
        Pair(
            kind,
            row.score,
            row.evidence,
            Side(row.one_id, row.one_name, row.one_about, row.one_owners),
            Side(row.other_id, row.other_name, row.other_about, row.other_owners),
        )
        for row in rows[:at_most]
    ]
    is_more = len(rows) > at_most
    last = pairs[-1] if is_more else None
    return pairs, Place(last.score, last.one.number, last.other.number) if last else None


def counts() -> dict[RecordKind, int]:
    """How many pairs of each kind wait, at most 1,000 of each."""
    parts = " union all ".join(
        f"(select '{kind.value}' as kind, count(*) from (select from duplicate_pairs"
        f" where kind = '{kind.value}' and rejected_at is null limit 1000) x)"
        for kind in _SIDES
    )
    return {RecordKind(kind): n for kind, n in db.session.execute(sa.text(parts))}


def is_told_apart(kind: RecordKind, one: int, other: int) -> bool:
    """Whether somebody said that these two are not the same."""
    found = db.session.scalar(
        sa.select(DuplicatePair.rejected_at).where(
            DuplicatePair.kind == kind,
            DuplicatePair.one_id == min(one, other),
            DuplicatePair.other_id == max(one, other),
        )
    )
    return found is not None


# ---- what the nightly search looks at ----

_KEYS = {RecordKind.ORGANIZATION: Organization.organization_id, RecordKind.CONTACT: Contact.contact_id}


def changed(kind: RecordKind, *, since: datetime | None, after: int, at_most: int) -> list[int]:
    """The next records of a kind that changed since a moment (None = all), by their numbers."""
    key = _KEYS[kind]
    query = sa.select(key).where(key > after, key.class_.deleted_at.is_(None)).order_by(key).limit(at_most)
    if since is not None:
        query = query.where(key.class_.updated_at >= since)
    return list(db.session.scalars(query))


def archived(kind: RecordKind) -> "sa.Select[Any]":
    """The numbers of the archived records of a kind."""
    return sa.select(_KEYS[kind]).where(_KEYS[kind].class_.deleted_at.is_not(None))


_DIGITS = "right(regexp_replace(split_part(coalesce({}, ''), 'x', 1), '\\D', '', 'g'), 10)"
_PHONES = {
    "organizations": ("phone", "second_phone"),
    "contacts": ("phone", "mobile_phone", "other_phone"),
}
MOST_SHARING: Final = 5
"""A number or mailbox that more share is a switchboard's, and tells nothing."""

ONE_STATEMENT: Final = 40
"""Organizations of one statement: one without a city may take a fifth of a second among 100,000."""

_FIRMS_LIKE = sa.text(
    """
    with asked as materialized (
        select organization_id, name_key, coalesce(fold(city), '') as city
          from organizations where organization_id = any (:some)
    ), near as (
        select s.organization_id as one, o.organization_id as other,
               similarity(o.name_key, s.name_key) as alike
          from asked s join organizations o on fold(o.city) = s.city and o.deleted_at is null
         where s.city <> ''
        union all
        select s.organization_id, o.organization_id, similarity(o.name_key, s.name_key)
          from asked s join organizations o on o.name_key % s.name_key and o.deleted_at is null
         where s.city = ''
        union all
        select s.organization_id, o.organization_id, similarity(o.name_key, s.name_key)
          from asked s join organizations o on o.name_key % s.name_key and o.deleted_at is null
         where s.city <> '' and coalesce(o.city, '') = '' and not :is_whole
           and exists (select from organizations where coalesce(city, '') = '' and deleted_at is null)
    ), ranked as (
        select one, other, row_number() over (partition by one order by alike desc, other) as place
          from near where alike >= 0.5 and one <> other
    )
    select one, other from ranked where place <= 20
    """
)
_ALIKE = sa.text("select set_config('pg_trgm.similarity_threshold', '0.5', true)")
_FACES_LIKE = sa.text(
    """
    select s.contact_id, c.contact_id
      from contacts s join contacts c on c.organization_id = s.organization_id
     where s.contact_id = any (:some) and c.contact_id <> s.contact_id and c.deleted_at is null
       and similarity(c.name_key, s.name_key) >= 0.4
    """
)


def firms_like(some: Sequence[int], *, is_whole: bool = False) -> list[tuple[int, int]]:
    """Organizations that could be one with one of these by their name. Those of a city are held against the
    others there and those without one against all, for an index finds a name among 100,000 only slowly.

    `is_whole` says that all of the book are asked for, some by some: a pair is then found from one side.
    """
    db.session.execute(_ALIKE)
    asked = [list(some[start : start + ONE_STATEMENT]) for start in range(0, len(some), ONE_STATEMENT)]
    return [
        (row[0], row[1])
        for few in asked
        for row in db.session.execute(_FIRMS_LIKE, {"some": few, "is_whole": is_whole})
    ]


def faces_like(some: Sequence[int]) -> list[tuple[int, int]]:
    """Contacts that could be one with one of these by their name there."""
    rows = db.session.execute(_FACES_LIKE, {"some": list(some)})
    return [(row[0], row[1]) for row in rows]


def sharing(kind: RecordKind) -> dict[int, list[int]]:
    """With which others a record shares a number or a mailbox that few share. One look at all of the book,
    which takes no longer than one for some of them.
    """
    key = _KEYS[kind].key
    table = f"{kind.value}s"
    signs = " union all ".join(
        [
            *(f"select {key} as k, {_DIGITS.format(column)} as sign from live" for column in _PHONES[table]),
            f"select {key}, lower(btrim(coalesce(email, ''))) from live",
        ]
    )
    rows = db.session.execute(
        sa.text(
            f"with live as (select * from {table} where deleted_at is null),"
            f" signs as materialized (select distinct k, sign from ({signs}) s where length(sign) >= 7),"
            " telling as (select sign from signs group by sign"
            f"   having count(*) between 2 and {MOST_SHARING})"
            " select a.k, b.k from telling join signs a using (sign) join signs b using (sign)"
            " where a.k <> b.k"
        )
    )
    found: dict[int, list[int]] = {}
    for one, other in rows:
        found.setdefault(one, []).append(other)
    return found


def firms(some: Sequence[int]) -> Sequence[sa.Row[Any]]:
    """What tells organizations apart, in the order of `services.likeness.Firm`."""
    return db.session.execute(
        sa.text(
            "select organization_id as number, name, parent_organization_id,"
            " array_remove(array[phone, second_phone], null), coalesce(email, ''), coalesce(website, ''),"
            " coalesce(address_line1, ''), coalesce(city, ''), coalesce(state, '')"
            " from organizations where organization_id = any (:some) and deleted_at is null"
        ),
        {"some": list(some)},
    ).all()


def faces(some: Sequence[int]) -> Sequence[sa.Row[Any]]:
    """What tells contacts apart, in the order of `services.likeness.Face`."""
    return db.session.execute(
        sa.text(
            "select contact_id as number, btrim(first_name || ' ' || last_name), organization_id,"
            " array_remove(array[phone, mobile_phone, other_phone], null), coalesce(email, '')"
            " from contacts where contact_id = any (:some) and deleted_at is null"
        ),
        {"some": list(some)},
    ).all()
