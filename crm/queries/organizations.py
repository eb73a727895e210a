"""One organization with what its page shows of it, and short lists of organizations to choose from."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.db import db
from crm.enums import AdvocacyStatus, OpportunityStage, Priority, RecordKind
from crm.models import Contact, Organization, User
from crm.queries import merges
from crm.queries.promises import Named, named

CADENCE = {Priority.A_PLUS: 14, Priority.A: 30, Priority.B: 60, Priority.C: 90, Priority.D: 180}
"""Ideal days between touches of an account, by its priority (rulings.md, What counts)."""

GLANCE = 12
"""Rows of a related list that a record page shows."""


@dataclass(frozen=True)
class Profile:
    """An organization, the names of the records it points to, and how we are in touch with it."""

    organization: Organization
    owner: Named | None
    second_owner: Named | None
    parent: Named | None
    usual_distributor: Named | None
    contacts_count: int
    """People who work there now."""
    last_at: datetime | None
    last_on: date | None
    """The firm's day of the last touch."""
    in_touch: list[str]
    """Colleagues who were in touch with them, at most two names: one means that nobody else knows them."""

    @property
    def cold_since(self) -> date | None:
        """The first day on which a visit was overdue by the cadence of its priority; None without either."""
        priority = self.organization.priority
        if self.last_on is None or priority is None:
            return None
        return self.last_on + timedelta(days=CADENCE[priority] + 1)


@dataclass(frozen=True)
class Person:
    """A contact as the list of people of an organization shows it."""

    contact_id: int
    name: str
    position: str | None
    advocacy_status: AdvocacyStatus | None
    is_key_contact: bool
    left_on: date | None
    last_on: date | None
    """The firm's day of the last touch with them."""
    promised_on: date | None
    """The soonest day of an open promise to them."""
    now_at: Named | None
    """Where somebody who moved on works now; None for those who did not, or nobody knows where to."""


@dataclass(frozen=True)
class Deal:
    """An opportunity as the related list of a record shows it."""

    opportunity_id: int
    name: str
    stage: OpportunityStage
    days_in_stage: int
    contact: str | None
    is_closed: bool
    principals: list[Named]


@dataclass(frozen=True)
class Relative:
    """A branch below an organization, or a sibling below the same parent."""

    organization_id: int
    name: str
    city: str | None
    is_branch: bool


_IN_TOUCH = sa.text(
    """
    select max(i.interaction_date) as last_at, firm_day(max(i.interaction_date)) as last_on,
           (array_agg(distinct u.full_name) filter (where u.full_name is not null))[1:2] as in_touch
      from interactions i left join users u on u.user_id = i.author_id
     where i.is_touch and i.deleted_at is null
       and (i.organization_id = :organization or i.organization_id is null and (
            i.contact_id = any (array(select contact_id from contacts where organization_id = :organization))
            or i.opportunity_id
               = any (array(select opportunity_id from opportunities where organization_id = :organization))))
    """
).columns(
    last_at=sa.DateTime(timezone=True), last_on=sa.Date, in_touch=sa.ARRAY(sa.Text)
)  # fmt: skip
"""An entry that names no organization itself counts for that of its contact or opportunity."""

