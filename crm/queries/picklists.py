"""The words that forms offer, as an admin keeps them."""

import sqlalchemy as sa

from crm.db import db
from crm.enums import Picklist
from crm.models import PicklistValue


def words(picklist: Picklist, *, under: str | None = None) -> list[str]:
    """The words of a list in their order: those offered everywhere, and those offered `under` something."""
    offered: sa.ColumnElement[bool] = PicklistValue.under.is_(None)
    if under is not None:
        offered = sa.or_(offered, PicklistValue.under == under)
    return list(
        db.session.scalars(
            sa.select(PicklistValue.value)
            .where(PicklistValue.picklist == picklist, PicklistValue.deleted_at.is_(None), offered)
            .order_by(PicklistValue.place, sa.func.fold(PicklistValue.value))
        )
    )
