"""The board: opportunities by stage, the first of each stage and how many there are.

What is asked is what the list of opportunities can be asked, so that board and list show the same rows. Each
column is read in its order from one index; nothing counts beyond what a list counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm.clock import week_of
from crm.db import db
from crm.enums import OpportunityStage
from crm.models import Interaction, Opportunity, Organization
from crm.queries import follow_ups
from crm.queries.keys import read_moment, read_number
from crm.queries.lists import MOST_COUNTED, OPPORTUNITIES, Count, Wanted
from crm.queries.lists.opportunities import principal_names, quiet_since, slug
from crm.queries.lists.wanted import conditions
from crm.queries.opportunity_stages import OPEN_STAGES, QUIET_AFTER, age

PAGE = 8
"""Cards of a column at first, and as many more each time."""
MOST_SHOWN = 96
"""Cards of a column at once; beyond them the list is the better place."""
MOST_STALE = 1_000

STAGES = (*OPEN_STAGES, *(stage for stage in OpportunityStage if stage.is_closed))
SLUGS = {slug(stage): stage for stage in STAGES}


@dataclass(frozen=True)
class Place:
    """Where in a column a part begins: the move and the number of the card before it. Written
    `2026-11-06T15:00:00+00:00~204`.
    """

    moved_at: datetime
    opportunity_id: int

    def __str__(self) -> str:
        return f"{self.moved_at.isoformat()}~{self.opportunity_id}"

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """The place that `text` names, or None if it is none."""
        moment, _, number = text.partition("~")
        moved_at, opportunity_id = read_moment(moment), read_number(number)
        return cls(moved_at, opportunity_id) if moved_at and opportunity_id is not None else None


@dataclass(frozen=True)
class Card:
    """One opportunity as the board shows it."""

    opportunity_id: int
    name: str
    stage: OpportunityStage
    organization: str | None
    principals: list[str]
    promised_on: date | None
    """The day of its next open promise."""
    quiet_since: date
    """The firm's day of the later of the last move and the last touch."""
    closed_on: date | None
    moved_at: datetime
    owners: tuple[int | None, int | None]

    def quiet_days(self, today: date) -> int:
        return max((today - self.quiet_since).days, 0)

    def age(self, today: date) -> str:
        """Nothing, "slowing" or "stale"."""
        return age(self.stage, self.quiet_days(today))


@dataclass(frozen=True)
class Part:
    """Some cards of a column in its order, and where the next ones begin (None = there are none)."""

    cards: list[Card]
    following: Place | None


@dataclass(frozen=True)
class Counts:
    """How many opportunities stand in each stage, how many moved this week, how many are stale."""

    of: Mapping[OpportunityStage, Count]
    moved: Count
    stale: Count

    @property
    def open(self) -> Count:
        """All in open stages together."""
        found = [self.of[stage] for stage in OPEN_STAGES]
        return Count(sum(one.n for one in found), is_exact=all(one.is_exact for one in found))


_NEXT = (
    sa.select(sa.func.min(Interaction.follow_up_date))
    .where(Interaction.opportunity_id == Opportunity.opportunity_id, follow_ups.is_open("everyone"))
    .correlate(Opportunity)
    .scalar_subquery()
)


def columns(wanted: Wanted, shown: Mapping[OpportunityStage, int]) -> dict[OpportunityStage, Part]:
    """The first cards of every stage, as many as are `shown` of each (`PAGE` where that says nothing), in
    one statement.
    """
    most = {stage: min(shown.get(stage, PAGE), MOST_SHOWN) for stage in STAGES}
    stages = _stages(most)
    place = sa.func.row_number().over(order_by=_order(wanted)).label("place")
    keys = (
        _keys(wanted)
        .add_columns(place)
        .where(_is_in(stages.c.stage))
        .order_by(*_order(wanted))
        .limit(max(most.values()) + 1)
        .correlate(stages)
        .lateral("keys")
    )
    query = (
        _cards(stages.join(keys, keys.c.place <= stages.c.most + 1))
        .where(keys.c.opportunity_id == Opportunity.opportunity_id)
        .order_by(keys.c.place)
    )
    found: dict[OpportunityStage, list[Card]] = {stage: [] for stage in STAGES}
    for row in db.session.execute(query):
        found[row.stage].append(_card(row))
    return {stage: _part(found[stage], most[stage]) for stage in STAGES}


def more(wanted: Wanted, stage: OpportunityStage, *, after: Place, limit: int = PAGE) -> Part:
    """The cards of a stage after a place."""
    here = sa.tuple_(Opportunity.stage, Opportunity.stage_changed_at, Opportunity.opportunity_id)
    there = sa.tuple_(_literal(stage), sa.literal(after.moved_at), sa.literal(after.opportunity_id))
    keys = (
        _keys(wanted)
        .where(_is_in(_literal(stage)), here < there if wanted.is_descending else here > there)
        .order_by(*_order(wanted))
        .limit(limit + 1)
        .subquery("keys")
    )
    query = _cards(keys).where(keys.c.opportunity_id == Opportunity.opportunity_id).order_by(*_order(wanted))
    return _part([_card(row) for row in db.session.execute(query)], limit)


