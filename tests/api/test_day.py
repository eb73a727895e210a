"""A rep's day, by a script alone."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from crm.models import User
from tests.api.conftest import ComeIn
from tests.factories import Make

TODAY = datetime.now(ZoneInfo("America/Chicago")).date()


def test_a_day_of_a_rep_from_the_morning_list_to_the_sample_that_was_liked(
    make: Make, nell: User, come_in: ComeIn
) -> None:
    maker = make.principal("Amberfold Bakery", owner=nell)
    rolls = make.product("Seeded rolls", principal=maker)
    grill = make.organization("Corner Grill", owner=nell)
    dana = make.contact("Dana", "Reyes", organization=grill, owner_id=nell.user_id)
    due = make.interaction(contact=dana, author=nell, follow_up_date=date(2020, 1, 2))
    script = come_in(nell)

    [promise] = script.get("/follow-ups", when="overdue").json["items"]
    assert (promise["interaction_id"], promise["status"]) == (due.interaction_id, True)

    called = script.post(
        "/interactions",
        {
            "interaction_type": "Phone Call",
            "contact_id": dana.contact_id,
            "notes": "Wants to taste the rolls.",
            "sentiment": "Positive",
            "follow_up_date": (TODAY + timedelta(days=3)).isoformat(),
            "keeps": [due.interaction_id],
        },
    )
    assert called.status_code == 201
    assert called.json["organization_id"] == grill.organization_id
    assert called.json["follow_up_required"] is True
    assert script.get(f"/follow-ups/{due.interaction_id}").json["status"] is False

    begun = script.post(
        "/opportunities",
        {
            "name": "Rolls for the grill",
            "organization_id": grill.organization_id,
            "primary_contact_id": dana.contact_id,
            "product_ids": [rolls.product_id],
        },
    )
    assert begun.status_code == 201, begun.text
    number = begun.json["opportunity_id"]
    assert begun.json["principal_ids"] == [maker.organization_id]

    sent = script.post(
        f"/opportunities/{number}/samples",
        {
            "product_ids": [rolls.product_id],
            "sent_on": (TODAY - timedelta(days=1)).isoformat(),
            "follow_up_on": (TODAY + timedelta(days=7)).isoformat(),
            "contact_id": dana.contact_id,
        },
    )
    assert sent.status_code == 201, sent.text
    [sample] = sent.json["items"]
    heard = script.post(f"/samples/{sample['sample_id']}/feedback", {"verdict": "liked", "feedback": "Soft."})
    assert (heard.status_code, heard.json["status"]) == (200, "feedback")

    moved = script.post(f"/opportunities/{number}/stage", {"stage": "Demo Scheduled"})
    assert moved.json["stage"] == "Demo Scheduled"
    assert script.post(f"/opportunities/{number}/stage", {"stage": "Closed - Won"}).status_code == 422

    warm = script.get(f"/principals/{maker.organization_id}/engagement").json
    assert (warm["engagement_level"], warm["products_count"]) == ("Inactive", 1)
