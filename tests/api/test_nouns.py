"""What only one noun can, by a script: moving on, speaking of a maker, stock, promises, levels."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from werkzeug.test import TestResponse

from crm.enums import Picklist
from crm.models import EngagementChange, PicklistValue, User
from tests.api.conftest import ComeIn
from tests.factories import Make

TODAY = datetime.now(ZoneInfo("America/Chicago")).date()


def on(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def test_a_promise_moves_waits_changes_hands_and_is_kept(
    make: Make, nell: User, mara: User, otis: User, come_in: ComeIn
) -> None:
    promise = make.interaction(author=nell, follow_up_date=TODAY)
    script, here = come_in(nell), f"/follow-ups/{promise.interaction_id}"
    seen = script.get(here).headers["ETag"]
    moved = script.patch(here, {"follow_up_date": on(3), "snoozed_until_on": on(5)}, seen=seen)
    assert (moved.json["follow_up_date"], moved.json["snoozed_until_on"]) == (on(3), on(5))
    assert script.patch(here, {"follow_up_date": on(4)}, seen=seen).status_code == 412
    assert (
        script.patch(here, {"follow_up_date": on(-1)}, seen="*").json["errors"][0]["field"]
        == "follow_up_date"
    )
    assert [one["interaction_id"] for one in script.get("/follow-ups", when="snoozed").json["items"]] == [
        promise.interaction_id
    ]
    assert script.patch(here, {"owner_id": mara.user_id}, seen="*").json["owner_id"] == mara.user_id
    other = come_in(otis)
    assert other.patch(here, {"follow_up_date": on(9)}, seen="*").status_code == 403
    assert other.put(f"{here}/status", {"status": False}).json["completed_at"] is not None
    assert other.put(f"{here}/status", {"status": False}).json["status"] is False
    assert other.put(f"{here}/status", {"status": True}).json["status"] is True


def test_what_was_logged_is_put_right(make: Make, nell: User, come_in: ComeIn) -> None:
    call = make.interaction(author=nell, notes="A cal")
    script, here = come_in(nell), f"/interactions/{call.interaction_id}"
    right = script.patch(
        here, {"notes": "A call", "interaction_date": on(-2), "duration_minutes": 20}, seen="*"
    )
    assert (right.json["notes"], right.json["duration_minutes"]) == ("A call", 20)
    assert right.json["interaction_type"] == "Phone Call"
    assert right.json["interaction_date"][:10] == on(-2)
    assert script.patch(here, {"interaction_date": on(1)}, seen="*").status_code == 422


def test_somebody_speaks_of_a_maker_and_works_elsewhere(make: Make, nell: User, come_in: ComeIn) -> None:
    maker, grill, deli = make.principal(), make.organization("Grill"), make.organization("Deli")
    dana = make.contact("Dana", organization=grill, owner_id=nell.user_id)
    script, here = come_in(nell), f"/contacts/{dana.contact_id}"
    about = {"status": "Champion", "principal_id": maker.organization_id, "note": "Loves the rolls"}
    assert script.post(f"{here}/advocacies", about).status_code == 200
    speaks = f"{maker.organization_id}-champion"
    assert [one["first_name"] for one in script.get("/contacts", **{"speaks-of": speaks}).json["items"]] == [
        "Dana"
    ]
    assert script.post(f"{here}/advocacies", {"status": "Blocker"}).json["advocacy_status"] == "Blocker"
    left = {"left_on": on(0), "organization_id": deli.organization_id, "position": "Chef"}
    moved = script.ask("POST", f"{here}/leaving", json=left, headers={"If-Match": "*"})
    assert (moved.json["organization_id"], moved.json["position"]) == (deli.organization_id, "Chef")


def test_who_has_a_product_and_how_far_a_distributor_is(make: Make, nell: User, come_in: ComeIn) -> None:
    maker, house = make.principal(owner=nell), make.distributor()
    rolls = make.product(principal=maker)
    script = come_in(nell)
    line = script.post(
        f"/products/{rolls.product_id}/stock",
        {"distributor_id": house.organization_id, "item_number": "77-1", "is_primary": True},
    )
    assert line.status_code == 201, line.text
    here = f"/stock/{line.json['product_distributor_id']}"
    changed = script.patch(here, {"status": "special order"}, seen=line.headers["ETag"])
    assert (changed.json["status"], changed.json["item_number"]) == ("special order", "77-1")
    for path in (f"/products/{rolls.product_id}", f"/distributors/{house.organization_id}"):
        assert len(script.get(f"{path}/stock").json["items"]) == 1
    assert script.delete(here).status_code == 204
    assert script.get(f"/products/{rolls.product_id}/stock").json["items"] == []
    assert script.post(f"{here}/restoration").json["deleted_at"] is None

    begun = script.post(
        f"/principals/{maker.organization_id}/authorizations",
        {"distributor_id": house.organization_id, "state": "presented"},
    )
    assert begun.status_code == 201, begun.text
    again = script.post(
        f"/principals/{maker.organization_id}/authorizations", {"distributor_id": house.organization_id}
    )
    assert (again.status_code, again.json["errors"][0]["field"]) == (422, "principal_id")
    [row] = script.get(f"/distributors/{house.organization_id}/authorizations").json["items"]
    there = f"/authorizations/{row['distributor_principal_id']}"
    assert script.patch(there, {"state": "authorized"}, seen="*").json["state"] == "authorized"


def test_a_sample_goes_on_and_back_and_what_they_said_of_it_can_be_mended(
    make: Make, nell: User, come_in: ComeIn
) -> None:
    sample = make.sample(make.opportunity(owner=nell), owner=nell)
    script, here = come_in(nell), f"/samples/{sample.sample_id}"
    assert script.post(f"{here}/status", {"status": "tasted"}).json["status"] == "tasted"
    assert script.post(f"{here}/status", {"status": "sent"}).json["tasted_on"] is None
    heard = script.patch(here, {"verdict": "liked", "feedback": "Soft."}, seen="*")
    assert (heard.json["status"], heard.json["feedback"]) == ("feedback", "Soft.")
    assert script.patch(here, {"received_on": on(1)}, seen="*").status_code == 422
    assert script.patch(here, {"verdict": None}, seen="*").status_code in (200, 422)


def test_how_warm_a_maker_is_and_how_it_came_to_that(make: Make, nell: User, come_in: ComeIn) -> None:
    maker = make.principal("Amberfold")
    make.interaction(author=nell, principals=[maker], on=datetime.now(UTC))
    for day, level in ((date(2026, 1, 5), "Low Engagement"), (date(2026, 1, 9), "High Engagement")):
        make.save(
            EngagementChange(
                principal_id=maker.organization_id, changed_on=day, to_level=level, cause="an interaction"
            )
        )
    script, here = come_in(nell), f"/principals/{maker.organization_id}/engagement"
    warm = script.get(here).json
    assert (warm["engagement_level"], warm["percent"], warm["days"]) == ("High Engagement", 100, 0)
    first = script.get(f"{here}/changes", limit=1).json
    assert [one["to_level"] for one in first["items"]] == ["High Engagement"]
    rest = script.get(f"{here}/changes", limit=1, cursor=first["next_cursor"]).json
    assert ([one["to_level"] for one in rest["items"]], rest["next_cursor"]) == (["Low Engagement"], None)
    assert [one["name"] for one in script.get("/engagement", level="High Engagement").json["items"]] == [
        "Amberfold"
    ]


def test_words_of_the_firm_and_hands_in_which_a_record_may_go_are_as_on_the_pages(
    make: Make, nell: User, otis: User, mara: User, come_in: ComeIn
) -> None:
    deli = make.organization(owner=nell)
    script, here = come_in(nell), f"/organizations/{deli.organization_id}"
    unknown = script.patch(here, {"segment": "Submarine"}, seen="*")
    assert (unknown.status_code, unknown.json["errors"][0]["field"]) == (422, "segment")
    away = script.patch(here, {"owner_id": otis.user_id}, seen="*")
    assert (away.status_code, away.json["errors"][0]["field"]) == (422, "owner_id")
    assert come_in(mara).patch(here, {"owner_id": mara.user_id}, seen="*").status_code == 200
    twice = script.patch(here, {"owner_id": nell.user_id, "second_owner_id": nell.user_id}, seen="*")
    assert twice.status_code in (403, 422)
    assert script.patch(here, {"weekly_focus_on": "2026-11-24"}, seen="*").json["errors"][0]["field"] == (
        "weekly_focus_on"
    )


def test_no_answer_of_the_api_sets_a_cookie(nell: User, come_in: ComeIn) -> None:
    script = come_in(nell)
    made = script.post("/organizations", {"name": "Harbor Deli"})
    assert "Set-Cookie" not in made.headers
    assert "Set-Cookie" not in script.get("/contacts").headers


def test_who_has_a_say_in_an_opportunity(make: Make, nell: User, come_in: ComeIn) -> None:
    grill = make.organization()
    dana, bo = make.contact("Dana", "Reyes", organization=grill), make.contact("Bo", "", organization=grill)
    deal = make.opportunity(organization=grill, owner=nell, primary_contact_id=dana.contact_id)
    script, here = come_in(nell), f"/opportunities/{deal.opportunity_id}/contacts"

    def said(answer: TestResponse) -> dict[str, bool]:
        return {one["name"]: one["is_primary"] for one in answer.json["items"]}

    assert said(script.get(here)) == {"Dana Reyes": True}
    assert said(script.put(f"{here}/{bo.contact_id}", {"is_primary": True})) == {
        "Dana Reyes": False,
        "Bo": True,
    }
    assert said(script.delete(f"{here}/{dana.contact_id}")) == {"Bo": True}
    assert script.delete(f"{here}/{dana.contact_id}").status_code == 404
    assert script.put(f"{here}/{make.contact().contact_id}", {}).status_code == 422


def test_who_changed_what_of_a_record(nell: User, mara: User, come_in: ComeIn) -> None:
    script = come_in(nell)
    made = script.post("/organizations", {"name": "Harbor Deli"}).json
    here = f"/organizations/{made['organization_id']}"
    come_in(mara).patch(here, {"city": "Chicago"}, seen="*")
    [changed, begun] = script.get(f"{here}/history").json["items"]
    assert (changed["by_name"], changed["alterations"]) == (
        "Mara Lindqvist",
        [{"column": "city", "before": "", "after": "Chicago"}],
    )
    assert (begun["by_name"], begun["action"]) == ("Nell Okafor", "insert")
    assert script.get(f"{here}/history", cursor="junk").status_code == 422


def test_who_asks_who_works_here_and_which_words_the_firm_has(
    make: Make, nell: User, come_in: ComeIn
) -> None:
    make.save(PicklistValue(picklist=Picklist.SEGMENT, value="Submarine"))
    script = come_in(nell, "read")
    me = script.get("/me").json
    assert (me["user_id"], me["role"], me["scopes"]) == (nell.user_id, "rep", ["read"])
    assert {"user_id": nell.user_id, "full_name": "Nell Okafor"} in script.get("/people").json["items"]
    assert "Submarine" in script.get("/words", picklist="segment").json["items"]
