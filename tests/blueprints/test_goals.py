"""The page of weekly goals: managers set them, and the tally of everybody follows."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from crm.models import Organization, User
from tests.clients import Client
from tests.conftest import Counting
from tests.factories import Make

SignIn = Callable[[User], Client]


@pytest.fixture
def dairy(make: Make, nell: User) -> Organization:
    return make.principal("Larkmeadow Dairy", owner=nell)


def put(client: Client, principal: Organization, **fields: str) -> int:
    path = f"/admin/goals/{principal.organization_id}"
    return client.submit(path, {"request_key": str(uuid4())} | fields).status_code


def test_a_goal_that_a_manager_sets_is_the_one_that_everybody_is_measured_by(
    sign_in: SignIn, mara: User, nell: User, dairy: Organization
) -> None:
    client = sign_in(mara)
    assert put(client, dairy, everyone="7") == 303
    assert "7 interactions" in client.get("/admin/goals").text
    assert "0</b><span> of 7" in client.get(f"/principals/{dairy.organization_id}").text
    assert put(client, dairy, everyone="7", **{f"person_{nell.user_id}": "3"}) == 303
    assert "Nell Okafor 3" in client.get("/admin/goals?q=lark").text
    assert "goal 3" in sign_in(nell).get("/").text
    assert put(sign_in(mara), dairy) == 303
    assert "10 interactions" in client.get("/admin/goals").text, "nothing said is the goal of the firm"


def test_what_is_no_number_is_refused_and_keeps_the_goal(
    sign_in: SignIn, make: Make, mara: User, dairy: Organization
) -> None:
    make.goal(dairy, 4)
    client = sign_in(mara)
    for wrong in ("many", "-1", "1001"):
        assert put(client, dairy, everyone=wrong) == 422
    assert "4 interactions" in client.get("/admin/goals").text


def test_the_statements_are_as_many_for_one_principal_as_for_thirty(
    sign_in: SignIn, make: Make, mara: User, nell: User, dairy: Organization, statements: Counting
) -> None:
    make.goal(dairy, 4, of=nell)
    client = sign_in(mara)
    client.get("/admin/goals")
    with statements() as few:
        client.get("/admin/goals")
    for _ in range(29):
        make.goal(make.principal(), 5, of=nell)
    with statements() as many:
        client.get("/admin/goals")
    assert len(few) == len(many) <= 6
