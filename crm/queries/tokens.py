"""Tokens: whose, which, and who comes in by one."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from crm.db import db
from crm.enums import TokenKind
from crm.models import ApiToken, User


def behind(secret_sha256: str, *, now: datetime) -> tuple[ApiToken, User] | None:
    """The token of this hash and whose it is; None if there is none that is good for anything now."""
    row = db.session.execute(
        sa.select(ApiToken, User)
        .join(User, User.user_id == ApiToken.user_id)
        .where(
            ApiToken.secret_sha256 == secret_sha256,
            ApiToken.revoked_at.is_(None),
            sa.or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now),
            User.active,
        )
    ).first()
    return (row[0], row[1]) if row else None


def of(user_id: int, *, most: int = 100) -> Sequence[ApiToken]:
    """The tokens of a person that were not revoked, the newest first; at most `most`."""
    return db.session.scalars(_standing().where(ApiToken.user_id == user_id).limit(most)).all()


def calendars(user_id: int) -> Sequence[ApiToken]:
    """Those of them by which a calendar reads."""
    return db.session.scalars(
        _standing().where(ApiToken.user_id == user_id, ApiToken.kind == TokenKind.CALENDAR)
    ).all()


def everybodys(*, most: int = 500) -> list[tuple[ApiToken, str]]:
    """Every token that was not revoked, with the name of whose it is, the newest first; at most `most`."""
    query = _standing().add_columns(User.full_name).join(User, User.user_id == ApiToken.user_id).limit(most)
    return [(token, name) for token, name in db.session.execute(query)]


def get(api_token_id: int) -> ApiToken:
    """One token. Raises `sqlalchemy.exc.NoResultFound` for a number that is none's."""
    return db.session.get_one(ApiToken, api_token_id)


def _standing() -> sa.Select[ApiToken]:
    return sa.select(ApiToken).where(ApiToken.revoked_at.is_(None)).order_by(ApiToken.api_token_id.desc())
