"""Accounts: who signs in, as what, in whose team. Made by commands, which act as the owner of the tables."""

from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email

from crm.db import db
from crm.enums import Role
from crm.errors import Refused
from crm.models import User


def create(
    email: str,
    *,
    full_name: str,
    role: Role,
    time_zone: str,
    password_hash: str | None,
    manager_email: str | None = None,
) -> User:
    """Make an account. Without `password_hash` its person chooses a password by a reset mail first.

    Raises `Refused` for an address, a name, a zone or a manager that cannot be, and
    `sqlalchemy.exc.IntegrityError` (uq_users_email) for an address that somebody has.
    """
    user = User(
        email=_address(email),
        full_name=_name(full_name),
        role=role,
        time_zone=_zone(time_zone),
        manager_id=_manager(manager_email).user_id if manager_email else None,
        password=password_hash,
        fs_uniquifier=uuid4().hex,
    )
    db.session.add(user)
    db.session.flush()
    return user


def change_role(email: str, *, to: Role) -> User:
    """Make somebody a rep, a manager or an admin.

    Raises `Refused` for a rep to be who has a team, and for the last admin.
    """
    user = _account(email)
    if to is Role.REP and _team_of(user):
        raise Refused(f"{user.full_name} has a team of {_team_of(user)}. Give them another manager first.")
    if to is not Role.ADMIN:
        _insist_on_another_admin(user)
    user.role = to
    db.session.flush()
    return user


def change_manager(email: str, *, to: str | None) -> User:
    """Put somebody into the team of the manager with the address `to`; None = into nobody's."""
    user = _account(email)
    manager = _manager(to) if to else None
    if manager is user:
        raise Refused("Nobody is in a team of their own. Name another manager.", field="manager")
    user.manager_id = manager.user_id if manager else None
    db.session.flush()
    return user


def deactivate(email: str) -> User:
    """Let somebody sign in no more; a session they have ends with its next request. Their rows stay theirs.

    Raises `Refused` for the last admin.
    """
    user = _account(email)
    _insist_on_another_admin(user)
    user.active = False
    user.fs_uniquifier = uuid4().hex
    db.session.flush()
    return user


def activate(email: str) -> User:
    """Let somebody sign in again, with the password they had."""
    user = _account(email)
    user.active = True
    db.session.flush()
    return user


def _account(email: str) -> User:
    found = sa.select(User).where(sa.func.lower(User.email) == email.strip().lower()).with_for_update()
    user = db.session.execute(found).scalar_one_or_none()
    if user is None:
        raise Refused(f"Nobody has an account with the address {email}.", field="email")
    return user


def _manager(email: str) -> User:
    manager = _account(email)
    if manager.role is Role.REP or not manager.active:
        raise Refused(f"{manager.full_name} is no manager who can sign in. Name one who is.", field="manager")
    return manager


def _team_of(user: User) -> int:
    team = sa.select(sa.func.count()).where(User.manager_id == user.user_id, User.active)
    return db.session.execute(team).scalar_one()


def _insist_on_another_admin(user: User) -> None:
    others = sa.select(sa.func.count()).where(
        User.role == Role.ADMIN, User.active, User.user_id != user.user_id
    )
    if user.role is Role.ADMIN and user.active and not db.session.execute(others).scalar_one():
        raise Refused(f"{user.full_name} is the only admin who can sign in. Make somebody else one first.")


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
