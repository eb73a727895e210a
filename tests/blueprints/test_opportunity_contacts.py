"""Who has a say in an opportunity, and what stands beside it: a distributor that may not bring it."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from crm.db import db
from crm.enums import AdvocacyStatus, AuthorizationState
from crm.models import (
    Contact,
    ContactAdvocacy,
    DistributorPrincipal,
    Opportunity,
    OpportunityContact,
    Organization,
    User,
)
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]


def posted(client: Client, path: str, **fields: Any) -> TestResponse:
    return client.submit(path, {"request_key": str(uuid4()), **fields})


@pytest.fixture
def cafe(make: Make) -> Organization:
    return make.organization("Larkspur House")


@pytest.fixture
def dana(make: Make, cafe: Organization) -> Contact:
    return make.contact("Dana", "Reyes", organization=cafe)


@pytest.fixture
def brunch(make: Make, nell: User, cafe: Organization) -> Opportunity:
    return make.opportunity("Brunch", owner=nell, organization=cafe)


def says(opportunity: Opportunity) -> list[tuple[int, str | None, bool]]:
    links = db.session.query(OpportunityContact).filter_by(opportunity_id=opportunity.opportunity_id)
    return sorted((link.contact_id, link.role, link.is_primary) for link in links)


def test_somebody_gets_a_say_another_role_and_the_first_place_and_is_taken_off_and_back(
    sign_in: SignIn, nell: User, brunch: Opportunity, dana: Contact
) -> None:
    client, url = sign_in(nell), f"/opportunities/{brunch.opportunity_id}/people"
    assert "Dana Reyes" in client.get(f"{url}/new").text
    assert posted(client, url, role="Chef").status_code == 422
    assert posted(client, url, contact_id=dana.contact_id, role="Chef").status_code == 303
    assert says(brunch) == [(dana.contact_id, "Chef", False)]
    one = f"{url}/{dana.contact_id}"
    assert "<html" not in client.get(f"{one}/edit", headers={"HX-Request": "true"}).text
    assert posted(client, one, role="Buyer", is_primary="y").status_code == 303
    assert says(brunch) == [(dana.contact_id, "Buyer", True)]
    assert brunch.primary_contact_id == dana.contact_id
    assert posted(client, f"{one}/removal").status_code == 303
    assert (says(brunch), brunch.primary_contact_id) == ([], None)
    posted(client, f"{one}/return?role=Buyer&primary=1")
    assert says(brunch) == [(dana.contact_id, "Buyer", True)]


def test_strangers_and_made_up_roles_have_no_say(
    sign_in: SignIn, nell: User, make: Make, brunch: Opportunity, dana: Contact
) -> None:
    client, url = sign_in(nell), f"/opportunities/{brunch.opportunity_id}/people"
    assert posted(client, url, contact_id=make.contact().contact_id).status_code == 422
    assert posted(client, url, contact_id=dana.contact_id, role="<b>King</b>").status_code == 422
    assert client.get(f"{url}/{dana.contact_id}/edit").status_code == 404
    assert says(brunch) == []


@pytest.mark.parametrize(
    ("state", "expires_on", "is_told"),
    [
        (AuthorizationState.LOST, None, True),
        (AuthorizationState.EXPIRED, None, True),
        (AuthorizationState.AUTHORIZED, date(2024, 2, 29), True),
        (AuthorizationState.AUTHORIZED, date(2099, 1, 1), False),
    ],
)
def test_a_distributor_that_may_not_bring_it_is_told_and_blocks_nothing(
    sign_in: SignIn,
    nell: User,
    make: Make,
    cafe: Organization,
    state: AuthorizationState,
    expires_on: date | None,
    is_told: bool,
) -> None:
    bakery, harbor = make.principal("Amberfold Bakery Co."), make.distributor("Harborline Foods")
    make.save(
        DistributorPrincipal(
            principal_id=bakery.organization_id,
            distributor_id=harbor.organization_id,
            state=state,
            expires_on=expires_on,
        )
    )
    deal = make.opportunity(owner=nell, principals=[bakery], distributor_id=harbor.organization_id)
    client, words = sign_in(nell), "Harborline Foods may not bring it."
    assert (words in client.get(f"/opportunities/{deal.opportunity_id}").text) is is_told
    said = {
        "organization": cafe.organization_id,
        "principals": bakery.organization_id,
        "stage": "New Lead",
        "distributor": harbor.organization_id,
    }
    step = posted(client, "/opportunities/new", step="3", go="3", **said)
    assert (words in step.text) is is_told
    assert posted(client, "/opportunities", name="Bread", keep="shared", **said).status_code == 303


def test_contacts_are_found_by_how_they_speak_of_a_principal(
    sign_in: SignIn, nell: User, make: Make, dana: Contact
) -> None:
    bakery = make.principal("Amberfold Bakery Co.")
    make.save(
        ContactAdvocacy(
            contact_id=dana.contact_id,
            principal_id=bakery.organization_id,
            status=AdvocacyStatus.CHAMPION,
            since_on=date(2026, 1, 5),
        )
    )
    client, number = sign_in(nell), bakery.organization_id
    assert "Amberfold Bakery Co.: champions, supporters" in client.get("/contacts").text
    for asked, is_found in (
        (f"{number}-for", True),
        (f"{number}-champion", True),
        (f"{number}-against", False),
        (f"{number}-blocker", False),
        ("-for", True),
        ("junk", True),
    ):
        with client.get(f"/contacts/export.csv?speaks-of={asked}") as answer:
            assert ("Dana Reyes" in answer.text) is is_found, asked


@pytest.mark.parametrize("kind", ["organization", "contact", "principal"])
def test_a_new_opportunity_begins_on_the_page_of_a_record(
    sign_in: SignIn, nell: User, make: Make, dana: Contact, cafe: Organization, kind: str
) -> None:
    numbers = {
        "organization": cafe.organization_id,
        "contact": dana.contact_id,
        "principal": make.principal().organization_id,
    }
    page = sign_in(nell).get(f"/{kind}s/{numbers[kind]}").text
    assert f'href="/opportunities/new?{kind}={numbers[kind]}" data-key="n"' in page
