"""Plain keeping of a record of any kind: create, change, archive, restore. Rules live with their noun.

Views ask `crm.policy` first whether the person may; row security says the same of each row once more.

Archiving takes nothing along and nothing blocks it: what hangs on a record stays, and shows it as archived.
Counts leave out an archived opportunity with its interactions, by triggers; an interaction has a rule of its
own (`services.interactions.archive`). So restoring one row brings back exactly what archiving it took away.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm.exc import StaleDataError

from crm.db import db
from crm.enums import RecordKind
from crm.models import Contact, Interaction, Opportunity, Organization, Product
from crm.models.base import Model, Versioned

M = TypeVar("M", bound=Model)
V = TypeVar("V", bound=Versioned)

MODELS: dict[RecordKind, type[Any]] = {
    RecordKind.ORGANIZATION: Organization,
    RecordKind.CONTACT: Contact,
    RecordKind.PRODUCT: Product,
    RecordKind.OPPORTUNITY: Opportunity,
    RecordKind.INTERACTION: Interaction,
}


class StaleVersion(StaleDataError):
    """The row was changed since it was seen. Answered 409, with both values of each field."""

    def __init__(self, version: int, newest: Mapping[str, Any]) -> None:
        super().__init__("the row was changed since it was seen")
        self.version = version
        """The version that the row has now."""
        self.newest = newest
        """The columns that were to be changed, as they are now."""


def create(model: type[M], values: Mapping[str, Any]) -> M:
    """A new row of `model` with these columns, flushed."""
    row = model(**values)
    db.session.add(row)
    db.session.flush()
    return row


def take(row: V) -> V:
    """Wait until nobody else is changing the row, and hold it as it is then until this transaction ends.

    Ask first whether the person may change it: a row that they may not change is not found here.
    """
    db.session.refresh(row, with_for_update=True)
    return row


def change(row: V, values: Mapping[str, Any], *, seen: int) -> V:
    """Give these columns of a row that was seen at version `seen` new values, flushed.

    Raises `StaleVersion` with the newest values where it was changed since.
    """
    if take(row).version != seen:
        raise StaleVersion(row.version, {column: getattr(row, column) for column in values})
    for column, value in values.items():
        if getattr(row, column) != value:
            setattr(row, column, value)
    db.session.flush()
    return row


def archive(row: V, *, now: datetime) -> V:
    """Take a row out of every list; one that is archived stays as it is."""
    if not take(row).is_archived:
        row.deleted_at = now
        db.session.flush()
    return row


def restore(kind: RecordKind, record_id: int) -> Any:
    """Bring an archived record back; one that is not archived stays as it is.

    Raises `sqlalchemy.exc.NoResultFound` for a number that is none's.
    """
    row = take(db.session.get_one(MODELS[kind], record_id))
    if row.is_archived:
        row.deleted_at = None
        db.session.flush()
    return row
