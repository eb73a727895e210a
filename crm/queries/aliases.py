"""Under which spellings files name the firm's people and distributors."""

from collections import Counter

import sqlalchemy as sa

from crm.db import db
from crm.models import Organization, OrganizationAlias, PersonAlias, User
from crm.queries.organization_names import folded


def people() -> dict[str, int]:
    """Folded spelling → id of everybody who can sign in: their aliases, address and full name.

    A full name that two people share names neither; an alias wins over somebody else's name.
    """
    users = db.session.execute(sa.select(User.user_id, User.full_name, User.email).where(User.active)).all()
    names = Counter(folded(user.full_name) for user in users)
    aliases = sa.select(PersonAlias.alias, PersonAlias.user_id).join(
        User, User.user_id == PersonAlias.user_id
    )
    return {
        **{folded(user.full_name): user.user_id for user in users if names[folded(user.full_name)] == 1},
        **{folded(user.email): user.user_id for user in users},
        **{row.alias: row.user_id for row in db.session.execute(aliases.where(User.active))},
    }


def organizations() -> dict[str, int]:
    """Folded spelling → id of the organization that files mean by it; archived ones are not told."""
    aliases = (
        sa.select(OrganizationAlias.alias, OrganizationAlias.organization_id)
        .join(Organization, Organization.organization_id == OrganizationAlias.organization_id)
        .where(Organization.deleted_at.is_(None))
    )
    return {row.alias: row.organization_id for row in db.session.execute(aliases)}
