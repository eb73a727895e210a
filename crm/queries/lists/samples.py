"""The list of samples that were not taken off, those with feedback included."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.enums import SampleStatus, SampleVerdict
from crm.models import Contact, Interaction, Opportunity, Organization, Product, Sample, User
from crm.queries.keys import read_number
from crm.queries.lists.choices import owner
from crm.queries.lists.listing import Case, Column, Condition, Filter, Listing, SearchKey, Sort, day

Maker, Place = aliased(Organization), aliased(Organization)


def _owner(column: Any) -> Any:
    """An owner of the opportunity: who keeps that keeps its samples."""
    return (
        sa.select(column)
        .where(Opportunity.opportunity_id == Sample.opportunity_id)
        .correlate(Sample)
        .scalar_subquery()
    )


def _at(status: SampleStatus) -> Case:
    return Case(status.value.capitalize(), lambda _: Sample.status == status)


def _said(verdict: SampleVerdict) -> Case:
    return Case(verdict.value.capitalize(), lambda _: Sample.verdict == verdict)


def _of_principal(number: int) -> Condition:
    theirs = sa.select(Product.product_id).where(Product.principal_id == number)
    return Sample.product_id.in_(theirs)


def _at_organization(number: int) -> Condition:
    theirs = sa.select(Opportunity.opportunity_id).where(Opportunity.organization_id == number)
    return Sample.opportunity_id.in_(theirs)


SAMPLES = Listing(
    name="samples",
    noun="sample",
    nouns="samples",
    title="Samples",
    model=Sample,
    key=Sample.sample_id,
    scope=Sample.deleted_at.is_(None),
    search=(
        SearchKey(column=Product.name_key, of=Sample.product_id, keys=sa.select(Product.product_id)),
        SearchKey(
            column=Opportunity.name_key, of=Sample.opportunity_id, keys=sa.select(Opportunity.opportunity_id)
        ),
        SearchKey(
            column=Organization.name_key,
            of=Sample.opportunity_id,
            keys=sa.select(Opportunity.opportunity_id).join(
                Organization, Organization.organization_id == Opportunity.organization_id
            ),
        ),
    ),
    placeholder="Product, opportunity or organization",
    head=Column(name="product", label="Sample", text=lambda row: row.product_name),
    columns=(
        Column(name="status", label="Status", text=lambda row: row.status.value.capitalize(), sort="status"),
        Column(
            name="verdict",
            label="Verdict",
            text=lambda row: row.verdict.value.capitalize() if row.verdict else "",
        ),
        Column(name="opportunity", label="Opportunity", text=lambda row: row.opportunity_name, css="wide c2"),
        Column(name="organization", label="Organization", text=lambda row: row.organization_name, css="p2"),
        Column(name="principal", label="Principal", text=lambda row: row.principal_name, css="p1"),
        Column(name="sent", label="Sent on", text=lambda row: row.sent_on),
        Column(name="promised", label="Ask on", text=lambda row: row.promised_on, css="p3"),
        Column(name="owner", label="Owner", text=lambda row: row.owner_name, css="p3"),
        Column(name="contact", label="Sent to", text=lambda row: row.contact_name, is_default=False),
        Column(
            name="feedback", label="Feedback", text=lambda row: row.feedback, css="wide", is_default=False
        ),
        Column(name="changed", label="Changed", text=lambda row: row.updated_at, is_default=False),
    ),
    filters=(
        Filter(name="status", label="Status", cases={word.value: _at(word) for word in SampleStatus}),
        Filter(
            name="verdict",
            label="Verdict",
            cases={
                **{word.value: _said(word) for word in SampleVerdict},
                "none": Case("None yet", lambda _: Sample.verdict.is_(None)),
            },
        ),
        Filter(
            name="product",
            label="Product",
            choices=sa.select(sa.cast(Product.product_id, sa.Text), Product.name)
            .where(sa.exists().where(Sample.product_id == Product.product_id, Sample.deleted_at.is_(None)))
            .order_by(Product.name_key)
            .limit(300),
            read=read_number,
            where=lambda number: Sample.product_id == number,
        ),
        Filter(
            name="principal",
            label="Principal",
            choices=sa.select(sa.cast(Maker.organization_id, sa.Text), Maker.name)
            .where(Maker.is_principal, Maker.deleted_at.is_(None))
            .order_by(Maker.name_key),
            read=read_number,
            where=_of_principal,
        ),
        owner(_owner(Opportunity.owner_id), _owner(Opportunity.second_owner_id)),
        Filter(name="organization", label="Organization", read=read_number, where=_at_organization),
        Filter(
            name="opportunity",
            label="Opportunity",
            read=read_number,
            where=lambda number: Sample.opportunity_id == number,
        ),
        day("since", "Sent since", lambda on: Sample.sent_on >= sa.cast(on, sa.Date)),
    ),
    sorts=(
        Sort(
            name="noted",
            label="Noted last",
            backwards="Noted first",
            columns=(Sample.sample_id,),
            index="pk_samples",
            is_descending=True,
        ),
        Sort(
            name="status",
            label="Status, then day sent",
            backwards="Status, feedback first",
            columns=(Sample.status, Sample.sent_on, Sample.sample_id),
            index="ix_samples_status",
        ),
    ),
    details=sa.select(
        Sample.sample_id,
        Sample.status,
        Sample.verdict,
        Sample.sent_on,
        Sample.feedback,
        Sample.updated_at,
        Sample.product_id,
        Sample.opportunity_id,
        Sample.contact_id,
        Product.name.label("product_name"),
        Product.principal_id,
        Maker.name.label("principal_name"),
        Opportunity.name.label("opportunity_name"),
        Opportunity.organization_id,
        Place.name.label("organization_name"),
        # A look for each row: with one table more to join, all samples are joined before a page is picked.
        sa.select(User.full_name)
        .where(User.user_id == Opportunity.owner_id)
        .correlate(Opportunity)
        .scalar_subquery()
        .label("owner_name"),
        sa.func.btrim(Contact.first_name + " " + Contact.last_name).label("contact_name"),
        sa.case(
            (
                sa.and_(
                    Sample.status != SampleStatus.FEEDBACK,
                    Interaction.completed_at.is_(None),
                    Interaction.deleted_at.is_(None),
                ),
                Interaction.follow_up_date,
            )
        ).label("promised_on"),
    )
    .select_from(Sample)
    .join(Product, Product.product_id == Sample.product_id)
    .join(Maker, Maker.organization_id == Product.principal_id)
    .join(Opportunity, Opportunity.opportunity_id == Sample.opportunity_id)
    .outerjoin(Place, Place.organization_id == Opportunity.organization_id)
    .outerjoin(Contact, Contact.contact_id == Sample.contact_id)
    .outerjoin(Interaction, Interaction.interaction_id == Sample.follow_up_id),
    chips="status",
    changes=("archive",),
    owners=(_owner(Opportunity.owner_id), _owner(Opportunity.second_owner_id)),
)
