"""Lists by the same questions as their pages, each in as few statements for many rows as for one."""

import pytest

from crm.api import OPERATIONS
from crm.models import User
from tests.api.conftest import ComeIn
from tests.conftest import Counting
from tests.factories import Make

LISTS = sorted(
    name
    for name, one in OPERATIONS.items()
    if name.startswith("list_") and not one.numbers and name != "list_words"  # asks for a word itself
)
MOST = 8
"""Statements of a list, who asks included."""


@pytest.fixture
def grow(make: Make, nell: User):
    """One more of everything."""

    def more() -> None:
        maker = make.principal(owner=nell)
        product = make.product(principal=maker)
        house = make.distributor(owner=nell)
        contact = make.contact(organization=house)
        deal = make.opportunity(organization=house, products=[product], owner=nell)
        make.sample(deal, product=product, owner=nell)
        make.interaction(contact=contact, author=nell, principals=[maker])

    return more


@pytest.mark.parametrize("name", LISTS)
def test_a_full_list_takes_as_many_statements_as_a_short_one(
    name: str, nell: User, come_in: ComeIn, statements: Counting, grow
) -> None:
    script = come_in(nell)
    grow()
    path = OPERATIONS[name].path
    script.get(path)  # notes when the token was used last
    with statements() as few:
        assert script.get(path).status_code == 200
    for _ in range(3):
        grow()
    with statements() as many:
        script.get(path)
    assert len(many) <= len(few) <= MOST, "\n".join(few)


def test_following_the_cursors_visits_each_row_once_in_the_order_of_the_page(
    make: Make, nell: User, come_in: ComeIn
) -> None:
    for letter in "EADBC":
        make.organization(f"{letter} Deli")
    script, seen, cursor = come_in(nell), [], ""
    while cursor is not None:
        answer = script.get("/organizations", sort="-name", limit=2, cursor=cursor).json
        seen += [one["name"][0] for one in answer["items"]]
        cursor = answer["next_cursor"]
    assert seen == ["E", "D", "C", "B", "A"]


def test_lists_of_a_record_and_of_a_kind_are_the_same_lists_narrowed(
    make: Make, nell: User, come_in: ComeIn
) -> None:
    maker, other = make.principal("Amberfold", owner=nell), make.principal("Brightmill")
    rolls = make.product("Rolls", principal=maker)
    make.product("Soup", principal=other)
    house = make.distributor("Northway")
    dana = make.contact("Dana", organization=house)
    deal = make.opportunity("Rolls for all", organization=house, products=[rolls], owner=nell)
    call = make.interaction(contact=dana, opportunity=deal, author=nell)
    make.interaction(author=nell)
    script = come_in(nell)

    def names(path: str, key: str = "name", **query: str) -> list[str]:
        return [one[key] for one in script.get(path, **query).json["items"]]

    assert names("/principals") == ["Amberfold", "Brightmill"]
    assert names("/distributors") == ["Northway"]
    assert names("/organizations", kind="distributor") == ["Northway"]
    assert names(f"/principals/{maker.organization_id}/products") == ["Rolls"]
    assert names(f"/principals/{maker.organization_id}/opportunities") == ["Rolls for all"]
    for path in (f"/opportunities/{deal.opportunity_id}", f"/contacts/{dana.contact_id}"):
        assert names(f"{path}/interactions", "interaction_id") == [call.interaction_id]
    assert names(f"/principals/{maker.organization_id}/interactions", "interaction_id") == [
        call.interaction_id
    ]
    assert names(f"/organizations/{house.organization_id}/contacts", "first_name") == ["Dana"]
    assert names("/opportunities", stage="new-lead", owner="me") == ["Rolls for all"]
    assert script.get(f"/principals/{house.organization_id}/products").status_code == 404
    [found] = script.get("/search", q="amberf", kind="principal").json["items"]
    assert found["record_id"] == maker.organization_id
