"""What an opportunity is about: derived and chosen principals stay right whatever comes and goes."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import crm
from crm import services
from crm.db import act_as, db, transaction
from crm.enums import OpportunityStage
from crm.errors import Refused
from crm.models import Opportunity, OpportunityPrincipal, Product, User
from crm.services.opportunities import Facts, Part
from tests.databases import Database
from tests.factories import Make

As = Callable[[User], None]

MAKERS, PRODUCTS = 3, 6
CHANGES = st.lists(
    st.tuples(
        st.sets(st.integers(0, PRODUCTS - 1)),
        st.sets(st.integers(0, MAKERS - 1)),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_principals_are_right_under_any_order_of_changes(
    changes: list[tuple[set[int], set[int]]], make: Make, acting_as: As
) -> None:
    makers = [make.principal().organization_id for _ in range(MAKERS)]
    of_maker = [makers[n % MAKERS] for n in range(PRODUCTS)]
    products = [make.save(_product(n, of_maker[n])).product_id for n in range(PRODUCTS)]
    user = make.user()
    deal = make.opportunity(owner=user)
    acting_as(user)
    by_hand: set[int] = set()
    brought: set[int] = set()
    for chosen, ticked in changes:
        principals = {makers[n] for n in ticked}
        try:
            services.opportunity_products.assign(
                deal, product_ids={products[n] for n in chosen}, principal_ids=principals
            )
        except Refused:
            assert not chosen
            assert not ticked
        else:
            brought = {of_maker[n] for n in chosen}
            by_hand = (by_hand & principals) | (principals - brought)
        assert _principals(deal) == {number: number not in by_hand for number in by_hand | brought}


def _product(n: int, principal_id: int) -> Product:
    return Product(name=f"Product {n}", principal_id=principal_id)


def _principals(deal: Opportunity) -> dict[int, bool]:
    link = OpportunityPrincipal
    rows = sa.select(link.principal_id, link.is_derived).where(link.opportunity_id == deal.opportunity_id)
    return {row.principal_id: row.is_derived for row in db.session.execute(rows)}


def test_of_two_who_open_the_same_at_once_one_is_refused(own_database: Database) -> None:
    app = crm.create_app("web", own_database.settings("web"))
    with crm.create_app("commands", own_database.settings("commands")).app_context():
        with transaction():
            make = Make(db.session.connection())
            people = [make.user().user_id, make.user().user_id]
            school, product = make.organization(), make.product()
            facts = Facts(name="Menu", organization_id=school.organization_id)
            part = Part("Menu", [product.product_id], [product.principal_id])
        db.engine.dispose()
    both_are_there = threading.Barrier(2)
    said: list[str] = []

    def bring(person: int) -> None:
        with app.app_context():
            try:
                with transaction():
                    act_as(person)
                    by = db.session.get_one(User, person)
                    both_are_there.wait(10)
                    services.opportunities.create(
                        facts,
                        [part],
                        stage=OpportunityStage.NEW_LEAD,
                        started_on=date(2026, 11, 24),
                        by=by,
                        now=datetime.now(UTC),
                    )
                said.append("made")
            except Refused as refused:
                said.append(refused.message)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=bring, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with app.app_context():
        db.engine.dispose()
    first, second = sorted(said)
    assert first == "made"
    assert second.startswith("“Menu” is still open with them")
