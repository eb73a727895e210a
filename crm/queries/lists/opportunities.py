"""The list of opportunities that are not archived, open and closed."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.enums import CLOSED_STAGES, OpportunityStage
from crm.models import (
    Contact,
    Interaction,
    Opportunity,
    OpportunityPrincipal,
    OpportunityProduct,
    Organization,
    Product,
    User,
)
from crm.queries import happenings
from crm.queries.happenings import Step
from crm.queries.keys import read_number
from crm.queries.lists.choices import distinct, organization, owner, read_word, tag
from crm.queries.lists.listing import (
    Asker,
    Case,
    Column,
    Condition,
    Filter,
    Listing,
    SearchKey,
    Sort,
    day,
    span,
)
from crm.queries.opportunity_stages import OPEN_STAGES, QUIET_AFTER, SLOWING_AFTER
from crm.queries.spans import begins

Maker = aliased(Organization)
Distributor = aliased(Organization)


def quiet_since() -> Any:
    """The firm's day of `last_stir`."""
    return sa.func.firm_day(last_stir())


def last_stir() -> Any:
    """The later of the stage change and the last touch."""
    last = (
        sa.select(sa.func.max(Interaction.interaction_date))
        .where(
            Interaction.opportunity_id == Opportunity.opportunity_id,
            Interaction.is_touch,
            Interaction.deleted_at.is_(None),
        )
        .correlate(Opportunity)
        .scalar_subquery()
    )
    return sa.func.greatest(Opportunity.stage_changed_at, last)


def _quiet(asker: Asker, days_of: Mapping[OpportunityStage, int]) -> Condition:
    """Open ones that have been quiet for longer than so many days: neither moved nor touched since."""
    over = []
    for stage, days in days_of.items():
        # When the days begin is found out once for all rows, which an index finds by the hundred.
        since = sa.select(begins(asker.today - timedelta(days=days))).scalar_subquery()
        rests = sa.and_(Opportunity.stage_changed_at < since, last_stir() < since)
        over.append(sa.and_(Opportunity.stage == stage, rests))
    return sa.or_(*over)


def stale(asker: Asker) -> Condition:
    """Open ones that have been quiet for longer than their stage allows."""
    return _quiet(asker, QUIET_AFTER)


def _slowing(asker: Asker) -> Condition:
    """Open ones that will soon have been quiet for too long."""
    return sa.and_(_quiet(asker, SLOWING_AFTER), sa.not_(stale(asker)))


def _moving(asker: Asker) -> Condition:
    """Open ones in which something happened lately."""
    return sa.and_(Opportunity.closed_at.is_(None), sa.not_(_quiet(asker, SLOWING_AFTER)))


def _at(stage: OpportunityStage) -> Case:
    return Case(stage.value, lambda _: Opportunity.stage == stage)


def _for_principal(number: int) -> Condition:
    link = OpportunityPrincipal
    return Opportunity.opportunity_id.in_(sa.select(link.opportunity_id).where(link.principal_id == number))


def _for_product(number: int) -> Condition:
    link = OpportunityProduct
    return Opportunity.opportunity_id.in_(sa.select(link.opportunity_id).where(link.product_id == number))


def _names(column: Any, links: Any, key: Any) -> Any:
    """The names of what an opportunity is linked to, in their order, as a list of texts."""
    return (
        sa.select(sa.func.array_agg(sa.func.distinct(column)))
        .select_from(links)
        .where(key == Opportunity.opportunity_id)
        .correlate(Opportunity)
        .scalar_subquery()
    )


def principal_names() -> Any:
    """The principals of an opportunity."""
    return _names(
        Maker.name,
        sa.join(OpportunityPrincipal, Maker, Maker.organization_id == OpportunityPrincipal.principal_id),
        OpportunityPrincipal.opportunity_id,
    )


def slug(stage: OpportunityStage) -> str:
    """A stage as addresses name it: `sample-visit-offered`, `closed-won`."""
    return "-".join("".join(c if c.isalnum() else " " for c in stage.value.lower()).split())


