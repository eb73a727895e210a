"""The view and the weeks equal a naive recount, whatever people do to the book, folded or not."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crm.enums import InteractionType
from tests.databases import FIRM_TIMEZONE
from tests.factories import as_role

FIRM = ZoneInfo(FIRM_TIMEZONE)
TODAY = datetime.now(FIRM).date()

which = st.integers(0, 11)
"""Picks one of the rows there are, whatever their number."""
moments = st.builds(
    lambda days, minutes: (
        datetime.combine(TODAY, datetime.min.time(), UTC) - timedelta(days, 0, 0, 0, minutes)
    ),
    st.integers(-1, 70),
    st.integers(0, 24 * 60),
)
types = st.sampled_from(list(InteractionType))


@dataclass
class Logged:
    opportunity: int | None
    at: datetime
    author: int | None
    kind: InteractionType
    is_touch: bool = True
    archived: bool = False
    named: set[int] = field(default_factory=set)


@dataclass
class Placement:
    archived: bool = False
    products: set[int] = field(default_factory=set)
    chosen: set[int] = field(default_factory=set)


@dataclass
class Item:
    principal: int
    archived: bool = False


class Book(RuleBasedStateMachine):
    """Does the same to the database and to plain Python objects, and compares after each step."""

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__()
        self.connection = connection
        self.savepoint = connection.begin_nested()
        self.interactions: dict[int, Logged] = {}
        self.opportunities: dict[int, Placement] = {}
        self.products: dict[int, Item] = {}

    def teardown(self) -> None:
        self.savepoint.rollback()

    def run(self, statement: str, **values: Any) -> Any:
        return self.connection.execute(sa.text(statement), values)

    def make(self, statement: str, **values: Any) -> int:
        return int(self.run(statement, **values).scalar_one())

    @initialize(count=st.integers(1, 3))
    def begin(self, count: int) -> None:
        organization = (
            "insert into organizations (name, is_principal) values (:n, :p) returning organization_id"
        )
        self.operator = self.make(organization, n="Harbor Grill", p=False)
        self.principals = [self.make(organization, n=f"Maker {n}", p=True) for n in range(3)]
        self.people = [None] + [
            self.make(
                "insert into users (email, full_name, fs_uniquifier) values (:e, :e, :e) returning user_id",
                e=name,
            )
            for name in ("nell", "otis")
        ]
        for n in range(count):
            self.open_opportunity()
            self.list_product(which=n)

    @rule()
    def open_opportunity(self) -> None:
        key = self.make("insert into opportunities (name) values ('Placement') returning opportunity_id")
        self.opportunities[key] = Placement()

    @rule(which=which)
    def list_product(self, which: int) -> None:
        principal = pick(self.principals, which)
        key = self.make(
            "insert into products (name, principal_id) values ('Sauce', :p) returning product_id", p=principal
        )
        self.products[key] = Item(principal)

    @rule(which=which, who=which, at=moments, kind=types, is_touch=st.booleans(), anywhere=st.booleans())
    def log(self, which: int, who: int, at: datetime, kind: Any, is_touch: bool, anywhere: bool) -> None:
        opportunity = None if anywhere and which % 3 == 0 else pick(self.opportunities, which)
        author = pick(self.people, who)
        key = self.make(
            "insert into interactions (organization_id, opportunity_id, interaction_date, author_id, "
            "interaction_type, is_touch) values (:g, :o, :at, :a, cast(:k as interaction_type_enum), :t) "
            "returning interaction_id",
            g=self.operator,
            o=opportunity,
            at=at,
            a=author,
            k=kind.value,
            t=is_touch,
        )
        self.interactions[key] = Logged(opportunity, at, author, kind, is_touch)

    @rule(which=which, many=st.integers(2, 5), at=moments)
    def log_many_at_once(self, which: int, many: int, at: datetime) -> None:
        opportunity = pick(self.opportunities, which)
        keys = self.run(
            "insert into interactions (opportunity_id, interaction_date, interaction_type) "
            "select :o, :at, 'Note' from generate_series(1, :n) returning interaction_id",
            o=opportunity,
            at=at,
            n=many,
        ).scalars()
        self.interactions |= {key: Logged(opportunity, at, None, InteractionType.NOTE) for key in keys}

    @precondition(lambda self: self.interactions)
    @rule(which=which, to=which)
    def move(self, which: int, to: int) -> None:
        key = pick(self.interactions, which)
        opportunity = None if to % 4 == 0 else pick(self.opportunities, to)
        self.run(
            "update interactions set opportunity_id = :o, organization_id = :g where interaction_id = :i",
            o=opportunity,
            g=self.operator,
            i=key,
        )
        self.interactions[key].opportunity = opportunity

    @precondition(lambda self: self.interactions)
    @rule(which=which, at=moments, who=which, kind=types)
    def correct(self, which: int, at: datetime, who: int, kind: Any) -> None:
        key = pick(self.interactions, which)
        author = pick(self.people, who)
        self.run(
            "update interactions set interaction_date = :at, author_id = :a, "
            "interaction_type = cast(:k as interaction_type_enum) where interaction_id = :i",
            at=at,
            a=author,
            k=kind.value,
            i=key,
        )
        logged = self.interactions[key]
        logged.at, logged.author, logged.kind = at, author, kind

    @precondition(lambda self: self.interactions)
    @rule(which=which)
    def turn_touch_and_promise(self, which: int) -> None:
        key = pick(self.interactions, which)
        self.run("update interactions set is_touch = not is_touch where interaction_id = :i", i=key)
        self.interactions[key].is_touch ^= True

    @precondition(lambda self: self.interactions)
    @rule(which=which)
    def archive_or_restore_interaction(self, which: int) -> None:
        key = pick(self.interactions, which)
        self.run(ARCHIVE.format("interactions", "interaction_id"), i=key)
        self.interactions[key].archived ^= True

    @rule(which=which)
    def archive_all_of_an_opportunity(self, which: int) -> None:
        opportunity = pick(self.opportunities, which)
        self.run("update interactions set deleted_at = now() where opportunity_id = :o", o=opportunity)
        for logged in self.interactions.values():
            logged.archived |= logged.opportunity == opportunity

    @rule(which=which, to=which)
    def move_all_of_an_opportunity(self, which: int, to: int) -> None:
        here, there = pick(self.opportunities, which), pick(self.opportunities, to)
        self.run("update interactions set opportunity_id = :t where opportunity_id = :o", t=there, o=here)
        for logged in self.interactions.values():
            if logged.opportunity == here:
                logged.opportunity = there

    @precondition(lambda self: self.interactions)
    @rule(which=which)
    def remove_interaction_for_good(self, which: int) -> None:
        key = pick(self.interactions, which)
        self.run("delete from interactions where interaction_id = :i", i=key)
        del self.interactions[key]

    @rule(which=which)
    def archive_or_restore_opportunity(self, which: int) -> None:
        key = pick(self.opportunities, which)
        self.run(ARCHIVE.format("opportunities", "opportunity_id"), i=key)
        self.opportunities[key].archived ^= True

    @rule(which=which)
    def remove_opportunity_for_good(self, which: int) -> None:
        used = {logged.opportunity for logged in self.interactions.values()}
        unused = [key for key in self.opportunities if key not in used and self.principals_of(key)]
        if unused:
            key = pick(unused, which)
            self.run("delete from opportunities where opportunity_id = :i", i=key)
            del self.opportunities[key]
            self.open_opportunity()

    @rule(which=which, what=which)
    def add_or_remove_product(self, which: int, what: int) -> None:
        opportunity, product = pick(self.opportunities, which), pick(self.products, what)
        if product in self.opportunities[opportunity].products:
            statement = "delete from opportunity_products where opportunity_id = :o and product_id = :p"
        else:
            statement = "insert into opportunity_products (opportunity_id, product_id) values (:o, :p)"
        self.run(statement, o=opportunity, p=product)
        self.opportunities[opportunity].products ^= {product}

    @rule(which=which)
    def exchange_product(self, which: int) -> None:
        swaps = [
            (opportunity, product, other)
            for opportunity, placement in self.opportunities.items()
            for product in sorted(placement.products)
            for other in sorted(self.products.keys() - placement.products)
        ]
        if swaps:
            opportunity, product, other = pick(swaps, which)
            self.run(
                "update opportunity_products set product_id = :t "
                "where opportunity_id = :o and product_id = :p",
                t=other,
                o=opportunity,
                p=product,
            )
            self.opportunities[opportunity].products ^= {product, other}

    @rule(which=which, to=which)
    def change_principal_of_product(self, which: int, to: int) -> None:
        product, principal = pick(self.products, which), pick(self.principals, to)
        self.run("update products set principal_id = :t where product_id = :p", t=principal, p=product)
        self.products[product].principal = principal

    @rule(which=which)
    def archive_or_restore_product(self, which: int) -> None:
        key = pick(self.products, which)
        self.run(ARCHIVE.format("products", "product_id"), i=key)
        self.products[key].archived ^= True

    @rule(which=which, whom=which)
    def choose_principal(self, which: int, whom: int) -> None:
        opportunity, principal = pick(self.opportunities, which), pick(self.principals, whom)
        if principal not in self.opportunities[opportunity].chosen:
            self.run(
                "insert into opportunity_principals (opportunity_id, principal_id) values (:o, :p)",
                o=opportunity,
                p=principal,
            )
            self.opportunities[opportunity].chosen.add(principal)

    @rule(which=which)
    def unchoose_principal(self, which: int) -> None:
        chosen = [(o, p) for o, placement in self.opportunities.items() for p in sorted(placement.chosen)]
        if chosen:
            opportunity, principal = pick(chosen, which)
            self.run(
                "delete from opportunity_principals where opportunity_id = :o and principal_id = :p",
                o=opportunity,
                p=principal,
            )
            self.opportunities[opportunity].chosen.remove(principal)

    @rule(which=which)
    def exchange_chosen_principal(self, which: int) -> None:
        swaps = [
            (opportunity, principal, other)
            for opportunity, placement in self.opportunities.items()
            for principal in sorted(placement.chosen)
            for other in sorted(set(self.principals) - self.principals_of(opportunity))
        ]
        if swaps:
            opportunity, principal, other = pick(swaps, which)
            self.run(
                "update opportunity_principals set principal_id = :t "
                "where opportunity_id = :o and principal_id = :p",
                t=other,
                o=opportunity,
                p=principal,
            )
            self.opportunities[opportunity].chosen ^= {principal, other}

    @precondition(lambda self: self.interactions)
    @rule(which=which, whom=which)
    def name_principal(self, which: int, whom: int) -> None:
        key, principal = pick(self.interactions, which), pick(self.principals, whom)
        if principal not in self.interactions[key].named:
            self.run(
                "insert into interaction_principals (interaction_id, principal_id) values (:i, :p)",
                i=key,
                p=principal,
            )
            self.interactions[key].named.add(principal)

    @rule(which=which)
    def unname_principal(self, which: int) -> None:
        named = [(key, p) for key, logged in self.interactions.items() for p in sorted(logged.named)]
        if named:
            key, principal = pick(named, which)
            self.run(
                "delete from interaction_principals where interaction_id = :i and principal_id = :p",
                i=key,
                p=principal,
            )
            self.interactions[key].named.remove(principal)

    @rule(most=st.integers(1, 8))
    def fold(self, most: int) -> None:
        self.run("select fold_principal_deltas(:n)", n=most)

    @invariant()
    def the_view_is_the_recount(self) -> None:
        if not hasattr(self, "principals"):
            return
        expected = {principal: self.recount(principal) for principal in self.principals}
        found = {
            row.organization_id: tuple(row)[2:]
            for row in self.run("select * from principal_activity_summary").all()
        }
        assert found == expected

    @invariant()
    def the_weeks_are_the_recount(self) -> None:
        expected = Counter(
            (principal, monday(logged.at), logged.author or 0, logged.kind.value)
            for logged, principal in self.counting()
        )
        found: Counter[tuple[int, date, int, str]] = Counter()
        for row in self.run(
            "select principal_id, week_on, author_id, interaction_type::text, interactions_count from "
            "principal_weeks union all select principal_id, week_on, author_id, interaction_type::text, "
            "interactions from principal_deltas where week_on is not null"
        ):
            found[tuple(row)[:4]] += row[4]
        assert {key: n for key, n in found.items() if n} == dict(expected)

    @invariant()
    def hand_and_derived_are_told_apart(self) -> None:
        links = {
            (key, principal, principal not in logged.named)
            for key, logged in self.interactions.items()
            for principal in logged.named | self.principals_of(logged.opportunity)
        }
        found = self.run("select interaction_id, principal_id, is_derived from interaction_principals").all()
        assert {tuple(row) for row in found} == links
        links = {
            (key, principal, principal not in placement.chosen)
            for key, placement in self.opportunities.items()
            for principal in self.principals_of(key)
        }
        found = self.run("select opportunity_id, principal_id, is_derived from opportunity_principals").all()
        assert {tuple(row) for row in found} == links

    def principals_of(self, opportunity: int | None) -> set[int]:
        if opportunity is None:
            return set()
        placement = self.opportunities[opportunity]
        return placement.chosen | {self.products[product].principal for product in placement.products}

    def counting(self) -> Iterator[tuple[Logged, int]]:
        """Every touch that counts, once for each principal that it counts for."""
        for logged in self.interactions.values():
            opportunity = self.opportunities.get(logged.opportunity or 0)
            if logged.is_touch and not logged.archived and not (opportunity and opportunity.archived):
                for principal in logged.named | self.principals_of(logged.opportunity):
                    yield logged, principal

    def recount(self, principal: int) -> tuple[int, int, int, datetime | None, str]:
        touches = [logged.at for logged, whose in self.counting() if whose == principal]
        last = max(touches, default=None)
        return (
            sum(
                principal in self.principals_of(key)
                for key, placement in self.opportunities.items()
                if not placement.archived
            ),
            len(touches),
            sum(item.principal == principal for item in self.products.values() if not item.archived),
            last,
            level(last),
        )


ARCHIVE = "update {} set deleted_at = case when deleted_at is null then now() end where {} = :i"


def pick(rows: Any, which: int) -> Any:
    rows = list(rows)
    return rows[which % len(rows)]


def monday(moment: datetime) -> date:
    day = moment.astimezone(FIRM).date()
    return day - timedelta(day.weekday())


def level(last: datetime | None) -> str:
    days = (TODAY - last.astimezone(FIRM).date()).days if last else 1000
    for most, name in ((7, "High Engagement"), (14, "Medium Engagement"), (30, "Low Engagement")):
        if days <= most:
            return name
    return "Inactive"


@contextmanager
def frozen_day(connection: sa.Connection) -> Iterator[None]:
    """The transaction's day is the one that this module was loaded on, even just after midnight."""
    connection.exec_driver_sql(
        "create or replace function firm_today() returns date language sql stable as "
        f"$$ select date '{TODAY}' $$"
    )
    yield


@pytest.mark.parametrize("examples", [15, pytest.param(60, marks=pytest.mark.long)])
def test_counts_equal_a_recount_whatever_people_do(database: sa.Connection, examples: int) -> None:
    """Each example is forty deeds in a row; every run tries fifteen of them, --long four times as many."""
    with as_role(database, "kp_owner"), frozen_day(database):
        run_state_machine_as_test(
            lambda: Book(database),
            settings=settings(
                max_examples=examples,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
            ),
        )
