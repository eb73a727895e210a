"""A firm of many offices, loaded by sets: what comes of it is what triggers would have made row by row."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pytest
import sqlalchemy as sa

from crm import services
from crm.db import db
from crm.errors import Refused
from crm.services.demo import FILLED, SPREADS, Spread, offices
from crm.services.demo.bare import FOLLOWING
from tests.factories import Make, as_role
from tests.services.demo.books import small

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
FRAME = small().frame
TINY = Spread(
    "tiny",
    (replace(FRAME.size, interactions=60), replace(FRAME.size, organizations=24, interactions=90)),
    offices=2,
)

TOLD: Final = {
    "users": "user_id",
    "organizations": "organization_id",
    "contacts": "contact_id",
    "products": "product_id",
    "opportunities": "opportunity_id",
    "opportunity_products": "opportunity_id, product_id",
    "opportunity_principals": "opportunity_id, principal_id",
    "interactions": "interaction_id",
    "interaction_principals": "interaction_id, principal_id",
    "samples": "sample_id",
    "distributor_principals": "distributor_principal_id",
    "product_distributors": "product_distributor_id",
    "contact_advocacies": "contact_advocacy_id",
}
"""The tables that the book itself fills, in the order in which they need one another."""
BY_HAND: Final = {"opportunity_principals", "interaction_principals"}
"""Of these only what is not derived."""

KEPT: Final = {
    "opportunity_principals": "select opportunity_id, principal_id, is_derived from opportunity_principals",
    "opportunity_contacts": """select opportunity_id, contact_id, role, is_primary, version
        from opportunity_contacts""",
    "employments": """select contact_id, organization_id, position, started_on, ended_on, version
        from employments""",
    "interaction_principals": """select interaction_id, principal_id, is_derived, interaction_date, author_id,
        interaction_type::text, counts from interaction_principals""",
    "principal_summaries": """select principal_id, opportunities_count, interactions_count
        from principal_summaries where opportunities_count <> 0 or interactions_count <> 0""",
    "principal_weeks": """select principal_id, week_on, author_id, interaction_type::text, interactions_count
        from principal_weeks""",
    "principal_activity_summary": """select organization_id, opportunities_count, interactions_count,
        products_count, last_activity_date, engagement_level from principal_activity_summary""",
    "audit_log": """select table_name, case when table_name <> 'employments' then row_id end, other_id,
        action::text, user_id, version, before, (after - 'employment_id')::text from audit_log""",
}
"""What triggers keep, without numbers that depend on who came first."""

OBJECTS: Final = (
    "select indexdef from pg_indexes where schemaname = 'public'",
    "select conname, conrelid::regclass::text, pg_get_constraintdef(oid), convalidated from pg_constraint",
    "select tgrelid::regclass::text, tgname, tgenabled from pg_trigger where not tgisinternal",
)
"""What is taken away while rows are written."""

OF_OTHERS: Final = """
    select count(*) from interactions i
    join contacts c using (contact_id)
    left join opportunities o using (opportunity_id)
    where c.organization_id <> i.organization_id or o.organization_id <> i.organization_id
"""
OF_A_STRANGER: Final = "select count(*) from interactions where author_id = :person"
OUT_OF_ORDER: Final = """
    select count(*) from interactions i join interactions next on next.interaction_id = i.interaction_id + 1
    where next.interaction_date < i.interaction_date and i.interaction_id <> 120
