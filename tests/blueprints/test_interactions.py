"""The log form as a page and as a fragment: kept whole when refused, saved once when sent twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from crm.db import db
from crm.models import Contact, Interaction, RequestKey, User
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://localhost/"}


@pytest.fixture
def marisol(make: Make) -> Contact:
    return make.contact("Marisol", "Quintero-Vane", position="Food service director")


@pytest.fixture
def filled(marisol: Contact) -> Callable[..., dict[str, Any]]:
    """The form as a rep fills it, with what a test wants otherwise."""

    def fill(**otherwise: object) -> dict[str, Any]:
        return {
            "request_key": str(uuid4()),
            "about": f"contact:{marisol.contact_id}",
            "interaction_type": "Phone Call",
            "notes": "Loved the bake-off time",
            "sentiment": "Positive",
            "follow_up": "",
        } | otherwise

    return fill


def logged() -> list[Interaction]:
    return list(db.session.scalars(sa.select(Interaction).order_by(Interaction.interaction_id)))


def errors(html: str) -> dict[str, str]:
    """What is said beside each field."""
    page = BeautifulSoup(html, "lxml")
    return {
        error["id"].removesuffix("-error").removeprefix("log-"): error.text.strip()
        for error in page.select(".error")
    }


def day_from_today(days: int) -> str:
    return (datetime.now(ZoneInfo("America/Chicago")).date() + timedelta(days=days)).isoformat()


def test_a_call_is_logged_and_leads_back(nell: User, sign_in: SignIn, filled: Callable[..., Any]) -> None:
    client = sign_in(nell)
    answer = client.submit("/interactions", filled(back="/principals?q=bakery"))
    assert (answer.status_code, answer.location) == (303, "/principals?q=bakery")
    (call,) = logged()
    assert (call.notes, call.sentiment, call.author_id) == (
        "Loved the bake-off time",
        "Positive",
        nell.user_id,
    )


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/x", "/\\evil.example", "javascript:1"]
)
def test_nobody_is_sent_elsewhere(
    elsewhere: str, nell: User, sign_in: SignIn, filled: Callable[..., Any]
) -> None:
    answer = sign_in(nell).submit("/interactions", filled(back=elsewhere))
    assert answer.location == "/"


def test_a_double_click_makes_one_interaction_and_one_answer(
    nell: User, sign_in: SignIn, filled: Callable[..., Any]
) -> None:
    client, entry = sign_in(nell), filled(back="/follow-ups")
    answers = [client.submit("/interactions", entry) for _ in range(3)]
    assert [(answer.status_code, answer.location) for answer in answers] == [(303, "/follow-ups")] * 3
    assert len(logged()) == 1


def test_an_entry_that_waited_in_the_browser_goes_on_under_its_key_and_is_told_what_is_wrong(
    nell: User, sign_in: SignIn, filled: Callable[..., Any]
) -> None:
    client, entry = sign_in(nell), filled(interaction_type="")
    entry["entry"] = entry["request_key"]
    for address, status in (("/interactions/draft", 200), ("/interactions", 422)):
        answer = client.submit(address, entry, headers=HTMX)
        form = BeautifulSoup(answer.text, "lxml").select_one("#log-form")
        assert form is not None
        assert (answer.status_code, errors(answer.text)) == (
            status,
            {"interaction_type": "Choose what it was."},
        )
        assert form["data-draft-key-value"] == f"entry:{entry['request_key']}"
        assert [form.select_one(f"[name={name}]")["value"] for name in ("request_key", "entry")] == [  # type: ignore[index]
            entry["request_key"]
        ] * 2
    client.submit("/interactions", entry | {"interaction_type": "Note"})
    assert (
        "saved already"
        in client.submit("/interactions", entry | {"interaction_type": "Note"}, headers=HTMX).text
    )
    assert len(logged()) == 1


def test_a_key_of_another_person_opens_nothing(
    nell: User, otis: User, sign_in: SignIn, filled: Callable[..., Any]
) -> None:
    entry = filled()
    sign_in(nell).submit("/interactions", entry)
    assert sign_in(otis).submit("/interactions", entry).status_code == 404
    assert len(logged()) == 1


def test_a_form_without_its_key_is_refused(nell: User, sign_in: SignIn, filled: Callable[..., Any]) -> None:
    assert sign_in(nell).submit("/interactions", filled(request_key="none")).status_code == 400
    assert logged() == []


def test_a_refused_form_uses_up_no_key(nell: User, sign_in: SignIn, filled: Callable[..., Any]) -> None:
    client, entry = sign_in(nell), filled()
    assert client.submit("/interactions", entry | {"interaction_type": ""}).status_code == 422
    assert db.session.scalars(sa.select(RequestKey)).all() == []
    assert client.submit("/interactions", entry).status_code == 303
    assert len(logged()) == 1


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"about": ""}, "about", "type three letters"),
        ({"about": "contact:999999999"}, "about", "type three letters"),
        ({"about": "contact:1 or 1=1"}, "about", "type three letters"),
        ({"interaction_type": ""}, "interaction_type", "Choose what it was"),
        ({"interaction_type": "Lunch"}, "interaction_type", "Choose one of these"),
        ({"sentiment": "Furious"}, "sentiment", "Choose one of these"),
        ({"notes": "x" * 20_000}, "notes", "up to 10,000 characters"),
        ({"opportunity": "999999999"}, "opportunity", "no longer there"),
        ({"follow_up": "2020-01-01"}, "follow_up_date", "from today on"),
        ({"follow_up": "day"}, "follow_up_date", "Choose the day"),
        ({"follow_up": "day", "follow_up_date": "soon"}, "follow_up_date", "Write the day as year-month-day"),
        ({"follow_up": "day", "follow_up_date": "2099-01-01"}, "follow_up_date", "Check the year"),
        ({"follow_up_date": "2099-01-01"}, "follow_up_date", "without “Pick a day”"),
        (
            {"follow_up_note": "x" * 201, "follow_up": "day", "follow_up_date": "2099-01-01"},
            "follow_up_note",
            "200",
        ),
        ({"happened_on": "2099-01-01"}, "happened_on", "still to come"),
        ({"happened_on": "0206-11-20"}, "happened_on", "Check the year"),
        ({"happened_on": "20.11."}, "happened_on", "Write the day as year-month-day"),
    ],
)
def test_what_is_wrong_is_told_beside_the_field_and_nothing_is_lost(
    wrong: dict[str, str], field: str, words: str, nell: User, sign_in: SignIn, filled: Callable[..., Any]
) -> None:
    answer = sign_in(nell).submit("/interactions", filled(**wrong))
    assert answer.status_code == 422
    assert logged() == []
    assert words in errors(answer.text)[field]
    assert wrong.get("notes", "Loved the bake-off time") in answer.text


def test_a_promised_day_that_was_offered_before_midnight_still_counts(
    nell: User, sign_in: SignIn, filled: Callable[..., Any]
) -> None:
    sign_in(nell).submit("/interactions", filled(follow_up=day_from_today(0), follow_up_note="Call again"))
    (call,) = logged()
    assert (str(call.follow_up_date), call.follow_up_note) == (day_from_today(0), "Call again")


def test_text_comes_back_as_it_was_written(nell: User, sign_in: SignIn, filled: Callable[..., Any]) -> None:
    notes = "<script>alert(1)</script> “Crème” שלום 🍋\r\nsecond line\x00"
    sign_in(nell).submit("/interactions", filled(notes=notes))
    (call,) = logged()
    assert call.notes == "<script>alert(1)</script> “Crème” שלום 🍋\nsecond line"


def test_a_form_of_another_site_is_refused(nell: User, sign_in: SignIn, filled: Callable[..., Any]) -> None:
    answer = sign_in(nell).post("/interactions", data=filled(csrf_token="forged"))
    assert answer.status_code == 400
    assert "out of date" in answer.text
    assert logged() == []


def test_an_expired_session_keeps_the_text_and_goes_on_after_sign_in(
    nell: User, client: Client, filled: Callable[..., Any]
) -> None:
    entry = filled(notes="Two pages of notes")
    answer = client.post("/interactions", data={**entry, "csrf_token": "of a session that is over"})
    assert answer.status_code == 401
    kept = BeautifulSoup(answer.text, "lxml").select_one("[name=kept]")
    assert kept is not None
    assert kept["value"]
    signed_in = client.submit(
        "/login", {"email": nell.email, "password": "pantry-shelf-7", "kept": kept["value"]}
    )
    assert signed_in.status_code == 200
    page = BeautifulSoup(signed_in.text, "lxml")
    assert "Two pages of notes" in page.text
    form = page.select_one("form[action='/interactions']")
    assert form is not None
    again = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    assert client.post("/interactions", data=again).status_code == 303
    (call,) = logged()
    assert (call.notes, call.author_id) == ("Two pages of notes", nell.user_id)


def test_a_kept_form_that_was_tampered_with_is_refused(nell: User, client: Client) -> None:
    answer = client.submit("/login", {"email": nell.email, "password": "pantry-shelf-7", "kept": "forged"})
    assert answer.status_code == 400


def test_the_form_is_prefilled_with_the_record_one_comes_from(
    make: Make, nell: User, sign_in: SignIn, marisol: Contact
) -> None:
    page = BeautifulSoup(sign_in(nell).get(f"/interactions/new?contact={marisol.contact_id}").text, "lxml")
    assert page.select_one("input[type=hidden][name=about]")["value"] == f"contact:{marisol.contact_id}"
    assert "Marisol Quintero-Vane" in page.text


def test_logging_on_a_principal_names_it(make: Make, nell: User, sign_in: SignIn) -> None:
    bakery = make.principal("Bakery")
    page = BeautifulSoup(
        sign_in(nell).get(f"/interactions/new?principal={bakery.organization_id}").text, "lxml"
    )
    ticked = page.select("input[name=principals][checked]")
    assert [box["value"] for box in ticked] == [str(bakery.organization_id)]


def test_logging_from_a_promise_proposes_to_keep_it(
    make: Make, nell: User, sign_in: SignIn, filled: Callable[..., Any], marisol: Contact
) -> None:
    promise = make.interaction(
        contact=marisol, author=nell, follow_up_date=datetime.now(UTC).date(), follow_up_note="Send the specs"
    )
    client = sign_in(nell)
    page = client.get(f"/interactions/new?follow_up={promise.interaction_id}").text
    assert "Send the specs" in page
    client.submit("/interactions", filled(keeps=str(promise.interaction_id)))
    db.session.refresh(promise)
    assert promise.completed_at is not None


def test_a_promise_to_somebody_else_is_let_go_with_the_principals_it_brought(
    make: Make, nell: User, sign_in: SignIn, filled: Callable[..., Any]
) -> None:
    bakery, soups = make.principal("Bakery"), make.principal("Soups")
    school, tavern = make.organization("School"), make.organization("Tavern")
    promise = make.interaction(
        contact=make.contact("Lou", organization=school), author=nell, principals=[bakery],
        follow_up_date=datetime.now(UTC).date(), follow_up_note="Send the specs",
    )  # fmt: skip
    colleague = make.contact("Kit", organization=school)
    client, numbers = sign_in(nell), [str(one.organization_id) for one in (bakery, soups)]
    kept = {"keeps": str(promise.interaction_id), "follow_up_kept": str(promise.interaction_id)}

    def drawn(about: str) -> tuple[bool, list[str]]:
        answer = client.submit("/interactions/draft", filled(about=about, principals=numbers, **kept))
        page = BeautifulSoup(answer.text, "lxml")
        ticked = [box["value"] for box in page.select("input[name=principals][checked]")]
        return page.select_one(f"input[name=keeps][value='{promise.interaction_id}']") is not None, ticked

    assert drawn(f"contact:{colleague.contact_id}") == (True, numbers)
    assert drawn(f"organization:{tavern.organization_id}") == (False, numbers[1:])


def test_without_scripts_a_name_is_found_by_a_button_and_nothing_typed_is_lost(
    nell: User, sign_in: SignIn, filled: Callable[..., Any], marisol: Contact
) -> None:
    answer = sign_in(nell).submit("/interactions/draft", filled(about="", letters="marisol"))
    page = BeautifulSoup(answer.text, "lxml")
    assert answer.status_code == 200
    assert page.select_one(f"input[type=radio][name=about][value='contact:{marisol.contact_id}']")
    assert page.select_one("textarea[name=notes]").text.strip() == "Loved the bake-off time"
    assert page.select_one("input[name=interaction_type][value='Phone Call']").has_attr("checked")
    assert logged() == []


def test_suggestions_are_options_of_a_listbox(nell: User, sign_in: SignIn, marisol: Contact) -> None:
    answer = sign_in(nell).get("/interactions/subjects?q=mari", headers=HTMX)
    (option,) = BeautifulSoup(answer.text, "lxml").select("[role=option]")
    assert option["data-value"] == f"contact:{marisol.contact_id}"
    assert "Nobody found" in sign_in(nell).get("/interactions/subjects?q=zzz", headers=HTMX).text


def test_only_those_who_may_take_it_back(
    make: Make, nell: User, otis: User, mara: User, sign_in: SignIn, filled: Callable[..., Any]
) -> None:
    sign_in(nell).submit("/interactions", filled())
    (call,) = logged()
    path = f"/interactions/{call.interaction_id}/archive"
    assert sign_in(otis).submit(path, {"request_key": str(uuid4())}).status_code == 403
    db.session.refresh(call)
    assert call.deleted_at is None
    assert sign_in(mara).submit(path, {"request_key": str(uuid4())}).status_code == 303
    db.session.refresh(call)
    assert call.deleted_at is not None


def test_the_form_asks_little_of_the_database(
    make: Make, nell: User, sign_in: SignIn, marisol: Contact, statements: Any
) -> None:
    client, path = sign_in(nell), f"/interactions/new?contact={marisol.contact_id}"
    counted = []
    for _ in range(2):
        with statements() as seen:
            assert client.get(path).status_code == 200
        counted.append(len(seen))
        for _ in range(30):
            make.opportunity(principals=[make.principal(owner=nell)], organization=make.organization())
    assert counted[0] == counted[1] <= 8


@pytest.mark.parametrize("number", ["²", "-1", "9" * 30, "1e3", "\x00"])
def test_a_number_that_is_none_leads_to_an_empty_form(number: str, nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    for name in ("principal", "contact", "follow_up"):
        assert client.get("/interactions/new", query_string={name: number}).status_code == 200
    assert (
        client.submit(f"/interactions/{'9' * 30}/archive", {"request_key": str(uuid4())}).status_code == 404
    )
