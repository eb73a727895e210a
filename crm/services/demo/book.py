"""The whole book, put together: the same frame gives the same rows. No database here."""

from dataclasses import dataclass, field, fields
from datetime import timedelta
from hashlib import sha256
from random import Random
from typing import Any

from crm.enums import InteractionType
from crm.services.demo import (
    diary,
    faces,
    firms,
    goods,
    pipeline,
    rhythm,
    scene,
    sentences,
    shelves,
    staff,
    stage,
    stands,
    tastings,
)
from crm.services.demo.frame import Frame
from crm.services.demo.rows import (
    AdvocacyRow,
    AuthorizationRow,
    ContactRow,
    InteractionPrincipalRow,
    InteractionRow,
    OpportunityPrincipalRow,
    OpportunityProductRow,
    OpportunityRow,
    OrganizationRow,
    ProductRow,
    SampleRow,
    StageChangeRow,
    StockRow,
    UserRow,
)
from crm.services.demo.subjects import Subjects, topic_of
from crm.services.demo.topics import Topics

_PLANNED_SHARE = 0.005
"""The part of the interactions that only carry a promise: planned, nobody was talked to."""
_SNOOZED = 6
_LATE_WITHOUT_OWNER = 2
_OPEN_WITHOUT_OWNER = 5


@dataclass
class Book:
    """All rows of a demo book, table by table in the order in which they can be written."""

    users: list[UserRow] = field(default_factory=list)
    organizations: list[OrganizationRow] = field(default_factory=list)
    contacts: list[ContactRow] = field(default_factory=list)
    products: list[ProductRow] = field(default_factory=list)
    opportunities: list[OpportunityRow] = field(default_factory=list)
    opportunity_products: list[OpportunityProductRow] = field(default_factory=list)
    opportunity_principals: list[OpportunityPrincipalRow] = field(default_factory=list)
    stage_changes: list[StageChangeRow] = field(default_factory=list)
    interactions: list[InteractionRow] = field(default_factory=list)
    interaction_principals: list[InteractionPrincipalRow] = field(default_factory=list)
    samples: list[SampleRow] = field(default_factory=list)
    authorizations: list[AuthorizationRow] = field(default_factory=list)
    stock: list[StockRow] = field(default_factory=list)
    stands: list[AdvocacyRow] = field(default_factory=list)

    def tables(self) -> list[list[Any]]:
        """The rows of each table, in the order in which they can be written."""
        return [getattr(self, part.name) for part in fields(self)]

    def fingerprint(self) -> str:
        """Two books with the same rows have the same, whatever machine made them."""
        digest = sha256()
        for rows in self.tables():
            for row in rows:
                digest.update(repr(row).encode())
        return digest.hexdigest()


def make(frame: Frame) -> Book:
    """The book of a frame."""
    places = firms.build(frame)
    firms.furnish(frame, places)
    products = goods.build(frame, places)
    people = faces.build(frame, places)
    topics = Topics(places, products)
    deals = pipeline.build(frame, places, topics, people)
    subjects = Subjects(frame, places, people, deals.pursuits)
    planned = round(frame.size.interactions * _PLANNED_SHARE)
    told = diary.write(
        frame, places, topics, subjects, frame.size.interactions - len(scene.moments()) - planned
    )
    _plan(frame, told, topics, planned)
    _loosen(frame, told)
    stage.put_on(frame, places, people, deals.pursuits, told)
    interactions, named = _numbered(told)
    carried = shelves.build(frame, places, products, people, deals.pursuits)
    return Book(
        users=_users(frame),
        organizations=places.rows,
        contacts=people,
        products=products,
        opportunities=[pursuit.row for pursuit in deals.pursuits],
        opportunity_products=deals.products,
        opportunity_principals=deals.principals,
        stage_changes=deals.changes,
        interactions=interactions,
        interaction_principals=named,
        samples=tastings.build(frame, deals, interactions),
        authorizations=carried.authorizations,
        stock=carried.stock,
        stands=stands.build(frame, deals.pursuits),
    )


def _users(frame: Frame) -> list[UserRow]:
    return [
        UserRow(
            user_id=staff.IDS[person.key],
            email=staff.address_of(person.key),
            full_name=person.full_name,
            role=person.role,
            manager_id=staff.IDS[person.manager] if person.manager else None,
            time_zone=person.time_zone,
            created_at=frame.moment(frame.ago(365 * person.years + 40), 9 * 60),
        )
        for person in staff.STAFF
    ]


def _plan(frame: Frame, told: diary.Diary, topics: Topics, count: int) -> None:
    """Follow-ups that were planned without a talk: they count for no engagement."""
    chance = frame.chance("plans")
    recent = [row for row in told.rows if frame.days_ago(row.interaction_date.date()) < 60]
    for row in chance.sample(recent, count):
        subject = told.subjects[row.interaction_id]
        planned_at = frame.moment(rhythm.workday_by(frame.ago(chance.randrange(1, 20))), 990)
        plan = InteractionRow(
            interaction_id=len(told.rows) + 1,
            interaction_type=InteractionType.FOLLOW_UP,
            interaction_date=planned_at,
            author_id=row.author_id,
            created_at=planned_at,
            opportunity_id=row.opportunity_id,
            organization_id=row.organization_id,
            is_touch=False,
            follow_up_required=True,
            follow_up_date=rhythm.workday_from(frame.ago(-chance.randrange(2, 45))),
            follow_up_note=sentences.plan(chance, topic_of(topics, chance, subject)),
            owner_id=row.author_id,
        )
        told.add(plan, subject)


def _loosen(frame: Frame, told: diary.Diary) -> None:
    """Some open follow-ups are snoozed, some have lost their owner."""
    chance = frame.chance("loose ends")
    open_ones = [row for row in told.rows if row.follow_up_date and not row.completed_at and row.is_touch]
    late = [row for row in open_ones if row.follow_up_date and row.follow_up_date < frame.today]
    for row in _some(chance, late, _SNOOZED):
        row.snoozed_until_on = frame.today + timedelta(days=chance.randrange(1, 6))
    awake = [row for row in late if row.snoozed_until_on is None]
    ahead = [row for row in open_ones if row.follow_up_date and row.follow_up_date >= frame.today]
    for row in [*_some(chance, awake, _LATE_WITHOUT_OWNER), *_some(chance, ahead, _OPEN_WITHOUT_OWNER)]:
        row.owner_id = None


def _some(chance: Random, rows: list[InteractionRow], most: int) -> list[InteractionRow]:
    return chance.sample(rows, min(most, len(rows) // 3))


def _numbered(told: diary.Diary) -> tuple[list[InteractionRow], list[InteractionPrincipalRow]]:
    """Interactions numbered in the order of time, and the principals named on those about no opportunity."""
    rows = sorted(told.rows, key=lambda row: (row.interaction_date, row.interaction_id))
    numbers = {row.interaction_id: place for place, row in enumerate(rows, 1)}
    named = [
        InteractionPrincipalRow(numbers[row.interaction_id], maker)
        for row in rows
        if row.opportunity_id is None
        for maker in told.subjects[row.interaction_id].makers
    ]
    for row in rows:
        if row.completed_with is not None:
            row.completed_with = numbers[row.completed_with]
    for row in rows:
        row.interaction_id = numbers[row.interaction_id]
    return rows, named
