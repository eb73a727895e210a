"""Opportunities: what comes in, what moves, what is refused, and how a move is taken back."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm import services
from crm.db import db
from crm.enums import OpportunityStage as Stage
from crm.errors import Refused
from crm.models import Opportunity, OpportunityPrincipal, OpportunityStageChange, Organization, User
from crm.services.opportunities import Facts, Part, Was
from tests.factories import Make

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
TODAY = date(2026, 11, 24)

As = Callable[[User], None]


def facts(organization: Organization, **said: object) -> Facts:
    return Facts(organization_id=organization.organization_id, **{"name": "Menu", **said})  # type: ignore[arg-type]


def bring(organization: Organization, *parts: Part, by: User, **said: object) -> list[Opportunity]:
    return services.opportunities.create(
        facts(organization, **said), parts, stage=Stage.NEW_LEAD, started_on=TODAY, by=by, now=NOW
    )


def principals(opportunity: Opportunity) -> dict[int, bool]:
    """Its principals, and whether each is derived."""
    link = OpportunityPrincipal
    rows = sa.select(link.principal_id, link.is_derived).where(
        link.opportunity_id == opportunity.opportunity_id
    )
    return {row.principal_id: row.is_derived for row in db.session.execute(rows)}


def timeline(opportunity: Opportunity) -> list[tuple[Stage | None, Stage, datetime, int | None]]:
    change = OpportunityStageChange
    rows = (
        sa.select(change.from_stage, change.to_stage, change.changed_at, change.changed_by)
        .where(change.opportunity_id == opportunity.opportunity_id)
        .order_by(change.opportunity_stage_change_id)
    )
    return [tuple(row) for row in db.session.execute(rows)]  # type: ignore[misc]


def move(opportunity: Opportunity, to: Stage, **said: object) -> Was:
    at = said.pop("now", NOW)
    return services.opportunities.move(opportunity, to=to, now=at, **said)  # type: ignore[arg-type]


def test_a_new_one_belongs_to_who_brought_it_and_counts_from_then(
    make: Make, nell: User, acting_as: As
) -> None:
    product = make.product()
    school = make.organization()
    acting_as(nell)
    [made] = bring(school, Part("Spring", [product.product_id], [product.principal_id]), by=nell)
    assert (made.name, made.owner_id, made.started_on) == ("Spring", nell.user_id, TODAY)
    assert timeline(made) == [(None, Stage.NEW_LEAD, NOW, nell.user_id)]
    assert principals(made) == {product.principal_id: True}


def test_a_principal_without_a_product_is_chosen_by_hand(make: Make, nell: User, acting_as: As) -> None:
    mill, product, school = make.principal(), make.product(), make.organization()
    acting_as(nell)
    part = Part("Both", [product.product_id], [product.principal_id, mill.organization_id])
    [made] = bring(school, part, by=nell)
    assert principals(made) == {product.principal_id: True, mill.organization_id: False}


def test_split_makes_one_for_each_principal(make: Make, nell: User, acting_as: As) -> None:
    one, other, school = make.product(), make.product(), make.organization()
    acting_as(nell)
    made = bring(
        school,
        Part("One", [one.product_id], [one.principal_id]),
        Part("Other", [other.product_id], [other.principal_id]),
        by=nell,
    )
    assert [principals(each) for each in made] == [{one.principal_id: True}, {other.principal_id: True}]


def test_the_same_product_still_open_with_them_is_refused(make: Make, nell: User, acting_as: As) -> None:
    product, school = make.product("Croissant"), make.organization()
    make.opportunity("Breakfast", organization=school, products=[product])
    acting_as(nell)
    part = Part("Again", [product.product_id], [product.principal_id])
    with pytest.raises(Refused, match="“Breakfast” is still open with them for Croissant") as refused:
        bring(school, part, by=nell)
    assert refused.value.field == "products"


def test_the_same_product_elsewhere_closed_or_archived_is_no_twin(
    make: Make, nell: User, acting_as: As
) -> None:
    product, school = make.product(), make.organization()
    make.opportunity(products=[product])
    make.opportunity(organization=school, products=[product], stage=Stage.CLOSED_WON)
    make.opportunity(organization=school, products=[product], deleted_at=NOW)
    acting_as(nell)
    assert bring(school, Part("New", [product.product_id], []), by=nell)


@pytest.mark.parametrize(
    "what", ["archived", "gone", "contact", "distributor", "product", "principal", "nothing"]
)
def test_what_is_not_there_or_does_not_belong_is_refused_with_its_field(
    what: str, make: Make, nell: User, acting_as: As
) -> None:
    school, stranger, operator = make.organization(), make.contact(), make.organization()
    archived = make.organization(deleted_at=NOW)
    mill = make.principal()
    acting_as(nell)
    part = Part("Menu", [], [mill.organization_id])
    tries: dict[str, tuple[Facts, Part, str]] = {
        "archived": (facts(archived), part, "organization"),
        "gone": (Facts(name="Menu", organization_id=2**62), part, "organization"),
        "contact": (facts(school, primary_contact_id=stranger.contact_id), part, "contact"),
        "distributor": (facts(school, distributor_id=operator.organization_id), part, "distributor"),
        "product": (facts(school), Part("Menu", [2**62], []), "products"),
        "principal": (facts(school), Part("Menu", [], [operator.organization_id]), "principals"),
        "nothing": (facts(school), Part("Menu", [], []), "principals"),
    }
    said, brought, field = tries[what]
    with pytest.raises(Refused) as refused:
        services.opportunities.create(
            said, [brought], stage=Stage.NEW_LEAD, started_on=TODAY, by=nell, now=NOW
        )
    assert refused.value.field == field


def test_a_new_one_does_not_begin_closed(make: Make, nell: User, acting_as: As) -> None:
    school, mill = make.organization(), make.principal()
    acting_as(nell)
    with pytest.raises(Refused, match="begins in an open stage"):
        services.opportunities.create(
            facts(school),
            [Part("Menu", [], [mill.organization_id])],
            stage=Stage.CLOSED_WON,
            started_on=TODAY,
            by=nell,
            now=NOW,
        )


@pytest.fixture
def deal(make: Make, nell: User, acting_as: As) -> Opportunity:
    """Nell's, with one product, a lead for ten days; nell is acting."""
    made = make.opportunity(
        "Menu", products=[make.product()], owner=nell, stage_changed_at=NOW - timedelta(days=10)
    )
    acting_as(nell)
    return made


