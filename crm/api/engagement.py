"""Engagement: how warm each principal is today, and how it came to that."""

from datetime import date, datetime
from typing import Annotated, Literal

import sqlalchemy as sa
from pydantic import Field

from crm import queries, web
from crm.api.operations import operation
from crm.api.organizations import principal
from crm.api.schemas import CURSOR, LIMIT, Asking, Reading, missing, page_of
from crm.enums import EngagementLevel
from crm.errors import Refused
from crm.forms.lists import words_of
from crm.queries.keys import read_day
from crm.queries.principals import Key, Sort
from crm.queries.standings import Standing

CHANGES = 50


class Engagement(Reading):
    """Where one principal stands today, as the founding view has it, and what the ring shows."""

    organization_id: int
    name: str
    opportunities_count: int
    interactions_count: int
    products_count: int
    last_activity_date: datetime | None
    engagement_level: EngagementLevel
    is_contacted: bool
    days: int | None
    percent: int
    falls_on: date | None


class Asked(Asking):
    """Which principals, in which order."""

    q: Annotated[str, Field(max_length=100)] = ""
    level: Annotated[
        Literal["High Engagement", "Medium Engagement", "Low Engagement", "Inactive", "Not contacted yet"],
        Field(description="Those at this level alone."),
    ] = missing()
    sort: Sort = Sort.COLDEST
    limit: LIMIT = 50
    cursor: CURSOR = ""


class EngagementChange(Reading):
    """The level changed on a day of the firm, and why."""

    changed_on: date
    from_level: EngagementLevel | None
    to_level: EngagementLevel
    cause: str


class ChangesAsked(Asking):
    """Where in the history."""

    limit: LIMIT = CHANGES
    cursor: CURSOR = ""


EngagementPage = page_of("EngagementPage", Engagement)
EngagementChangePage = page_of("EngagementChangePage", EngagementChange)


@operation(
    "GET", "/engagement", noun="engagement", name="list_engagement", query=Asked, answers=EngagementPage
)
def index(asked: Asked) -> Reading:
    """Every principal with its counts, its last touch and its level today, the coldest first."""
    after = Key.parse(asked.cursor)
    if asked.cursor and after is None:
        raise Refused("That is no cursor of this list.", field="cursor")
    rows, following = queries.principals.page(
        today=web.firm_today(),
        words=words_of(asked.q.replace("\x00", " ")),
        level=asked.level,
        sort=asked.sort,
        after=after,
        limit=asked.limit,
    )
    return EngagementPage(
        items=[_shown(row) for row in rows], next_cursor=str(following) if following else None
    )


@operation(
    "GET",
    "/principals/<principal_id>/engagement",
    noun="engagement",
    name="read_engagement",
    answers=Engagement,
)
def show(principal_id: int) -> Engagement:
    """How warm one principal is today."""
    found = queries.principals.get(principal_id, today=web.firm_today())
    if found.standing is None:
        raise sa.exc.NoResultFound
    return _shown(found.standing)


@operation(
    "GET", "/principals/<principal_id>/engagement/changes", noun="engagement", name="list_engagement_changes",
    query=ChangesAsked, answers=EngagementChangePage,
)  # fmt: skip
def changes(principal_id: int, asked: ChangesAsked) -> Reading:
    """How one principal went from level to level, the latest day first."""
    principal(principal_id)
    before = read_day(asked.cursor) if asked.cursor else None
    if asked.cursor and before is None:
        raise Refused("That is no cursor of this list.", field="cursor")
    found = queries.principals.changes(principal_id, before=before, limit=asked.limit + 1)
    rows = found[: asked.limit]
    following = rows[-1].changed_on.isoformat() if len(found) > asked.limit else None
    return EngagementChangePage(
        items=[EngagementChange.model_validate(row) for row in rows], next_cursor=following
    )


def _shown(one: Standing) -> Engagement:
    return Engagement(
        organization_id=one.principal_id,
        name=one.name,
        opportunities_count=one.opportunities_count,
        interactions_count=one.interactions_count,
        products_count=one.products_count,
        last_activity_date=one.last_at,
        engagement_level=one.level or EngagementLevel.INACTIVE,
        is_contacted=one.last_at is not None,
        days=one.days,
        percent=one.percent,
        falls_on=one.falls_on,
    )
