"""What is logged, what is refused, and what a taken-back interaction leaves behind."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm import queries, services
from crm.db import db
from crm.enums import InteractionType, Sentiment
from crm.errors import Refused
from crm.models import Interaction, PrincipalActivity, User
from crm.services.interactions import Entry
from tests.factories import Make

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # 9:30 in Chicago
TODAY = date(2026, 11, 24)

As = Callable[[User], None]


def call(**named: object) -> Entry:
    return Entry(interaction_type=InteractionType.PHONE_CALL, **named)  # type: ignore[arg-type]


def counts() -> dict[str, int]:
    rows = db.session.execute(sa.select(PrincipalActivity.name, PrincipalActivity.interactions_count))
    return {name: count for name, count in rows if count}


def test_a_call_with_a_contact_is_at_their_organization(make: Make, nell: User, acting_as: As) -> None:
    marisol = make.contact("Marisol")
    acting_as(nell)
    logged = services.interactions.log(
        call(contact_id=marisol.contact_id, notes="Loved it", sentiment=Sentiment.POSITIVE), by=nell, now=NOW
    )
    assert (logged.organization_id, logged.author_id) == (marisol.organization_id, nell.user_id)
    assert (logged.interaction_date, logged.notes, logged.sentiment) == (NOW, "Loved it", Sentiment.POSITIVE)
    assert not logged.follow_up_required
    assert logged.owner_id is None


def test_it_counts_for_the_opportunitys_principals_and_those_named(
    make: Make, nell: User, acting_as: As
) -> None:
    bakery, dairy, mill = make.principal("Bakery"), make.principal("Dairy"), make.principal("Mill")
    menu = make.opportunity(products=[make.product(principal=bakery)])
    acting_as(nell)
    services.interactions.log(
        call(
            opportunity_id=menu.opportunity_id, principal_ids=[dairy.organization_id, bakery.organization_id]
        ),
        by=nell,
        now=NOW,
    )
    assert counts() == {"Bakery": 1, "Dairy": 1}
    assert mill.name not in counts()


def test_a_principals_own_people_count_for_it_only_when_it_is_named(
    make: Make, nell: User, acting_as: As
) -> None:
    bakery = make.principal("Bakery")
    baker = make.contact(organization=bakery)
    acting_as(nell)
    services.interactions.log(call(contact_id=baker.contact_id), by=nell, now=NOW)
    assert counts() == {}
    services.interactions.log(
        call(contact_id=baker.contact_id, principal_ids=[bakery.organization_id]), by=nell, now=NOW
    )
    assert counts() == {"Bakery": 1}


def test_a_promise_is_the_authors_to_keep(make: Make, nell: User, acting_as: As) -> None:
    contact = make.contact()
    acting_as(nell)
    logged = services.interactions.log(
        call(
            contact_id=contact.contact_id, follow_up_on=TODAY + timedelta(days=3), follow_up_note="Send specs"
        ),
        by=nell,
        now=NOW,
    )
    assert logged.is_open_promise
    assert (logged.follow_up_date, logged.follow_up_note) == (date(2026, 11, 27), "Send specs")
    assert logged.owner_id == nell.user_id


def test_a_note_on_a_promise_that_nobody_made_is_not_kept(make: Make, nell: User, acting_as: As) -> None:
    contact = make.contact()
    acting_as(nell)
    logged = services.interactions.log(
        call(contact_id=contact.contact_id, follow_up_note="Send specs"), by=nell, now=NOW
    )
    assert logged.follow_up_note is None


def test_what_happens_can_keep_an_earlier_promise(make: Make, nell: User, otis: User, acting_as: As) -> None:
    promise = make.interaction(author=otis, follow_up_date=TODAY)
    acting_as(nell)
    logged = services.interactions.log(
        call(organization_id=promise.organization_id, keeps=[promise.interaction_id]), by=nell, now=NOW
    )
    db.session.refresh(promise)
    assert promise.completed_at == NOW
    assert (promise.completed_by, promise.completed_with) == (nell.user_id, logged.interaction_id)
    assert promise.follow_up_required


def test_a_promise_is_kept_once(make: Make, nell: User, acting_as: As) -> None:
    kept_with = make.interaction(author=nell).interaction_id
    promise = make.interaction(author=nell, follow_up_date=TODAY, completed_at=NOW, completed_with=kept_with)
    acting_as(nell)
    with pytest.raises(Refused) as refused:
        services.interactions.log(
            call(organization_id=promise.organization_id, keeps=[promise.interaction_id]), by=nell, now=NOW
        )
    assert refused.value.field == "keeps"


def test_an_earlier_day_is_noon_where_the_author_is(make: Make, nell: User, acting_as: As) -> None:
    contact = make.contact()
    acting_as(nell)
    logged = services.interactions.log(
        call(contact_id=contact.contact_id, happened_on=date(2026, 11, 20)), by=nell, now=NOW
    )
    assert logged.interaction_date == datetime(2026, 11, 20, 18, tzinfo=UTC)


def test_the_day_to_come_is_told_by_the_authors_zone(make: Make, nell: User, acting_as: As) -> None:
    contact = make.contact()
    acting_as(nell)
    late = datetime(2026, 11, 25, 3, tzinfo=UTC)  # still the 24th in Chicago
    with pytest.raises(Refused) as refused:
        services.interactions.log(
            call(contact_id=contact.contact_id, happened_on=date(2026, 11, 25)), by=nell, now=late
        )
    assert refused.value.field == "happened_on"


@pytest.mark.parametrize(
    ("named", "field"),
    [
        ({}, "about"),
        ({"contact_id": 10**12}, "about"),
        ({"organization_id": 10**12}, "about"),
        ({"opportunity_id": 10**12}, "opportunity"),
        ({"principal_ids": [10**12]}, "principals"),
    ],
)
def test_something_that_is_there_is_named(
    named: dict[str, object], field: str, make: Make, nell: User, acting_as: As
) -> None:
    acting_as(nell)
    with pytest.raises(Refused) as refused:
        services.interactions.log(call(**named), by=nell, now=NOW)
    assert refused.value.field == field


def test_what_is_archived_takes_no_entry(make: Make, nell: User, acting_as: As) -> None:
    gone = make.contact(deleted_at=NOW)
    acting_as(nell)
    with pytest.raises(Refused):
        services.interactions.log(call(contact_id=gone.contact_id), by=nell, now=NOW)


def test_a_contact_speaks_for_no_strangers_opportunity(make: Make, nell: User, acting_as: As) -> None:
    contact, menu = make.contact(), make.opportunity()
    acting_as(nell)
    with pytest.raises(Refused) as refused:
        services.interactions.log(
            call(contact_id=contact.contact_id, opportunity_id=menu.opportunity_id), by=nell, now=NOW
        )
    assert refused.value.field == "opportunity"


def test_a_distributors_rep_speaks_for_what_it_delivers(make: Make, nell: User, acting_as: As) -> None:
    trucks = make.distributor()
    driver = make.contact(organization=trucks)
    menu = make.opportunity(distributor_id=trucks.organization_id)
    acting_as(nell)
    logged = services.interactions.log(
        call(contact_id=driver.contact_id, opportunity_id=menu.opportunity_id), by=nell, now=NOW
    )
    assert logged.organization_id == menu.organization_id


def test_taking_back_uncounts_and_opens_the_promise_that_was_kept(
    make: Make, nell: User, acting_as: As
) -> None:
    bakery = make.principal("Bakery")
    promise = make.interaction(author=nell, follow_up_date=TODAY, is_touch=False)
    acting_as(nell)
    logged = services.interactions.log(
        call(
            organization_id=promise.organization_id,
            principal_ids=[bakery.organization_id],
            keeps=[promise.interaction_id],
        ),
        by=nell,
        now=NOW,
    )
    assert counts() == {"Bakery": 1}
    services.interactions.archive(logged, now=NOW)
    assert counts() == {}
    db.session.refresh(promise)
    assert promise.is_open_promise
    assert db.session.get(Interaction, logged.interaction_id) is not None


def test_one_visit_about_several_principals_counts_once_for_the_rep_and_once_for_each_of_them(
    make: Make, nell: User, acting_as: As
) -> None:
    makers = [make.principal(f"Maker {n}") for n in range(3)]
    contact = make.contact()
    acting_as(nell)
    ids = [maker.organization_id for maker in makers]
    services.interactions.log(call(contact_id=contact.contact_id, principal_ids=ids), by=nell, now=NOW)
    assert queries.today.pace(nell.user_id, today=TODAY, zone="America/Chicago").so_far == 1
    week = queries.today.week(nell.user_id, today=TODAY)
    assert {one.principal_id: one.done for one in week.principals} == dict.fromkeys(ids, 1)
