"""The lists of words: what admins keep is what forms offer, and a new name reaches every row."""

from collections.abc import Callable
from uuid import uuid4

import sqlalchemy as sa

from crm.db import db
from crm.models import PicklistValue, User
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]


def post(client: Client, path: str, **fields: str) -> int:
    return client.submit(path, {"request_key": str(uuid4())} | fields).status_code


def number_of(value: str) -> int:
    return db.session.execute(
        sa.select(PicklistValue.picklist_value_id).where(PicklistValue.value == value)
    ).scalar_one()


def test_a_renamed_word_is_renamed_on_every_row_and_raises_its_version(
    sign_in: SignIn, make: Make, ada: User, nell: User
) -> None:
    place = make.organization(owner=nell, segment="Pizza")
    client = sign_in(ada)
    assert "Pizza" in client.get("/admin/picklists/segment").text
    assert post(client, f"/admin/picklists/words/{number_of('Pizza')}", value="Pizzeria") == 303
    db.session.refresh(place)
    assert (place.segment, place.version) == ("Pizzeria", 2)
    assert "Pizzeria" in client.get("/organizations/new").text
    assert post(client, f"/admin/picklists/words/{number_of('Pizzeria')}", value="italian") == 422


def test_a_word_is_added_archived_and_offered_again(sign_in: SignIn, ada: User) -> None:
    client = sign_in(ada)
    assert post(client, "/admin/picklists/segment", value="Ghost kitchen") == 303
    assert post(client, "/admin/picklists/segment", value="ghost  Kitchen") == 422
    word = f"/admin/picklists/words/{number_of('Ghost kitchen')}"
    for act, is_offered in (("archiving", False), ("restoration", True)):
        assert post(client, f"{word}/{act}") == 303
        assert (">Ghost kitchen<" in client.get("/organizations/new").text) is is_offered
