"""Loading the demo book: one transaction, every trigger at work, nothing of other people touched."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask_security import hash_password

from crm import services
from crm.db import db
from crm.errors import Refused
from crm.models import (
    Contact,
    EngagementChange,
    Interaction,
    Opportunity,
    OpportunityStageChange,
    Organization,
    PrincipalActivity,
    PrincipalSummary,
    Product,
    User,
)
from tests.clients import Client
from tests.factories import Make, as_role
from tests.services.demo.books import MONDAY, SUNDAY, small

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
PASSWORD = "larder-door-8"
FRAME = small().frame


@pytest.fixture
def owner(database: sa.Connection) -> Iterator[None]:
    """What the test does next is done as the owner of the tables, as commands do it."""
    with as_role(database, "kp_owner"):
        yield


def load(frame: services.demo.Frame = FRAME, now: datetime = NOW) -> services.demo.Loaded | None:
    loaded = services.demo.load(frame, password_hash=str(hash_password(PASSWORD)), now=now)
    db.session.expire_all()
    return loaded


def count(model: type) -> int:
    return db.session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()


def test_every_row_of_the_book_is_in_its_table(owner: None) -> None:
    loaded = load()
    book = small().book
    assert loaded is not None
    assert loaded.rows["interactions"] == 29
    for model, rows in (
        (User, book.users),
        (Organization, book.organizations),
        (Contact, book.contacts),
        (Product, book.products),
        (Opportunity, book.opportunities),
        (OpportunityStageChange, book.stage_changes),
        (Interaction, book.interactions),
    ):
        assert count(model) == len(rows), model


def test_nobody_recounts_until_the_book_is_there(owner: None) -> None:
    load()
    with db.engine.connect() as worker:
        lock = sa.text("select pg_try_advisory_xact_lock('principal_summaries'::regclass::oid::bigint)")
        assert worker.scalar(lock) is False


def test_loading_again_changes_nothing(owner: None) -> None:
    load()
    before = {model: count(model) for model in (User, Organization, Interaction, EngagementChange)}
    assert load() is None
    assert load(replace(FRAME, seed=99)) is None
    assert {model: count(model) for model in before} == before


def test_it_stays_out_of_a_book_that_others_keep(make: Make, owner: None) -> None:
    make.organization("Somebody's Diner")
    with pytest.raises(Refused, match="There are 1 organizations in this database"):
        load()
    assert count(User) == 0
    assert count(Organization) == 1


def test_an_archived_row_is_somebodys_too(make: Make, owner: None) -> None:
    make.organization("Closed Diner", deleted_at=NOW)
    with pytest.raises(Refused):
        load()


def test_it_takes_over_no_account(make: Make, owner: None) -> None:
    make.user("Another Nell", email="Nell@Pantry.example")
    with pytest.raises(Refused, match=r"Some of the demo's people have an account here"):
        load()
    assert count(User) == 1


def test_people_who_are_here_already_keep_their_numbers(make: Make, owner: None) -> None:
    first = make.user("Operator One", email="one@firm.example")
    load()
    nell = db.session.execute(sa.select(User).where(User.email == "nell@pantry.example")).scalar_one()
    assert nell.user_id > first.user_id
    assert nell.manager_id is not None
    mara = db.session.get(User, nell.manager_id)
    assert mara is not None
    assert mara.email == "mara@pantry.example"
    assert not db.session.scalars(sa.select(Interaction).where(Interaction.author_id == first.user_id)).all()
    assert count(Interaction) == 29


def test_everybody_of_the_demo_signs_in_with_its_password(client: Client, database: sa.Connection) -> None:
    with as_role(database, "kp_owner"):
        load()
    for address in ("nell@pantry.example", "mara@pantry.example", "ada@pantry.example"):
        visitor = client.application.test_client()
        assert isinstance(visitor, Client)
        assert visitor.submit("/login", {"email": address, "password": "not it"}).status_code == 200
        assert visitor.submit("/login", {"email": address, "password": PASSWORD}).status_code in (302, 303)


def test_new_rows_count_on_after_those_of_the_book(make: Make, owner: None) -> None:
    load()
    assert make.organization("The Next Diner").organization_id == 21
    assert make.user("The Next Rep").user_id > max(user.user_id for user in small().book.users)
    deal = make.opportunity()
    assert deal.opportunity_id == 13
    assert make.interaction(opportunity=deal).interaction_id == 30


def test_the_timeline_of_an_opportunity_is_the_one_of_the_book(owner: None) -> None:
    load()
    told = sa.select(
        OpportunityStageChange.opportunity_id,
        OpportunityStageChange.to_stage,
        OpportunityStageChange.changed_at,
    ).order_by(OpportunityStageChange.opportunity_stage_change_id)
    assert [tuple(row) for row in db.session.execute(told)] == [
        (row.opportunity_id, row.to_stage, row.changed_at) for row in small().book.stage_changes
    ]


def test_products_make_principals_and_principals_are_counted(owner: None) -> None:
    load()
    days = small().touch_days()
    for activity in db.session.scalars(sa.select(PrincipalActivity)):
        assert activity.interactions_count == len(days[activity.name]), activity.name
        assert (activity.last_activity_date is None) == (not days[activity.name])
    folded = db.session.execute(sa.select(sa.func.sum(PrincipalSummary.interactions_count))).scalar_one()
    assert folded == sum(map(len, days.values()))


def test_a_morning_that_has_not_come_yet_is_not_in_the_book(owner: None) -> None:
    """The round of mails of a Monday begins at six; a book loaded at five holds nothing of the future."""
    frame = replace(FRAME, today=MONDAY, size=replace(FRAME.size, interactions=2500))
    five = frame.moment(MONDAY, 5 * 60)
    load(frame, now=five)
    newest = db.session.execute(sa.select(sa.func.max(Interaction.interaction_date))).scalar_one()
    assert newest == five


def test_a_book_for_another_day_than_today_is_told_as_of_that_day(owner: None) -> None:
    ahead = replace(FRAME, today=SUNDAY + timedelta(days=90))
    load(ahead)
    newest = db.session.execute(sa.select(sa.func.max(Interaction.interaction_date))).scalar_one()
    assert newest > NOW


def test_rows_were_changed_last_when_something_happened_to_them(owner: None) -> None:
    load()
    for model in (Organization, Opportunity, Interaction):
        assert db.session.execute(sa.select(sa.func.max(model.updated_at))).scalar_one() < NOW
