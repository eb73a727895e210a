"""Who has a say in an opportunity, and which. Its primary contact is its own column, shown here by triggers.

Whoever wants to know whether a person may do it asks `crm.policy` first: who may change the opportunity.
"""

from dataclasses import dataclass

from crm.db import db
from crm.errors import Refused
from crm.models import Contact, Opportunity, OpportunityContact
from crm.services import opportunities


@dataclass(frozen=True, kw_only=True)
class Say:
    """What a person says of somebody's part."""

    role: str | None = None
    is_primary: bool = False


@dataclass(frozen=True)
class Was:
    """The part that somebody had before it was taken away."""

    contact_id: int
    role: str | None
    is_primary: bool


def give(opportunity: Opportunity, contact_id: int, say: Say) -> None:
    """Let a contact have this part, whether they had one or not; a primary one takes that from who was.

    Raises `Refused` if they are gone, work neither at the organization nor at the distributor, or would be
    primary from outside the organization.
    """
    db.session.refresh(opportunity, with_for_update=True)
    link = db.session.get(
        OpportunityContact, (opportunity.opportunity_id, contact_id), populate_existing=True
    )
    if link is None:
        _check(opportunity, contact_id)
        db.session.add(
            OpportunityContact(
                opportunity_id=opportunity.opportunity_id, contact_id=contact_id, role=say.role
            )
        )
    elif link.role != say.role:
        link.role = say.role
    db.session.flush()
    _make_primary(opportunity, contact_id, is_primary=say.is_primary)


def take_away(opportunity: Opportunity, link: OpportunityContact) -> Was:
    """They have no say any more; the primary contact is nobody then. What they had comes back."""
    db.session.refresh(opportunity, with_for_update=True)
    was = Was(link.contact_id, link.role, link.is_primary)
    db.session.delete(link)
    db.session.flush()
    db.session.expire(opportunity)
    return was


def _make_primary(opportunity: Opportunity, contact_id: int, *, is_primary: bool) -> None:
    """The column of the opportunity says who is the primary one; triggers bring the rows in line."""
    if is_primary == (opportunity.primary_contact_id == contact_id):
        return
    if is_primary and opportunity.organization_id is not None:
        opportunities.check_whom(opportunity.organization_id, contact_id)
    opportunity.primary_contact_id = contact_id if is_primary else None
    db.session.flush()
    db.session.expire_all()


def _check(opportunity: Opportunity, contact_id: int) -> None:
    contact = db.session.get(Contact, contact_id)
    if contact is None or contact.is_archived:
        raise Refused("This contact is no longer there. Choose somebody else.", field="contact_id")
    if contact.organization_id not in (opportunity.organization_id, opportunity.distributor_id):
        raise Refused("They work somewhere else. Choose one of their people.", field="contact_id")
