"""Where principals stand on a day of the firm: counts, last touch, level and percent.

Nothing here scans history. Counts come from the view `principal_activity_summary` (a summary row and what is
not folded yet), the last touch is one probe of an index, level and percent are computed from it when read.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import sqlalchemy as sa

from crm.enums import EngagementLevel
from crm.models import ActivityGoal, Organization, PrincipalActivity, Product, User

LASTS = {EngagementLevel.HIGH: 7, EngagementLevel.MEDIUM: 14, EngagementLevel.LOW: 30}
"""The last day of a level, in whole days since the last touch, as `calculate_engagement_level` has it."""

_BELOW = {
    EngagementLevel.HIGH: EngagementLevel.MEDIUM,
    EngagementLevel.MEDIUM: EngagementLevel.LOW,
    EngagementLevel.LOW: EngagementLevel.INACTIVE,
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where one principal stands. Not contacted yet: `last_at`, `last_on`, `days` and `level` are None."""

    principal_id: int
    name: str
    name_key: str
    opportunities_count: int
    interactions_count: int
    """Touches of all time; mere promises and archived ones do not count."""
    products_count: int
    last_at: datetime | None
    last_on: date | None
    """The firm's day of the last touch."""
    days: int | None
    """Whole days of the firm since then."""
    level: EngagementLevel | None
    percent: int
    """100 = touched today, 0 = 60 days ago or never (schema.md, engagement percent)."""
    owner_name: str | None
    owner_id: int | None = None
    second_owner_id: int | None = None
    goal: int
    """Interactions a week by everyone together (`queries.goals`); 0 = none is set for them."""

    @property
    def falls_on(self) -> date | None:
        """The first day of a lower level if nobody is in touch until then; None if there is no lower one."""
        if self.last_on is None or self.level not in LASTS:
            return None
        return self.last_on + timedelta(days=LASTS[self.level] + 1)

    @property
    def falls_to(self) -> EngagementLevel | None:
        """The level of the day `falls_on`."""
        return _BELOW.get(self.level) if self.level else None


@dataclass(frozen=True, kw_only=True)
class Book:
    """Part of the principals: by whose they are (a user id, or nobody's) and by segment; empty = all."""

    owners: tuple[int | Literal["nobody"], ...] = ()
    """Each of them looks after it, as owner or second owner."""
    segment: str = ""

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """True for the organizations that stand in it."""
        first, second = Organization.owner_id, Organization.second_owner_id
        found = [
            first.is_(None) if owner == "nobody" else sa.or_(first == owner, second == owner)
            for owner in self.owners
        ]
        return [*found, Organization.segment == self.segment] if self.segment else found


ALL = Book()


COLUMNS = tuple(Standing.__dataclass_fields__)


def select(
    today: date | sa.ColumnElement[date],
    *,
    words: Collection[str] = (),
    owner_ids: Collection[int] | None = None,
    book: Book = ALL,
    where: sa.ColumnElement[bool] | None = None,
) -> sa.CTE:
    """All principals that are not archived, or those asked for, as rows with the columns of `Standing`.
    `where` is said of `Organization`.
    """
    asked = today, tuple(words), None if owner_ids is None else tuple(owner_ids), book
    # A condition of somebody's own never comes again, so what is built with it is not kept here.
    return _kept(*asked) if where is None else _built(*asked, where)


def _built(
    today: date | sa.ColumnElement[date],
    words: tuple[str, ...],
    owner_ids: tuple[int, ...] | None,
    book: Book,
    where: sa.ColumnElement[bool] | None = None,
) -> sa.CTE:
    view, last_at = PrincipalActivity, PrincipalActivity.last_activity_date
    query = (
        sa.select(
            view.organization_id.label("principal_id"),
            view.name,
            Organization.name_key,
            view.opportunities_count,
            view.interactions_count,
            view.products_count,
            last_at.label("last_at"),
            sa.func.firm_day(last_at, type_=sa.Date).label("last_on"),
            User.full_name.label("owner_name"),
            Organization.owner_id,
            Organization.second_owner_id,
            sa.func.coalesce(ActivityGoal.per_week, ActivityGoal.DEFAULT).label("goal"),
        )
        .join(Organization, Organization.organization_id == view.organization_id)
        .outerjoin(User, User.user_id == Organization.owner_id)
        .outerjoin(
            ActivityGoal,
            sa.and_(ActivityGoal.principal_id == view.organization_id, ActivityGoal.user_id.is_(None)),
        )
        .where(*(_holds(word) for word in words))
    )
    if owner_ids is not None:
        query = query.where(
            sa.or_(Organization.owner_id.in_(owner_ids), Organization.second_owner_id.in_(owner_ids))
        )
    query = query.where(*book.conditions(), *([] if where is None else [where]))
    # Materialized, or each mention of the last touch below would be a probe of its own.
    seen = query.cte("seen").prefix_with("materialized")
    day = sa.literal(today, sa.Date) if isinstance(today, date) else today
    since = day - seen.c.last_on
    level = sa.func.calculate_engagement_level(seen.c.last_at, day, type_=sa.Text)
    return sa.select(
        *seen.c,
        sa.case((since < 0, 0), else_=since).label("days"),
        sa.case((seen.c.last_at.is_not(None), level)).label("level"),
        sa.func.engagement_percent(seen.c.last_at, day, type_=sa.Integer).label("percent"),
    ).cte("standing")


# For those who ask the same again, as every page does of its day: building it takes longer than running it.
_kept = lru_cache(maxsize=64)(_built)


def read(row: sa.Row[Any]) -> Standing:
    """The standing that a row of `select` tells."""
    values = {name: getattr(row, name) for name in COLUMNS}
    return Standing(**values | {"level": EngagementLevel(row.level) if row.level else None})


def _holds(word: str) -> sa.ColumnElement[bool]:
    """True for a principal with `word` in its name, or in the name or category of one of its products."""
    key = sa.func.fold(word)
    in_product = sa.or_(
        sa.func.strpos(sa.func.fold(Product.name), key) > 0,
        sa.func.strpos(sa.func.fold(Product.category), key) > 0,
    )
    return sa.or_(
        sa.func.strpos(Organization.name_key, key) > 0,
        sa.exists().where(
            Product.principal_id == Organization.organization_id, Product.deleted_at.is_(None), in_product
        ),
    )
