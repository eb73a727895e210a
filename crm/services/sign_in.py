"""The limit on failed tries to sign in."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from crm.db import db
from crm.models import SignInAttempt

MOST_FAILURES = 10
WITHIN = timedelta(minutes=15)


def wait_for(email: str, *, now: datetime) -> int | None:
    """Minutes until `email` (lower case) may try again, or None if it may now."""
    oldest_that_matters = db.session.execute(
        sa.select(SignInAttempt.attempted_at)
        .where(SignInAttempt.email == email, SignInAttempt.attempted_at > now - WITHIN)
        .order_by(SignInAttempt.attempted_at.desc())
        .offset(MOST_FAILURES - 1)
        .limit(1)
    ).scalar_one_or_none()
    if oldest_that_matters is None:
        return None
    return max(1, -(-int((oldest_that_matters + WITHIN - now).total_seconds()) // 60))


def note_failure(email: str, *, ip: str | None) -> None:
    """Count a failed try, and forget those that no longer matter."""
    db.session.execute(sa.delete(SignInAttempt).where(SignInAttempt.attempted_at < sa.func.now() - WITHIN))
    db.session.add(SignInAttempt(email=email, ip=ip))


def forget_failures(email: str) -> None:
    """A good sign-in starts the count anew."""
    db.session.execute(sa.delete(SignInAttempt).where(SignInAttempt.email == email))
