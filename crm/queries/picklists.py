"""The words that forms offer, as an admin keeps them."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Kept:
    """A word of a list, offered or archived, and how many rows hold it."""

    word: PicklistValue
    uses: int


def kept(picklist: Picklist) -> list[Kept]:
    """Every word of a list with its uses, archived ones last; archived rows count, too."""
    used = (
        sa.func.picklist_uses(sa.literal(picklist, PicklistValue.picklist.type))
        .table_valued(sa.column("value", sa.Text), sa.column("uses", sa.BigInteger))
        .alias("used")
    )
    rows = db.session.execute(
        sa.select(PicklistValue, sa.func.coalesce(used.c.uses, 0))
        .outerjoin(used, used.c.value == PicklistValue.value)
        .where(PicklistValue.picklist == picklist)
        .order_by(
            PicklistValue.deleted_at.is_not(None),
            PicklistValue.under.nulls_first(),
            PicklistValue.place,
            sa.func.fold(PicklistValue.value),
        )
    )
    return [Kept(word, uses) for word, uses in rows]


def get(picklist_value_id: int) -> PicklistValue:
    """One word. Raises `sqlalchemy.exc.NoResultFound` for a number that is none's."""
    return db.session.get_one(PicklistValue, picklist_value_id)
