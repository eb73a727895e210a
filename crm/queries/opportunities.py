"""One opportunity with everything that its page shows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.db import db
from crm.enums import AdvocacyStatus, AuthorizationState, ProductStatus
from crm.models import (
    Contact,
    DistributorPrincipal,
    Interaction,
    Opportunity,
    OpportunityContact,
    Organization,
    User,
)
from crm.queries import authorizations, follow_ups, promises, samples
from crm.queries.opportunity_stages import age
from crm.queries.promises import Named, Promise, named
from crm.queries.samples import Sent


@dataclass(frozen=True)
class Deal:
    """An opportunity, the names of the records it points to, and how quiet it is."""

    opportunity: Opportunity
    organization: Named | None
    organization_detail: str
    contact: Named | None
    distributor: Named | None
    owner: Named | None
    second_owner: Named | None
    quiet_since: date
    """The firm's day of the later of the last stage change and the last touch."""
    last_on: date | None
    """The firm's day of the last touch."""
    in_stage_since: date
    closed_on: date | None
    archived_on: date | None
    managers: dict[int, int | None]
    """The manager of each of its owners."""

    def team_of(self, user_id: int) -> set[int]:
        """Those of its owners for whom a person answers, as a manager or for themselves."""
        return {owner for owner, manager in self.managers.items() if user_id in (owner, manager)}

    def quiet_days(self, today: date) -> int:
        """Days since something moved; `today` is the firm's day."""
        return max((today - self.quiet_since).days, 0)

    def age(self, today: date) -> str:
        """Nothing, "slowing" or "stale"; the closed and the archived are never quiet."""
        if self.archived_on is not None:
            return ""
        return age(self.opportunity.stage, self.quiet_days(today))


@dataclass(frozen=True)
class Line:
    """One product of an opportunity."""

    product_id: int
    name: str
    category: str | None
    status: ProductStatus


@dataclass(frozen=True)
class Maker:
    """A principal of an opportunity, and the products of it."""

    principal_id: int
    name: str
    is_derived: bool
    """It came with its products and goes with the last of them; else it was chosen by hand."""
    lines: list[Line]


@dataclass(frozen=True)
class Person:
    """Somebody who has a part in an opportunity."""

    contact_id: int
    name: str
    position: str | None
    role: str | None
    advocacy_status: AdvocacyStatus | None
    is_primary: bool


@dataclass(frozen=True)
class Lapse:
    """A principal of an opportunity whom its distributor may not (any more) bring."""

    principal_id: int
    name: str
    state: AuthorizationState
    expires_on: date | None


@dataclass(frozen=True)
class Parts:
    """What hangs on an opportunity: its principals by name, each with its products by category and name; who
    has a part in it, the primary contact first; its samples, those that wait for feedback first; and the
    principals whose authorization at its distributor lapsed or was lost.
    """

    makers: list[Maker]
    people: list[Person]
    samples: list[Sent]
    lapsed: list[Lapse]


_PARTS = sa.text(
    """
    select (
        select json_agg(json_build_array(m.organization_id, m.name, op.is_derived,
                                         p.product_id, p.name, p.category, p.status)
                        order by m.name_key, m.organization_id, fold(p.category), p.category is null,
                                 p.name_key, p.product_id)
          from opportunity_principals op
          join organizations m on m.organization_id = op.principal_id
          left join (opportunity_products x join products p using (product_id))
            on x.opportunity_id = op.opportunity_id and p.principal_id = op.principal_id
         where op.opportunity_id = :id) as makers, (
        select json_agg(json_build_array(c.contact_id, btrim(c.first_name || ' ' || c.last_name), c.position,
                                         oc.role, c.advocacy_status, oc.is_primary)
                        order by oc.is_primary desc, c.name_key, c.contact_id)
          from opportunity_contacts oc join contacts c using (contact_id)
         where oc.opportunity_id = :id and c.deleted_at is null) as people, (
        select json_agg(json_build_object(
                   'sample_id', s.sample_id, 'version', s.version, 'status', s.status, 'sent_on', s.sent_on,
                   'received_on', s.received_on, 'tasted_on', s.tasted_on, 'feedback_on', s.feedback_on,
                   'verdict', s.verdict, 'feedback', s.feedback, 'product_id', p.product_id,
                   'product_name', p.name, 'contact_id', c.contact_id,
                   'contact_name', btrim(c.first_name || ' ' || c.last_name), 'promised_on', i.follow_up_date)
                        order by s.status = 'feedback', s.sent_on desc, s.sample_id)
          from samples s
          join products p using (product_id)
          left join contacts c on c.contact_id = s.contact_id
          left join interactions i
            on i.interaction_id = s.follow_up_id and i.completed_at is null and i.deleted_at is null
         where s.opportunity_id = :id and s.deleted_at is null) as samples, (
        select json_agg(json_build_array(m.organization_id, m.name, dp.state, dp.expires_on)
                        order by m.name_key, m.organization_id)
          from opportunities o
          join opportunity_principals op using (opportunity_id)
          join distributor_principals dp
            on dp.distributor_id = o.distributor_id and dp.principal_id = op.principal_id
          join organizations m on m.organization_id = op.principal_id
         where o.opportunity_id = :id and dp.deleted_at is null
           and (dp.state in ('expired', 'lost')
                or dp.state in ('authorized', 'stocked') and dp.expires_on < :today)) as lapsed
    """
)


def record(opportunity_id: int) -> Opportunity:
    """The row itself, archived or not. Raises `sqlalchemy.exc.NoResultFound` for a number that is none's."""
    query = sa.select(Opportunity).where(Opportunity.opportunity_id == opportunity_id)
    return db.session.execute(query).scalar_one()