def test_it_moves_any_way_between_open_stages(deal: Opportunity, nell: User) -> None:
    for n, stage in enumerate((Stage.DEMO_SCHEDULED, Stage.INITIAL_OUTREACH, Stage.FEEDBACK_LOGGED)):
        move(deal, stage, now=NOW + timedelta(hours=n))
    assert [(was, to) for was, to, _, _ in timeline(deal)][1:] == [
        (Stage.NEW_LEAD, Stage.DEMO_SCHEDULED),
        (Stage.DEMO_SCHEDULED, Stage.INITIAL_OUTREACH),
        (Stage.INITIAL_OUTREACH, Stage.FEEDBACK_LOGGED),
    ]
    assert deal.stage_changed_at == NOW + timedelta(hours=2)


@pytest.mark.parametrize("reason", [None, "", "Not recorded", "not RECORDED"])
def test_closing_needs_a_reason_that_says_something(deal: Opportunity, reason: str | None) -> None:
    with pytest.raises(Refused) as refused:
        move(deal, Stage.CLOSED_STALLED, reason=reason)
    assert refused.value.field == "reason"


def test_closing_keeps_reason_and_note_and_reopening_clears_them(deal: Opportunity) -> None:
    move(deal, Stage.CLOSED_STALLED, reason="No answer", note="Rang five times")
    assert (deal.closed_at, deal.close_reason, deal.close_note) == (NOW, "No answer", "Rang five times")
    move(deal, Stage.NEW_LEAD, now=NOW + timedelta(days=1))
    assert (deal.closed_at, deal.close_reason, deal.close_note) == (None, None, None)


def test_it_is_not_opened_again_beside_another_for_the_same_product(make: Make, deal: Opportunity) -> None:
    move(deal, Stage.CLOSED_WON, reason="Fits the menu")
    product = next(iter(services.opportunity_products.of(deal)))
    school = db.session.get_one(Organization, deal.organization_id)
    again = make.opportunity("Second try", organization=school, owner=None)
    services.opportunity_products.assign(again, product_ids=[product], principal_ids=[])
    with pytest.raises(Refused, match="“Second try” is still open"):
        move(deal, Stage.NEW_LEAD, now=NOW + timedelta(days=1))


def test_who_comes_second_is_told_where_it_is_now(deal: Opportunity) -> None:
    move(deal, Stage.AWAITING_RESPONSE)
    with pytest.raises(Refused, match="moved it to Awaiting Response"):
        move(deal, Stage.FEEDBACK_LOGGED, seen=Stage.NEW_LEAD)
    with pytest.raises(Refused, match="in Awaiting Response already"):
        move(deal, Stage.AWAITING_RESPONSE, seen=Stage.NEW_LEAD)


