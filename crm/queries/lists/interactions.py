"""The list of interactions that are not archived, mere promises included."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.enums import InteractionType, Sentiment
from crm.models import Contact, Interaction, InteractionPrincipal, Opportunity, Organization, User
from crm.queries import happenings
from crm.queries.keys import read_number
from crm.queries.lists.choices import distinct, owner, read_word
from crm.queries.lists.listing import (
    Case,
    Column,
    Condition,
    Filter,
    Listing,
    SearchKey,
    Sort,
    days,
    span,
)

Maker = aliased(Organization)
Author = aliased(User)

WORDS: Any = sa.literal_column(
    "fold((coalesce(interactions.subject, '') || ' ') || coalesce(interactions.notes, ''))", sa.Text
)


def _for_principal(number: int) -> Condition:
    link = InteractionPrincipal
    return Interaction.interaction_id.in_(sa.select(link.interaction_id).where(link.principal_id == number))


def _counts() -> Condition:
    """Real contact that neither itself nor with its opportunity is archived."""
    link = InteractionPrincipal
    return (
        sa.select(link.interaction_id)
        .where(link.interaction_id == Interaction.interaction_id, link.counts)
        .correlate(Interaction)
        .exists()
    )


def _of(column: Any, word: InteractionType | Sentiment) -> Case:
    """Interactions that have this word in that column."""
    return Case(word.value, lambda _: column == word)


def slug(word: str) -> str:
    """A word as addresses name it: `demo-sampled`."""
    return "-".join("".join(c if c.isalnum() else " " for c in word.lower()).split())


_PRINCIPALS = (
    sa.select(sa.func.array_agg(Maker.name))
    .select_from(InteractionPrincipal)
    .join(Maker, Maker.organization_id == InteractionPrincipal.principal_id)
    .where(InteractionPrincipal.interaction_id == Interaction.interaction_id)
    .correlate(Interaction)
    .scalar_subquery()
)

INTERACTIONS = Listing(
    name="interactions",
    noun="interaction",
    nouns="interactions",
    title="Interactions",
    model=Interaction,
    key=Interaction.interaction_id,
    scope=Interaction.deleted_at.is_(None),
    search=(
        SearchKey(column=WORDS),
        SearchKey(column=Contact.name_key, of=Interaction.contact_id, keys=sa.select(Contact.contact_id)),
        SearchKey(
            column=Organization.name_key,
            of=Interaction.organization_id,
            keys=sa.select(Organization.organization_id),
        ),
    ),
    placeholder="Words, name or organization",
    head=Column(name="what", label="Interaction", text=lambda row: row.activity or row.interaction_type),
    columns=(
        Column(name="date", label="When", text=lambda row: row.interaction_date, sort="date", css="c2"),
        Column(name="contact", label="With", text=lambda row: row.contact_name),
        Column(name="organization", label="At", text=lambda row: row.organization_name, css="p1"),
        Column(
            name="principals", label="Principals", text=lambda row: ", ".join(row.principals or ()), css="p2"
        ),
        Column(name="sentiment", label="Sentiment", text=lambda row: row.sentiment, css="p3"),
        Column(name="notes", label="Notes", text=lambda row: row.notes, css="wide p1"),
        Column(name="author", label="Logged by", text=lambda row: row.author_name, css="p2"),
        Column(
            name="opportunity", label="Opportunity", text=lambda row: row.opportunity_name, is_default=False
        ),
        Column(name="promise", label="Follow-up", text=lambda row: row.follow_up_date, is_default=False),
        Column(
            name="changed", label="Changed", text=lambda row: row.updated_at, sort="changed", is_default=False
        ),
    ),
    filters=(
        Filter(
            name="type",
            label="Type",
            cases={slug(kind.value): _of(Interaction.interaction_type, kind) for kind in InteractionType},
        ),
        owner(Interaction.author_id),
        Filter(
            name="principal",
            label="Principal",
            choices=sa.select(sa.cast(Maker.organization_id, sa.Text), Maker.name)
            .where(Maker.is_principal, Maker.deleted_at.is_(None))
            .order_by(Maker.name_key),
            read=read_number,
            where=_for_principal,
        ),
        Filter(
            name="sentiment",
            label="Sentiment",
            cases={slug(word.value): _of(Interaction.sentiment, word) for word in Sentiment},
        ),
        Filter(
            name="activity",
            label="Activity",
            choices=distinct(Interaction.activity),
            read=read_word,
            where=lambda text: Interaction.activity == text,
        ),
        Filter(
            name="only",
            label="Only",
            cases={
                "touches": Case("Real contact", lambda _: happenings.is_touch()),
                "counted": Case("Counted for their principals", lambda _: _counts()),
                "promised": Case(
                    "With an open follow-up",
                    lambda _: sa.and_(Interaction.follow_up_required, Interaction.completed_at.is_(None)),
                ),
            },
        ),
        *days(Interaction.interaction_date),
        owner(Interaction.owner_id, name="keeper", label="Follow-up of"),
        span("kept", "Follow-up kept", happenings.kept),
    ),
    sorts=(
        Sort(
            name="date",
            label="Latest",
            backwards="Earliest",
            columns=(Interaction.interaction_date, Interaction.interaction_id),
            index="ix_interactions_date",
            is_descending=True,
        ),
        Sort(
            name="changed",
            label="Last changed",
            backwards="Longest unchanged",
            columns=(Interaction.updated_at, Interaction.interaction_id),
            index="ix_interactions_updated_at",
            is_descending=True,
        ),
    ),
    details=sa.select(
        Interaction.interaction_id,
        Interaction.interaction_type,
        Interaction.activity,
        Interaction.interaction_date,
        Interaction.subject,
        Interaction.notes,
        Interaction.sentiment,
        Interaction.follow_up_date,
        Interaction.completed_at,
        Interaction.updated_at,
        Interaction.contact_id,
        Interaction.organization_id,
        Interaction.opportunity_id,
        sa.func.btrim(Contact.first_name + " " + Contact.last_name).label("contact_name"),
        Organization.name.label("organization_name"),
        Opportunity.name.label("opportunity_name"),
        Author.full_name.label("author_name"),
        _PRINCIPALS.label("principals"),
    )
    .select_from(Interaction)
    .outerjoin(Contact, Contact.contact_id == Interaction.contact_id)
    .outerjoin(Organization, Organization.organization_id == Interaction.organization_id)
    .outerjoin(Opportunity, Opportunity.opportunity_id == Interaction.opportunity_id)
    .outerjoin(Author, Author.user_id == Interaction.author_id),
    chips="type",
    changes=("archive",),
    owners=(Interaction.author_id, Interaction.owner_id),
)
