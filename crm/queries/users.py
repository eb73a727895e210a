"""Who works here, and for whom somebody answers."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from crm.db import db
from crm.models import User
from crm.models.user import SERVICES


@dataclass(frozen=True)
class Colleague:
    """Somebody who can keep a promise: the id and the name that lists show."""

    user_id: int
    full_name: str


_ANSWERED_FOR: Final = sa.select(User.manager_id, User.user_id).where(
    User.manager_id == sa.any_(sa.bindparam("managers", type_=ARRAY(sa.BigInteger)))
)


def team(user_id: int) -> frozenset[int]:
    """The ids of those this person answers for: themselves and whoever has them as manager, one level."""
    return teams([user_id])[user_id]


def teams(user_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """The same of each of these people."""
    if not user_ids:
        return {}
    found = {user_id: {user_id} for user_id in user_ids}
    for row in db.session.execute(_ANSWERED_FOR, {"managers": list(user_ids)}):
        found[row.manager_id].add(row.user_id)
    return {user_id: frozenset(team) for user_id, team in found.items()}


def colleagues(*, limit: int = 200) -> list[Colleague]:
    """Everybody who can sign in, by name, and no accounts of other systems; at most `limit`."""
    people = (
        sa.select(User.user_id, User.full_name)
        .where(User.active, User.email.not_like(f"%@{SERVICES}"))
        .order_by(sa.func.lower(User.full_name), User.user_id)
        .limit(limit)
    )
    return [Colleague(*row) for row in db.session.execute(people)]


def by_email(email: str) -> User:
    """The person who signs in with this address, in any case. Raises `sqlalchemy.exc.NoResultFound`."""
    person = sa.select(User).where(sa.func.lower(User.email) == email.strip().lower(), User.active)
    return db.session.execute(person).scalar_one()


def colleague(user_id: int) -> Colleague:
    """One person of the firm, signed in any more or not. Raises `sqlalchemy.exc.NoResultFound`."""
    row = db.session.execute(sa.select(User.user_id, User.full_name).where(User.user_id == user_id)).one()
    return Colleague(*row)


def get(user_id: int) -> User:
    """The person with this number, active or not. Raises `sqlalchemy.exc.NoResultFound`."""
    return db.session.get_one(User, user_id)


def active() -> list[User]:
    """Everybody who can sign in, by name."""
    people = sa.select(User).where(User.active).order_by(sa.func.fold(User.full_name), User.user_id)
    return list(db.session.scalars(people))


def find(user_id: int) -> User | None:
    """The person with this number, active or not; None if there is none."""
    return db.session.get(User, user_id)
