"""One interaction: read by everyone, put right by those it belongs to, and never twice or silently."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup

from crm.db import db
from crm.models import Interaction, User
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]


@pytest.fixture
def call(make: Make, nell: User) -> Interaction:
    return make.interaction(
        contact=make.contact("Marisol", "Quintero-Vane"),
        principals=[make.principal("Amberfold Bakery")],
        author=nell,
        notes="Loved the bake-off time",
        on=datetime.now(UTC) - timedelta(days=3),
    )


def path(interaction: Interaction, *more: str) -> str:
    return "/".join((f"/interactions/{interaction.interaction_id}", *more))


def form_of(client: Client, at: str) -> dict[str, Any]:
    """What the edit form would post if nothing were touched."""
    page = BeautifulSoup(client.get(at).text, "lxml").select_one("#record-form")
    assert page is not None
    typed = {
        field["name"]: field.get("value", "") for field in page.select("input[type=hidden], input.input")
    }
    typed |= {radio["name"]: radio["value"] for radio in page.select("input[type=radio][checked]")}
    typed |= {area["name"]: area.text.lstrip("\n") for area in page.select("textarea")}
    typed.pop("csrf_token")
    return typed | {"request_key": str(uuid4())}


def test_the_page_says_with_whom_about_what_and_for_whom(
    call: Interaction, otis: User, sign_in: SignIn
) -> None:
    text = sign_in(otis).get(path(call)).text
    for said in ("Marisol Quintero-Vane", "Amberfold Bakery", "Loved the bake-off time", "Nell Okafor"):
        assert said in text
    assert path(call, "edit") not in text


def test_an_open_promise_leads_to_where_it_is_kept(make: Make, nell: User, sign_in: SignIn) -> None:
    promise = make.interaction(
        author=nell, follow_up_date=datetime.now(UTC).date(), follow_up_note="Send specs"
    )
    text = sign_in(nell).get(path(promise)).text
    assert "Send specs" in text
    assert f"/follow-ups/{promise.interaction_id}" in text


def test_its_author_puts_it_right_and_the_history_keeps_the_old_words(
    call: Interaction, nell: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    posted = form_of(client, path(call, "edit")) | {
        "notes": "Loved the cultured butter",
        "subject": "Tasting",
    }
    assert client.submit(path(call), posted).location == path(call)
    db.session.refresh(call)
    assert (call.notes, call.subject) == ("Loved the cultured butter", "Tasting")
    history = client.get(path(call, "history")).text
    assert "Loved the bake-off time" in history
    assert "Loved the cultured butter" in history


def test_what_was_not_touched_stays_to_the_second(call: Interaction, nell: User, sign_in: SignIn) -> None:
    client, before = sign_in(nell), call.interaction_date
    client.submit(path(call), form_of(client, path(call, "edit")) | {"location": "Back kitchen"})
    db.session.refresh(call)
    assert (call.interaction_date, call.location) == (before, "Back kitchen")


def test_another_day_is_noon_of_that_day(call: Interaction, nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    client.submit(path(call), form_of(client, path(call, "edit")) | {"happened_on": "2026-01-15"})
    db.session.refresh(call)
    assert call.interaction_date == datetime(2026, 1, 15, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"happened_on": "2199-01-01"}, "still to come"),
        ({"happened_on": ""}, "Choose the day"),
        ({"interaction_type": "Lunch"}, "Not a valid choice"),
        ({"notes": "x" * 10_001}, "up to 10,000"),
        ({"subject": "x" * 256}, "255 characters"),
        ({"duration_minutes": "-5"}, "Between 0 and"),
        ({"duration_minutes": "99999999999999"}, "Between 0 and"),
        ({"activity": "Nonsense"}, "Choose one of the list"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_changes(
    wrong: dict[str, str], words: str, call: Interaction, nell: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    answer = client.submit(path(call), form_of(client, path(call, "edit")) | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    db.session.refresh(call)
    assert call.notes == "Loved the bake-off time"


def test_two_editors_see_both_values_and_nothing_is_lost(
    call: Interaction, nell: User, mara: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    mine = form_of(client, path(call, "edit")) | {"notes": "Mine"}
    manager = sign_in(mara)
    manager.submit(path(call), form_of(manager, path(call, "edit")) | {"notes": "Hers"})
    client = sign_in(nell)
    answer = client.submit(path(call), mine)
    assert answer.status_code == 409
    assert "Mine" in answer.text
    assert "Hers" in answer.text
    db.session.refresh(call)
    assert call.notes == "Hers"
    choice = {
        "settles": "notes",
        "choice-notes": "mine",
        "version": str(call.version),
        "request_key": str(uuid4()),
    }
    assert client.submit(path(call), mine | choice).status_code == 303
    db.session.refresh(call)
    assert call.notes == "Mine"


def test_a_colleague_reads_but_does_not_change(call: Interaction, otis: User, sign_in: SignIn) -> None:
    client = sign_in(otis)
    assert client.get(path(call, "edit")).status_code == 403
    assert client.submit(path(call), {"request_key": str(uuid4()), "notes": "x"}).status_code == 403
    db.session.refresh(call)
    assert call.notes == "Loved the bake-off time"


def test_an_unknown_one_is_not_there(nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    for more in ("", "/edit", "/history"):
        assert client.get(f"/interactions/999999999{more}").status_code == 404


def test_one_that_was_taken_back_says_so_and_can_be_restored(
    call: Interaction, nell: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    answer = client.submit(path(call, "archive"), {"request_key": str(uuid4())})
    assert answer.location == path(call)
    page = client.get(answer.location).text
    assert "Archived" in page
    undo = f"/trash/interaction/{call.interaction_id}/restoration"
    assert f'action="{undo}"' in page.split("Taken back. It counts no more.")[1]
    client.submit(undo, {"request_key": str(uuid4())})
    db.session.refresh(call)
    assert call.deleted_at is None


def test_the_list_finds_by_words_person_and_place(call: Interaction, nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    for asked in ("q=bake-off", "q=quintero", "type=phone-call", "owner=me", "sentiment=neutral"):
        assert path(call) in client.get(f"/interactions?{asked}").text, asked
    for asked in ("q=haddock", "type=email", "sentiment=negative", "owner=nobody"):
        assert path(call) not in client.get(f"/interactions?{asked}").text, asked


def test_the_pages_ask_little_of_the_database(
    make: Make, call: Interaction, nell: User, sign_in: SignIn, statements: Any
) -> None:
    client, here = sign_in(nell), path(call)
    counted: list[tuple[int, int]] = []
    for _ in range(2):
        with statements() as of_page:
            client.get(here)
        with statements() as of_list:
            client.get("/interactions")
        counted.append((len(of_page), len(of_list)))
        for _ in range(40):
            make.interaction(author=nell, principals=[make.principal()])
    assert counted[0] == counted[1]
    assert counted[0][0] <= 10
    assert counted[0][1] <= 6