def get(opportunity_id: int) -> Deal:
    """One opportunity, archived or not. Raises `sqlalchemy.exc.NoResultFound` for a number that is none's."""
    row = db.session.execute(_deal(), {"opportunity": opportunity_id}).one()
    return Deal(
        opportunity=row.Opportunity,
        organization=named(row.organization_id, row.organization_name),
        organization_detail=row.detail,
        contact=named(row.contact_id, row.contact_name),
        distributor=named(row.distributor_id, row.distributor_name),
        owner=named(row.owner_id, row.owner_name),
        second_owner=named(row.second_id, row.second_name),
        quiet_since=row.quiet_since,
        last_on=row.last_on,
        in_stage_since=row.in_stage_since,
        closed_on=row.closed_on,
        archived_on=row.archived_on,
        managers={
            number: manager
            for number, manager in (
                (row.owner_id, row.owner_manager_id),
                (row.second_id, row.second_manager_id),
            )
            if number is not None
        },
    )


@cache
def _deal() -> sa.Select[Any]:
    """What `get` reads of the one whose number it is told as `opportunity`."""
    number = sa.bindparam("opportunity", type_=sa.BigInteger)
    owner, second, distributor = aliased(User), aliased(User), aliased(Organization)
    last_at = (
        sa.select(sa.func.max(Interaction.interaction_date))
        .where(
            Interaction.opportunity_id == number,
            Interaction.is_touch,
            Interaction.deleted_at.is_(None),
        )
        .scalar_subquery()
    )
    return (
        sa.select(
            Opportunity,
            Organization.organization_id,
            Organization.name.label("organization_name"),
            sa.func.concat_ws(" · ", Organization.segment, Organization.city).label("detail"),
            Contact.contact_id,
            sa.func.btrim(Contact.first_name + " " + Contact.last_name).label("contact_name"),
            distributor.organization_id.label("distributor_id"),
            distributor.name.label("distributor_name"),
            owner.user_id.label("owner_id"),
            owner.full_name.label("owner_name"),
            owner.manager_id.label("owner_manager_id"),
            second.user_id.label("second_id"),
            second.full_name.label("second_name"),
            second.manager_id.label("second_manager_id"),
            sa.func.firm_day(sa.func.greatest(Opportunity.stage_changed_at, last_at)).label("quiet_since"),
            sa.func.firm_day(last_at).label("last_on"),
            sa.func.firm_day(Opportunity.stage_changed_at).label("in_stage_since"),
            sa.func.firm_day(Opportunity.closed_at).label("closed_on"),
            sa.func.firm_day(Opportunity.deleted_at).label("archived_on"),
        )
        .outerjoin(Organization, Organization.organization_id == Opportunity.organization_id)
        .outerjoin(Contact, Contact.contact_id == Opportunity.primary_contact_id)
        .outerjoin(distributor, distributor.organization_id == Opportunity.distributor_id)
        .outerjoin(owner, owner.user_id == Opportunity.owner_id)
        .outerjoin(second, second.user_id == Opportunity.second_owner_id)
        .where(Opportunity.opportunity_id == number)
    )


def parts(opportunity_id: int, *, today: date) -> Parts:
    """What hangs on an opportunity, in one question; `today` is the firm's day."""
    row = db.session.execute(_PARTS, {"id": opportunity_id, "today": today}).one()
    makers = [
        Maker(
            number,
            name,
            is_derived,
            [Line(one[3], one[4], one[5], ProductStatus(one[6])) for one in of_maker if one[3] is not None],
        )
        for (number, name, is_derived), of_maker in groupby(row.makers or (), key=lambda one: tuple(one[:3]))
    ]
    people = [
        Person(number, name, position, role, AdvocacyStatus(status) if status else None, is_primary)
        for number, name, position, role, status, is_primary in row.people or ()
    ]
    lapsed = [
        Lapse(number, name, AuthorizationState(state), on and date.fromisoformat(on))
        for number, name, state, on in row.lapsed or ()
    ]
    return Parts(makers, people, samples.read_sent(row.samples), lapsed)


def say(opportunity_id: int, contact_id: int) -> OpportunityContact:
    """Somebody's part in an opportunity. Raises `sqlalchemy.exc.NoResultFound` for who has none."""
    return db.session.get_one(OpportunityContact, (opportunity_id, contact_id))


def lapses(distributor_id: int | None, principal_ids: Collection[int], *, today: date) -> list[Lapse]:
    """Those of the principals, by name, whom a distributor may not bring: the authorization expired or was
    lost. As `Parts.lapsed`, for what is no opportunity yet.
    """
    if distributor_id is None or not principal_ids:
        return []
    row = DistributorPrincipal
    is_lost = row.state == AuthorizationState.LOST
    query = (
        sa.select(row.principal_id, Organization.name, row.state, row.expires_on)
        .join(Organization, Organization.organization_id == row.principal_id)
        .where(
            row.distributor_id == distributor_id,
            row.principal_id.in_(principal_ids),
            row.deleted_at.is_(None),
            sa.or_(is_lost, authorizations.is_lapsed(today)),
        )
        .order_by(Organization.name_key, Organization.organization_id)
    )
    return [Lapse(*found) for found in db.session.execute(query)]


def promised(opportunity_id: int, *, today: date, at_most: int = 12) -> list[Promise]:
    """Open promises about an opportunity, whoever keeps them, soonest first; `today` is the reader's day."""
    first = (
        sa.select(Interaction.interaction_id)
        .where(
            Interaction.opportunity_id == opportunity_id,
            follow_ups.is_open("everyone"),
            follow_ups.is_awake(today),
        )
        .order_by(Interaction.follow_up_date, Interaction.interaction_id)
        .limit(at_most)
    )
    return promises.read(first)
