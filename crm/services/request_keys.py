"""Request keys: a double click or a retried post makes one record and one answer.

The key is written in the transaction of the work itself. The unique key makes a second post wait until the
first has ended; when that rolled back, the second does the work.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm.db import db
from crm.models import RequestKey


def claim(request_key: str, *, by: int) -> str | None:
    """Take the key for user `by`. Returns None if it was free, else the address that its first use led to.

    Raises `sqlalchemy.exc.NoResultFound` if another person used the key.
    """
    free = db.session.execute(
        insert(RequestKey)
        .values(request_key=request_key, user_id=by, location="")
        .on_conflict_do_nothing()
        .returning(RequestKey.request_key)
    ).scalar_one_or_none()
    if free is not None:
        return None
    return db.session.execute(
        sa.select(RequestKey.location).where(RequestKey.request_key == request_key, RequestKey.user_id == by)
    ).scalar_one()


def settle(request_key: str, *, location: str) -> None:
    """Remember the address that the work under this key led to."""
    db.session.execute(
        sa.update(RequestKey).where(RequestKey.request_key == request_key).values(location=location)
    )