def test_an_undone_move_leaves_nothing_behind(deal: Opportunity) -> None:
    before, since = timeline(deal), deal.stage_changed_at
    was = move(deal, Stage.CLOSED_NO_FIT, reason="Allergens", note="Nuts")
    services.opportunities.undo_move(deal, was)
    assert (deal.stage, deal.stage_changed_at, deal.closed_at) == (Stage.NEW_LEAD, since, None)
    assert (deal.close_reason, deal.close_note) == (None, None)
    assert timeline(deal) == before


def test_undoing_a_reopening_closes_it_as_it_was(deal: Opportunity) -> None:
    move(deal, Stage.CLOSED_STALLED, reason="No answer", note="Rang")
    was = move(deal, Stage.NEW_LEAD, now=NOW + timedelta(hours=1))
    services.opportunities.undo_move(deal, was)
    assert (deal.stage, deal.closed_at, deal.close_reason) == (Stage.CLOSED_STALLED, NOW, "No answer")
    assert len(timeline(deal)) == 2


def test_a_move_is_not_undone_once_something_else_was_changed(deal: Opportunity) -> None:
    was = move(deal, Stage.AWAITING_RESPONSE)
    move(deal, Stage.FEEDBACK_LOGGED, now=NOW + timedelta(hours=1))
    with pytest.raises(Refused, match="changed again since"):
        services.opportunities.undo_move(deal, was)


def test_an_archived_one_is_not_moved_until_it_is_back(deal: Opportunity) -> None:
    services.opportunities.archive(deal, now=NOW)
    with pytest.raises(Refused, match="Restore it first"):
        move(deal, Stage.AWAITING_RESPONSE)
    services.opportunities.restore(deal)
    move(deal, Stage.AWAITING_RESPONSE)


def change(deal: Opportunity, **said: object) -> None:
    seen = said.pop("seen", None)
    products = said.pop("product_ids", services.opportunity_products.of(deal))
    chosen = said.pop("principal_ids", [])
    told = Facts(organization_id=deal.organization_id or 0, **{"name": deal.name, **said})  # type: ignore[arg-type]
    services.opportunities.change(deal, told, product_ids=products, principal_ids=chosen, seen=seen)  # type: ignore[arg-type]


def test_derived_principals_go_with_their_last_product_and_chosen_ones_stay(
    make: Make, deal: Opportunity, nell: User, acting_as: As
) -> None:
    mill, other = make.principal(), make.product()
    acting_as(nell)
    first = next(iter(principals(deal)))
    change(deal, product_ids=[other.product_id], principal_ids=[mill.organization_id])
    assert principals(deal) == {other.principal_id: True, mill.organization_id: False}
    assert first not in principals(deal)
    change(deal, product_ids=[], principal_ids=[mill.organization_id])
    assert principals(deal) == {mill.organization_id: False}


def test_unticking_a_chosen_principal_leaves_it_to_its_products(
    make: Make, nell: User, acting_as: As
) -> None:
    bread = make.product()
    acting_as(nell)
    bakery = db.session.get_one(Organization, bread.principal_id)
    deal = make.opportunity(products=[bread], principals=[bakery], owner=nell)
    assert principals(deal) == {bakery.organization_id: False}
    change(deal, product_ids=[bread.product_id], principal_ids=[])
    assert principals(deal) == {bakery.organization_id: True}


def test_changed_products_count_as_a_change_of_the_opportunity(
    make: Make, deal: Opportunity, nell: User, acting_as: As
) -> None:
    other = make.product()
    acting_as(nell)
    seen = deal.version
    change(deal, product_ids=[other.product_id], seen=seen)
    assert deal.version == seen + 1
    with pytest.raises(Refused) as refused:
        change(deal, notes="Too late", seen=seen)
    assert refused.value.field == "version"


def test_who_has_left_may_stay_on_what_they_were_on(make: Make, nell: User, acting_as: As) -> None:
    chef = make.contact()
    acting_as(nell)
    school = db.session.get_one(Organization, chef.organization_id)
    deal = make.opportunity(
        organization=school, primary_contact_id=chef.contact_id, principals=[make.principal()], owner=nell
    )
    chef.organization_id = make.organization().organization_id
    db.session.flush()
    change(deal, primary_contact_id=chef.contact_id, notes="Still", principal_ids=principals(deal))
    assert deal.notes == "Still"
