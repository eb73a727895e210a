"""Who carries what, kept on the page of the product, the principal and the distributor."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from crm.db import db
from crm.enums import AuthorizationState, StockStatus
from crm.models import DistributorPrincipal, Organization, Product, ProductDistributor, User
from tests.clients import Client
from tests.conftest import Counting
from tests.factories import Make

SignIn = Callable[[User], Client]
LONG_AGO = date(2024, 2, 29)


def posted(client: Client, path: str, **fields: Any) -> TestResponse:
    return client.submit(path, {"request_key": str(uuid4()), **fields})


@pytest.fixture
def bakery(make: Make, nell: User) -> Organization:
    return make.principal("Amberfold Bakery Co.", owner=nell)


@pytest.fixture
def harbor(make: Make) -> Organization:
    return make.distributor("Harborline Foods")


@pytest.fixture
def loaf(make: Make, bakery: Organization) -> Product:
    return make.product("Honey oat Pullman", principal=bakery)


def stocked(make: Make, product: Product, distributor: Organization, **columns: Any) -> ProductDistributor:
    return make.save(
        ProductDistributor(
            product_id=product.product_id, distributor_id=distributor.organization_id, **columns
        )
    )


def authorized(
    make: Make, principal: Organization, distributor: Organization, **columns: Any
) -> DistributorPrincipal:
    return make.save(
        DistributorPrincipal(
            principal_id=principal.organization_id, distributor_id=distributor.organization_id, **columns
        )
    )


def test_a_distributor_is_noted_for_a_product_with_its_number(
    sign_in: SignIn, nell: User, loaf: Product, harbor: Organization
) -> None:
    client = sign_in(nell)
    assert client.get(f"/stock/of/{loaf.product_id}").status_code == 200
    said = {"distributor_id": harbor.organization_id, "status": "stocked"}
    answer = posted(
        client, f"/stock/of/{loaf.product_id}", item_number=" 778-10 ", since_on="2026-03-01", **said
    )
    assert answer.status_code == 303
    line = db.session.query(ProductDistributor).one()
    assert (line.item_number, line.since_on, line.is_primary) == ("778-10", date(2026, 3, 1), False)
    assert "778-10" in client.get(f"/organizations/{harbor.organization_id}/distribution").text
    again = posted(client, f"/stock/of/{loaf.product_id}", **said)
    assert again.status_code == 422
    assert "has the product already" in again.text


def test_an_item_number_is_changed_where_it_stands_with_and_without_scripts(
    sign_in: SignIn, nell: User, make: Make, loaf: Product, harbor: Organization
) -> None:
    line = stocked(make, loaf, harbor, item_number="1")
    client, url = sign_in(nell), f"/stock/{line.product_distributor_id}"
    page, row = client.get(f"{url}/edit"), client.get(f"{url}/edit", headers={"HX-Request": "true"})
    assert "<html" in page.text
    assert row.text.count("<form") == 1
    assert "<html" not in row.text
    for side, where in (
        ("product", f"/products/{loaf.product_id}"),
        ("distributor", f"/organizations/{harbor.organization_id}/distribution"),
    ):
        number = f"{side}-7"
        said = {"item_number": number, "status": "special order", "side": side, "version": line.version}
        answer = posted(client, url, **said)
        assert answer.location == f"{where}#stock-{line.product_distributor_id}"
        assert (line.item_number, line.status) == (number, StockStatus.SPECIAL_ORDER)


def test_one_distributor_at_most_is_the_primary_one_of_a_product(
    sign_in: SignIn, nell: User, make: Make, loaf: Product, harbor: Organization
) -> None:
    first = stocked(make, loaf, harbor, is_primary=True)
    second = stocked(make, loaf, make.distributor("Inland Provisions"))
    said = {"status": "stocked", "is_primary": "y", "version": second.version}
    assert posted(sign_in(nell), f"/stock/{second.product_distributor_id}", **said).status_code == 303
    assert (first.is_primary, second.is_primary) == (False, True)


def test_a_line_that_was_taken_off_is_put_back_but_not_as_a_second_primary(
    sign_in: SignIn, nell: User, make: Make, loaf: Product, harbor: Organization
) -> None:
    first = stocked(make, loaf, harbor, is_primary=True)
    client, url = sign_in(nell), f"/stock/{first.product_distributor_id}"
    assert posted(client, f"{url}/archive").status_code == 303
    assert first.is_archived
    stocked(make, loaf, make.distributor("Inland Provisions"), is_primary=True)
    assert posted(client, f"{url}/return").status_code == 303
    assert (first.is_archived, first.is_primary) == (False, False)


def test_a_line_is_not_put_back_beside_a_newer_one_of_the_same_two(
    sign_in: SignIn, nell: User, make: Make, loaf: Product, harbor: Organization
) -> None:
    old = stocked(make, loaf, harbor)
    client = sign_in(nell)
    posted(client, f"/stock/{old.product_distributor_id}/archive")
    stocked(make, loaf, harbor)
    assert posted(client, f"/stock/{old.product_distributor_id}/return").status_code == 303
    assert old.is_archived


def test_two_who_change_one_line_are_both_heard(
    sign_in: SignIn, nell: User, make: Make, loaf: Product, harbor: Organization
) -> None:
    line = stocked(make, loaf, harbor, item_number="1")
    client, url = sign_in(nell), f"/stock/{line.product_distributor_id}"
    said = {"status": "stocked", "version": line.version}
    assert posted(client, url, item_number="22", **said).status_code == 303
    answer = posted(client, url, item_number="33", **said)
    assert answer.status_code == 409
    assert line.item_number == "22"
    settled = {"settles": "item_number", "choice-item_number": "mine", "version": line.version}
    assert posted(client, url, item_number="33", **(said | settled)).status_code == 303
    assert line.item_number == "33"


def test_how_far_they_are_is_noted_on_the_side_of_the_principal_and_seen_on_both(
    sign_in: SignIn, nell: User, bakery: Organization, harbor: Organization
) -> None:
    client = sign_in(nell)
    url = f"/authorizations/of/{bakery.organization_id}"
    assert client.get(url).status_code == 200
    said = {"distributor_id": harbor.organization_id, "state": "presented"}
    assert posted(client, url, **said).status_code == 303
    row = db.session.query(DistributorPrincipal).one()
    assert row.state is AuthorizationState.PRESENTED
    assert row.since_on is not None
    assert "Harborline" in client.get(f"/principals/{bakery.organization_id}/distributors").text
    assert "Amberfold" in client.get(f"/organizations/{harbor.organization_id}/distribution").text
    assert posted(client, url, **said).status_code == 422


def test_the_side_of_the_distributor_notes_it_with_one_of_its_own_people_as_buyer(
    sign_in: SignIn, nell: User, make: Make, bakery: Organization, harbor: Organization
) -> None:
    buyer, stranger = make.contact("Ines", "Falk", organization=harbor), make.contact("Some", "Body")
    client = sign_in(nell)
    url = f"/authorizations/at/{harbor.organization_id}"
    assert client.get(url).status_code == 200
    said = {"principal_id": bakery.organization_id, "state": "authorized"}
    assert posted(client, url, buyer_contact_id=stranger.contact_id, **said).status_code == 422
    assert posted(client, url, buyer_contact_id=buyer.contact_id, **said).status_code == 303
    assert "Ines Falk" in client.get(f"/principals/{bakery.organization_id}/distributors").text


def test_a_new_state_holds_since_today_unless_a_day_is_named(
    sign_in: SignIn, nell: User, make: Make, bakery: Organization, harbor: Organization
) -> None:
    row = authorized(make, bakery, harbor, since_on=LONG_AGO)
    client, url = sign_in(nell), f"/authorizations/{row.distributor_principal_id}"
    same = {"state": "authorized", "since_on": LONG_AGO.isoformat(), "version": row.version}
    assert posted(client, url, **same).status_code == 303
    assert row.since_on is not None
    assert row.since_on > LONG_AGO
    named = {"state": "stocked", "since_on": "2026-05-05", "version": row.version}
    assert posted(client, url, **named).status_code == 303
    assert row.since_on == date(2026, 5, 5)


def test_a_lapsed_authorization_warns_on_both_pages_and_blocks_nothing(
    sign_in: SignIn, nell: User, make: Make, bakery: Organization, harbor: Organization, loaf: Product
) -> None:
    authorized(
        make, bakery, harbor, state=AuthorizationState.AUTHORIZED, since_on=LONG_AGO, expires_on=LONG_AGO
    )
    authorized(make, bakery, make.distributor(), state=AuthorizationState.LOST)
    client = sign_in(nell)
    for path in (
        f"/principals/{bakery.organization_id}/distributors",
        f"/organizations/{harbor.organization_id}/distribution",
    ):
        assert "One authorization lapsed." in client.get(path).text
    said = {"distributor_id": harbor.organization_id, "status": "stocked"}
    assert posted(client, f"/stock/of/{loaf.product_id}", **said).status_code == 303


def test_an_authorization_that_still_holds_does_not_warn(
    sign_in: SignIn, nell: User, make: Make, bakery: Organization, harbor: Organization
) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    authorized(make, bakery, harbor, state=AuthorizationState.STOCKED, expires_on=tomorrow)
    assert "lapsed" not in sign_in(nell).get(f"/principals/{bakery.organization_id}/distributors").text


def test_distribution_of_somebody_elses_principal_is_read_and_not_changed(
    sign_in: SignIn, otis: User, make: Make, bakery: Organization, harbor: Organization, loaf: Product
) -> None:
    row, line = authorized(make, bakery, harbor), stocked(make, loaf, harbor, item_number="1")
    client = sign_in(otis)
    here = client.get(f"/organizations/{harbor.organization_id}/distribution").text
    assert "Amberfold Bakery Co." in here
    assert "/edit" not in here.split('id="content"')[1].replace(
        f"/organizations/{harbor.organization_id}/edit", ""
    )
    for path in (f"/stock/{line.product_distributor_id}", f"/authorizations/{row.distributor_principal_id}"):
        assert client.get(f"{path}/edit").status_code == 403
        for act in ("", "/archive", "/return"):
            assert posted(client, path + act, state="lost", status="stocked").status_code == 403
    assert posted(client, f"/authorizations/of/{bakery.organization_id}").status_code == 403
    theirs = {"principal_id": bakery.organization_id, "state": "lost"}
    assert posted(client, f"/authorizations/at/{harbor.organization_id}", **theirs).status_code == 422
    assert posted(client, f"/stock/of/{loaf.product_id}").status_code == 403
    assert (row.state, line.item_number) == (AuthorizationState.TARGET, "1")


def test_pages_cost_the_same_with_many_rows_as_with_few(
    sign_in: SignIn, nell: User, make: Make, bakery: Organization, harbor: Organization, statements: Counting
) -> None:
    client = sign_in(nell)
    paths = (
        f"/principals/{bakery.organization_id}/products",
        f"/principals/{bakery.organization_id}/distributors",
        f"/organizations/{harbor.organization_id}/distribution",
    )

    def costs() -> list[int]:
        found = []
        for path in paths:
            with statements() as seen:
                assert client.get(path).status_code == 200
            found.append(len(seen))
        return found

    costs()
    few = costs()
    for _ in range(15):
        maker = make.principal()
        authorized(make, maker, harbor)
        authorized(make, bakery, make.distributor())
        stocked(make, make.product(principal=bakery), harbor)
    assert costs() == few
    assert max(few) <= 10


def test_an_organization_that_is_no_distributor_has_no_such_page(
    sign_in: SignIn, nell: User, make: Make
) -> None:
    cafe = make.organization("Corner Cafe")
    client = sign_in(nell)
    assert client.get(f"/organizations/{cafe.organization_id}/distribution").status_code == 404
    assert "Distribution" not in client.get(f"/organizations/{cafe.organization_id}").text
    assert client.get(f"/authorizations/at/{cafe.organization_id}").status_code == 404
    assert client.get(f"/authorizations/of/{cafe.organization_id}").status_code == 404


def test_the_list_of_distributors_counts_what_they_carry_and_finds_what_lapsed(
    sign_in: SignIn, nell: User, make: Make, bakery: Organization, harbor: Organization
) -> None:
    authorized(make, bakery, harbor, state=AuthorizationState.EXPIRED)
    inland = make.distributor("Inland Provisions")
    authorized(make, bakery, inland, state=AuthorizationState.STOCKED)
    client = sign_in(nell)
    everybody = client.get("/distributors").text
    assert "Harborline Foods" in everybody
    assert "Amberfold" not in everybody.split("<tbody>")[1]
    rows = client.get("/distributors?authorization=lapsed").text.split("<tbody>")[1]
    assert "Harborline Foods" in rows
    assert "Inland" not in rows
    rows = client.get(f"/distributors?principal={bakery.organization_id}").text.split("<tbody>")[1]
    assert "Inland Provisions" in rows
    assert "Harborline" not in rows


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "nonsense"},
        {"state": "target", "since_on": "31.12.2026"},
        {"state": "target", "since_on": "0001-01-01"},
        {"state": "target", "since_on": "2026-05-01", "expires_on": "2026-04-01"},
        {"state": "target", "buyer_contact_id": "' or 1=1"},
        {"state": "target", "notes": "x" * 10_001},
        {},
    ],
)
def test_what_makes_no_sense_is_answered_beside_the_field(
    fields: dict[str, str],
    sign_in: SignIn,
    nell: User,
    make: Make,
    bakery: Organization,
    harbor: Organization,
) -> None:
    row = authorized(make, bakery, harbor)
    said = {"version": row.version, "state": ""} | fields
    assert posted(sign_in(nell), f"/authorizations/{row.distributor_principal_id}", **said).status_code == 422
