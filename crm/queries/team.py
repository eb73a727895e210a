"""The people of the firm as their own page shows them: who signs in, as what, for whom, and since when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.db import db
from crm.enums import Role
from crm.models import Organization, SignInAttempt, User

MOST = 300
"""People on one page; a firm with more searches."""


class SignIn(StrEnum):
    """Whether somebody can sign in."""

    ON = "on"
    INVITED = "invited"
    """They have an account and have not chosen a password yet."""
    LOCKED = "locked"
    """Too many wrong passwords a moment ago."""
    OFF = "off"


@dataclass(frozen=True)
class Limit:
    """From when on how many failed tries keep an address from signing in."""

    since: datetime
    most: int


@dataclass(frozen=True)
class Member:
    """One person of the firm."""

    user: User
    manager: str | None
    principals: int
    """Principals they own, not archived ones."""
    failures: int
    sign_in: SignIn


def page(*, limit: Limit, search: str = "", role: Role | None = None) -> list[Member]:
    """Everybody with an account, by name, at most `MOST`: those who can sign in before those who cannot."""
    chosen = _members(limit).order_by(sa.desc(User.active), sa.func.fold(User.full_name), User.user_id)
    if search:
        sought = sa.func.fold(User.full_name + " " + User.email)
        chosen = chosen.where(sa.func.strpos(sought, sa.func.fold(search)) > 0)
    if role:
        chosen = chosen.where(User.role == role)
    return [_member(row, limit) for row in db.session.execute(chosen.limit(MOST))]


def get(user_id: int, *, limit: Limit) -> Member:
    """One of them. Raises `sqlalchemy.exc.NoResultFound`."""
    return _member(db.session.execute(_members(limit).where(User.user_id == user_id)).one(), limit)


def led_by(user_id: int) -> list[User]:
    """The active people who have this person as manager, by name."""
    team = sa.select(User).where(User.manager_id == user_id, User.active)
    return list(db.session.scalars(team.order_by(sa.func.fold(User.full_name))))


def managers() -> list[User]:
    """Whoever may have a team: managers and admins who can sign in, by name."""
    may = sa.select(User).where(User.role != Role.REP, User.active)
    return list(db.session.scalars(may.order_by(sa.func.fold(User.full_name))))


def counts() -> tuple[int, int]:
    """How many people have an account, and how many of them are active."""
    how_many = sa.select(sa.func.count(), sa.func.count().filter(User.active)).select_from(User)
    people, active = db.session.execute(how_many).one()
    return people, active


def _members(limit: Limit) -> "sa.Select[*tuple[Any, ...]]":
    manager = aliased(User)
    principals = sa.select(sa.func.count()).where(
        Organization.is_principal, Organization.owner_id == User.user_id, Organization.deleted_at.is_(None)
    )
    failures = sa.select(sa.func.count()).where(
        SignInAttempt.email == sa.func.lower(User.email), SignInAttempt.attempted_at > limit.since
    )
    return sa.select(
        User, manager.full_name, principals.scalar_subquery(), failures.scalar_subquery()
    ).outerjoin(manager, manager.user_id == User.manager_id)


def _member(row: "sa.Row[*tuple[Any, ...]]", limit: Limit) -> Member:
    user, manager, principals, failures = row
    if not user.active:
        sign_in = SignIn.OFF
    elif failures >= limit.most:
        sign_in = SignIn.LOCKED
    else:
        sign_in = SignIn.ON if user.password else SignIn.INVITED
    return Member(user, manager, principals, failures, sign_in)
