"""One interaction with the names of everything it is about."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from crm.db import db
from crm.models import Contact, Interaction, InteractionPrincipal, Opportunity, Organization, User
from crm.queries.promises import Named


@dataclass(frozen=True)
class Profile:
    """An interaction, whom and what it was about, and whose its promise is. None = no such thing."""

    interaction: Interaction
    contact: Named | None
    organization: Named | None
    opportunity: Named | None
    author_name: str | None
    owner_name: str | None
    completer_name: str | None
    principals: list[Named]
    """Those it counts for, named on it or through its opportunity."""


def record(interaction_id: int) -> Interaction:
    """The row, archived or not. Raises `sqlalchemy.exc.NoResultFound`."""
    return db.session.get_one(Interaction, interaction_id)


def get(interaction_id: int) -> Profile:
    """Everything that its page shows, in one statement. Raises `sqlalchemy.exc.NoResultFound`."""
    author, owner, completer, maker = aliased(User), aliased(User), aliased(User), aliased(Organization)
    link = InteractionPrincipal
    principals = (
        sa.select(
            sa.func.json_agg(
                aggregate_order_by(
                    sa.func.json_build_array(maker.organization_id, maker.name), maker.name_key
                )
            )
        )
        .select_from(link)
        .join(maker, maker.organization_id == link.principal_id)
        .where(link.interaction_id == Interaction.interaction_id)
        .scalar_subquery()
    )
    row: Any = db.session.execute(
        sa.select(
            Interaction,
            Contact.contact_id,
            sa.func.btrim(Contact.first_name + " " + Contact.last_name),
            Organization.organization_id,
            Organization.name,
            Opportunity.opportunity_id,
            Opportunity.name,
            author.full_name,
            owner.full_name,
            completer.full_name,
            principals,
        )
        .outerjoin(Contact, Contact.contact_id == Interaction.contact_id)
        .outerjoin(Organization, Organization.organization_id == Interaction.organization_id)
        .outerjoin(Opportunity, Opportunity.opportunity_id == Interaction.opportunity_id)
        .outerjoin(author, author.user_id == Interaction.author_id)
        .outerjoin(owner, owner.user_id == Interaction.owner_id)
        .outerjoin(completer, completer.user_id == Interaction.completed_by)
        .where(Interaction.interaction_id == interaction_id)
    ).one()
    interaction, contact_id, contact, at_id, at, deal_id, deal, author_name, owner_name, done_by, makers = row
    return Profile(
        interaction=interaction,
        contact=Named(contact_id, contact) if contact_id else None,
        organization=Named(at_id, at) if at_id else None,
        opportunity=Named(deal_id, deal) if deal_id else None,
        author_name=author_name,
        owner_name=owner_name,
        completer_name=done_by,
        principals=[Named(number, name) for number, name in makers or ()],
    )
