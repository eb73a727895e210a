"""Access tokens in the settings: told once, revoked at once, everybody's seen by admins alone."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from icalendar import Calendar

from crm.models import User
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]


def make_token(client: Client, **said: str) -> str:
    answer = client.submit(
        "/settings/tokens",
        {"request_key": str(uuid4()), "name": "Spreadsheet", "may": "read", "days": "30", **said},
    )
    assert answer.status_code == 200, answer.text
    return re.search(r'id="secret">(kp_[\w-]+)<', answer.text)[1]  # type: ignore[index]


def asks(client: Client, secret: str, path: str = "/api/v1/contacts") -> int:
    return client.get(path, headers={"Authorization": f"Bearer {secret}"}).status_code


def test_a_token_is_told_once_opens_what_was_chosen_and_nothing_once_revoked(
    nell: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    secret = make_token(client)
    page = client.get("/settings/tokens").text
    assert secret not in page
    assert f"{secret[:9]}…" in page
    assert asks(client, secret) == 200
    [number] = re.findall(r"/settings/tokens/(\d+)/revocation", page)
    client.submit(f"/settings/tokens/{number}/revocation", {"request_key": str(uuid4())})
    assert asks(client, secret) == 401
    assert f"{secret[:9]}…" not in client.get("/settings/tokens").text


def test_a_token_may_be_for_parts_of_the_book_alone(nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    secret = make_token(client, may="", nouns="contacts:read")
    assert (asks(client, secret), asks(client, secret, "/api/v1/products")) == (200, 403)
    refused = client.submit("/settings/tokens", {"request_key": str(uuid4()), "name": "X", "may": ""})
    assert (refused.status_code, "Tick what it may do." in refused.text) == (422, True)


def test_an_admin_sees_and_revokes_everybodys_and_nobody_else_does(
    nell: User, ada: User, otis: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    secret = make_token(client)
    [number] = re.findall(r"/settings/tokens/(\d+)/revocation", client.get("/settings/tokens").text)
    revoke = f"/settings/tokens/{number}/revocation"
    sign_in(otis)
    assert client.submit(revoke, {"request_key": str(uuid4())}).status_code == 404
    sign_in(ada)
    page = client.get("/settings/tokens").text
    assert "Nell Okafor" in page
    client.submit(revoke, {"request_key": str(uuid4())})
    assert asks(client, secret) == 401


def test_a_calendar_reads_the_open_follow_ups_by_an_address_that_can_be_ended(
    make: Make, nell: User, otis: User, sign_in: SignIn
) -> None:
    day = date(2099, 3, 4)
    call = make.interaction(author=nell, follow_up_date=day, follow_up_note="Ask Dana; about rolls")
    make.interaction(author=otis, follow_up_date=day)
    make.interaction(author=nell, follow_up_date=day, completed_at=datetime.now(UTC))
    client = sign_in(nell)

    def address() -> str:
        page = client.submit("/settings/tokens/calendar", {"request_key": str(uuid4())}).text
        return re.search(r'id="calendar-address">http://localhost(/calendar/[^<]+)<', page)[1]  # type: ignore[index]

    first = address()
    stranger = client.application.test_client()
    feed = stranger.get(first)
    assert (feed.status_code, feed.mimetype) == (200, "text/calendar")
    [event] = Calendar.from_ical(feed.data).walk("VEVENT")
    assert str(event["uid"]) == f"follow-up-{call.interaction_id}@localhost"
    assert (event["dtstart"].dt, event["dtend"].dt) == (day, day + timedelta(days=1))
    assert str(event["summary"]) == "Ask Dana; about rolls"
    assert event["dtstamp"].dt.tzinfo is not None
    assert sign_in(otis).get(first).data.count(b"Ask Dana") == 1  # whoever else is signed in there
    sign_in(nell)
    second = address()
    assert stranger.get(first).status_code == 404
    assert asks(client, second.removeprefix("/calendar/").removesuffix(".ics")) == 401
    client.submit("/settings/tokens/calendar/end", {"request_key": str(uuid4())})
    assert stranger.get(second).status_code == 404
