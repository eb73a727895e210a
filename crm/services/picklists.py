"""Keeping the firm's lists of words. Rows hold the word itself: who renames one renames it on them, too."""

from typing import Any, Final

import sqlalchemy as sa

from crm.db import db
from crm.enums import Picklist
from crm.models import (
    Contact,
    Interaction,
    Opportunity,
    OpportunityContact,
    Organization,
    PicklistValue,
    Product,
)

HELD: Final[dict[Picklist, Any]] = {
    Picklist.SEGMENT: Organization.segment,
    Picklist.CONTEXT: Opportunity.context,
    Picklist.SOURCE: Opportunity.source,
    Picklist.CLOSE_REASON: Opportunity.close_reason,
    Picklist.ACTIVITY: Interaction.activity,
    Picklist.POSITION: Contact.position,
    Picklist.PRODUCT_CATEGORY: Product.category,
    Picklist.CONTACT_ROLE: OpportunityContact.role,
}
"""The column that holds the words of each list, as `picklist_uses` counts them."""


def add(picklist: Picklist, value: str, *, under: str | None = None) -> PicklistValue:
    """Offer a word at the end of its list.

    Raises `sqlalchemy.exc.IntegrityError` (uq_picklist_values_value) for one that stands there already.
    """
    last = sa.select(sa.func.coalesce(sa.func.max(PicklistValue.place), -1)).where(
        PicklistValue.picklist == picklist
    )
    word = PicklistValue(
        picklist=picklist, value=value, under=under, place=db.session.execute(last).scalar_one() + 1
    )
    db.session.add(word)
    db.session.flush()
    return word


def rename(word: PicklistValue, *, to: str) -> int:
    """Call a word otherwise, here and on every row that holds it, archived ones too; answers how many did.

    Raises `sqlalchemy.exc.IntegrityError` (uq_picklist_values_value) for a name that stands in the list.
    """
    was, column = word.value, HELD[word.picklist]
    word.value = to
    db.session.flush()
    if was == to:
        return 0
    changed = db.session.execute(
        sa.update(column.class_)
        .where(column == was)
        .values({column.key: to})
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()
    return int(changed.rowcount)  # type: ignore[attr-defined]


def restore(word: PicklistValue) -> PicklistValue:
    """Offer an archived word again."""
    word.deleted_at = None
    db.session.flush()
    return word
