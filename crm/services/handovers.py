"""Handing over: what one person keeps becomes another's, all of it in the transaction of the caller.

Set-based, a statement for each kind of record, so it takes a book of any size.
"""

import sqlalchemy as sa

from crm.db import db
from crm.errors import Refused
from crm.models import Contact, Interaction, Opportunity, Organization, User
from crm.queries import belongings
from crm.queries.belongings import Belongings
from crm.services import accounts

_IN_PLACE = {"synchronize_session": False}


def leave(who: accounts.Who, *, records_to: accounts.Who | None, team_to: accounts.Who | None) -> Belongings:
    """Let somebody sign in no more, and give what they keep to `records_to` and their team to `team_to`.

    Returns what changed hands. Raises `Refused` (fields `records_to`, `team_to`) while there is something to
    give and nobody to take it, for a taker who cannot sign in, and for the last admin.
    """
    user = accounts.deactivate(who)
    kept = belongings.of(user.user_id)
    if kept.records or kept.promises:
        _give_records(user, to=_taker(user, records_to))
    if kept.team:
        _give_team(user, to=team_to)
    return kept


def _taker(user: User, who: accounts.Who | None) -> User:
    if who is None:
        raise Refused(f"Say who keeps the records of {user.full_name} from now on.", field="records_to")
    taker = accounts.get(who)
    if taker is user or not taker.active:
        raise Refused(f"{taker.full_name} cannot sign in. Name somebody who can.", field="records_to")
    return taker


def _give_records(user: User, *, to: User) -> None:
    """A record on which the taker stands already has them once: the other place becomes free."""
    old, new = user.user_id, to.user_id
    for model in (Organization, Opportunity):
        owner = sa.case((model.owner_id == old, new), else_=model.owner_id)
        second = sa.case((model.second_owner_id == old, new), else_=model.second_owner_id)
        db.session.execute(
            sa.update(model)
            .where(belongings.keeps(model, old))
            .values(owner_id=owner, second_owner_id=sa.func.nullif(second, owner), version=model.version + 1),
            execution_options=_IN_PLACE,
        )
    theirs = sa.update(Contact).where(Contact.owner_id == old)
    db.session.execute(theirs.values(owner_id=new, version=Contact.version + 1), execution_options=_IN_PLACE)
    promised = sa.update(Interaction).where(belongings.open_promises(old))
    db.session.execute(
        promised.values(owner_id=new, version=Interaction.version + 1), execution_options=_IN_PLACE
    )
    db.session.expire_all()


def _give_team(user: User, *, to: accounts.Who | None) -> None:
    if to is None:
        raise Refused(f"Say who looks after the team of {user.full_name} from now on.", field="team_to")
    team = sa.select(User.user_id).where(User.manager_id == user.user_id, User.active)
    for member in list(db.session.execute(team).scalars()):
        accounts.change_manager(member, to=None if member == to else to)
