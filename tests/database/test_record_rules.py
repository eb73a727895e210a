"""What is true of a record whoever writes it: no circles, careers, one primary, one word at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from crm.db import db
from crm.enums import AdvocacyStatus, Picklist, SampleStatus, SampleVerdict
from crm.errors import refusal_of
from crm.models import (
    ContactAdvocacy,
    DistributorPrincipal,
    Employment,
    Interaction,
    Opportunity,
    OpportunityContact,
    Organization,
    PicklistValue,
    ProductDistributor,
    Sample,
)
from crm.models.base import Model
from tests.clients import take_role
from tests.database.sessions import Waiting
from tests.databases import Database
from tests.factories import Make

DAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def owner(database: sa.Connection) -> None:
    """These rules bind everybody, so the tests act as the one whom nothing else does."""
    take_role("kp_owner")


def save(row: Model, **values: Any) -> None:
    """Add a row, or change columns of it."""
    for column, value in values.items():
        setattr(row, column, value)
    db.session.add(row)
    db.session.flush()


def read(statement: str, **values: Any) -> list[Any]:
    return [tuple(row) for row in db.session.execute(sa.text(statement), values)]


@contextmanager
def refused(rule: str) -> Iterator[None]:
    """The block breaks that rule of the database, and a person is told what to do."""
    with pytest.raises(IntegrityError) as broken, db.session.begin_nested():
        yield
    diagnosis = broken.value.orig.diag  # type: ignore[union-attr]
    assert diagnosis.constraint_name == rule
    assert refusal_of(broken.value) is not None


def test_no_organization_stands_above_itself_however_far_up(make: Make) -> None:
    top = make.organization("Top")
    middle = make.organization("Middle", parent_organization_id=top.organization_id)
    low = make.organization("Low", parent_organization_id=middle.organization_id)
    with refused("ck_organizations_circle"):
        save(top, parent_organization_id=low.organization_id)
    db.session.refresh(low)
    save(low, parent_organization_id=top.organization_id)
    with pytest.raises(IntegrityError, match="ck_organizations_own_parent"), db.session.begin_nested():
        save(middle, parent_organization_id=middle.organization_id)


def test_nobody_reports_to_themselves_and_nobody_is_their_own_manager(make: Make) -> None:
    chef = make.contact("Chef")
    cook = make.contact("Cook", reports_to_id=chef.contact_id)
    with refused("ck_contacts_circle"):
        save(chef, reports_to_id=cook.contact_id)
    boss = make.user("Boss", role="manager")
    rep = make.user("Rep", manager=boss)
    with refused("ck_users_circle"):
        save(boss, manager_id=rep.user_id)


def test_two_people_do_not_close_a_circle_that_neither_sees(own_database: Database) -> None:
    first, second, watcher = (own_database.connect("owner", role=None) for _ in range(3))
    first.execute("insert into organizations (name) values ('One'), ('Other')")
    above = "update organizations set parent_organization_id = %s where organization_id = %s"
    with first.transaction():
        first.execute(above, [1, 2])
        closing = Waiting(second, above, [2, 1])
        closing.start(watcher)
    with pytest.raises(psycopg.errors.CheckViolation, match="stands above itself"):
        closing.finish()
    for connection in (first, second, watcher):
        connection.close()


CAREER = (
    "select organization_id, position, started_on, ended_on from employments where contact_id = :c "
    "order by employment_id"
)


def test_who_changes_employer_keeps_their_history(make: Make) -> None:
    grill, bistro, tavern = (make.organization(name) for name in ("Grill", "Bistro", "Tavern"))
    dana = make.contact("Dana", organization=grill, position="Sous chef")
    (today,) = read("select firm_today()")[0]
    save(dana, position="Executive chef")
    save(dana, organization_id=bistro.organization_id, position="Chef")
    assert read(CAREER, c=dana.contact_id) == [
        (grill.organization_id, "Executive chef", None, today),
        (bistro.organization_id, "Chef", today, None),
    ]
    save(dana, left_on=today)
    assert read(CAREER, c=dana.contact_id)[-1] == (bistro.organization_id, "Chef", today, today)
    save(dana, left_on=None)
    assert read(CAREER, c=dana.contact_id)[-1] == (bistro.organization_id, "Chef", today, None)
    save(dana, left_on=today)
    save(dana, organization_id=tavern.organization_id, left_on=None)
    assert [row[0] for row in read(CAREER, c=dana.contact_id)] == [
        grill.organization_id,
        bistro.organization_id,
        tavern.organization_id,
    ]
    assert read(CAREER, c=dana.contact_id)[-1][2:] == (today, None)


def test_a_contact_who_has_left_already_has_a_career_that_ended(make: Make) -> None:
    dana = make.contact("Dana", left_on=DAY)
    assert [row[3] for row in read(CAREER, c=dana.contact_id)] == [DAY]
    nobody_knows_where = make.contact("Bo")
    save(nobody_knows_where, organization_id=None)
    assert len(read(CAREER, c=nobody_knows_where.contact_id)) == 1


def test_one_place_at_a_time(make: Make) -> None:
    dana, bistro = make.contact("Dana"), make.organization("Bistro")
    with pytest.raises(IntegrityError, match="uq_employments_now"), db.session.begin_nested():
        save(Employment(contact_id=dana.contact_id, organization_id=bistro.organization_id))


def test_a_change_of_mind_ends_the_word_before_it(make: Make) -> None:
    dana, maker = make.contact("Dana"), make.principal()
    pair = {"contact_id": dana.contact_id, "principal_id": maker.organization_id}
    save(ContactAdvocacy(**pair, status=AdvocacyStatus.SKEPTIC, since_on=date(2026, 1, 5)))
    save(ContactAdvocacy(**pair, status=AdvocacyStatus.CHAMPION, since_on=date(2026, 6, 1)))
    save(
        ContactAdvocacy(
            **pair, status=AdvocacyStatus.NEUTRAL, since_on=date(2025, 1, 1), until_on=date(2026, 1, 5)
        )
    )
    assert read("select status::text, since_on, until_on from contact_advocacies order by since_on") == [
        ("Neutral", date(2025, 1, 1), date(2026, 1, 5)),
        ("Skeptic", date(2026, 1, 5), date(2026, 6, 1)),
        ("Champion", date(2026, 6, 1), None),
    ]
    with refused("ck_contact_advocacies_days"):
        save(ContactAdvocacy(**pair, status=AdvocacyStatus.BLOCKER, since_on=date(2026, 5, 1)))


def test_a_product_has_one_primary_distributor_at_most(make: Make) -> None:
    sauce = make.product("Sauce")
    here, there = make.distributor("Here"), make.distributor("There")
    first = ProductDistributor(
        product_id=sauce.product_id,
        distributor_id=here.organization_id,
        item_number="A-17",
        is_primary=True,
    )
    save(first)
    with refused("uq_product_distributors_primary"):
        save(
            ProductDistributor(
                product_id=sauce.product_id, distributor_id=there.organization_id, is_primary=True
            )
        )
    with refused("uq_product_distributors_pair"):
        save(ProductDistributor(product_id=sauce.product_id, distributor_id=here.organization_id))
    save(first, deleted_at=sa.func.now())
    for distributor in (here, there):
        save(
            ProductDistributor(
                product_id=sauce.product_id,
                distributor_id=distributor.organization_id,
                is_primary=distributor is there,
            )
        )


def test_an_agreement_does_not_expire_before_it_begins_and_stands_once(make: Make) -> None:
    pair = {
        "distributor_id": make.distributor().organization_id,
        "principal_id": make.principal().organization_id,
    }
    with refused("ck_distributor_principals_days"):
        save(DistributorPrincipal(**pair, since_on=DAY, expires_on=date(2026, 1, 1)))
    save(DistributorPrincipal(**pair, since_on=DAY, expires_on=DAY))
    with refused("uq_distributor_principals_pair"):
        save(DistributorPrincipal(**pair))


SAY = "select contact_id, is_primary from opportunity_contacts where opportunity_id = :o order by contact_id"


def test_the_primary_contact_has_a_say_and_there_is_one(make: Make) -> None:
    dana, bo = make.contact("Dana"), make.contact("Bo")
    placement = make.opportunity(primary_contact_id=dana.contact_id)
    key = placement.opportunity_id
    assert read(SAY, o=key) == [(dana.contact_id, True)]
    save(OpportunityContact(opportunity_id=key, contact_id=bo.contact_id, role="Buyer"))
    save(placement, primary_contact_id=bo.contact_id)
    assert read(SAY, o=key) == [(dana.contact_id, False), (bo.contact_id, True)]
    save(placement, primary_contact_id=None)
    assert read(SAY, o=key) == [(dana.contact_id, False), (bo.contact_id, False)]


def test_taking_the_primary_contact_off_leaves_the_opportunity_without(make: Make) -> None:
    dana = make.contact("Dana")
    placement = make.opportunity(primary_contact_id=dana.contact_id)
    read("delete from opportunity_contacts where contact_id = :c returning 1", c=dana.contact_id)
    assert read(
        "select primary_contact_id, version from opportunities where opportunity_id = :o",
        o=placement.opportunity_id,
    ) == [(None, 2)]


@pytest.fixture
def placement(make: Make) -> Opportunity:
    return make.opportunity(products=[make.product("Sauce")])


@pytest.fixture
def promise(make: Make, placement: Opportunity) -> Interaction:
    return make.interaction(opportunity=placement, follow_up_date=DAY)


def sample(placement: Opportunity, product_id: int, **columns: Any) -> Sample:
    return Sample(opportunity_id=placement.opportunity_id, product_id=product_id, sent_on=DAY, **columns)


def test_an_open_sample_carries_a_follow_up(make: Make, placement: Opportunity, promise: Interaction) -> None:
    soup = make.product("Soup").product_id
    plain = make.interaction(opportunity=placement)
    with refused("ck_samples_follow_up"):
        save(sample(placement, soup))
    with refused("ck_samples_promise"):
        save(sample(placement, soup, follow_up_id=plain.interaction_id))
    sent = sample(placement, soup, follow_up_id=promise.interaction_id)
    save(sent)
    with refused("ck_samples_promise"):
        save(promise, follow_up_required=False, follow_up_date=None)
    db.session.refresh(promise)
    with refused("ck_samples_promise"):
        save(promise, deleted_at=sa.func.now())
    db.session.refresh(promise)
    save(promise, completed_at=sa.func.now())
    save(sent, status=SampleStatus.FEEDBACK, verdict=SampleVerdict.LIKED, feedback_on=DAY)
    save(promise, deleted_at=sa.func.now())
    with refused("ck_samples_promise"):
        save(sent, status=SampleStatus.TASTED, verdict=None, feedback_on=None)


def test_feedback_has_a_verdict_and_a_day_and_nothing_else_has(
    make: Make, placement: Opportunity, promise: Interaction
) -> None:
    soup = make.product("Soup").product_id
    for columns in (
        {"status": SampleStatus.FEEDBACK, "feedback_on": DAY},
        {"status": SampleStatus.FEEDBACK, "verdict": SampleVerdict.LIKED},
        {"status": SampleStatus.SENT, "verdict": SampleVerdict.LIKED},
    ):
        with pytest.raises(IntegrityError, match="ck_samples_"), db.session.begin_nested():
            save(sample(placement, soup, follow_up_id=promise.interaction_id, **columns))


def test_a_word_in_use_cannot_vanish_from_its_list(make: Make) -> None:
    make.organization("Grill", segment="Casual")
    uses = read("select value, uses from picklist_uses('segment')")
    assert uses == [("Casual", 1)]
    delete = "delete from picklist_values where picklist = 'segment' and value = :v returning 1"
    with refused("rs_picklist_values_used"):
        read(delete, v="Casual")
    assert read(delete, v="Vending") == [(1,)]


@pytest.mark.parametrize("picklist", [one for one in Picklist if one is not Picklist.TAG])
def test_every_list_of_words_begins_with_some_and_counts_its_uses(picklist: Picklist, make: Make) -> None:
    word = read("select value from picklist_values where picklist = :p limit 1", p=picklist.value)[0][0]
    dana = make.contact("Dana", position=word)
    placement = make.opportunity(
        context=word, source=word, stage="Closed - Won", close_reason=word,
        organization=make.organization(segment=word),
    )  # fmt: skip
    save(OpportunityContact(opportunity_id=placement.opportunity_id, contact_id=dana.contact_id, role=word))
    make.interaction(activity=word)
    make.product(category=word)
    used = dict(read("select * from picklist_uses(cast(:p as picklist_enum))", p=picklist.value))
    assert used == {word: 1}


def test_a_word_stands_in_its_list_once_whatever_its_case(make: Make) -> None:
    with refused("uq_picklist_values_value"):
        save(PicklistValue(picklist=Picklist.SEGMENT, value="CASUAL"))


@pytest.mark.parametrize("tags", [["patio", None], [None]])
def test_a_tag_is_a_word(tags: list[Any]) -> None:
    with pytest.raises(IntegrityError, match="ck_organizations_tags"), db.session.begin_nested():
        save(Organization(name="Grill", tags=tags))
