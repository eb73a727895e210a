"""Principals of opportunities and interactions: derived and chosen ones, told apart, each case by name."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm.db import db
from crm.enums import InteractionType
from crm.models import (
    Interaction,
    InteractionPrincipal,
    Opportunity,
    OpportunityPrincipal,
    OpportunityProduct,
    Organization,
    User,
)
from tests.factories import Make, as_role


@pytest.fixture(autouse=True)
def _as_nell(acting_as: object, nell: User) -> None:
    acting_as(nell)  # type: ignore[operator]


def principals(opportunity: Opportunity) -> dict[int, bool]:
    """Principal → whether it is derived."""
    rows = db.session.execute(
        sa.select(OpportunityPrincipal.principal_id, OpportunityPrincipal.is_derived).where(
            OpportunityPrincipal.opportunity_id == opportunity.opportunity_id
        )
    )
    return dict(rows.all())


def counts_for(interaction: Interaction) -> dict[int, bool]:
    rows = db.session.execute(
        sa.select(InteractionPrincipal.principal_id, InteractionPrincipal.is_derived).where(
            InteractionPrincipal.interaction_id == interaction.interaction_id
        )
    )
    return dict(rows.all())


def remove(link: OpportunityProduct | OpportunityPrincipal | InteractionPrincipal | None) -> None:
    assert link is not None
    db.session.delete(link)
    db.session.flush()


def test_the_principal_stays_until_its_last_product_goes(make: Make) -> None:
    maker = make.principal()
    one, other = make.product(principal=maker), make.product(principal=maker)
    opportunity = make.opportunity(products=[one, other])
    assert principals(opportunity) == {maker.organization_id: True}
    remove(db.session.get(OpportunityProduct, (opportunity.opportunity_id, one.product_id)))
    assert principals(opportunity) == {maker.organization_id: True}
    remove(db.session.get(OpportunityProduct, (opportunity.opportunity_id, other.product_id)))
    assert principals(opportunity) == {}


def test_a_chosen_principal_stays_when_its_products_go(make: Make) -> None:
    maker = make.principal()
    product = make.product(principal=maker)
    opportunity = make.opportunity(products=[product], principals=[maker])
    assert principals(opportunity) == {maker.organization_id: False}
    remove(db.session.get(OpportunityProduct, (opportunity.opportunity_id, product.product_id)))
    assert principals(opportunity) == {maker.organization_id: False}


def test_a_principal_that_is_no_longer_chosen_stays_with_its_products(make: Make) -> None:
    maker = make.principal()
    opportunity = make.opportunity(products=[make.product(principal=maker)], principals=[maker])
    interaction = make.interaction(opportunity=opportunity)
    remove(db.session.get(OpportunityPrincipal, (opportunity.opportunity_id, maker.organization_id)))
    db.session.expire_all()
    assert principals(opportunity) == {maker.organization_id: True}
    assert counts_for(interaction) == {maker.organization_id: True}


def test_an_archived_product_still_tells_whose_opportunity_it_is(make: Make) -> None:
    product = make.product()
    opportunity = make.opportunity(products=[product])
    product.deleted_at = datetime.now(UTC)
    db.session.flush()
    assert principals(opportunity) == {product.principal_id: True}


def test_a_product_that_changes_hands_takes_its_opportunities_along(make: Make) -> None:
    product, buyer = make.product(), make.principal()
    opportunity = make.opportunity(products=[product])
    interaction = make.interaction(opportunity=opportunity)
    product.principal_id = buyer.organization_id
    db.session.flush()
    assert principals(opportunity) == {buyer.organization_id: True}
    assert counts_for(interaction) == {buyer.organization_id: True}


def test_an_interaction_counts_for_the_principals_named_and_those_of_its_opportunity(make: Make) -> None:
    maker, other = make.principal(), make.principal()
    interaction = make.interaction(opportunity=make.opportunity(principals=[maker]), principals=[other])
    assert counts_for(interaction) == {maker.organization_id: True, other.organization_id: False}


def test_a_call_with_the_makers_own_people_counts_only_if_named(make: Make) -> None:
    maker = make.principal()
    assert counts_for(make.interaction(organization=maker)) == {}
    assert counts_for(make.interaction(organization=maker, principals=[maker])) == {
        maker.organization_id: False
    }


def test_naming_a_derived_principal_and_taking_it_off_again(make: Make) -> None:
    maker = make.principal()
    interaction = make.interaction(opportunity=make.opportunity(principals=[maker]))
    named = InteractionPrincipal(
        interaction_id=interaction.interaction_id, principal_id=maker.organization_id
    )
    db.session.add(named)
    db.session.flush()
    assert counts_for(interaction) == {maker.organization_id: False}
    remove(named)
    assert counts_for(interaction) == {maker.organization_id: True}


def test_a_named_principal_moves_with_its_interaction_and_a_derived_one_does_not(make: Make) -> None:
    maker, other, named = make.principal(), make.principal(), make.principal()
    here, there = make.opportunity(principals=[maker]), make.opportunity(principals=[other])
    interaction = make.interaction(opportunity=here, principals=[named])
    interaction.opportunity_id = there.opportunity_id
    db.session.flush()
    assert counts_for(interaction) == {other.organization_id: True, named.organization_id: False}


def test_a_row_named_by_hand_gets_its_copies(make: Make, nell: User) -> None:
    maker = make.principal()
    when = datetime.now(UTC) - timedelta(days=3)
    interaction = make.interaction(on=when, author=nell, interaction_type="Meeting")
    row = InteractionPrincipal(interaction_id=interaction.interaction_id, principal_id=maker.organization_id)
    db.session.add(row)
    db.session.flush()
    assert (row.interaction_date, row.author_id, row.interaction_type, row.counts) == (
        when,
        nell.user_id,
        InteractionType.MEETING,
        True,
    )


@pytest.mark.parametrize("how", ["promise", "archived", "archived opportunity"])
def test_what_does_not_count_is_linked_all_the_same(make: Make, how: str) -> None:
    maker = make.principal()
    opportunity = make.opportunity(principals=[maker])
    interaction = make.interaction(opportunity=opportunity, is_touch=how != "promise")
    if how == "archived":
        interaction.deleted_at = datetime.now(UTC)
    if how == "archived opportunity":
        opportunity.deleted_at = datetime.now(UTC)
    db.session.flush()
    row = db.session.get(InteractionPrincipal, (interaction.interaction_id, maker.organization_id))
    assert row is not None
    assert row.counts is False


def test_an_interaction_about_nobody_is_refused_at_the_end(database: sa.Connection) -> None:
    db.session.add(Interaction(interaction_type=InteractionType.NOTE))
    db.session.flush()
    with pytest.raises(sa.exc.IntegrityError, match="is about nobody"):
        database.exec_driver_sql("set constraints all immediate")


def test_an_interaction_about_a_principal_alone_is_fine_until_that_is_taken_off(
    make: Make, database: sa.Connection
) -> None:
    maker: Organization = make.principal()
    interaction = Interaction(interaction_type=InteractionType.NOTE)
    db.session.add(interaction)
    db.session.flush()
    named = InteractionPrincipal(
        interaction_id=interaction.interaction_id, principal_id=maker.organization_id
    )
    db.session.add(named)
    db.session.flush()
    database.exec_driver_sql("set constraints all immediate")
    with pytest.raises(sa.exc.IntegrityError, match="is about nobody"):
        remove(named)


def test_every_stage_is_in_the_timeline_with_who_and_when(
    make: Make, nell: User, database: sa.Connection
) -> None:
    began = datetime(2026, 3, 2, 15, tzinfo=UTC)
    opportunity = make.opportunity(stage_changed_at=began)
    opportunity.stage = "Demo Scheduled"  # type: ignore[assignment]
    db.session.flush()
    changed_at = opportunity.stage_changed_at
    opportunity.name = "Renamed"
    db.session.flush()
    assert opportunity.stage_changed_at == changed_at > began
    rows = database.exec_driver_sql(
        "select from_stage::text, to_stage::text, changed_at, changed_by from opportunity_stage_changes "
        "order by opportunity_stage_change_id"
    ).all()
    assert [tuple(row) for row in rows] == [
        (None, "New Lead", began, None),
        ("New Lead", "Demo Scheduled", changed_at, nell.user_id),
    ]


def test_a_stage_of_the_past_keeps_the_moment_it_is_given(make: Make) -> None:
    opportunity = make.opportunity()
    then = datetime(2026, 3, 2, 15, tzinfo=UTC)
    opportunity.stage = "Awaiting Response"  # type: ignore[assignment]
    opportunity.stage_changed_at = then
    db.session.flush()
    assert opportunity.stage_changed_at == then


@pytest.mark.parametrize("kind", ["organization", "contact", "product", "opportunity", "interaction", "user"])
def test_a_change_moves_updated_at(make: Make, database: sa.Connection, kind: str) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    row = getattr(make, kind)(updated_at=long_ago)
    table = row.__tablename__
    with as_role(database, "kp_owner"):
        database.exec_driver_sql(f"update {table} set created_at = created_at")
        found = database.exec_driver_sql(f"select max(updated_at) from {table}").scalar_one()
    assert found > long_ago


def test_accents_and_case_do_not_matter_for_search(make: Make) -> None:
    organization = make.organization("Café Überraschung Ñandú")
    contact = make.contact("Zoë", "O'Brien-ŁUKASZ")
    assert organization.name_key == "cafe uberraschung nandu"
    assert contact.name_key == "zoe o'brien-lukasz"
