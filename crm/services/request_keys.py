"""Request keys: a double click or a retried post makes one record and one answer.

The key is written in the transaction of the work itself. The unique key makes a second post wait until the
first has ended; when that rolled back, the second does the work.
"""

from functools import cache
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm.db import db
from crm.errors import Refused
from crm.models import RequestKey

_KEYS: Final = cast("sa.Table", RequestKey.__table__)


def claim(request_key: str, *, by: int) -> str | None:
    """Take the key for user `by`. Returns None if it was free, else the address that its first use led to.

    Raises `sqlalchemy.exc.NoResultFound` if another person used the key.
    """
    row = {"request_key": request_key, "user_id": by, "location": ""}
    free = db.session.execute(_claiming(), row).scalar_one_or_none()
    if free is not None:
        return None
    return db.session.execute(
        sa.select(RequestKey.location).where(RequestKey.request_key == request_key, RequestKey.user_id == by)
    ).scalar_one()


@cache
def _claiming() -> sa.Executable:
    """Writes a key that is free, and returns it; built once, for every form is posted under one."""
    return insert(_KEYS).on_conflict_do_nothing().returning(_KEYS.c.request_key)


def settle(request_key: str, *, location: str) -> None:
    """Remember the address that the work under this key led to."""
    db.session.execute(_settling(), {"settled": request_key, "location": location})


@cache
def _settling() -> sa.Update:
    settled = sa.bindparam("settled", type_=_KEYS.c.request_key.type)
    return sa.update(_KEYS).where(_KEYS.c.request_key == settled)


def claim_answer(request_key: str, *, fingerprint: str, by: int) -> dict[str, Any] | None:
    """Take the key for a request of user `by` that `fingerprint` stands for. Returns None if it was free,
    else what the first request under it was answered.

    Raises `Refused` if that was another request.
    """
    if claim(request_key, by=by) is None:
        db.session.execute(_of(request_key).values(fingerprint=fingerprint))
        return None
    kept = db.session.execute(
        sa.select(RequestKey.fingerprint, RequestKey.answer).where(RequestKey.request_key == request_key)
    ).one()
    if kept.fingerprint != fingerprint or kept.answer is None:
        raise Refused("Something else was asked under this key. Choose another one.", field="Idempotency-Key")
    answer: dict[str, Any] = kept.answer
    return answer


def settle_answer(request_key: str, answer: dict[str, Any]) -> None:
    """Remember what the request under this key was answered."""
    db.session.execute(_of(request_key).values(answer=answer))


def _of(request_key: str) -> sa.Update:
    return sa.update(RequestKey).where(RequestKey.request_key == request_key)