_PEOPLE = sa.text(
    """
    with first as materialized (
        select c.contact_id, btrim(c.first_name || ' ' || c.last_name) as name, c.position,
               c.advocacy_status::text as advocacy, c.is_key_contact and not moved.is_so as is_key_contact,
               c.left_on,
               case when moved.is_so then c.organization_id end as now_at_id, moved.is_so as has_moved,
               c.name_key, count(*) over () as total
          from contacts c
         cross join lateral (select c.organization_id is distinct from :organization as is_so) moved
         where c.deleted_at is null
           and c.contact_id in (select contact_id from contacts where organization_id = :organization
                                union
                                select contact_id from employments where organization_id = :organization)
         order by moved.is_so, c.left_on is not null, not c.is_key_contact, c.name_key, c.contact_id
         limit :most)
    select first.contact_id, first.name, first.position, first.advocacy, first.is_key_contact,
           case when first.has_moved
                then (select max(e.ended_on) from employments e
                       where e.contact_id = first.contact_id and e.organization_id = :organization)
                else first.left_on end as left_on,
           firm_day(seen.last_at) as last_on, seen.promised_on, first.now_at_id, o.name as now_at, first.total
      from first
      left join organizations o on o.organization_id = first.now_at_id
      left join lateral (
           select max(i.interaction_date) filter (where i.is_touch) as last_at,
                  min(i.follow_up_date) filter (where i.follow_up_required and i.completed_at is null)
                      as promised_on
             from interactions i where i.contact_id = first.contact_id and i.deleted_at is null) seen on true
     order by first.has_moved, first.left_on is not null, not first.is_key_contact, first.name_key,
              first.contact_id
    """
)
"""The first few are chosen before anything is looked up for them."""
_DEALS = """
    select p.opportunity_id, p.name, p.stage::text as stage,
           greatest(:today - firm_day(p.stage_changed_at), 0) as days_in_stage,
           btrim(c.first_name || ' ' || c.last_name) as contact, p.closed_at is not null as is_closed,
           (select json_agg(json_build_array(o.organization_id, o.name) order by o.name_key)
              from opportunity_principals op join organizations o on o.organization_id = op.principal_id
             where op.opportunity_id = p.opportunity_id) as principals,
           count(*) over () as total
      from opportunities p left join contacts c on c.contact_id = p.primary_contact_id
     where p.deleted_at is null and {whose}
     order by p.closed_at is not null, p.stage_changed_at desc, p.opportunity_id desc
     limit :most
    """
_RELATIVES = sa.text(
    """
    select organization_id, name, city, parent_organization_id = :organization as is_branch,
           count(*) over () as total
      from organizations
     where deleted_at is null and organization_id <> :organization
       and (parent_organization_id = :organization or parent_organization_id = :parent)
     order by parent_organization_id = :organization desc, name_key, organization_id
     limit :most
    """
)


def get(organization_id: int) -> Profile:
    """One organization, archived or not. Raises `sqlalchemy.exc.NoResultFound` for a number of none, and
    `MovedOn` for one that was merged into another one.
    """
    row = db.session.execute(_profile(), {"organization": organization_id}).one()
    one: Organization = row.Organization
    if one.is_archived:
        merges.follow(RecordKind.ORGANIZATION, organization_id)
    return Profile(
        one,
        named(one.owner_id, row.owner_name),
        named(one.second_owner_id, row.second_owner_name),
        named(one.parent_organization_id, row.parent_name),
        named(one.usual_distributor_id, row.distributor_name),
        row.contacts_count,
        row.last_at,
        row.last_on,
        row.in_touch or [],
    )


@cache
def _profile() -> sa.Select[Any]:
    """What `get` reads of the one whose number it is told as `organization`."""
    number = sa.bindparam("organization", type_=sa.BigInteger)
    owner, second_owner = aliased(User), aliased(User)
    parent, distributor = aliased(Organization), aliased(Organization)
    people = (
        sa.select(sa.func.count())
        .where(Contact.organization_id == number, Contact.deleted_at.is_(None), Contact.left_on.is_(None))
        .scalar_subquery()
        .label("contacts_count")
    )
    touch = _IN_TOUCH.subquery("touch")
    return (
        sa.select(
            Organization,
            owner.full_name.label("owner_name"),
            second_owner.full_name.label("second_owner_name"),
            parent.name.label("parent_name"),
            distributor.name.label("distributor_name"),
            touch,
            people,
        )
        .outerjoin(owner, owner.user_id == Organization.owner_id)
        .outerjoin(second_owner, second_owner.user_id == Organization.second_owner_id)
        .outerjoin(parent, parent.organization_id == Organization.parent_organization_id)
        .outerjoin(distributor, distributor.organization_id == Organization.usual_distributor_id)
        .outerjoin(touch, sa.true())
        .where(Organization.organization_id == number)
    )


def record(organization_id: int) -> Organization:
    """The row, archived or not. Raises `sqlalchemy.exc.NoResultFound` for a number that is none's, and
    `MovedOn` for one that was merged into another one.
    """
    query = sa.select(Organization).where(Organization.organization_id == organization_id)
    one = db.session.execute(query).scalar_one()
    if one.is_archived:
        merges.follow(RecordKind.ORGANIZATION, organization_id)
    return one