"""


@pytest.fixture
def owner(database: sa.Connection) -> Iterator[sa.Connection]:
    """What the test does next is done as the owner of the tables, as commands do it."""
    with as_role(database, "kp_owner"):
        yield database


def load(spread: Spread = TINY) -> services.demo.Loaded | None:
    told: list[str] = []
    loaded = services.demo.spread(
        FRAME, spread, password_hash="a hash", now=NOW, say=lambda what, _seconds: told.append(what)
    )
    assert loaded is None or told[-1] == "levels of the year"
    db.session.expire_all()
    return loaded


def counted(statement: str) -> Counter[tuple[object, ...]]:
    return Counter(tuple(row) for row in db.session.execute(sa.text(statement)))


def write_row_by_row() -> None:
    """Write what the book fills once more into empty tables, with every trigger at work."""
    for table in TOLD:
        only = " where not is_derived" if table in BY_HAND else ""
        db.session.execute(sa.text(f"create temporary table kept_{table} as select * from {table}{only}"))
    db.session.execute(sa.text("set constraints all immediate"))
    db.session.execute(sa.text(f"truncate {', '.join([*FILLED, 'principal_deltas'])} cascade"))
    for table, order in TOLD.items():
        columns = ", ".join(
            name
            for name in db.session.scalars(
                sa.text(
                    "select attname from pg_attribute where attrelid = to_regclass(:table)"
                    " and attnum > 0 and attgenerated = '' and not attisdropped"
                ),
                {"table": table},
            )
        )
        db.session.execute(
            sa.text(f"insert into {table} ({columns}) select {columns} from kept_{table} order by {order}")
        )
    while services.engagement.fold():
        pass


def test_it_makes_what_triggers_would_have_made_row_by_row_and_leaves_them_at_work(
    owner: sa.Connection,
) -> None:
    objects = [counted(statement) for statement in OBJECTS]
    load()
    assert [counted(statement) for statement in OBJECTS] == objects
    assert not services.engagement.recompute(today=FRAME.today).is_drift
    by_sets = {name: counted(statement) for name, statement in KEPT.items()}
    write_row_by_row()
    for name, statement in KEPT.items():
        assert by_sets[name] == counted(statement), name
        assert by_sets[name], name


def test_every_trigger_that_stands_aside_is_there(owner: sa.Connection) -> None:
    there = counted("select tgrelid::regclass::text, tgname from pg_trigger")
    assert {(table, name) for table, names in FOLLOWING.items() for name in names} <= set(there)


def test_offices_are_of_the_size_of_their_models_with_names_and_people_of_their_own(
    make: Make, owner: sa.Connection
) -> None:
    stranger = make.user("Operator One", email="one@firm.example")
    loaded = load()
    assert loaded is not None
    assert loaded.rows["organizations"] == 2 * (20 + 24)
    assert loaded.rows["interactions"] == 2 * (60 + 90)
    for column in ("organizations.name", "users.email", "users.full_name"):
        table, _, name = column.partition(".")
        assert max(counted(f"select lower({name}) from {table}").values()) == 1, column
    addresses = set(counted("select email from users"))
    assert {("nell@pantry.example",), ("mara@pantry.example",), ("ada@pantry.example",)} < addresses
    for wrong, (statement, *values) in {
        "talks with somebody of another place": (OF_OTHERS,),
        "talks of a person who was here before": (OF_A_STRANGER, {"person": stranger.user_id}),
        "talks that are not numbered in the order of time": (OUT_OF_ORDER,),
    }.items():
        assert db.session.execute(sa.text(statement), *values).scalar_one() == 0, wrong
    assert make.organization("The Next Diner").organization_id == 89
    assert load() is None


def test_it_stays_out_of_a_book_that_others_keep(make: Make, owner: sa.Connection) -> None:
    make.organization("Somebody's Diner")
    with pytest.raises(Refused, match="There are 1 organizations in this database"):
        load()


def test_large_is_as_large_as_it_says() -> None:
    def sums(spread: Spread, what: str) -> int:
        return spread.offices * sum(getattr(model, what) for model in spread.models)

    large, medium = SPREADS["large"], SPREADS["medium"]
    assert sums(large, "organizations") == 100_000
    assert sums(large, "interactions") == 1_000_000
    assert sums(medium, "interactions") * 10 == sums(large, "interactions")
    for what in ("principals", "organizations", "contacts", "opportunities"):
        assert sums(medium, what) == sums(large, what)


@pytest.mark.parametrize("spread", SPREADS.values(), ids=list(SPREADS))
def test_no_two_offices_share_a_town_or_an_address(spread: Spread) -> None:
    found = [office for place in range(len(spread.models)) for office in offices.build(FRAME, spread, place)]
    towns = Counter(town for office in found for town in office.towns.values())
    people = Counter(address for office in found for _, address in office.people)
    assert max(towns.values()) == max(people.values()) == 1
    assert len(people) == 9 * len(found)
    assert "nell@pantry.example" in people
    assert found[: spread.offices] == offices.build(FRAME, spread, 0)
