"""What a person can set for themselves, and what they are told about their mail."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from werkzeug.test import TestResponse

from crm import queries
from crm.db import db
from crm.enums import DeliveryState, MailKind, MailState
from crm.models import Delivery, MailMessage, NotificationPreference, User
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]


def page(client: Client) -> BeautifulSoup:
    return BeautifulSoup(client.get("/settings").get_data(as_text=True), "lxml")


def filled(soup: BeautifulSoup) -> dict[str, object]:
    """The form as a browser would post it unchanged."""
    data: dict[str, object] = {}
    form = soup.find("form", id="settings")
    assert isinstance(form, Tag)
    for field in form.find_all(["input", "select"]):
        if field.name == "select":
            data[field["name"]] = field.find("option", selected=True)["value"]
        elif field["type"] == "checkbox":
            if field.has_attr("checked"):
                data.setdefault(field["name"], [])
                data[field["name"]].append(field["value"])  # type: ignore[attr-defined]
        elif field["type"] == "hidden":
            data[field["name"]] = field["value"]
    return data


def test_a_rep_has_a_reminder_by_mail_and_a_digest_of_their_own_book_in_the_app(
    nell: User, sign_in: SignIn
) -> None:
    soup = page(sign_in(nell))
    assert [h2.text for h2 in soup.select("form#settings h2")] == [
        "Reminder of your follow-ups",
        "Digest of the week",
        "You",
    ]
    data = filled(soup)
    assert (data["reminder-channel"], data["digest-channel"]) == ("mail", "app")
    assert (data["reminder-hour"], data["reminder-weekdays"]) == ("7", ["1", "2", "3", "4", "5"])
    assert data["time_zone"] == "America/Chicago"


def test_a_manager_has_a_digest_on_mondays(mara: User, sign_in: SignIn) -> None:
    data = filled(page(sign_in(mara)))
    assert (data["digest-channel"], data["digest-weekdays"]) == ("mail", ["1"])
    assert data["reminder-channel"] == "app"


def test_hour_days_zone_and_keys_are_kept(nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    data = filled(page(client)) | {
        "reminder-hour": "16",
        "reminder-weekdays": ["6", "7"],
        "time_zone": "Asia/Kathmandu",
    }
    data.pop("has_single_keys")
    assert client.post("/settings", data=data).status_code == 303
    assert (nell.time_zone, nell.has_single_keys) == ("Asia/Kathmandu", False)
    again = filled(page(client))
    assert (again["reminder-hour"], again["reminder-weekdays"]) == ("16", ["6", "7"])
    assert "has_single_keys" not in again
    assert client.post("/settings", data=again | {"reminder-hour": "5"}).status_code == 303
    assert filled(page(client))["reminder-hour"] == "5", "a second choice replaces the first"


def test_mail_can_be_switched_off_and_the_page_says_where_things_stand_then(
    nell: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    data = filled(page(client)) | {"reminder-channel": "app"}
    data.pop("reminder-weekdays")
    assert client.post("/settings", data=data).status_code == 303
    assert "Not by mail; what is due stands under Follow-ups." in page(client).text


@pytest.mark.parametrize("kind", ["slipped", "neglected", "expiring", "stale"])
@pytest.mark.parametrize("channel", ["mail", "app", "off"])
def test_each_kind_of_news_has_its_own_way(nell: User, sign_in: SignIn, kind: str, channel: str) -> None:
    client = sign_in(nell)
    client.post("/settings", data=filled(page(client)) | {f"{kind}-channel": channel})
    assert filled(page(client))[f"{kind}-channel"] == channel
    kept = {one.kind.value: one.channel.value for one in queries.notification_preferences.of(nell)}
    assert kept[kind] == channel


def test_quiet_hours_are_kept_and_taken_off_again(nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    client.post("/settings", data=filled(page(client)) | {"quiet_from": "22", "quiet_until": "7"})
    assert (nell.quiet_from, nell.quiet_until) == (22, 7)
    client.post("/settings", data=filled(page(client)) | {"quiet_from": "", "quiet_until": ""})
    assert (nell.quiet_from, nell.quiet_until) == (None, None)


def cover(client: Client, stand_in: User, first: str, last: str) -> TestResponse:
    data = {
        "request_key": str(uuid4()),
        "cover-stand_in": stand_in.user_id,
        "cover-starts_on": first,
        "cover-ends_on": last,
    }
    return client.submit("/settings/cover", data)


def test_somebody_stands_in_and_is_taken_back(nell: User, otis: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    assert cover(client, otis, "2099-07-01", "2099-07-14").status_code == 303
    shown = page(client).select_one("#cover-part")
    assert shown is not None
    assert "Otis Brandt" in shown.text
    form = shown.find("form")
    assert isinstance(form, Tag)
    assert client.submit(str(form["action"]), {"request_key": str(uuid4())}).status_code == 303
    assert queries.covers.of(nell.user_id, today=date(2026, 1, 1)) == []


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        ("2099-07-14", "2099-07-01", "Choose a later day"),
        ("2099-06-20", "2099-07-01", "stands in on one of these days already"),
        ("", "2099-07-01", "Not a valid date"),
    ],
)
def test_an_absence_that_cannot_be_is_refused(
    nell: User, otis: User, mara: User, sign_in: SignIn, first: str, last: str, message: str
) -> None:
    client = sign_in(nell)
    assert cover(client, otis, "2099-06-30", "2099-07-05").status_code == 303
    answer = cover(client, mara, first, last)
    assert answer.status_code == 422
    assert message.lower() in answer.get_data(as_text=True).lower()
    assert len(queries.covers.of(nell.user_id, today=date(2026, 1, 1))) == 1


def test_who_is_away_is_nobody_elses_to_change(nell: User, otis: User, mara: User, sign_in: SignIn) -> None:
    cover(sign_in(nell), otis, "2099-07-01", "2099-07-14")
    number = queries.covers.of(nell.user_id, today=date(2026, 1, 1))[0].cover_id
    answer = sign_in(otis).submit(f"/settings/cover/{number}/removal", {"request_key": str(uuid4())})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reminder-weekdays": []}, "Choose at least one day"),
        ({"reminder-weekdays": ["8"]}, "not"),
        ({"reminder-hour": "24"}, "Not a valid choice"),
        ({"reminder-hour": "seven"}, "Invalid choice"),
        ({"slipped-channel": "pigeon"}, "Not a valid choice"),
        ({"quiet_from": "22"}, "Choose both hours, or none"),
        ({"quiet_from": "22", "quiet_until": "22"}, "no mail would ever come"),
        ({"time_zone": "Mars/Olympus"}, "Not a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    nell: User, sign_in: SignIn, change: dict[str, object], message: str
) -> None:
    client = sign_in(nell)
    answer = client.post("/settings", data=filled(page(client)) | change)
    assert answer.status_code == 422
    errors = BeautifulSoup(answer.get_data(as_text=True), "lxml").select(".error")
    assert any(message.lower() in error.text.lower() for error in errors)
    assert nell.time_zone == "America/Chicago"


def test_the_page_tells_the_next_mail_and_what_became_of_the_last(
    make: Make, nell: User, sign_in: SignIn
) -> None:
    delivery = make.save(
        Delivery(
            user_id=nell.user_id,
            kind=MailKind.REMINDER,
            local_date=date(2026, 11, 20),
            due_at=datetime(2026, 11, 20, 13, tzinfo=UTC),
            state=DeliveryState.MADE,
        )
    )
    letter = make.save(
        MailMessage(
            delivery_id=delivery.delivery_id, message_id="<1@x>", to_address=nell.email, subject="Two late",
            state=MailState.SENT, sent_at=datetime(2026, 11, 20, 13, 1, tzinfo=UTC),
        )
    )  # fmt: skip
    said = re.sub(r"\s+", " ", page(sign_in(nell)).text)
    assert "Last: Fri 20 Nov, sent Fri 20 Nov, 7:01 am." in said
    assert re.search(r"Next: (Mon|Tue|Wed|Thu|Fri) \d+ \w{3}( \d{4})?, 7:00 am\.", said)
    make.save(
        Delivery(
            user_id=nell.user_id,
            kind=MailKind.REMINDER,
            local_date=date(2026, 11, 23),
            due_at=datetime(2026, 11, 23, 13, tzinfo=UTC),
            state=DeliveryState.NOTHING_TO_SAY,
        )
    )
    assert "Last: Mon 23 Nov, nothing to say." in re.sub(r"\s+", " ", page(sign_in(nell)).text)
    assert letter.mail_message_id


def test_a_letter_in_doubt_is_shown_to_whom_it_was_for_and_to_managers(
    make: Make, nell: User, otis: User, mara: User, ada: User, sign_in: SignIn
) -> None:
    make.save(
        MailMessage(
            message_id="<1@x>", to_address="Nell@pantry.example", subject="Two late", state=MailState.IN_DOUBT
        )
    )
    for person, sees in ((nell, True), (mara, True), (ada, True), (otis, False)):
        assert ("Two late" in page(sign_in(person)).text) == sees, person.full_name


def test_a_letter_that_failed_is_shown_with_the_servers_words_for_a_week(
    make: Make, nell: User, sign_in: SignIn
) -> None:
    for number, days in ((1, 6), (2, 8)):
        make.save(
            MailMessage(
                message_id=f"<{number}@x>",
                to_address=nell.email,
                subject=f"Letter {number}",
                state=MailState.FAILED,
                last_error="550 mailbox full",
                updated_at=datetime.now(UTC) - timedelta(days=days),
            )
        )
    said = page(sign_in(nell)).text
    assert "One mail could not be delivered." in said
    assert "Letter 1, to nell@pantry.example: 550 mailbox full" in said
    assert "Letter 2" not in said


def test_another_person_is_not_changed(nell: User, otis: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    data = filled(page(client)) | {"user_id": str(otis.user_id), "time_zone": "Pacific/Honolulu"}
    assert client.post("/settings", data=data).status_code == 303
    assert (nell.time_zone, otis.time_zone) == ("Pacific/Honolulu", "America/Chicago")


def test_a_kind_that_is_none_is_not_kept(nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    data = filled(page(client)) | {"gossip-channel": "mail"}
    assert client.post("/settings", data=data).status_code == 303
    kept = db.session.scalars(sa.select(NotificationPreference.kind)).all()
    assert set(kept) == set(MailKind)


def test_a_form_without_its_token_changes_nothing(nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    data = filled(page(client)) | {"csrf_token": "", "time_zone": "Pacific/Honolulu"}
    assert client.post("/settings", data=data).status_code == 400
    assert nell.time_zone == "America/Chicago"
