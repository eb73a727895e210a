"""Samples on the page of an opportunity: sent, moved on, what was said, and the promise to ask."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from crm import clock
from crm.db import db
from crm.enums import SampleStatus, SampleVerdict
from crm.models import Interaction, Opportunity, Organization, Product, Sample, User
from tests.clients import Client
from tests.conftest import Counting
from tests.factories import Make

SignIn = Callable[[User], Client]


def posted(client: Client, path: str, **fields: Any) -> TestResponse:
    return client.submit(path, {"request_key": str(uuid4()), **fields})


@pytest.fixture
def bakery(make: Make) -> Organization:
    return make.principal("Amberfold Bakery Co.")


@pytest.fixture
def loaf(make: Make, bakery: Organization) -> Product:
    return make.product("Honey oat Pullman", principal=bakery)


@pytest.fixture
def brunch(make: Make, nell: User, loaf: Product) -> Opportunity:
    return make.opportunity("Brunch bread", owner=nell, products=[loaf])


def today_of(person: User) -> date:
    return clock.today_for(person.time_zone, clock.now())


def promise_of(sample: Sample) -> Interaction:
    """The interaction that it names; after a request, when a test may read."""
    return db.session.get_one(Interaction, sample.follow_up_id)


def sent(make: Make, opportunity: Opportunity, nell: User, **columns: Any) -> Sample:
    return make.sample(opportunity, owner=nell, **columns)


def test_samples_go_out_together_with_one_promise_to_ask(
    sign_in: SignIn, nell: User, make: Make, bakery: Organization, brunch: Opportunity, loaf: Product
) -> None:
    rye, client = make.product("Dark rye", principal=bakery), sign_in(nell)
    url = f"/samples/of/{brunch.opportunity_id}"
    form = client.get(url).text
    today = today_of(nell)
    assert f'value="{loaf.product_id}" checked' in form
    assert f'value="{rye.product_id}"' in form
    said = {"products": [loaf.product_id, rye.product_id], "sent_on": today, "follow_up_on": "2099-01-01"}
    assert "two years" in posted(client, url, **said).text
    ask_on = today + timedelta(days=7)
    answer = posted(client, url, **(said | {"follow_up_on": ask_on}))
    assert answer.location == f"/opportunities/{brunch.opportunity_id}#samples"
    first, second = db.session.query(Sample).order_by(Sample.sample_id)
    assert first.follow_up_id == second.follow_up_id
    promise = promise_of(first)
    assert (promise.follow_up_date, promise.owner_id, promise.is_touch) == (ask_on, nell.user_id, False)
    assert promise.follow_up_note == "Ask what they thought of the samples: Dark rye and Honey oat Pullman"
    assert "Honey oat Pullman" in client.get(f"/opportunities/{brunch.opportunity_id}").text


def test_a_sample_without_a_follow_up_or_a_product_is_refused_beside_the_field(
    sign_in: SignIn, nell: User, brunch: Opportunity
) -> None:
    answer = posted(sign_in(nell), f"/samples/of/{brunch.opportunity_id}", sent_on=today_of(nell))
    assert answer.status_code == 422
    assert "An open sample needs a follow-up" in answer.text
    assert "Choose at least one product" in answer.text
    assert not db.session.query(Sample).count()


@pytest.mark.parametrize("numbers", [[9_000_000_000], [-1], ["x"], list(range(1, 30)), ["\x00"]])
def test_products_that_are_none_are_answered_in_words(
    sign_in: SignIn, nell: User, brunch: Opportunity, numbers: list[Any]
) -> None:
    said = {"sent_on": today_of(nell), "follow_up_on": today_of(nell), "products": numbers}
    assert posted(sign_in(nell), f"/samples/of/{brunch.opportunity_id}", **said).status_code == 422


def test_one_tap_moves_a_sample_on_and_another_takes_that_back(
    sign_in: SignIn, nell: User, make: Make, brunch: Opportunity
) -> None:
    sample, client = sent(make, brunch, nell), sign_in(nell)
    url = f"/samples/{sample.sample_id}/status"
    seen = sample.version
    assert posted(client, url, status="received", seen=seen).status_code == 303
    assert (sample.status, sample.received_on) == (SampleStatus.RECEIVED, today_of(nell))
    posted(client, url, status="tasted", seen=seen)
    assert sample.status is SampleStatus.RECEIVED, "somebody changed it since"
    posted(client, f"{url}?status=sent&seen={sample.version}")
    assert (sample.status, sample.received_on) == (SampleStatus.SENT, None)
    assert posted(client, url, status="eaten").status_code == 400


def test_feedback_closes_the_promise_once_nobody_else_waits_for_it_and_undo_opens_it_again(
    sign_in: SignIn, nell: User, make: Make, brunch: Opportunity
) -> None:
    first, client = sent(make, brunch, nell), sign_in(nell)
    second = make.save(
        Sample(
            opportunity_id=brunch.opportunity_id,
            product_id=make.product().product_id,
            follow_up_id=first.follow_up_id,
            sent_on=date(2026, 11, 2),
        )
    )
    client.get("/healthz")
    promise = promise_of(first)
    said = {"verdict": "liked", "feedback": "Toasts well.\r\n<b>Wants two cases</b>"}
    assert posted(client, f"/samples/{first.sample_id}/feedback", **said).status_code == 303
    assert (first.status, first.verdict) == (SampleStatus.FEEDBACK, SampleVerdict.LIKED)
    assert promise.completed_at is None
    posted(client, f"/samples/{second.sample_id}/feedback", verdict="disliked")
    assert promise.completed_by == nell.user_id
    page = client.get(f"/opportunities/{brunch.opportunity_id}").text
    assert "&lt;b&gt;Wants two cases&lt;/b&gt;" in page
    posted(client, f"/samples/{second.sample_id}/status?status=sent&seen={second.version}")
    assert (second.status, second.verdict, promise.completed_at) == (SampleStatus.SENT, None, None)


def test_feedback_needs_a_verdict(sign_in: SignIn, nell: User, make: Make, brunch: Opportunity) -> None:
    sample, client = sent(make, brunch, nell), sign_in(nell)
    url = f"/samples/{sample.sample_id}/feedback"
    page, row = client.get(url), client.get(url, headers={"HX-Request": "true"})
    assert "<html" in page.text
    assert "<html" not in row.text
    assert posted(client, url, feedback="Good").status_code == 422
    assert posted(client, url, verdict="superb").status_code == 422


def test_an_edit_says_how_far_it_is_and_moves_the_promise(
    sign_in: SignIn, nell: User, make: Make, brunch: Opportunity
) -> None:
    sample, client = sent(make, brunch, nell), sign_in(nell)
    url, ask_on = f"/samples/{sample.sample_id}", today_of(nell) + timedelta(days=3)
    said = {"sent_on": "2026-11-02", "received_on": "2026-11-04", "version": sample.version}
    assert posted(client, url, **(said | {"received_on": "2026-11-01"})).status_code == 422
    assert posted(client, url, follow_up_on=ask_on, **said).status_code == 303
    assert (sample.status, promise_of(sample).follow_up_date) == (SampleStatus.RECEIVED, ask_on)
    stale = posted(client, url, follow_up_on=ask_on, **(said | {"received_on": ""}))
    assert stale.status_code == 409


def test_an_open_sample_whose_promise_was_kept_gets_another_one(
    sign_in: SignIn, nell: User, make: Make, brunch: Opportunity
) -> None:
    sample, client = sent(make, brunch, nell), sign_in(nell)
    client.get("/healthz")
    kept = promise_of(sample)
    posted(client, f"/follow-ups/{kept.interaction_id}/completion")
    assert "Nobody asks any more" in client.get(f"/opportunities/{brunch.opportunity_id}").text
    url, said = f"/samples/{sample.sample_id}", {"sent_on": "2026-11-02", "version": sample.version}
    assert "An open sample needs a follow-up" in posted(client, url, **said).text
    assert posted(client, url, follow_up_on=today_of(nell), **said).status_code == 303
    assert sample.follow_up_id != kept.interaction_id
    assert promise_of(sample).owner_id == nell.user_id


def test_a_colleagues_promise_is_not_moved_by_who_keeps_the_opportunity(
    sign_in: SignIn, nell: User, make: Make, brunch: Opportunity
) -> None:
    sample = sent(make, brunch, make.user("Otis Brandt"))
    said = {"sent_on": "2026-11-02", "version": sample.version, "follow_up_on": today_of(nell)}
    answer = posted(sign_in(nell), f"/samples/{sample.sample_id}", **said)
    assert answer.status_code == 422
    assert "This follow-up is a colleague" in answer.text


def test_an_archived_sample_asks_no_more_and_comes_back_whole(
    sign_in: SignIn, nell: User, make: Make, brunch: Opportunity
) -> None:
    sample, client = sent(make, brunch, nell), sign_in(nell)
    client.get("/healthz")
    promise, url = promise_of(sample), f"/samples/{sample.sample_id}"
    assert posted(client, f"{url}/archive").status_code == 303
    assert sample.is_archived
    assert promise.completed_at is not None
    assert client.get(f"{url}/edit").status_code == 404
    posted(client, f"{url}/return")
    assert (sample.is_archived, promise.completed_at) == (False, None)


def test_the_promise_of_an_open_sample_is_not_archived_from_under_it(
    sign_in: SignIn, nell: User, make: Make, brunch: Opportunity
) -> None:
    sample, client = sent(make, brunch, nell), sign_in(nell)
    client.get("/healthz")
    promise = promise_of(sample)
    answer = posted(client, f"/interactions/{promise.interaction_id}/archive")
    assert answer.status_code < 500
    assert promise.deleted_at is None


def test_the_way_of_a_sample_is_told_in_the_timelines_of_who_has_a_part_in_it(
    sign_in: SignIn, nell: User, make: Make, loaf: Product
) -> None:
    cafe = make.organization("Larkspur House")
    dana = make.contact("Dana", "Reyes", organization=cafe)
    deal = make.opportunity("Brunch", owner=nell, organization=cafe, products=[loaf])
    make.sample(
        deal, product=loaf, contact_id=dana.contact_id, sent_on=date(2026, 11, 2), verdict="liked",
        feedback="Toasts well.", tasted_on=date(2026, 11, 4),
    )  # fmt: skip
    client = sign_in(nell)
    for path in (
        f"/opportunities/{deal.opportunity_id}",
        f"/organizations/{cafe.organization_id}",
        f"/contacts/{dana.contact_id}",
    ):
        told = " ".join(client.get(path).text.split("timeline-title", 1)[-1].split())
        for words in (
            "sent to Dana Reyes",
            "tasted by Dana Reyes",
            "was liked by Dana Reyes",
            "Toasts well.",
        ):
            assert words in told, (path, words)
        before = client.get(f"{path}?before=2026-11-03T12:00:00%2B00:00~9~0").text
        assert "sent to Dana Reyes" in " ".join(before.split("timeline-title", 1)[-1].split()), path


def test_the_list_finds_samples_by_what_they_are_and_what_was_said(
    sign_in: SignIn, nell: User, make: Make, brunch: Opportunity, loaf: Product, bakery: Organization
) -> None:
    make.sample(brunch, product=loaf, owner=nell)
    other = make.product("Plum jam")
    make.sample(make.opportunity("Jam bar"), product=other, verdict="disliked", feedback="Too sweet")
    client = sign_in(nell)
    for query, found in {
        "": ("Honey oat", "Plum jam"),
        "status=sent": ("Honey oat",),
        "verdict=disliked": ("Plum jam",),
        "verdict=none": ("Honey oat",),
        f"product={other.product_id}": ("Plum jam",),
        f"principal={bakery.organization_id}": ("Honey oat",),
        "owner=me": ("Honey oat",),
        "owner=nobody": ("Plum jam",),
        "q=brunch": ("Honey oat",),
        "since=2026-11-02": ("Honey oat", "Plum jam"),
        "product=%00": ("Honey oat", "Plum jam"),
    }.items():
        with client.get(f"/samples/export.csv?{query}") as answer:
            rows = answer.text
        assert [name for name in ("Honey oat", "Plum jam") if name in rows] == list(found), query
    assert "Too sweet" in client.get("/samples?columns=status,feedback").text


def test_the_page_of_an_opportunity_asks_as_much_for_thirty_samples_as_for_one(
    sign_in: SignIn, nell: User, make: Make, brunch: Opportunity, statements: Counting
) -> None:
    client, url = sign_in(nell), f"/opportunities/{brunch.opportunity_id}"
    sent(make, brunch, nell)
    client.get(url)
    with statements() as few:
        client.get(url)
    for _ in range(30):
        make.sample(brunch, verdict="liked")
    with statements() as many:
        client.get(url)
    assert len(few) == len(many) <= 10


def test_the_proposed_day_is_a_working_day() -> None:
    from crm.services.samples import ask_on

    monday = datetime(2026, 11, 23, tzinfo=UTC).date()
    assert [ask_on(monday + timedelta(days=n)).weekday() for n in range(7)] == [0, 1, 2, 3, 4, 0, 0]


def test_a_sample_has_a_history_and_comes_back_from_the_trash_with_its_promise(
    make: Make, sign_in: SignIn, nell: User, brunch: Opportunity, loaf: Product
) -> None:
    sample = make.sample(brunch, product=loaf, owner=nell)
    client, number = sign_in(nell), sample.sample_id
    assert posted(client, f"/samples/{number}/archive").status_code == 303
    assert "Honey oat Pullman for Brunch bread" in client.get("/trash?kind=sample").text
    history = client.get(f"/samples/{number}/history").text
    assert "Archived" in history.split("<main")[1]
    assert posted(client, f"/trash/sample/{number}/restoration").status_code == 303
    db.session.refresh(sample)
    assert sample.deleted_at is None
    assert sample.follow_up_id is not None
    assert db.session.get_one(Interaction, sample.follow_up_id).completed_at is None
    client.get("/trash")
    assert "Honey oat Pullman for" not in client.get("/trash?kind=sample").text


def test_the_page_of_a_product_tells_what_was_said_of_its_samples(
    make: Make, sign_in: SignIn, nell: User, brunch: Opportunity, loaf: Product
) -> None:
    client, page = sign_in(nell), f"/products/{loaf.product_id}"
    assert "Nobody has tasted it yet" in client.get(page).text
    make.sample(brunch, product=loaf)
    for verdict in (SampleVerdict.LIKED, SampleVerdict.LIKED, SampleVerdict.DISLIKED):
        make.sample(brunch, product=loaf, verdict=verdict)
    card = client.get(page).text.split('id="samples"')[1].split("</section>")[0]
    assert f'href="/samples?verdict=liked&amp;product={loaf.product_id}"><b>2</b>' in card
    assert f'href="/samples?verdict=none&amp;product={loaf.product_id}"><b>1</b>' in card
