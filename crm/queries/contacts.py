"""One contact with what their page shows, and short lists of contacts to choose from."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.db import db
from crm.enums import AdvocacyStatus, RecordKind
from crm.models import Contact, Employment, Organization, User
from crm.queries import merges, organizations
from crm.queries.organizations import Deal
from crm.queries.promises import Named, named

GLANCE = organizations.GLANCE


@dataclass(frozen=True)
class Profile:
    """A contact, the names of the records it points to, and how we are in touch with them."""

    contact: Contact
    organization: Organization | None
    owner: Named | None
    reports_to: Named | None
    last_at: datetime | None
    last_on: date | None
    """The firm's day of the last touch."""
    touches: int
    in_touch: list[str]
    """Colleagues who were in touch with them, at most two names."""


_IN_TOUCH = sa.text(
    """
    select max(i.interaction_date) as last_at, firm_day(max(i.interaction_date)) as last_on,
           count(*) as touches,
           (array_agg(distinct u.full_name) filter (where u.full_name is not null))[1:2] as in_touch
      from interactions i left join users u on u.user_id = i.author_id
     where i.is_touch and i.deleted_at is null and i.contact_id = :contact
    """
).columns(
    last_at=sa.DateTime(timezone=True), last_on=sa.Date, touches=sa.BigInteger, in_touch=sa.ARRAY(sa.Text)
)  # fmt: skip


def get(contact_id: int) -> Profile:
    """One contact, archived or not. Raises `sqlalchemy.exc.NoResultFound` for a number that is nobody's,
    `MovedOn` for one that was merged into another one.
    """
    row = db.session.execute(_profile(), {"contact": contact_id}).one()
    if row.Contact.is_archived:
        merges.follow(RecordKind.CONTACT, contact_id)
    return Profile(
        row.Contact,
        row.Organization,
        named(row.Contact.owner_id, row.owner_name),
        named(row.superior_id, row.superior_name),
        row.last_at,
        row.last_on,
        row.touches or 0,
        row.in_touch or [],
    )


@cache
def _profile() -> sa.Select[Any]:
    """What `get` reads of the one whose number it is told as `contact`."""
    owner, superior = aliased(User), aliased(Contact)
    touch = _IN_TOUCH.subquery("touch")
    return (
        sa.select(
            Contact,
            Organization,
            owner.full_name.label("owner_name"),
            superior.contact_id.label("superior_id"),
            sa.func.btrim(superior.first_name + " " + superior.last_name).label("superior_name"),
            touch,
        )
        .outerjoin(Organization, Organization.organization_id == Contact.organization_id)
        .outerjoin(owner, owner.user_id == Contact.owner_id)
        .outerjoin(superior, superior.contact_id == Contact.reports_to_id)
        .outerjoin(touch, sa.true())
        .where(Contact.contact_id == sa.bindparam("contact", type_=sa.BigInteger))
    )


def record(contact_id: int) -> Contact:
    """The row, archived or not. Raises `sqlalchemy.exc.NoResultFound` for a number that is nobody's, and
    `MovedOn` for one that was merged into another one.
    """
    one = db.session.execute(sa.select(Contact).where(Contact.contact_id == contact_id)).scalar_one()
    if one.is_archived:
        merges.follow(RecordKind.CONTACT, contact_id)
    return one


def opportunities(contact_id: int, *, today: date, at_most: int = GLANCE) -> tuple[list[Deal], int]:
    """Opportunities whose primary contact they are, open ones first; how many. `today`: the firm's day."""
    return organizations.deals("p.primary_contact_id = :number", contact_id, today=today, at_most=at_most)


def colleagues_of(organization_id: int | None, *, but: int | None, at_most: int = 200) -> list[Named]:
    """Who else works at an organization, by name: those a contact there can report to."""
    if organization_id is None:
        return []
    rows = db.session.execute(
        sa.select(Contact.contact_id, sa.func.btrim(Contact.first_name + " " + Contact.last_name))
        .where(
            Contact.organization_id == organization_id,
            Contact.contact_id.is_distinct_from(but),
            Contact.deleted_at.is_(None),
            Contact.left_on.is_(None),
        )
        .order_by(Contact.name_key, Contact.contact_id)
        .limit(at_most)
    )
    return [Named(*row) for row in rows]


@dataclass(frozen=True)
class Step:
    """Where a contact works or worked, and since and until when as far as that is known."""

    organization_id: int
    name: str
    position: str | None
    started_on: date | None
    ended_on: date | None


@dataclass(frozen=True)
class Stance:
    """How a contact speaks of one principal, in this time; `until_on` None = still."""

    status: AdvocacyStatus
    since_on: date
    until_on: date | None
    note: str | None


@dataclass(frozen=True)
class Hearing:
    """A principal that a contact hears about: how they speak of it, newest first; how often it came up."""

    principal_id: int
    name: str
    touches: int
    stances: list[Stance]

    @property
    def now(self) -> Stance | None:
        """How they speak of it today; None where nobody noted it."""
        return next((stance for stance in self.stances if stance.until_on is None), None)


_HEARINGS = sa.text(
    """
    with heard as (
        select ip.principal_id, count(*) filter (where ip.counts) as touches
          from interactions i join interaction_principals ip using (interaction_id)
         where i.contact_id = :contact and i.deleted_at is null
         group by ip.principal_id),
    stands as (
        select principal_id,
               json_agg(json_build_array(status::text, since_on, until_on, note)
                        order by since_on desc, contact_advocacy_id desc) as stances
          from contact_advocacies
         where contact_id = :contact and deleted_at is null
         group by principal_id)
    select o.organization_id as principal_id, o.name, coalesce(heard.touches, 0) as touches, stands.stances
      from heard full join stands using (principal_id)
      join organizations o on o.organization_id = principal_id
     where o.deleted_at is null
     order by stands.stances is null, heard.touches desc nulls last, o.name_key, o.organization_id
     limit :most
    """
)


def hearings(contact_id: int, *, at_most: int = GLANCE) -> list[Hearing]:
    """Principals that they speak of or hear about: those whose standing is known first, then by how often."""
    rows = db.session.execute(_HEARINGS, {"contact": contact_id, "most": at_most})
    return [
        Hearing(row.principal_id, row.name, row.touches, [_stance(*one) for one in row.stances or ()])
        for row in rows
    ]


def steps(contact_id: int) -> list[Step]:
    """Where they worked, the latest first."""
    rows = db.session.execute(
        sa.select(
            Organization.organization_id,
            Organization.name,
            Employment.position,
            Employment.started_on,
            Employment.ended_on,
        )
        .join(Organization, Organization.organization_id == Employment.organization_id)
        .where(Employment.contact_id == contact_id)
        .order_by(Employment.ended_on.desc().nulls_first(), Employment.employment_id.desc())
    )
    return [Step(*row) for row in rows]


def _stance(status: str, since_on: str, until_on: str | None, note: str | None) -> Stance:
    until = date.fromisoformat(until_on) if until_on else None
    return Stance(AdvocacyStatus(status), date.fromisoformat(since_on), until, note)
