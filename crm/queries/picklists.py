"""The words that forms offer, as an admin keeps them, and the rows that hold them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
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

MOST_STRAYS = 100
"""Words that only records have, as a list shows them: the most used ones."""


@dataclass(frozen=True)
class Holder:
    """A column that holds words of a list, one or an array of them, and what people call its rows."""

    column: Any
    noun: str
    nouns: str

    @property
    def is_array(self) -> bool:
        return isinstance(self.column.type, sa.ARRAY)

    @property
    def table(self) -> sa.Table:
        table: sa.Table = self.column.class_.__table__
        return table

    @property
    def list_name(self) -> str:
        """The list of its rows, by its address without the slash."""
        return self.nouns

    @property
    def filter_name(self) -> str:
        """What the filter of that list is called by which people ask for a word, if there is one."""
        return "tag" if self.is_array else str(self.column.key)

    @property
    def words(self) -> Any:
        """Each word that a row holds."""
        return sa.func.unnest(self.column) if self.is_array else self.column

    def holds(self, value: str) -> sa.ColumnElement[bool]:
        """True of the rows that hold this word, as it is written."""
        if not self.is_array:
            return sa.type_coerce(self.column == value, sa.Boolean)
        held: sa.ColumnElement[bool] = self.column.op("@>", is_comparison=True)(
            sa.cast([value], sa.ARRAY(sa.Text))
        )
        return held


_ORGANIZATION, _OPPORTUNITY = ("organization", "organizations"), ("opportunity", "opportunities")

HOLDERS: Final[dict[Picklist, tuple[Holder, ...]]] = {
    Picklist.SEGMENT: (Holder(Organization.segment, *_ORGANIZATION),),
    Picklist.CONTEXT: (Holder(Opportunity.context, *_OPPORTUNITY),),
    Picklist.SOURCE: (Holder(Opportunity.source, *_OPPORTUNITY),),
    Picklist.CLOSE_REASON: (Holder(Opportunity.close_reason, *_OPPORTUNITY),),
    Picklist.ACTIVITY: (Holder(Interaction.activity, "interaction", "interactions"),),
    Picklist.POSITION: (Holder(Contact.position, "contact", "contacts"),),
    Picklist.PRODUCT_CATEGORY: (Holder(Product.category, "product", "products"),),
    Picklist.CONTACT_ROLE: (Holder(OpportunityContact.role, "role in an opportunity", "opportunity roles"),),
    Picklist.TAG: (Holder(Organization.tags, *_ORGANIZATION), Holder(Opportunity.tags, *_OPPORTUNITY)),
}
"""Where the words of each list are held; the function `picklist_uses` of the database counts the same."""


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
    """A word: offered, archived, or (without a `word`) only on records, and how many rows of each holder of
    its list have it; archived rows count, too.
    """

    value: str
    word: PicklistValue | None
    uses: tuple[int, ...]
    is_first: bool = True
    """Whether no word offered with it stands before it."""
    is_last: bool = True

    @property
    def total(self) -> int:
        return sum(self.uses)

    @property
    def is_offered(self) -> bool:
        return self.word is not None and not self.word.is_archived

    @property
    def is_archived(self) -> bool:
        return self.word is not None and self.word.is_archived

    @property
    def under(self) -> str | None:
        return self.word.under if self.word else None


def kept(picklist: Picklist) -> list[Kept]:
    """Every word of a list with its uses: those offered, archived ones, then those that only records have."""
    used = _uses(picklist)
    none = (0,) * len(HOLDERS[picklist])
    listed = db.session.scalars(_listed(picklist)).all()
    found = [_kept(word, listed, used.pop(word.value, none)) for word in listed]
    strays = sorted(used.items(), key=lambda one: (-sum(one[1]), one[0].casefold()))
    return found + [Kept(value, None, uses) for value, uses in strays[:MOST_STRAYS]]


def find(picklist: Picklist, value: str) -> Kept | None:
    """One word, None for one that neither the list nor a row has."""
    listed = PicklistValue.picklist == picklist
    word = db.session.scalars(sa.select(PicklistValue).where(listed, PicklistValue.value == value)).first()
    counts = [
        sa.select(sa.func.count()).select_from(holder.column.class_).where(holder.holds(value))
        for holder in HOLDERS[picklist]
    ]
    uses = tuple(db.session.execute(sa.select(*(count.scalar_subquery() for count in counts))).one())
    return Kept(value, word, uses) if word is not None or sum(uses) else None


def takers(known: Kept, among: Sequence[Kept]) -> list[str]:
    """The words that `known` can be merged into: offered where it is offered, or on records already."""
    return [
        other.value
        for other in among
        if other.value != known.value and not other.is_archived and other.under in (None, known.under)
    ]


def get(picklist_value_id: int) -> PicklistValue:
    """One word. Raises `sqlalchemy.exc.NoResultFound` for a number that is none's."""
    return db.session.get_one(PicklistValue, picklist_value_id)


def beside(word: PicklistValue) -> list[PicklistValue]:
    """The words offered with it, itself among them, in their order."""
    together = PicklistValue.under.is_not_distinct_from(word.under)
    return list(
        db.session.scalars(_listed(word.picklist).where(PicklistValue.deleted_at.is_(None), together))
    )


def _listed(picklist: Picklist) -> "sa.Select[PicklistValue]":
    return (
        sa.select(PicklistValue)
        .where(PicklistValue.picklist == picklist)
        .order_by(
            PicklistValue.deleted_at.is_not(None),
            PicklistValue.under.nulls_first(),
            PicklistValue.place,
            sa.func.fold(PicklistValue.value),
        )
    )


def _kept(word: PicklistValue, listed: Sequence[PicklistValue], uses: tuple[int, ...]) -> Kept:
    if word.is_archived:
        return Kept(word.value, word, uses)
    beside = [other for other in listed if not other.is_archived and other.under == word.under]
    return Kept(word.value, word, uses, is_first=word is beside[0], is_last=word is beside[-1])


def _uses(picklist: Picklist) -> dict[str, tuple[int, ...]]:
    """How many rows of each holder have each word that any of them has."""
    holders = HOLDERS[picklist]
    each = [
        sa.select(holder.words.label("word"), sa.literal(place).label("place"))
        for place, holder in enumerate(holders)
    ]
    held = sa.union_all(*each).subquery()
    found: dict[str, list[int]] = defaultdict(lambda: [0] * len(holders))
    rows = db.session.execute(
        sa.select(held.c.word, held.c.place, sa.func.count())
        .where(held.c.word.is_not(None))
        .group_by(held.c.word, held.c.place)
    )
    for value, place, n in rows:
        found[value][place] = n
    return {value: tuple(uses) for value, uses in found.items()}
