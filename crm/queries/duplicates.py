"""Who in the book might be meant: organizations of a similar name, contacts of an organization with one.

A sibling is told apart from a duplicate: a chain has a branch in every city (schema.md, section 3).
"""

from dataclasses import dataclass

import sqlalchemy as sa

from crm.db import db
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
