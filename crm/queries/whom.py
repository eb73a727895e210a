"""Whom an interaction was with: finding contacts, organizations and opportunities by a few letters.

A subject is written `kind:id`: `contact:204`, `organization:7`, `principal:7` (an organization whose food we
represent) or `opportunity:31`.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from crm.db import db
from crm.models import Contact, Opportunity, Organization

LEAST_LETTERS = 3
MOST_PER_KIND = 6

type_of = {
    "contact": Contact,
    "organization": Organization,
    "principal": Organization,
    "opportunity": Opportunity,
}


@dataclass(frozen=True)
class Subject:
    """Somebody or something to log an interaction on, with what tells it from others of the same name."""

    kind: str
    subject_id: int
    title: str
    detail: str
    organization_id: int | None
    """The organization it belongs to, itself included."""
    organization_name: str | None
    is_at_principal: bool
    """True if that organization is a principal: its own people count for it only when it is named."""

    @property
    def value(self) -> str:
        return f"{self.kind}:{self.subject_id}"


_CONTACTS = sa.text(
    """
    select 'contact' as kind, c.contact_id as subject_id, btrim(c.first_name || ' ' || c.last_name) as title,
           concat_ws(' · ', c.position, o.name) as detail, c.organization_id, o.name as organization_name,
           coalesce(o.is_principal, false) as is_at_principal, c.name_key
      from contacts c left join organizations o using (organization_id)
     where c.deleted_at is null
    """
)
_ORGANIZATIONS = sa.text(
    """
    select case when o.is_principal then 'principal' else 'organization' end as kind, o.organization_id,
           o.name, concat_ws(' · ', case when o.is_principal then 'Principal' else o.segment end, o.city),
           o.organization_id, o.name, o.is_principal, o.name_key
      from organizations o
     where o.deleted_at is null
    """
)
_OPPORTUNITIES = sa.text(
    """
    select 'opportunity' as kind, p.opportunity_id, p.name, concat_ws(' · ', o.name, p.stage::text),
           p.organization_id, o.name, coalesce(o.is_principal, false), p.name_key
      from opportunities p left join organizations o using (organization_id)
     where p.deleted_at is null
    """
)
_COLUMNS = (
    "kind", "subject_id", "title", "detail", "organization_id", "organization_name", "is_at_principal",
)  # fmt: skip


def _ranked(source: sa.TextClause, alias: str) -> str:
    """The best few of one kind: names that begin with the letters, then words that do, then the rest."""
    key = f"{alias}.name_key"
    return (
        f"({source.text} and {key} like '%' || fold(:letters) || '%' "
        f"order by not {key} like fold(:letters) || '%', not {key} like '% ' || fold(:letters) || '%', "
        f"{key}, 2 limit {MOST_PER_KIND})"
    )


_SEARCH = sa.text(
    " union all ".join(
        (_ranked(_CONTACTS, "c"), _ranked(_ORGANIZATIONS, "o"), _ranked(_OPPORTUNITIES, "p")),
    )
)


def search(letters: str) -> list[Subject]:
    """Up to six contacts, six organizations and six opportunities whose name holds `letters`.

    Case and accents do not matter. Fewer than three letters find nothing: they would find everything.
    """
    letters = " ".join(letters.replace("\x00", "").split())
    if len(letters) < LEAST_LETTERS:
        return []
    pattern = letters.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = db.session.execute(_SEARCH, {"letters": pattern}).all()
    return [Subject(*row[: len(_COLUMNS)]) for row in rows]


def get(value: str) -> Subject | None:
    """The subject written `kind:id`, or None if there is none (any more)."""
    kind, _, number = value.partition(":")
    source = {"contact": _CONTACTS, "opportunity": _OPPORTUNITIES}.get(kind, _ORGANIZATIONS)
    key = {"contact": "c.contact_id", "opportunity": "p.opportunity_id"}.get(kind, "o.organization_id")
    if kind not in type_of or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    row = db.session.execute(sa.text(f"{source.text} and {key} = :id"), {"id": int(number)}).first()
    return Subject(*row[: len(_COLUMNS)]) if row else None


@dataclass(frozen=True)
class Choice:
    """One thing to choose in a form."""

    choice_id: int
    name: str
    detail: str


def open_opportunities(subject: Subject | None, *, at_most: int = 30) -> list[Choice]:
    """Open opportunities that an interaction with `subject` can be about, newest move first.

    Those of its organization, and those that its organization delivers for or makes the food of: a
    distributor's rep talks about other people's menus.
    """
    if subject is None or subject.organization_id is None:
        return []
    rows = db.session.execute(
        sa.text(
            """
            select p.opportunity_id, p.name, p.stage::text
              from opportunities p
             where p.deleted_at is null and p.closed_at is null
               and (p.organization_id = :organization or p.distributor_id = :organization
                    or exists (select from opportunity_principals op
                                where op.opportunity_id = p.opportunity_id
                                  and op.principal_id = :organization))
             order by p.organization_id = :organization desc, p.stage_changed_at desc, p.opportunity_id desc
             limit :at_most
            """
        ),
        {"organization": subject.organization_id, "at_most": at_most},
    )
    return [Choice(*row) for row in rows]


def principals(subject: Subject | None, *, of_user: int, named: list[int], at_most: int = 24) -> list[Choice]:
    """Principals worth offering: those already `named`, the subject's own firm if it is one, those of its
    organization's opportunities, then those that user `of_user` looks after.
    """
    rows = db.session.execute(
        sa.text(
            """
            select o.organization_id, o.name, '' as detail
              from organizations o
              left join lateral (
                   select true as is_placed
                     from opportunity_principals op join opportunities p using (opportunity_id)
                    where op.principal_id = o.organization_id and p.organization_id = :organization
                      and p.deleted_at is null limit 1) placed on true
             where o.is_principal and o.deleted_at is null
               and (o.organization_id = any (:named) or o.organization_id = :organization
                    or placed.is_placed or :user in (o.owner_id, o.second_owner_id))
             order by o.organization_id = any (:named) desc,
                      o.organization_id is not distinct from :organization desc,
                      placed.is_placed nulls last, o.name_key
             limit :at_most
            """
        ),
        {
            "organization": subject.organization_id if subject else None,
            "user": of_user,
            "named": named,
            "at_most": at_most,
        },
    )
    return [Choice(*row) for row in rows]


def named_principals(interaction_id: int) -> list[int]:
    """Principals that an interaction counts for, by number: what its follow-up will be about as well."""
    return list(
        db.session.scalars(
            sa.text("select principal_id from interaction_principals where interaction_id = :id order by 1"),
            {"id": interaction_id},
        )
    )