def people(organization_id: int, *, at_most: int = GLANCE) -> tuple[list[Person], int]:
    """Its contacts, key contacts first, those who left or work elsewhere now last; and how many there are."""
    rows = db.session.execute(_PEOPLE, {"organization": organization_id, "most": at_most}).all()
    found = [
        Person(
            contact_id=row.contact_id,
            name=row.name,
            position=row.position,
            advocacy_status=AdvocacyStatus(row.advocacy) if row.advocacy else None,
            is_key_contact=row.is_key_contact,
            left_on=row.left_on,
            last_on=row.last_on,
            promised_on=row.promised_on,
            now_at=named(row.now_at_id, row.now_at),
        )
        for row in rows
    ]
    return found, rows[0].total if rows else 0


def opportunities(organization_id: int, *, today: date, at_most: int = GLANCE) -> tuple[list[Deal], int]:
    """Its opportunities, open ones first, the latest move first; and how many. `today` is the firm's day."""
    return deals("p.organization_id = :number", organization_id, today=today, at_most=at_most)


def deals(whose: str, number: int, *, today: date, at_most: int = GLANCE) -> tuple[list[Deal], int]:
    """Opportunities `p` for which the SQL `whose` holds with the bound `:number`."""
    rows = db.session.execute(
        sa.text(_DEALS.format(whose=whose)), {"number": number, "today": today, "most": at_most}
    ).all()
    found = [
        Deal(
            opportunity_id=row.opportunity_id,
            name=row.name,
            stage=OpportunityStage(row.stage),
            days_in_stage=row.days_in_stage,
            contact=row.contact,
            is_closed=row.is_closed,
            principals=[Named(*one) for one in row.principals or ()],
        )
        for row in rows
    ]
    return found, rows[0].total if rows else 0


def relatives(organization: Organization, *, at_most: int = GLANCE) -> tuple[list[Relative], int]:
    """Branches below it, then siblings below the same parent; and how many."""
    rows = db.session.execute(
        _RELATIVES,
        {
            "organization": organization.organization_id,
            "parent": organization.parent_organization_id,
            "most": at_most,
        },
    ).all()
    return [Relative(*row[:4]) for row in rows], rows[0].total if rows else 0


@dataclass(frozen=True)
class Offer:
    """An organization that a picker suggests."""

    organization_id: int
    name: str
    detail: str
    """What tells it from others: segment or kind, and city."""
    is_principal: bool
    is_distributor: bool


_OFFER = """
    select o.organization_id, o.name, concat_ws(', ', o.segment, o.city), o.is_principal, o.is_distributor
      from organizations o
    """
_SUGGEST = sa.text(
    _OFFER
    + """
     where o.deleted_at is null and o.name_key like '%' || fold(:letters) || '%'
     order by not o.name_key like fold(:letters) || '%', o.name_key, o.organization_id
     limit :most
    """
)
_ONE = sa.text(_OFFER + " where o.organization_id = :organization")


def suggest(letters: str, *, at_most: int = 8) -> list[Offer]:
    """Organizations whose name holds `letters`, in any case; fewer than three letters find nothing."""
    letters = " ".join(letters.replace("\x00", "").split())[:100]
    if len(letters) < 3:
        return []
    pattern = letters.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [Offer(*row) for row in db.session.execute(_SUGGEST, {"letters": pattern, "most": at_most})]


def offer(organization_id: int | None) -> Offer | None:
    """One organization as a picker shows it; None if there is none of that number."""
    if organization_id is None:
        return None
    row = db.session.execute(_ONE, {"organization": organization_id}).first()
    return Offer(*row) if row else None


def distributors(*, at_most: int = 500) -> list[Named]:
    """The firm's distributors, by name."""
    rows = db.session.execute(
        sa.select(Organization.organization_id, Organization.name)
        .where(Organization.is_distributor, Organization.deleted_at.is_(None))
        .order_by(Organization.name_key, Organization.organization_id)
        .limit(at_most)
    )
    return [Named(*row) for row in rows]
