"""Changing by a script: what is sent alone, never over somebody's change, and once for each key."""

from uuid import uuid4

import sqlalchemy as sa

from crm.models import Job, Organization, User
from tests.api.conftest import ComeIn
from tests.factories import Make


def test_what_is_sent_changes_and_the_rest_stays(make: Make, nell: User, come_in: ComeIn) -> None:
    deli = make.organization("Harbor Deli", owner=nell, city="Chicago", tags=["patio"])
    script = come_in(nell)
    read = script.get(f"/organizations/{deli.organization_id}")
    changed = script.patch(
        f"/organizations/{deli.organization_id}", {"phone": "3125550142"}, seen=read.headers["ETag"]
    )
    assert changed.status_code == 200, changed.text
    assert changed.json["phone"] == "(312) 555-0142"
    assert (changed.json["city"], changed.json["tags"]) == ("Chicago", ["patio"])
    assert changed.headers["ETag"] == f'"{changed.json["version"]}"' != read.headers["ETag"]


def test_a_change_without_the_version_or_with_an_old_one_is_not_made(
    make: Make, nell: User, come_in: ComeIn
) -> None:
    deli = make.organization("Harbor Deli", owner=nell)
    script, path = come_in(nell), f"/organizations/{deli.organization_id}"
    seen = script.get(path).headers["ETag"]
    assert script.patch(path, {"city": "Chicago"}).status_code == 428
    assert script.patch(path, {"city": "Chicago"}, seen=seen).status_code == 200
    stale = script.patch(path, {"city": "Boston"}, seen=seen)
    assert (stale.status_code, stale.mimetype) == (412, "application/problem+json")
    assert script.get(path).json["city"] == "Chicago"
    assert script.patch(path, {"city": "Boston"}, seen="*").json["city"] == "Boston"


def test_the_same_key_makes_one_record_and_one_answer(
    nell: User, come_in: ComeIn, database: sa.Connection
) -> None:
    script, key = come_in(nell), str(uuid4())
    said = {"name": "Harbor Deli"}
    first = script.post("/organizations", said, idempotency_key=key)
    again = script.post("/organizations", said, idempotency_key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json, again.headers["Location"]) == (first.json, first.headers["Location"])
    count = sa.select(sa.func.count()).select_from(Organization)
    assert database.execute(count).scalar_one() == 1
    other = script.post("/organizations", {"name": "Else"}, idempotency_key=key)
    assert (other.status_code, other.json["errors"][0]["field"]) == (422, "Idempotency-Key")
    refused = script.post("/organizations", said, idempotency_key="mine")
    assert refused.status_code == 422
    assert (
        script.post("/organizations", said | {"is_another": True}, idempotency_key="mine").status_code == 201
    )


def test_what_is_archived_leaves_the_list_cannot_be_changed_and_comes_back(
    make: Make, nell: User, come_in: ComeIn
) -> None:
    contact = make.contact(owner_id=nell.user_id)
    script, path = come_in(nell), f"/contacts/{contact.contact_id}"
    assert script.delete(path).status_code == 204
    assert script.get("/contacts").json["items"] == []
    assert script.get(path).json["deleted_at"] is not None
    assert script.patch(path, {"position": "Chef"}, seen="*").status_code == 404
    assert script.post(f"{path}/restoration").json["deleted_at"] is None
    assert len(script.get("/contacts").json["items"]) == 1


def test_products_come_in_and_go_out_of_an_opportunity_with_their_principals(
    make: Make, nell: User, come_in: ComeIn
) -> None:
    rolls, soup = make.product("Rolls"), make.product("Soup")
    deal = make.opportunity(owner=nell, products=[rolls])
    script, path = come_in(nell), f"/opportunities/{deal.opportunity_id}/products"
    both = script.put(f"{path}/{soup.product_id}").json
    assert both["product_ids"] == [rolls.product_id, soup.product_id]
    assert both["principal_ids"] == sorted([rolls.principal_id, soup.principal_id])
    one = script.delete(f"{path}/{rolls.product_id}").json
    assert (one["product_ids"], one["principal_ids"]) == ([soup.product_id], [soup.principal_id])
    assert script.delete(f"{path}/{soup.product_id}").status_code == 422


def test_many_rows_change_at_once_and_go_back(make: Make, nell: User, otis: User, come_in: ComeIn) -> None:
    ours = [make.organization(owner=nell).organization_id for _ in range(3)]
    theirs = make.organization(owner=otis).organization_id
    script = come_in(nell)
    changed = script.post("/organizations/changes", {"do": "tags", "tags": ["patio"], "ids": [*ours, theirs]})
    assert changed.status_code == 200, changed.text
    assert (changed.json["changed"], changed.json["others"]) == (3, 1)
    back = script.post(f"/changes/{changed.json['job_id']}/return")
    assert back.json == {"returned": 3, "left": 0}
    assert script.post("/contacts/changes", {"do": "focus", "ids": [1]}).status_code == 422


def test_long_work_is_a_job_at_an_address(
    make: Make, nell: User, come_in: ComeIn, database: sa.Connection
) -> None:
    make.organization(owner=nell)
    script = come_in(nell)
    for path, said in (
        ("/organizations/changes-of-all", {"do": "archive", "filters": {"owner": "me"}}),
        ("/exports", {"list": "organizations", "ending": "csv", "filters": {"owner": "me", "sort": "-name"}}),
        ("/exports", {}),
    ):
        asked = script.post(path, said)
        assert asked.status_code == 202, asked.text
        job = script.get(asked.headers["Location"]).json
        assert (job["job_id"], job["state"], job["file"]) == (asked.json["job_id"], "planned", None)
    assert len(script.get("/exports").json["items"]) == 2
    assert database.execute(sa.select(sa.func.count()).select_from(Job)).scalar_one() == 3
    assert script.post("/exports", {"list": "contacts", "filters": {"owner": "junk"}}).status_code == 422
