"""Who works here, and for whom somebody answers."""

from dataclasses import dataclass

import sqlalchemy as sa

from crm.db import db
from crm.models import User


@dataclass(frozen=True)
class Colleague:
    """Somebody who can keep a promise: the id and the name that lists show."""

    user_id: int
    full_name: str


def team(user_id: int) -> frozenset[int]:
    """The ids of those this person answers for: themselves and whoever has them as manager, one level."""
    answered_for = sa.select(User.user_id).where(User.manager_id == user_id)
    return frozenset({user_id, *db.session.execute(answered_for).scalars()})


def colleagues(*, limit: int = 200) -> list[Colleague]:
    """Everybody who can sign in, by name; at most `limit`."""
    people = (
        sa.select(User.user_id, User.full_name)
        .where(User.active)
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