OPPORTUNITIES = Listing(
    name="opportunities",
    noun="opportunity",
    nouns="opportunities",
    title="Opportunities",
    model=Opportunity,
    key=Opportunity.opportunity_id,
    scope=Opportunity.deleted_at.is_(None),
    search=(
        SearchKey(column=Opportunity.name_key),
        SearchKey(
            column=Organization.name_key,
            of=Opportunity.organization_id,
            keys=sa.select(Organization.organization_id),
        ),
    ),
    placeholder="Name or organization",
    head=Column(name="name", label="Opportunity", text=lambda row: row.name, sort="name"),
    columns=(
        Column(name="stage", label="Stage", text=lambda row: row.stage, css="wide"),
        Column(name="organization", label="Organization", text=lambda row: row.organization_name, css="c2"),
        Column(
            name="principals", label="Principals", text=lambda row: ", ".join(row.principals or ()), css="p1"
        ),
        Column(
            name="products", label="Products", text=lambda row: ", ".join(row.products or ()), css="wide p2"
        ),
        Column(name="quiet", label="Quiet since", text=lambda row: row.quiet_since),
        Column(name="owner", label="Owner", text=lambda row: row.owner_name, css="p3"),
        Column(name="contact", label="Contact", text=lambda row: row.contact_name, is_default=False),
        Column(name="context", label="Context", text=lambda row: row.context, is_default=False),
        Column(name="source", label="Source", text=lambda row: row.source, is_default=False),
        Column(
            name="distributor", label="Distributor", text=lambda row: row.distributor_name, is_default=False
        ),
        Column(name="next", label="Next action", text=lambda row: row.next_action, is_default=False),
        Column(
            name="moved",
            label="In stage since",
            text=lambda row: row.stage_changed_at,
            sort="moved",
            is_default=False,
        ),
        Column(
            name="close", label="Expected close", text=lambda row: row.expected_close_on, is_default=False
        ),
        Column(
            name="cases",
            label="Cases per week",
            text=lambda row: row.cases_per_week,
            css="num",
            is_default=False,
        ),
        Column(name="reason", label="Close reason", text=lambda row: row.close_reason, is_default=False),
        Column(name="tags", label="Tags", text=lambda row: ", ".join(row.tags), css="wide", is_default=False),
        Column(
            name="changed", label="Changed", text=lambda row: row.updated_at, sort="changed", is_default=False
        ),
    ),
    filters=(
        Filter(
            name="state",
            label="State",
            cases={
                "open": Case("Open", lambda _: Opportunity.closed_at.is_(None)),
                "stale": Case("Quiet for too long", stale),
                "closed": Case("Closed", lambda _: Opportunity.closed_at.is_not(None)),
            },
        ),
        Filter(
            name="stage",
            label="Stage",
            cases={
                slug(stage): _at(stage)
                for stage in (*OPEN_STAGES, *(one for one in OpportunityStage if one in CLOSED_STAGES))
            },
        ),
        Filter(
            name="principal",
            label="Principal",
            choices=sa.select(sa.cast(Maker.organization_id, sa.Text), Maker.name)
            .where(Maker.is_principal, Maker.deleted_at.is_(None))
            .order_by(Maker.name_key),
            read=read_number,
            where=_for_principal,
        ),
        owner(Opportunity.owner_id, Opportunity.second_owner_id),
        organization(Opportunity.organization_id),
        Filter(
            name="context",
            label="Context",
            choices=distinct(Opportunity.context),
            read=read_word,
            where=lambda text: Opportunity.context == text,
        ),
        Filter(
            name="source",
            label="Source",
            choices=distinct(Opportunity.source),
            read=read_word,
            where=lambda text: Opportunity.source == text,
        ),
        Filter(
            name="age",
            label="Age",
            cases={
                "moving": Case("Moving", _moving),
                "slowing": Case("Slowing", _slowing),
                "stale": Case("Stale", stale),
            },
        ),
        Filter(
            name="product",
            label="Product",
            read=read_number,
            where=_for_product,
            called=lambda number: sa.select(sa.cast(Product.product_id, sa.Text), Product.name).where(
                Product.product_id == number
            ),
            is_for_links=True,
        ),
        tag(Opportunity.tags),
        day("since", "Moved since", lambda on: Opportunity.stage_changed_at >= begins(on)),
        *(span(step.value, step.value.capitalize(), partial(happenings.stepped, step)) for step in Step),
        span("sampled", "Sample sent", happenings.sampled),
    ),
    sorts=(
        Sort(
            name="moved",
            label="Last moved",
            backwards="Longest in its stage",
            columns=(Opportunity.stage_changed_at, Opportunity.opportunity_id),
            index="ix_opportunities_stage_changed_at",
            is_descending=True,
        ),
        Sort(
            name="name",
            label="Name",
            backwards="Name, Z to A",
            columns=(Opportunity.name_key, Opportunity.opportunity_id),
            index="ix_opportunities_name_key",
        ),
        Sort(
            name="changed",
            label="Last changed",
            backwards="Longest unchanged",
            columns=(Opportunity.updated_at, Opportunity.opportunity_id),
            index="ix_opportunities_updated_at",
            is_descending=True,
        ),
    ),
    details=sa.select(
        Opportunity.opportunity_id,
        Opportunity.name,
        Opportunity.stage,
        Opportunity.stage_changed_at,
        Opportunity.closed_at,
        Opportunity.close_reason,
        Opportunity.context,
        Opportunity.source,
        Opportunity.next_action,
        Opportunity.expected_close_on,
        Opportunity.cases_per_week,
        Opportunity.tags,
        Opportunity.updated_at,
        Opportunity.organization_id,
        Organization.name.label("organization_name"),
        Distributor.name.label("distributor_name"),
        sa.func.btrim(Contact.first_name + " " + Contact.last_name).label("contact_name"),
        User.full_name.label("owner_name"),
        quiet_since().label("quiet_since"),
        principal_names().label("principals"),
        _names(
            Product.name,
            sa.join(OpportunityProduct, Product, Product.product_id == OpportunityProduct.product_id),
            OpportunityProduct.opportunity_id,
        ).label("products"),
    )
    .select_from(Opportunity)
    .outerjoin(Organization, Organization.organization_id == Opportunity.organization_id)
    .outerjoin(Distributor, Distributor.organization_id == Opportunity.distributor_id)
    .outerjoin(Contact, Contact.contact_id == Opportunity.primary_contact_id)
    .outerjoin(User, User.user_id == Opportunity.owner_id),
    chips="stage",
    changes=("owner", "tags", "archive"),
    owners=(Opportunity.owner_id, Opportunity.second_owner_id),
)
