"""The three steps of a new opportunity: nothing is lost between them, nothing is written before the end."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from crm.db import db
from crm.models import Opportunity, OpportunityPrincipal, Organization, Product, User
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]


@pytest.fixture
def school(make: Make) -> Organization:
    return make.organization("Marlowe Bend School District", city="Marlowe Bend")


@pytest.fixture
def bread(make: Make) -> Product:
    return make.product("Croissant", principal=make.principal("Amberfold Bakery"))


def all_of_it(school: Organization, *products: Product, **said: Any) -> dict[str, Any]:
    """What the third step posts when everything was told."""
    return {
        "request_key": str(uuid4()),
        "step": "3",
        "organization": str(school.organization_id),
        "stage": "New Lead",
        "products": [str(product.product_id) for product in products],
        **said,
    }


def hidden(page: str, name: str) -> list[str]:
    return re.findall(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)


def made() -> list[Opportunity]:
    return list(db.session.scalars(sa.select(Opportunity).order_by(Opportunity.opportunity_id)))


def test_it_begins_with_the_record_one_comes_from(
    sign_in: SignIn, nell: User, make: Make, school: Organization, bread: Product
) -> None:
    chef = make.contact("Marisol", "Vane", organization=school)
    client = sign_in(nell)
    page = client.get(f"/opportunities/new?contact={chef.contact_id}").text
    assert "Marlowe Bend School District" in page
    assert re.search(rf'<option selected value="{chef.contact_id}">Marisol Vane', page)
    page = client.get(f"/opportunities/new?principal={bread.principal_id}").text
    assert hidden(page, "principals") == [str(bread.principal_id)]


def test_each_step_carries_what_the_others_were_told(
    sign_in: SignIn, nell: User, school: Organization, bread: Product
) -> None:
    client = sign_in(nell)
    said = {
        "step": "1",
        "organization": str(school.organization_id),
        "name": "Menü 🥐",
        "stage": "Initial Outreach",
        "context": "Food Show",
    }
    second = client.submit("/opportunities/new", {**said, "go": "2"})
    assert second.status_code == 200
    assert "What are you bringing?" in second.text
    assert (hidden(second.text, "name"), hidden(second.text, "context")) == (["Menü 🥐"], ["Food Show"])
    third = client.submit(
        "/opportunities/new", {**said, "step": "2", "products": str(bread.product_id), "go": "3"}
    )
    assert "You are adding" in third.text
    assert hidden(third.text, "products") == [str(bread.product_id)]
    back = client.submit(
        "/opportunities/new",
        {**said, "step": "3", "products": str(bread.product_id), "notes": "Two\nlines", "go": "1"},
    )
    assert "Who is it for?" in back.text
    assert hidden(back.text, "notes") == ["Two\nlines"]
    assert 'value="Menü 🥐"' in back.text
    assert made() == []


def test_the_way_forward_asks_and_the_way_back_does_not(
    sign_in: SignIn, nell: User, make: Make, school: Organization
) -> None:
    client = sign_in(nell)
    nobody = client.submit("/opportunities/new", {"step": "1", "go": "2", "stage": "New Lead"})
    assert nobody.status_code == 422
    assert "Choose the organization" in nobody.text
    nothing = {"step": "2", "organization": str(school.organization_id), "stage": "New Lead"}
    assert "at least one principal" in client.submit("/opportunities/new", {**nothing, "go": "3"}).text
    assert client.submit("/opportunities/new", {**nothing, "go": "1"}).status_code == 200
    gone = make.organization("Closed Diner", deleted_at=datetime.now(UTC))
    archived = client.submit(
        "/opportunities/new",
        {"step": "1", "go": "2", "organization": str(gone.organization_id), "stage": "New Lead"},
    )
    assert archived.status_code == 422
    assert "Closed Diner is archived" in archived.text


def test_choosing_principals_narrows_the_products_and_keeps_the_chosen(
    sign_in: SignIn, nell: User, make: Make, school: Organization, bread: Product
) -> None:
    mill = make.principal("Oldfen Grains")
    make.product("Coarse polenta", principal=mill)
    make.product("Whey caramel", principal=make.principal("Larkmeadow Dairy"))
    said = {"step": "2", "organization": str(school.organization_id), "go": "2"}
    client = sign_in(nell)
    everything = client.submit("/opportunities/new", said).text
    assert all(name in everything for name in ("Croissant", "Coarse polenta", "Whey caramel"))
    narrowed = client.submit(
        "/opportunities/new",
        {**said, "principals": str(mill.organization_id), "products": str(bread.product_id)},
    ).text
    assert "Coarse polenta" in narrowed
    assert "Whey caramel" not in narrowed
    assert re.search(rf'name="products" value="{bread.product_id}" checked', narrowed)
    assert "Principals follow from the products: <b>Amberfold Bakery</b>" in narrowed
    assert "Whey caramel" in client.submit("/opportunities/new", {**said, "letters": "CARAM"}).text


def test_the_name_is_proposed_and_a_better_one_follows_as_long_as_it_stands(
    sign_in: SignIn, nell: User, school: Organization, bread: Product
) -> None:
    client = sign_in(nell)
    said = all_of_it(school, bread, context="Food Show", step="2", go="3")
    first = client.submit("/opportunities/new", said).text
    proposal = re.search(r'name="name"[^>]*value="([^"]*)"', first)
    assert proposal
    assert re.fullmatch(
        r"Marlowe Bend School District - Amberfold Bakery - Food Show - \w{3} 20\d\d", proposal[1]
    )
    again = client.submit(
        "/opportunities/new",
        {**said, "context": "Cold Call", "name": proposal[1], "proposed": proposal[1]},
    ).text
    assert "Amberfold Bakery - Cold Call" in again
    own = client.submit("/opportunities/new", {**said, "name": "Breakfast", "proposed": proposal[1]}).text
    assert 'value="Breakfast"' in own


def test_what_was_told_is_brought_in_and_shown(
    sign_in: SignIn, nell: User, make: Make, school: Organization, bread: Product
) -> None:
    truck = make.distributor("Northlane")
    chef = make.contact("Marisol", organization=school)
    answer = sign_in(nell).submit(
        "/opportunities",
        all_of_it(
            school,
            bread,
            contact=str(chef.contact_id),
            name="Breakfast",
            stage="Demo Scheduled",
            context="Food Show",
            distributor=str(truck.organization_id),
            next_action="Send sheets",
            expected_close="2026-12-04",
            cases="12",
            tags="k12, Menu, menu",
            notes="11 schools",
        ),
    )
    [one] = made()
    assert (answer.status_code, answer.location) == (303, f"/opportunities/{one.opportunity_id}")
    assert (one.name, one.stage, one.context, one.owner_id) == (
        "Breakfast", "Demo Scheduled", "Food Show", nell.user_id,
    )  # fmt: skip
    assert (one.primary_contact_id, one.distributor_id) == (chef.contact_id, truck.organization_id)
    assert (one.next_action, str(one.expected_close_on), one.cases_per_week) == (
        "Send sheets",
        "2026-12-04",
        12,
    )
    assert (one.tags, one.notes) == (["k12", "Menu"], "11 schools")


def test_several_principals_stay_shared_or_are_split_as_previewed(
    sign_in: SignIn, nell: User, make: Make, school: Organization, bread: Product
) -> None:
    mill = make.principal("Oldfen Grains")
    client = sign_in(nell)
    said = all_of_it(school, bread, principals=str(mill.organization_id))
    preview = client.submit("/opportunities/new", {**said, "step": "2", "go": "3"}).text
    names = re.findall(r"<li>(Marlowe Bend School District - [^<]*)</li>", preview)
    assert len(names) == 2
    client.submit("/opportunities", {**said, "keep": "split"})
    assert sorted(one.name for one in made()) == sorted(names)
    links = sa.select(OpportunityPrincipal.principal_id, OpportunityPrincipal.is_derived)
    assert set(db.session.execute(links)) == {(bread.principal_id, True), (mill.organization_id, False)}


def test_posted_twice_it_is_one(sign_in: SignIn, nell: User, school: Organization, bread: Product) -> None:
    client = sign_in(nell)
    said = all_of_it(school, bread)
    first, second = (client.submit("/opportunities", said) for _ in range(2))
    assert (first.location, first.status_code) == (second.location, second.status_code)
    assert len(made()) == 1


def test_what_is_open_already_is_refused_with_a_link_to_it(
    sign_in: SignIn, nell: User, make: Make, school: Organization, bread: Product
) -> None:
    there = make.opportunity("Spring menu", organization=school, products=[bread])
    answer = sign_in(nell).submit("/opportunities", all_of_it(school, bread))
    assert answer.status_code == 422
    assert "is still open with them" in answer.text
    assert f'href="/opportunities/{there.opportunity_id}"' in answer.text
    assert len(made()) == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"organization": "9" * 30}, "Choose one of the list"),
        ({"organization": "1 or 1=1"}, "Choose one of the list"),
        ({"organization": "99999999999999999"}, "no longer there"),
        ({"contact": "99999999999999999"}, "Choose one of the list"),
        ({"distributor": "x'; drop table users"}, "Choose one of the list"),
        ({"products": ["99999999999999999"]}, "no longer there"),
        ({"products": ["9" * 40]}, "Choose from the list"),
        ({"principals": ["-1"]}, "Choose from the list"),
        ({"stage": "Closed - Won"}, "Not a valid choice"),
        ({"stage": "Nonsense"}, "Not a valid choice"),
        ({"name": "n" * 256}, "Keep it to 255 characters"),
        ({"notes": "n" * 10_001}, "up to 10,000 characters"),
        ({"expected_close": "0001-01-01"}, "more than five years away"),
        ({"expected_close": "tomorrow"}, "year-month-day"),
        ({"cases": "-1"}, "number from 0 up"),
        ({"cases": "9" * 30}, "number from 0 up"),
        ({"keep": "both"}, "Not a valid choice"),
    ],
)
def test_bad_input_gets_a_clear_answer_and_writes_nothing(
    said: dict[str, Any], words: str, sign_in: SignIn, nell: User, school: Organization, bread: Product
) -> None:
    answer = sign_in(nell).submit("/opportunities", all_of_it(school, bread) | said)
    assert answer.status_code == 422
    assert words in answer.text, re.findall(r"<b>.*?</ul>", answer.text, re.DOTALL)
    assert made() == []


def test_odd_texts_are_kept_as_they_are(
    sign_in: SignIn, nell: User, school: Organization, bread: Product
) -> None:
    notes = "<script>alert(1)</script>\n" + "ñ" * 9_900
    answer = sign_in(nell).submit(
        "/opportunities", all_of_it(school, bread, name="قائمة\x00 🥐", notes=notes, next_action="\x00")
    )
    assert answer.status_code == 303
    [one] = made()
    assert (one.name, one.notes, one.next_action) == ("قائمة 🥐", notes, None)


@pytest.mark.parametrize(
    "address", ["organization=x", "organization=" + "9" * 40, "contact=99999999999999999", "principal=0"]
)
def test_an_odd_address_shows_an_empty_first_step(address: str, sign_in: SignIn, nell: User) -> None:
    answer = sign_in(nell).get(f"/opportunities/new?{address}")
    assert (answer.status_code, "Who is it for?" in answer.text) == (200, True)
