"""Opportunities: who wants what from whom, and how far each of them has come."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from crm.enums import CLOSED_STAGES, OpportunityStage, Priority
from crm.services.demo import journeys, rhythm, scene, sentences, staff, words
from crm.services.demo.firms import Firms
from crm.services.demo.frame import Frame, dealt, sometimes, weighted
from crm.services.demo.journeys import Step
from crm.services.demo.rows import (
    ContactRow,
    OpportunityPrincipalRow,
    OpportunityProductRow,
    OpportunityRow,
    OrganizationRow,
    ProductRow,
    StageChangeRow,
)
from crm.services.demo.topics import Topics
from crm.services.demo.words import world

_CONTEXTS = {
    "Food Show": 26.0,
    "Site visit": 22.0,
    "Cold call": 16.0,
    "Referral": 12.0,
    "Menu change": 10.0,
    "Ride-with": 9.0,
    "Walk-in": 5.0,
}
_SOURCES = (
    "Walk-in",
    "Networking",
    "Already known",
    "Distributor referral",
    "Principal",
    "Food show",
    "Website",
)
_CASES = (1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 20, 35)
_CALLS = {Priority.A_PLUS: 7.0, Priority.A: 3.0, Priority.B: 2.0, Priority.C: 1.0, Priority.D: 0.4, None: 0.8}
"""How likely an operator is to have an opportunity, by its priority."""
_MOST_AT_ONE_PLACE = 4
_FRESH_LEADS = 3
"""Opportunities for a principal that was not contacted yet; nobody touches them."""
_SUPPORT_DAYS = 150
"""How long a won opportunity still gives something to talk about."""


@dataclass
class Pursuit:
    """An opportunity with what the rest of the book asks about it."""

    row: OpportunityRow
    makers: tuple[int, ...]
    products: tuple[ProductRow, ...]
    use: str
    ends_on: date | None
    """The last day on which there is something to talk about; None while it is open."""

    def is_alive(self, day: date) -> bool:
        return self.row.started_on <= day and (self.ends_on is None or day <= self.ends_on)


@dataclass
class Pipeline:
    """All opportunities with their products, principals by hand and stage changes."""

    pursuits: list[Pursuit] = field(default_factory=list)
    products: list[OpportunityProductRow] = field(default_factory=list)
    principals: list[OpportunityPrincipalRow] = field(default_factory=list)
    changes: list[StageChangeRow] = field(default_factory=list)


def build(frame: Frame, firms: Firms, topics: Topics, faces: list[ContactRow]) -> Pipeline:
    """The scene's opportunities, some for principals nobody has talked to yet, then the others."""
    builder = _Builder(frame, firms, topics, faces)
    for deal in scene.deals():
        builder.add_deal(deal)
    builder.add_others(frame.size.opportunities - len(builder.found.pursuits))
    return builder.found


