"""What somebody keeps: the records and promises that would be nobody's if they left."""

from dataclasses import dataclass

import sqlalchemy as sa

from crm.db import db
from crm.models import Contact, Interaction, Opportunity, Organization, User


@dataclass(frozen=True)
class Belongings:
    """How much of each. Records count where the person is owner or second owner; archived ones apart."""

    organizations: int
    """Without the principals."""
    principals: int
    contacts: int
    opportunities: int
    promises: int
    """Open follow-ups that the person is to keep."""
    archived: int
    """Records in the trash, which somebody may restore."""
    team: int
    """People, active ones, who have the person as manager."""

    @property
    def records(self) -> int:
        """All records, promises not among them."""
        return self.organizations + self.principals + self.contacts + self.opportunities + self.archived

    @property
    def is_empty(self) -> bool:
        """True if nothing would be left behind."""
        return not (self.records or self.promises or self.team)


def keeps(model: type[Organization | Opportunity], user_id: int) -> sa.ColumnElement[bool]:
    """The rows of a model with two owners that are this person's."""
    return sa.or_(model.owner_id == user_id, model.second_owner_id == user_id)


def open_promises(user_id: int) -> sa.ColumnElement[bool]:
    """The interactions whose promise this person is still to keep, archived ones among them."""
    return sa.and_(
        Interaction.owner_id == user_id, Interaction.follow_up_required, Interaction.completed_at.is_(None)
    )


def of(user_id: int) -> Belongings:
    """Everything that this person keeps, in one statement."""
    organization, opportunity = keeps(Organization, user_id), keeps(Opportunity, user_id)
    contact = Contact.owner_id == user_id
    live = Organization.deleted_at.is_(None)
    archived = [
        _count(Organization, organization, ~live),
        _count(Contact, contact, Contact.deleted_at.is_not(None)),
        _count(Opportunity, opportunity, Opportunity.deleted_at.is_not(None)),
    ]
    counts = sa.select(
        _count(Organization, organization, live, ~Organization.is_principal),
        _count(Organization, organization, live, Organization.is_principal),
        _count(Contact, contact, Contact.deleted_at.is_(None)),
        _count(Opportunity, opportunity, Opportunity.deleted_at.is_(None)),
        _count(Interaction, open_promises(user_id), Interaction.deleted_at.is_(None)),
        archived[0] + archived[1] + archived[2],
        _count(User, User.manager_id == user_id, User.active),
    )
    return Belongings(*db.session.execute(counts).one())


def _count(
    model: type[Organization | Contact | Opportunity | Interaction | User],
    *where: sa.SQLColumnExpression[bool],
) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(model).where(*where).scalar_subquery()