def counts(wanted: Wanted) -> Counts:
    """How many there are of what is asked, in one statement that reads no more rows than it counts."""
    asked, today = conditions(OPPORTUNITIES, wanted), wanted.asker.today
    stages = _stages(dict.fromkeys(STAGES, 0))
    here = _some(*asked, Opportunity.stage == stages.c.stage).lateral("here")
    of = (
        sa.select(sa.cast(stages.c.stage, sa.Text), sa.func.count(here.c.one))
        .select_from(stages.outerjoin(here, sa.true()))
        .group_by(stages.c.stage)
    )
    moved = _some(*asked, Opportunity.stage_changed_at >= _midnight(week_of(today))).subquery()
    bounds = sa.union_all(
        *(
            sa.select(
                _literal(stage).label("stage"),
                _midnight(today - timedelta(days=days)).label("since"),
            )
            for stage, days in QUIET_AFTER.items()
        )
    ).subquery("bounds")
    touched = (
        sa.select(Interaction.interaction_id)
        .where(
            Interaction.opportunity_id == Opportunity.opportunity_id,
            Interaction.is_touch,
            Interaction.deleted_at.is_(None),
            Interaction.interaction_date >= bounds.c.since,
        )
        .correlate(Opportunity, bounds)
        .exists()
    )
    quiet = _some(
        *asked,
        Opportunity.stage == bounds.c.stage,
        Opportunity.stage_changed_at < bounds.c.since,
        ~touched,
        most=MOST_STALE,
    ).lateral("quiet")
    stale = sa.select(sa.literal("stale"), sa.func.count()).select_from(bounds.join(quiet, sa.true()))
    lately = sa.select(sa.literal("moved"), sa.func.count()).select_from(moved)
    found = {row[0]: row[1] for row in db.session.execute(sa.union_all(of, lately, stale))}
    return Counts(
        {stage: _count(found.get(stage.value, 0)) for stage in STAGES},
        moved=_count(found["moved"]),
        stale=Count(found["stale"], is_exact=found["stale"] <= MOST_STALE),
    )


def _keys(wanted: Wanted) -> sa.Select[int]:
    return sa.select(Opportunity.opportunity_id).where(*conditions(OPPORTUNITIES, wanted))


def _is_in(stage: Any) -> sa.ColumnElement[bool]:
    """True for what stands in the stage. Said as a range, so that only the index that begins with the stage
    brings the order of a column; another one might be read to its end for a stage that has nothing new.
    """
    return sa.and_(Opportunity.stage >= stage, Opportunity.stage <= stage)


def _literal(stage: OpportunityStage) -> sa.ColumnElement[Any]:
    return sa.cast(stage, Opportunity.stage.type)


def _order(wanted: Wanted) -> list[sa.ColumnElement[Any]]:
    """Within a stage the latest move first, or the longest there; either by the index made for it."""
    columns: list[Any] = [Opportunity.stage, Opportunity.stage_changed_at, Opportunity.opportunity_id]
    return [column.desc() if wanted.is_descending else column.asc() for column in columns]


def _stages(most: Mapping[OpportunityStage, int]) -> sa.Subquery:
    """The stages as rows, each with a number."""
    said = sa.values(sa.column("stage", sa.Text), sa.column("most", sa.Integer), name="said").data(
        [(stage.value, n) for stage, n in most.items()]
    )
    return sa.select(sa.cast(said.c.stage, Opportunity.stage.type).label("stage"), said.c.most).subquery(
        "stages"
    )


def _cards(source: Any) -> sa.Select[Any]:
    """What cards show of the opportunities whose keys `source` brings."""
    return (
        sa.select(
            Opportunity.opportunity_id,
            Opportunity.name,
            Opportunity.stage,
            Opportunity.stage_changed_at,
            Opportunity.owner_id,
            Opportunity.second_owner_id,
            sa.func.firm_day(Opportunity.closed_at, type_=sa.Date).label("closed_on"),
            Organization.name.label("organization"),
            principal_names().label("principals"),
            _NEXT.label("promised_on"),
            quiet_since().label("quiet_since"),
        )
        .select_from(source)
        .join(Opportunity, sa.true())
        .outerjoin(Organization, Organization.organization_id == Opportunity.organization_id)
    )


def _card(row: sa.Row[Any]) -> Card:
    return Card(
        opportunity_id=row.opportunity_id,
        name=row.name,
        stage=row.stage,
        organization=row.organization,
        principals=row.principals or [],
        promised_on=row.promised_on,
        quiet_since=row.quiet_since,
        closed_on=row.closed_on,
        moved_at=row.stage_changed_at,
        owners=(row.owner_id, row.second_owner_id),
    )


def _part(cards: list[Card], limit: int) -> Part:
    if len(cards) <= limit:
        return Part(cards, None)
    last = cards[limit - 1]
    return Part(cards[:limit], Place(last.moved_at, last.opportunity_id))


def _some(*asked: Any, most: int = MOST_COUNTED) -> sa.Select[int]:
    """No more rows than are counted."""
    return sa.select(sa.literal_column("1").label("one")).where(*asked).limit(most + 1)


def _count(n: int) -> Count:
    return Count(min(n, MOST_COUNTED), is_exact=n <= MOST_COUNTED)


def _midnight(on: date) -> Any:
    """The moment at which a day of the firm begins."""
    return sa.func.timezone(sa.func.firm_zone(), sa.cast(on, sa.DateTime))