class _Builder:
    def __init__(self, frame: Frame, firms: Firms, topics: Topics, faces: list[ContactRow]) -> None:
        self.found = Pipeline()
        self._frame = frame
        self._firms = firms
        self._topics = topics
        self._chance = frame.chance("pipeline")
        self._faces: dict[int, list[ContactRow]] = {}
        for face in faces:
            if face.left_on is None:
                self._faces.setdefault(face.organization_id, []).append(face)
        self._asked: set[tuple[int, int]] = set()
        self._places = {
            row.organization_id: _CALLS[row.priority] * (2 if row.organization_id in self._faces else 1)
            for row in firms.operators
            if row.owner_id is not None
        }
        self._at_place = dict.fromkeys(self._places, 0)

    def add_deal(self, deal: scene.Deal) -> None:
        """Add an opportunity of the scene."""
        at = self._firms.by_name[deal.at]
        goods = {
            product.name: product for maker in self._firms.makers for product in self._topics.card(maker)
        }
        steps = [(stage, rhythm.workday_by(self._frame.ago(age))) for stage, age in deal.ages]
        row = self._row(at, deal.name, journeys.told(self._frame, self._chance, steps))
        row.context, row.notes = deal.context, deal.notes
        faces = (f.contact_id for f in self._faces.get(at.organization_id, []) if f.first_name == deal.person)
        row.primary_contact_id = next(faces, None)
        self._keep(row, tuple(goods[name] for name in deal.products), (), deal.name)

    def add_others(self, count: int) -> None:
        """Add `count` opportunities in the proportion of their stages."""
        stages = dealt(self._chance, count, journeys.STAGES)
        fresh = [number for number, maker in self._firms.makers.items() if maker.quiet_days is None]
        for _ in range(min(_FRESH_LEADS, count) if fresh else 0):
            stages.remove(OpportunityStage.NEW_LEAD)
            self._add(OpportunityStage.NEW_LEAD, (self._chance.choice(fresh),))
        for stage in stages:
            self._add(stage, ())

    def _add(self, stage: OpportunityStage, makers: tuple[int, ...]) -> None:
        chance = self._chance
        journey = journeys.draw(self._frame, chance, stage)
        at = self._place()
        makers = makers or self._makers(at, journey[0].day)
        products = () if chance.random() < 0.1 else self._products(at, makers)
        use = chance.choice(world.uses(self._firms.makers[makers[0]].name))
        row = self._row(at, use, journey)
        self._describe(row, at, makers[0], products, use)
        self._keep(row, products, () if products else makers, use)

    def _describe(
        self, row: OpportunityRow, at: OrganizationRow, maker: int, products: tuple[ProductRow, ...], use: str
    ) -> None:
        chance = self._chance
        faces = self._faces.get(at.organization_id, [])
        face = chance.choice(faces) if faces else None
        row.primary_contact_id = face.contact_id if face else None
        row.context = weighted(chance, _CONTEXTS)
        if chance.random() < 0.5:
            row.name = _proposed(at, self._firms.makers[maker], row)
        row.source = sometimes(chance, 0.6, _SOURCES)
        if chance.random() < 0.5:
            topic = self._topics.about(chance, at, maker, products=products, face=face, use=use)
            row.notes = sentences.about(chance, topic)
        if row.closed_at is None:
            row.next_action = sometimes(chance, 0.4, words.lines("notes", "next actions"))
        if chance.random() < 0.55:
            row.expected_close_on = rhythm.workday_from(
                row.started_on + timedelta(days=chance.randrange(60, 200))
            )
        is_won = row.stage is OpportunityStage.CLOSED_WON
        row.cases_per_week = sometimes(chance, 0.8 if is_won else 0.08, _CASES)
        others = [staff.IDS[rep] for rep in staff.REPS if staff.IDS[rep] != row.owner_id]
        row.second_owner_id = sometimes(chance, 0.05, others)

    def _place(self) -> OrganizationRow:
        number = weighted(self._chance, self._places)
        self._at_place[number] += 1
        if self._at_place[number] == _MOST_AT_ONE_PLACE:
            self._places[number] = 0
        return self._firms.rows[number - 1]

    def _makers(self, at: OrganizationRow, started_on: date) -> tuple[int, ...]:
        """Whose products it is about: a rep's own principals come up more often than those of colleagues."""
        ago = self._frame.days_ago(started_on)
        weights = {
            number: (maker.share + 0.1) * (2.2 if staff.IDS[maker.rep] == at.owner_id else 1)
            for number, maker in self._firms.makers.items()
            if maker.quiet_days is not None and (maker.joined_days_ago is None or ago < maker.joined_days_ago)
        }
        chosen = [weighted(self._chance, weights)]
        if self._chance.random() < 0.16:
            del weights[chosen[0]]
            chosen.append(weighted(self._chance, weights))
        return tuple(chosen)

    def _products(self, at: OrganizationRow, makers: tuple[int, ...]) -> tuple[ProductRow, ...]:
        """One to three products of each principal, none that this place is asked about already."""
        found: list[ProductRow] = []
        for maker in makers:
            card = self._topics.card(maker)
            free = [p for p in card if (at.organization_id, p.product_id) not in self._asked]
            found += self._chance.sample(free, min(len(free), self._chance.choice((1, 1, 2, 3))))
        return tuple(found)

    def _row(self, at: OrganizationRow, name: str, journey: list[Step]) -> OpportunityRow:
        number = len(self.found.pursuits) + 1
        owner = at.owner_id or staff.IDS["nell"]
        before: OpportunityStage | None = None
        for step in journey:
            self.found.changes.append(
                StageChangeRow(len(self.found.changes) + 1, number, before, step.stage, step.moment, owner)
            )
            before = step.stage
        first, last = journey[0], journey[-1]
        is_closed = last.stage in CLOSED_STAGES
        return OpportunityRow(
            opportunity_id=number,
            name=name,
            organization_id=at.organization_id,
            stage=last.stage,
            started_on=first.day,
            stage_changed_at=last.moment,
            created_at=first.moment,
            owner_id=owner,
            distributor_id=at.organization_id if at.is_distributor else at.usual_distributor_id,
            closed_at=last.moment if is_closed else None,
            close_reason=self._chance.choice(journeys.REASONS[last.stage]) if is_closed else None,
        )

    def _keep(
        self, row: OpportunityRow, products: tuple[ProductRow, ...], by_hand: tuple[int, ...], use: str
    ) -> None:
        found, number = self.found, row.opportunity_id
        makers = by_hand or tuple(dict.fromkeys(product.principal_id for product in products))
        ends_on = None
        if row.closed_at is None:
            self._asked |= {(row.organization_id, product.product_id) for product in products}
        else:
            support = _SUPPORT_DAYS if row.stage is OpportunityStage.CLOSED_WON else 0
            ends_on = row.closed_at.date() + timedelta(days=support)
        found.pursuits.append(Pursuit(row, makers, products, use, ends_on))
        found.products += [OpportunityProductRow(number, p.product_id, row.created_at) for p in products]
        found.principals += [OpportunityPrincipalRow(number, maker, row.created_at) for maker in by_hand]


def _proposed(at: OrganizationRow, maker: world.Maker, row: OpportunityRow) -> str:
    """The name that the form proposes: Organization - Principal - Context - Mon YYYY."""
    return f"{at.name} - {maker.name} - {row.context} - {row.started_on:%b %Y}"
