"""Accounts: who signs in, as what, in whose team.

Made and changed by commands, which run as the owner of the tables, and by admins on their page. The database
lets nobody else: the trigger `guard_users` tells so.
"""

from typing import TypeAlias
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email

from crm.db import db
from crm.enums import Role
from crm.errors import Refused
from crm.models import User

Who: TypeAlias = int | str
"""An account, by its `user_id` or by its mail address in any case."""


def get(who: Who) -> User:
    """The account as it is, and will be until the end of the transaction: accounts change one at a time, or
    two admins who take each other's role at once would both succeed.

    Raises `Refused` for an address that nobody has, `sqlalchemy.exc.NoResultFound` for such a number.
    """
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("accounts"))))
    is_it = sa.func.lower(User.email) == who.strip().lower() if isinstance(who, str) else User.user_id == who
    found = sa.select(User).where(is_it).execution_options(populate_existing=True)
    if isinstance(who, int):
        return db.session.execute(found).scalar_one()
    user = db.session.execute(found).scalar_one_or_none()
    if user is None:
        raise Refused(f"Nobody has an account with the address {who}.", field="email")
    return user


def create(
    email: str,
    *,
    full_name: str,
    role: Role,
    time_zone: str,
    password_hash: str | None,
    manager: Who | None = None,
) -> User:
    """Make an account. Without `password_hash` its person chooses a password by a mail first.

    Raises `Refused` for an address, a name, a zone or a manager that cannot be, and
    `sqlalchemy.exc.IntegrityError` (uq_users_email) for an address that somebody has.
    """
    user = User(
        email=_address(email),
        full_name=_name(full_name),
        role=role,
        time_zone=_zone(time_zone),
        manager_id=_manager(manager).user_id if manager is not None else None,
        password=password_hash,
        fs_uniquifier=uuid4().hex,
    )
    db.session.add(user)
    db.session.flush()
    return user


def change_role(who: Who, *, to: Role) -> User:
    """Make somebody a rep, a manager or an admin.

    Raises `Refused` for a rep to be who has a team, and for the last admin.
    """
    user = get(who)
    if to is Role.REP and _team_of(user):
        raise Refused(
            f"{user.full_name} has a team of {_team_of(user)}. Give them another manager first.", field="role"
        )
    if to is not Role.ADMIN:
        _insist_on_another_admin(user)
    user.role = to
    db.session.flush()
    return user


def change_manager(who: Who, *, to: Who | None) -> User:
    """Put somebody into the team of the manager `to`; None = into nobody's.

    Raises `Refused` for somebody who is no manager, and for two who would manage one another.
    """
    user = get(who)
    manager = _manager(to) if to is not None else None
    if manager is user:
        raise Refused("Nobody is in a team of their own. Name another manager.", field="manager")
    if manager is not None and manager.manager_id == user.user_id:
        raise Refused(
            f"{manager.full_name} is in {user.full_name}'s team. Name another manager.", field="manager"
        )
    user.manager_id = manager.user_id if manager else None
    db.session.flush()
    return user


def place(who: Who, *, role: Role, manager: Who | None) -> User:
    """Set what somebody may do and in whose team they are at once. Raises what the two above raise."""
    change_role(who, to=role)
    return change_manager(who, to=manager)


def deactivate(who: Who) -> User:
    """Let somebody sign in no more; a session they have ends with its next request, an invitation is void.

    Their rows and their team stay theirs (`services.handovers`). Raises `Refused` for the last admin.
    """
    user = get(who)
    _insist_on_another_admin(user)
    user.active = False
    user.fs_uniquifier = uuid4().hex
    db.session.flush()
    return user


def activate(who: Who) -> User:
    """Let somebody sign in again, with the password they had."""
    user = get(who)
    user.active = True
    db.session.flush()
    return user


def choose_password(user: User, *, password_hash: str) -> None:
    """Set the password of somebody with the link of an invitation; sessions and links from before end."""
    user.password = password_hash
    user.fs_uniquifier = uuid4().hex
    db.session.flush()


def _manager(who: Who) -> User:
    manager = get(who)
    if manager.role is Role.REP or not manager.active:
        raise Refused(f"{manager.full_name} is no manager who can sign in. Name one who is.", field="manager")
    return manager


def _team_of(user: User) -> int:
    team = sa.select(sa.func.count()).where(User.manager_id == user.user_id, User.active)
    return db.session.execute(team).scalar_one()


def _insist_on_another_admin(user: User) -> None:
    admins = sa.select(User.user_id).where(User.role == Role.ADMIN, User.active)
    if set(db.session.execute(admins).scalars()) == {user.user_id}:
        raise Refused(
            f"{user.full_name} is the only admin who can sign in. Make somebody else one first.", field="role"
        )


def _address(email: str) -> str:
    try:
        return validate_email(email, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as error:
        raise Refused(f"{email} is no mail address: {error}", field="email") from error


def _name(full_name: str) -> str:
    name = " ".join(full_name.split())
    if not any(letter.isalpha() for letter in name):
        raise Refused("Say what they are called, like Nell Carrow.", field="name")
    return name


def _zone(time_zone: str) -> str:
    try:
        return ZoneInfo(time_zone).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Refused(f"{time_zone} is no time zone. Name one like America/Chicago.", field="zone") from error
