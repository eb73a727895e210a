"""The page of the ledger: figures that lead to their rows, the story of each promise, few statements."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from bs4 import BeautifulSoup

from crm.db import db
from crm.models import Interaction, User
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]
Counting = Callable[[], AbstractContextManager[list[str]]]


def days_ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def due(days: int) -> dict[str, object]:
    return {"follow_up_date": datetime.now(ZoneInfo("America/Chicago")).date() - timedelta(days=days)}


def page(client: Client, path: str) -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "lxml")


def test_a_figure_leads_to_its_rows(make: Make, nell: User, otis: User, sign_in: SignIn) -> None:
    make.interaction(author=nell, follow_up_note="Send the sheet", completed_at=days_ago(3), **due(2))
    make.interaction(author=nell, follow_up_note="Call back", **due(2))
    make.interaction(author=otis, follow_up_note="His own", **due(2))
    client = sign_in(nell)
    seen = page(client, "/follow-ups/ledger")
    assert "Of three promises due since" in seen.select_one(".lede").text  # type: ignore[union-attr]
    row = next(row for row in seen.select("#keepers tbody tr") if "Nell Okafor" in row.text)
    assert [cell.text for cell in row.select("td")] == ["1 of 2", "50 %"]
    kept = row.select("td a")[0]["href"]
    assert [b.text for b in page(client, str(kept)).select(".ledger b")] == ["Send the sheet"]


def test_an_address_that_means_nothing_shows_the_whole_ledger(
    make: Make, nell: User, sign_in: SignIn
) -> None:
    make.interaction(author=nell, follow_up_note="Call back", **due(2))
    seen = page(sign_in(nell), "/follow-ups/ledger?who=x&weeks=7&end=maybe&after=never")
    assert [b.text for b in seen.select(".ledger b")] == ["Call back"]
    assert sign_in(nell).get("/follow-ups/ledger?who=999999").status_code == 404


def test_an_empty_ledger_says_so(nell: User, sign_in: SignIn) -> None:
    seen = page(sign_in(nell), "/follow-ups/ledger")
    assert "No promise fell due since" in seen.text
    assert "No promise is here" in seen.text


def test_the_page_of_a_promise_tells_its_story(make: Make, nell: User, sign_in: SignIn) -> None:
    promise = make.interaction(author=nell, **due(2))
    client = sign_in(nell)
    path = f"/follow-ups/{promise.interaction_id}"
    tomorrow = due(-1)["follow_up_date"]
    form = {"request_key": str(uuid4()), "date": str(tomorrow), "version": str(promise.version)}
    assert client.submit(f"{path}/date", form).status_code == 303
    story = " ".join(page(client, path).select_one(".story").text.split())  # type: ignore[union-attr]
    assert "From a Phone Call on" in story
    assert "Promised for" in story
    assert "Moved from" in story
    assert "Nell Okafor" in story


def test_logging_with_the_same_people_closes_an_open_promise_at_one_tap(
    make: Make, nell: User, sign_in: SignIn
) -> None:
    marisol = make.contact("Marisol", "Quintero-Vane")
    promise = make.interaction(contact=marisol, author=nell, follow_up_note="Send the specs", **due(2))
    other = make.interaction(contact=marisol, author=nell, follow_up_note="Ask about March", **due(-9))
    client = sign_in(nell)
    form = page(client, f"/interactions/new?contact={marisol.contact_id}").select_one("#log-form")
    assert form is not None
    offered = {box["value"]: box.parent.text for box in form.select("[name=keeps]") if box.parent}
    assert set(offered) == {str(promise.interaction_id), str(other.interaction_id)}
    assert "Send the specs" in offered[str(promise.interaction_id)]
    assert not form.select("[name=keeps][checked]")
    fields = {
        "request_key": str(uuid4()),
        "about": f"contact:{marisol.contact_id}",
        "interaction_type": "Phone Call",
        "sentiment": "Neutral",
        "keeps": [str(promise.interaction_id)],
    }
    assert client.submit("/interactions", fields).status_code == 303
    db.session.refresh(promise)
    db.session.refresh(other)
    entry = db.session.get(Interaction, promise.completed_with)
    assert entry is not None
    assert entry.contact_id == marisol.contact_id
    assert other.completed_at is None


def test_ten_promises_cost_as_many_statements_as_one(
    make: Make, nell: User, sign_in: SignIn, statements: Counting
) -> None:
    bakery = make.principal("Amberfold")
    client = sign_in(nell)
    counts = []
    for n in (1, 9):
        for _ in range(n):
            make.interaction(author=nell, principals=[bakery], **due(2))
        with statements() as seen:
            page(client, "/follow-ups/ledger")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8
