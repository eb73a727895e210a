"""Making and revoking tokens. The secret is told once, to whoever made it; what is kept is its hash."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

import sqlalchemy as sa

from crm.db import db
from crm.enums import Role, TokenKind
from crm.errors import Refused
from crm.models import ApiToken, User
from crm.models.user import SERVICES
from crm.queries import tokens
from crm.services import accounts, notification_preferences

MOST: Final = 50
"""Tokens that one person has."""
MARK: Final = "kp_"
"""How every secret begins, so that scanners of repositories know one when they see it."""
SHOWN: Final = 9
"""Signs of a secret that stay legible."""
MINUTE: Final = timedelta(minutes=1)

NOUNS: Final = (
    *("organizations", "contacts", "products", "opportunities", "interactions", "follow-ups", "samples"),
    *("distribution", "engagement", "search", "people", "jobs", "imports", "exports"),
)
"""What a token can be narrowed to."""
SCOPES: Final = (
    "read",
    "write",
    *(f"{noun}:{act}" for noun in NOUNS for act in ("read", "write")),
)


def make(
    user: User,
    *,
    name: str,
    scopes: Collection[str] = (),
    kind: TokenKind = TokenKind.PERSONAL,
    expires_at: datetime | None = None,
    by: User | None = None,
) -> tuple[ApiToken, str]:
    """A token by which a script comes in as `user`, and its secret. Raises `Refused` for one that would open
    nothing, a scope that there is none of, or one token too many.
    """
    if not name.strip():
        raise Refused("Give it a name, so that you know later what it is for.", field="name")
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise Refused(f"There is no scope {unknown[0]}.", field="scopes")
    if not scopes and kind is not TokenKind.CALENDAR:
        raise Refused("Choose what it may do.", field="scopes")
    if len(tokens.of(user.user_id, most=MOST)) >= MOST:
        raise Refused(f"That would be more than {MOST} tokens. Revoke one that is not used.")
    secret = MARK + secrets.token_urlsafe(32)
    token = ApiToken(
        user_id=user.user_id,
        kind=kind,
        name=" ".join(name.split()),
        prefix=secret[:SHOWN],
        secret_sha256=sha256(secret),
        scopes=[scope for scope in SCOPES if scope in scopes],
        made_by=by.user_id if by else None,
        expires_at=expires_at,
    )
    db.session.add(token)
    db.session.flush()
    return token, secret


def make_calendar(user: User, *, now: datetime) -> str:
    """A new secret for the calendar of a person's follow-ups; one from before is good for nothing then."""
    for earlier in tokens.calendars(user.user_id):
        revoke(earlier, now=now)
    _, secret = make(user, name="Calendar", kind=TokenKind.CALENDAR, by=user)
    return secret


def make_account(name: str, *, email: str, role: Role, time_zone: str) -> User:
    """An account for another system: nobody signs in with it, and it is told nothing."""
    account = accounts.create(email, full_name=name, role=role, time_zone=time_zone, password_hash=None)
    notification_preferences.mute(account)
    return account


def service_address(name: str) -> str:
    """A mail address for an account that gets no mail."""
    word = "-".join("".join(sign if sign.isalnum() else " " for sign in name.lower()).split()) or "service"
    return f"{word}.{uuid4().hex[:6]}@{SERVICES}"


def revoke(token: ApiToken, *, now: datetime) -> None:
    """It opens nothing any more; one that was revoked before stays as it is."""
    if token.revoked_at is None:
        token.revoked_at = now
        db.session.flush()


def note_use(token: ApiToken, *, now: datetime) -> None:
    """Remember to the minute when it was used. Whoever else is noting that is not waited for."""
    if token.last_used_at is not None and now - token.last_used_at < MINUTE:
        return
    free = (
        sa.select(ApiToken.api_token_id)
        .where(ApiToken.api_token_id == token.api_token_id)
        .with_for_update(skip_locked=True)
    )
    db.session.execute(
        sa.update(ApiToken)
        .where(ApiToken.api_token_id.in_(free))
        .values(last_used_at=now)
        .execution_options(synchronize_session=False)
    )


def sha256(secret: str) -> str:
    """What is kept of a secret; it is long and random, so nothing slower is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
