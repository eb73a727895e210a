"""The record of a product, its form, the line card it stands on, and the list of all products."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from crm.db import db
from crm.enums import ProductStatus
from crm.models import Organization, Product, ProductDistributor, User
from tests.clients import Client
from tests.conftest import Counting
from tests.factories import Make

SignIn = Callable[[User], Client]


def posted(client: Client, path: str, **fields: Any) -> TestResponse:
    return client.submit(path, {"request_key": str(uuid4()), **fields})


@pytest.fixture
def bakery(make: Make, nell: User) -> Organization:
    return make.principal("Amberfold Bakery Co.", owner=nell)


@pytest.fixture
def loaf(make: Make, bakery: Organization) -> Product:
    return make.product(
        "Honey oat Pullman",
        principal=bakery,
        category="Breads",
        manufacturer_code="AB-117",
        unit_size="6 x 1 kg",
    )


def stocked(make: Make, product: Product, distributor: Organization, **columns: Any) -> ProductDistributor:
    return make.save(
        ProductDistributor(
            product_id=product.product_id, distributor_id=distributor.organization_id, **columns
        )
    )


def test_the_page_tells_what_it_is_who_stocks_it_and_where_it_is_proposed(
    sign_in: SignIn, nell: User, make: Make, loaf: Product
) -> None:
    harbor = make.distributor("Harborline Foods")
    stocked(make, loaf, harbor, item_number="778-10", is_primary=True)
    make.opportunity("School breakfast", products=[loaf])
    make.opportunity("Old story", products=[loaf], stage="Closed - Won")
    text = sign_in(nell).get(f"/products/{loaf.product_id}").text
    for word in (
        "Honey oat Pullman",
        "Amberfold Bakery Co.",
        "AB-117",
        "Harborline Foods",
        "778-10",
        "Primary",
    ):
        assert word in text
    assert "School breakfast" in text
    assert "Old story" not in text


def test_a_page_costs_the_same_with_many_distributors_as_with_few(
    sign_in: SignIn, nell: User, make: Make, loaf: Product, statements: Counting
) -> None:
    client, path = sign_in(nell), f"/products/{loaf.product_id}"
    client.get(path)
    with statements() as few:
        client.get(path)
    for _ in range(12):
        stocked(make, loaf, make.distributor())
        make.opportunity(products=[loaf])
    with statements() as many:
        client.get(path)
    assert len(many) == len(few) <= 10


def test_a_product_is_added_to_the_line_card_of_a_principal(
    sign_in: SignIn, nell: User, bakery: Organization
) -> None:
    client = sign_in(nell)
    assert 'selected value="' in client.get(f"/products/new?principal={bakery.organization_id}").text
    answer = posted(
        client,
        "/products",
        principal_id=bakery.organization_id,
        name="  Seeded   demi-baguette ",
        status="coming soon",
        allergens="Wheat, sesame, wheat",
    )
    assert answer.status_code == 303
    added = db.session.query(Product).filter_by(name="Seeded demi-baguette").one()
    assert added.status is ProductStatus.COMING_SOON
    assert added.allergens == ["Wheat", "sesame"]
    assert "Seeded demi-baguette" in client.get(f"/principals/{bakery.organization_id}/products").text


def test_a_second_product_of_the_same_name_and_size_is_refused(
    sign_in: SignIn, nell: User, bakery: Organization, loaf: Product
) -> None:
    client = sign_in(nell)
    said = {"principal_id": bakery.organization_id, "name": "HONEY OAT PULLMAN", "status": "active"}
    answer = posted(client, "/products", unit_size="6 X 1 kg", **said)
    assert answer.status_code == 422
    assert "on their line card already" in answer.text
    assert posted(client, "/products", unit_size="12 x 500 g", **said).status_code == 303


def test_a_product_of_somebody_elses_principal_is_theirs_to_change(
    sign_in: SignIn, otis: User, bakery: Organization, loaf: Product
) -> None:
    client = sign_in(otis)
    assert f"/products/{loaf.product_id}/edit" not in client.get(f"/products/{loaf.product_id}").text
    assert client.get(f"/products/{loaf.product_id}/edit").status_code == 403
    assert posted(client, f"/products/{loaf.product_id}", name="Mine").status_code == 403
    assert posted(client, f"/products/{loaf.product_id}/archive").status_code == 403
    refused = posted(client, "/products", principal_id=bakery.organization_id, name="X", status="active")
    assert refused.status_code == 422
    assert loaf.name == "Honey oat Pullman"
    assert not loaf.is_archived


def test_two_who_change_one_product_are_both_heard(sign_in: SignIn, nell: User, loaf: Product) -> None:
    client = sign_in(nell)
    said = {"name": "Pullman, honey oat", "status": "active", "category": "", "version": loaf.version}
    assert posted(client, f"/products/{loaf.product_id}", **said).status_code == 303
    answer = posted(client, f"/products/{loaf.product_id}", **(said | {"name": "Oat loaf"}))
    assert answer.status_code == 409
    assert "Oat loaf" in answer.text
    assert "Pullman, honey oat" in answer.text


def test_an_archived_product_leaves_the_line_card_and_comes_back(
    sign_in: SignIn, nell: User, bakery: Organization, loaf: Product
) -> None:
    client = sign_in(nell)
    card = f"/principals/{bakery.organization_id}/products"
    assert posted(client, f"/products/{loaf.product_id}/archive").status_code == 303
    assert f"/products/{loaf.product_id}" not in client.get(card).text
    assert "Archived on" in client.get(f"/products/{loaf.product_id}").text
    assert posted(client, f"/trash/product/{loaf.product_id}/restoration").status_code == 303
    assert f"/products/{loaf.product_id}" in client.get(card).text


@pytest.mark.parametrize("word", ["pullman", "BREADS", "amberfold", "ab-117", "778-10"])
def test_the_list_finds_a_product_by_any_of_its_names_and_numbers(
    word: str, sign_in: SignIn, nell: User, make: Make, loaf: Product
) -> None:
    make.product("Coarse polenta", category="Grains", manufacturer_code="X-1")
    stocked(make, loaf, make.distributor("Harborline Foods"), item_number="778-10")
    text = sign_in(nell).get(f"/products?q={word}").text
    assert "Honey oat Pullman" in text
    assert "Coarse polenta" not in text


def test_the_list_is_narrowed_by_principal_category_status_and_distributor(
    sign_in: SignIn, nell: User, make: Make, bakery: Organization, loaf: Product
) -> None:
    harbor = make.distributor("Harborline Foods")
    stocked(make, loaf, harbor)
    make.product("Coarse polenta", category="Grains", status=ProductStatus.DISCONTINUED)
    client = sign_in(nell)
    for query in (
        f"principal={bakery.organization_id}",
        "category=Breads",
        "status=active",
        f"distributor={harbor.organization_id}",
    ):
        text = client.get(f"/products?{query}").text
        assert "Honey oat Pullman" in text, query
        assert "Coarse polenta" not in text, query
    assert "Coarse polenta" in client.get("/products?distributor=none").text


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"name": "\x00", "status": "active"},
        {"name": "x" * 256, "status": "active"},
        {"name": "Loaf", "status": "'; drop table products"},
        {"name": "Loaf", "status": "active", "category": "Nobody keeps this word"},
        {"name": "Loaf", "status": "active", "principal_id": "99999999999999999999"},
        {"name": "Loaf", "status": "active", "allergens": ",".join("abcdefghijklmnopqrstuvwxyz")},
    ],
)
def test_what_makes_no_sense_is_answered_beside_the_field(
    fields: dict[str, str], sign_in: SignIn, nell: User, bakery: Organization
) -> None:
    said = {"principal_id": str(bakery.organization_id)} | fields
    assert posted(sign_in(nell), "/products", **said).status_code == 422


def test_names_in_any_script_are_kept_as_they_are(sign_in: SignIn, nell: User, bakery: Organization) -> None:
    name = "🥐 مخبز <b>& Crème</b>"
    said = {"principal_id": bakery.organization_id, "name": name, "status": "active"}
    client = sign_in(nell)
    page = client.get(posted(client, "/products", **said).location).text
    assert "&lt;b&gt;" in page
    assert db.session.query(Product).filter_by(name=name).count() == 1
