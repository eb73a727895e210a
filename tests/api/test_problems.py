"""What is wrong is told as a problem that names the field, and nothing of it was done."""

from datetime import UTC, datetime

from crm.models import User
from tests.api.conftest import ComeIn
from tests.factories import Make


def test_each_fault_is_told_with_its_field(nell: User, come_in: ComeIn) -> None:
    refused = come_in(nell).post("/organizations", {"name": " ", "phone": "none", "price": 3})
    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    assert {fault["field"] for fault in refused.json["errors"]} == {"name", "phone", "price"}


def test_a_rule_of_the_domain_names_the_field_as_scripts_know_it(
    nell: User, make: Make, come_in: ComeIn
) -> None:
    make.organization("Harbor Deli")
    script = come_in(nell)
    refused = script.post("/organizations", {"name": "Harbor Deli"})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "name")
    assert script.post("/organizations", {"name": "Harbor Deli", "is_another": True}).status_code == 201
    nobody = script.post("/interactions", {"interaction_type": "Note"})
    assert nobody.json["errors"][0]["field"] == "contact_id"


def test_a_filter_an_order_or_a_cursor_that_means_nothing_is_refused_and_not_left_out(
    nell: User, come_in: ComeIn
) -> None:
    script = come_in(nell)
    for query in ({"owner": "junk"}, {"sort": "junk"}, {"cursor": "junk"}, {"limit": "1000"}, {"junk": "1"}):
        refused = script.get("/contacts", **query)
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, next(iter(query))), query


def test_what_is_not_there_or_takes_no_such_method_is_a_problem_too(nell: User, come_in: ComeIn) -> None:
    script = come_in(nell)
    assert script.get("/nothing").status_code == 404
    assert script.get("/contacts/9000000000").mimetype == "application/problem+json"
    refused = script.put("/contacts", {})
    assert (refused.status_code, refused.mimetype) == (405, "application/problem+json")
    assert "POST" in refused.headers["Allow"]
    plain = script.ask("POST", "/contacts", data="name=x", content_type="application/x-www-form-urlencoded")
    assert plain.status_code == 415
    broken = script.ask("POST", "/contacts", data="{", content_type="application/json")
    assert broken.status_code == 422


def test_a_record_that_was_merged_says_into_which(make: Make, nell: User, come_in: ComeIn) -> None:
    stays = make.organization("Harbor Deli", owner=nell)
    goes = make.organization("Harbour Deli", owner=nell, deleted_at=datetime.now(UTC))
    from crm.enums import RecordKind
    from crm.models import MergeLog

    make.save(
        MergeLog(
            kind=RecordKind.ORGANIZATION,
            survivor_id=stays.organization_id,
            absorbed_id=goes.organization_id,
            merged_by=nell.user_id,
        )
    )
    answer = come_in(nell).get(f"/organizations/{goes.organization_id}")
    assert (answer.status_code, answer.json["moved_to"]) == (
        410,
        f"/api/v1/organizations/{stays.organization_id}",
    )
