"""Follow-ups in the browser's eyes: acts, refusals, undo, with scripts and without."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.test import TestResponse

from crm.db import db
from crm.forms.follow_ups import snooze_days
from crm.models import Interaction, Job, RequestKey, User
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]
ON_THE_LIST = {"HX-Request": "true", "HX-Current-URL": "http://localhost/follow-ups?when=overdue"}
ON_TODAY = {"HX-Request": "true", "HX-Current-URL": "http://localhost/"}


def day(offset: int) -> date:
    """So many days from today, where everybody in these tests lives."""
    return datetime.now(ZoneInfo("America/Chicago")).date() + timedelta(days=offset)


@pytest.fixture
def promise(make: Make, nell: User) -> Interaction:
    """Something nell promised for three days ago."""
    return make.interaction(
        author=nell,
        contact=make.contact("Odalys", "Merriweather"),
        follow_up_date=day(-3),
        follow_up_note="Send the spec sheet",
    )


def post(client: Client, path: str, *, headers: dict[str, str] | None = None, **data: Any) -> TestResponse:
    """Post as a form of ours does: with its token and a key of its own."""
    return client.submit(path, {"request_key": str(uuid4()), **data}, headers=headers or {})


def of(promise: Interaction, act: str) -> str:
    return f"/follow-ups/{promise.interaction_id}/{act}"


def toasts(answer: TestResponse) -> list[Tag]:
    return list(BeautifulSoup(answer.text, "lxml").select(".toast"))


def said(client: Client, path: str = "/follow-ups") -> str:
    """What the next page says was done."""
    page = BeautifulSoup(client.get(path).text, "lxml")
    return " ".join(" ".join(flash.stripped_strings) for flash in page.select(".flash"))


def undo_of(client: Client, path: str = "/follow-ups") -> str:
    form = BeautifulSoup(client.get(path).text, "lxml").select_one(".flash form")
    assert form is not None
    return str(form["action"])


def test_completing_takes_it_off_the_list_and_offers_to_log_it_and_to_undo(
    promise: Interaction, nell: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    answer = post(client, of(promise, "completion"))
    assert (answer.status_code, answer.location) == (303, "/follow-ups")
    assert (promise.completed_by, promise.completed_at is not None) == (nell.user_id, True)
    page = BeautifulSoup(client.get("/follow-ups").text, "lxml")
    assert not page.select(".task")
    flash = page.select_one(".flash")
    assert flash is not None
    assert "Completed Send the spec sheet." in flash.text
    assert flash.select_one("a")["href"] == f"/interactions/new?follow_up={promise.interaction_id}"  # type: ignore[index]
    assert flash.select_one("form")["action"] == of(promise, "reopening")  # type: ignore[index]


def test_log_it_after_completing_ties_the_entry_to_the_promise(
    promise: Interaction, nell: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    post(client, of(promise, "completion"))
    log_url = f"/interactions/new?follow_up={promise.interaction_id}"
    form = BeautifulSoup(client.get(log_url).text, "lxml").select_one("#log-form")
    assert form is not None
    names = ("about", "follow_up_kept", "keeps")
    filled = {name: form.select_one(f"[name={name}]")["value"] for name in names}  # type: ignore[index]
    completed_at = promise.completed_at
    assert post(client, "/interactions", interaction_type="Email", **filled).status_code == 303
    entry = db.session.scalars(sa.select(Interaction).order_by(Interaction.interaction_id.desc())).first()
    assert entry is not None
    assert (promise.completed_with, promise.completed_at) == (entry.interaction_id, completed_at)


@pytest.mark.parametrize("here", [ON_THE_LIST, ON_TODAY])
def test_to_a_script_the_answer_brings_list_badge_and_toast_at_once(
    here: dict[str, str], promise: Interaction, make: Make, nell: User, sign_in: SignIn
) -> None:
    other = make.interaction(author=nell, follow_up_date=day(-1), follow_up_note="Another")
    answer = post(sign_in(nell), of(promise, "completion"), headers=here)
    assert answer.status_code == 200
    page = BeautifulSoup(answer.text, "lxml")
    content = page.select_one("#content[hx-swap-oob=true]")
    assert content is not None
    assert [row["id"] for row in content.select(".task")] == [f"follow-up-{other.interaction_id}"]
    assert "Completed Send the spec sheet." in toasts(answer)[0].text
    assert {link.text for link in toasts(answer)[0].select("a.btn")} == {"Log it"}
    assert "1 overdue" in " ".join(page.text.split())
    assert (answer.headers["HX-Reswap"], answer.headers["HX-Trigger"]) == ("none", "pantry:done")


def test_a_completion_is_taken_back(promise: Interaction, nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    post(client, of(promise, "completion"))
    answer = post(client, undo_of(client), headers=ON_THE_LIST)
    assert promise.completed_at is None
    assert f"follow-up-{promise.interaction_id}" in answer.text
    assert "Open again: Send the spec sheet." in toasts(answer)[0].text


def test_anybody_completes_but_who_comes_second_is_told(
    promise: Interaction, nell: User, otis: User, sign_in: SignIn
) -> None:
    post(sign_in(otis), of(promise, "completion"))
    assert promise.completed_by == otis.user_id
    first = promise.completed_at
    answer = post(sign_in(nell), of(promise, "completion"), headers=ON_THE_LIST)
    assert answer.status_code == 200
    assert "Otis Brandt completed this already." in toasts(answer)[0].text
    assert (promise.completed_by, promise.completed_at) == (otis.user_id, first)


@pytest.mark.parametrize(
    ("act", "data"),
    [
        ("completion", {}),
        ("snooze", {"until": day(2)}),
        ("date", {"date": day(2)}),
        ("owner", {"owner": "otis"}),
    ],
)
def test_a_post_sent_twice_is_done_once_and_answered_alike(
    act: str, data: dict[str, Any], promise: Interaction, nell: User, otis: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    sent = {"request_key": str(uuid4()), "version": promise.version, **data}
    if "owner" in sent:
        sent["owner"] = otis.user_id
    first = client.submit(of(promise, act), sent)
    version = promise.version
    second = client.submit(of(promise, act), sent)
    assert (
        (first.status_code, first.location) == (second.status_code, second.location) == (303, "/follow-ups")
    )
    assert promise.version == version == 2
    assert db.session.scalar(sa.select(sa.func.count()).select_from(RequestKey)) == 1


def test_snoozing_hides_it_until_its_day(promise: Interaction, nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    answer = post(client, of(promise, "snooze"), until=day(3), version=promise.version)
    assert answer.status_code == 303
    assert (promise.snoozed_until_on, promise.follow_up_date) == (day(3), day(-3))
    assert "Snoozed until" in said(client)
    assert not BeautifulSoup(client.get("/follow-ups").text, "lxml").select(".task")
    snoozed = BeautifulSoup(client.get("/follow-ups?when=snoozed").text, "lxml")
    assert len(snoozed.select("#snoozed .task")) == 1
    assert "Snoozed until" in snoozed.select_one(".why").text  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("act", "data"),
    [("snooze", {"until": day(2)}), ("date", {"date": day(0)}), ("owner", {"owner": "otis"})],
)
def test_each_change_is_undone_from_its_message(
    act: str, data: dict[str, Any], promise: Interaction, nell: User, otis: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    if "owner" in data:
        data = {"owner": otis.user_id}
    post(client, of(promise, act), version=promise.version, **data)
    assert (promise.follow_up_date, promise.snoozed_until_on, promise.owner_id) != (
        day(-3),
        None,
        nell.user_id,
    )
    undo = undo_of(client)
    stranger = post(client, undo.replace("was=", "was=x"))
    assert stranger.status_code == 400
    assert post(client, undo).status_code == 303
    assert (
        promise.follow_up_date,
        promise.snoozed_until_on,
        promise.owner_id,
        promise.times_rescheduled,
    ) == (
        day(-3),
        None,
        nell.user_id,
        0,
    )
    assert "was changed again since" in toasts(post(client, undo, headers=ON_THE_LIST))[-1].text


def test_an_undo_is_good_for_who_did_it_and_for_what_it_was_made(
    promise: Interaction, make: Make, nell: User, mara: User, sign_in: SignIn
) -> None:
    other = make.interaction(author=nell, follow_up_date=day(-3))
    client = sign_in(nell)
    post(client, of(promise, "snooze"), until=day(2), version=promise.version)
    undo = undo_of(client)
    number = str(promise.interaction_id)
    assert post(client, undo.replace(number, str(other.interaction_id), 1)).status_code == 403
    assert post(sign_in(mara), undo).status_code == 403
    assert promise.snoozed_until_on == day(2)


@pytest.mark.parametrize(
    ("act", "data", "complaint"),
    [
        ("snooze", {"until": day(0)}, "Choose a day from tomorrow on."),
        ("snooze", {"until": ""}, "Choose the day on which it should come back."),
        ("snooze", {"until": "tomorrow"}, "Write the day as year-month-day"),
        ("snooze", {"until": "3026-11-24"}, "Check the year."),
        ("date", {"date": day(-1)}, "Choose a day from today on."),
        ("date", {}, "Choose the new day."),
        ("date", {"date": "2026-02-30"}, "Write the day as year-month-day"),
        ("owner", {"owner": 2**70}, "Choose a colleague."),
        ("owner", {"owner": "x"}, "Choose a colleague."),
        ("owner", {}, "Choose a colleague."),
        ("owner", {"owner": 999_999_999}, "does not sign in here any more"),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field(
    act: str, data: dict[str, Any], complaint: str, promise: Interaction, nell: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    for headers in ({}, ON_THE_LIST):
        answer = post(client, of(promise, act), version=promise.version, headers=headers, **data)
        assert answer.status_code == 422
        found = BeautifulSoup(answer.text, "lxml").select(".error")
        assert any(complaint in error.text for error in found), [error.text for error in found]
    assert (promise.follow_up_date, promise.snoozed_until_on, promise.version) == (day(-3), None, 1)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(RequestKey)) == 0


def test_snoozing_what_is_due_later_anyway_is_refused(make: Make, nell: User, sign_in: SignIn) -> None:
    later = make.interaction(author=nell, follow_up_date=day(9))
    answer = post(sign_in(nell), of(later, "snooze"), until=day(2), version=1)
    assert answer.status_code == 422
    assert "not due before that day anyway" in answer.text
    assert later.snoozed_until_on is None


@pytest.mark.parametrize(
    ("act", "data"),
    [("snooze", {"until": day(2)}), ("date", {"date": day(5)})],
)
def test_who_looked_at_an_older_version_sees_both_and_chooses_again(
    act: str, data: dict[str, Any], promise: Interaction, nell: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    post(client, of(promise, "date"), date=day(1), version=1)
    answer = post(client, of(promise, act), version=1, headers=ON_THE_LIST, **data)
    assert answer.status_code == 409
    page = BeautifulSoup(answer.text, "lxml")
    assert "Somebody changed this since you opened it." in page.text
    assert f'datetime="{day(1).isoformat()}"' in answer.text
    (field,) = [*data]
    assert page.select_one(f"input[type=date][name={field}]")["value"] == data[field].isoformat()  # type: ignore[index]
    assert {hidden["value"] for hidden in page.select("input[name=version]")} == {"2"}
    assert promise.follow_up_date == day(1)


@pytest.mark.parametrize("act", ["snooze", "date", "owner"])
def test_a_colleagues_promise_is_not_ones_own_to_move(
    act: str, promise: Interaction, otis: User, sign_in: SignIn
) -> None:
    client = sign_in(otis)
    answer = post(client, of(promise, act), until=day(2), date=day(2), owner=otis.user_id, version=1)
    assert answer.status_code == 403
    assert promise.version == 1
    assert "Reschedule" not in client.get(f"/follow-ups/{promise.interaction_id}").text


@pytest.mark.parametrize("who", ["mara", "ada"])
def test_a_manager_and_an_admin_move_it(
    who: str, promise: Interaction, request: pytest.FixtureRequest, sign_in: SignIn
) -> None:
    client = sign_in(request.getfixturevalue(who))
    assert post(client, of(promise, "date"), date=day(4), version=1).status_code == 303
    assert promise.follow_up_date == day(4)


def test_anybody_takes_what_nobody_keeps(make: Make, otis: User, sign_in: SignIn) -> None:
    left = make.interaction(follow_up_date=day(-1))
    client = sign_in(otis)
    assert "Nobody" in client.get(f"/follow-ups/{left.interaction_id}").text
    assert post(client, of(left, "owner"), owner=otis.user_id, version=1).status_code == 303
    assert left.owner_id == otis.user_id


ACTS = ("completion", "reopening", "snooze", "date", "owner", "return")


@pytest.mark.parametrize("act", ACTS)
def test_what_is_no_promise_is_not_found(act: str, make: Make, nell: User, sign_in: SignIn) -> None:
    plain = make.interaction(author=nell)
    client = sign_in(nell)
    if act == "return":
        return  # an address that only an act hands out: tested above
    for number in (plain.interaction_id, 2**62, 2**80):
        assert post(client, f"/follow-ups/{number}/{act}", version=1).status_code == 404


@pytest.mark.parametrize("act", ACTS)
def test_without_token_key_or_person_nothing_is_done(
    act: str, promise: Interaction, nell: User, sign_in: SignIn, client: Client
) -> None:
    sent = {"until": day(2), "date": day(2), "version": 1}
    key = {"request_key": str(uuid4())}
    assert client.submit(of(promise, act), sent | key).status_code == 401
    sign_in(nell)
    assert client.post(of(promise, act), data=sent | key).status_code == 400
    assert client.submit(of(promise, act), sent).status_code == 400
    assert client.submit(of(promise, act), sent | {"request_key": "x"}).status_code == 400
    assert client.get(of(promise, act)).status_code in (404, 405)
    assert promise.version == 1


@pytest.mark.parametrize("who", ["999999999", "x", "-1", str(2**70)])
def test_a_list_of_somebody_unknown_is_not_found(who: str, nell: User, sign_in: SignIn) -> None:
    assert sign_in(nell).get(f"/follow-ups?who={who}").status_code == 404


@pytest.mark.parametrize("asked", ["when=never", "after=x", "after=2026-11-16.4&when=week", "when="])
def test_a_list_that_is_asked_for_strangely_is_shown_as_well_as_can_be(
    asked: str, nell: User, sign_in: SignIn
) -> None:
    assert sign_in(nell).get(f"/follow-ups?{asked}").status_code == 200


def test_the_list_of_a_colleague_shows_theirs_and_says_so(
    promise: Interaction, nell: User, otis: User, sign_in: SignIn
) -> None:
    page = BeautifulSoup(sign_in(otis).get(f"/follow-ups?who={nell.user_id}").text, "lxml")
    assert page.select_one("h1").text == "Follow-ups of Nell Okafor"  # type: ignore[union-attr]
    assert len(page.select(".task")) == 1
    assert not page.select("[data-key=s]")
    assert not page.select("button[form=move-overdue]")


def test_a_long_list_goes_on_by_key(make: Make, nell: User, sign_in: SignIn) -> None:
    at = make.organization()
    for n in range(60):
        make.interaction(organization=at, author=nell, follow_up_date=day(-(n % 7) - 1))
    client = sign_in(nell)
    seen: list[str] = []
    path: str | None = "/follow-ups"
    for _ in range(3):
        if path is None:
            break
        page = BeautifulSoup(client.get(path).text, "lxml")
        seen += [str(row["id"]) for row in page.select(".task")]
        further = page.select_one("a[rel=next]")
        path = str(further["href"]) if further else None
    assert len(seen) == len(set(seen)) == 60


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/follow-ups", "Nobody is waiting"),
        ("/follow-ups?when=overdue", "Nothing here"),
        ("/follow-ups?who=nobody", "Every follow-up has somebody"),
        ("/follow-ups?after=2026-11-16.4", "That was the last of them"),
    ],
)
def test_an_empty_list_says_why_that_is_fine_and_what_to_do(
    path: str, heading: str, nell: User, sign_in: SignIn
) -> None:
    empty = BeautifulSoup(sign_in(nell).get(path).text, "lxml").select_one(".empty")
    assert empty is not None
    assert heading in empty.text
    assert empty.select("a")


def test_the_page_of_a_promise_tells_what_came_of_it(
    promise: Interaction, nell: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    path = f"/follow-ups/{promise.interaction_id}"
    assert "Reschedule" in client.get(path).text
    here = {"HX-Request": "true", "HX-Current-URL": f"http://localhost{path}"}
    answer = post(client, of(promise, "completion"), headers=here)
    assert re.search(r"Completed</dt><dd>.+ by Nell Okafor", answer.text)
    assert "Reschedule" not in answer.text


def test_a_form_without_scripts_leads_back_where_it_stood(
    promise: Interaction, nell: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    cases = {
        "http://localhost/": "/",
        "http://localhost/follow-ups?who=everyone": "/follow-ups?who=everyone",
        f"http://localhost{of(promise, 'snooze')}": "/follow-ups",
        "https://evil.example/x": "/follow-ups",
    }
    for referrer, back in cases.items():
        answer = post(client, of(promise, "completion"), headers={"Referer": referrer})
        assert answer.location == back


def overdue_mark(client: Client, path: str = "/follow-ups") -> str:
    mark = BeautifulSoup(client.get(path).text, "lxml").select_one("#move-overdue [name=mark]")
    assert mark is not None
    return str(mark["value"])


def test_all_that_is_overdue_moves_to_tomorrow_and_back(
    promise: Interaction, make: Make, nell: User, sign_in: SignIn
) -> None:
    older = make.interaction(author=nell, follow_up_date=day(-9))
    due = make.interaction(author=nell, follow_up_date=day(0))
    client = sign_in(nell)
    answer = post(client, "/follow-ups/moves", mark=overdue_mark(client))
    assert answer.status_code == 303
    assert [row.follow_up_date for row in (promise, older, due)] == [day(1), day(1), day(0)]
    assert "Moved two follow-ups to" in said(client)
    (job,) = db.session.scalars(sa.select(Job)).all()
    answer = post(client, f"/follow-ups/moves/{job.job_id}/return", headers=ON_THE_LIST)
    assert "Two follow-ups back on the old day." in toasts(answer)[0].text
    assert [row.follow_up_date for row in (promise, older, due)] == [day(-3), day(-9), day(0)]


def test_a_list_that_changed_meanwhile_is_not_moved(
    promise: Interaction, make: Make, nell: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    mark = overdue_mark(client)
    make.interaction(author=nell, follow_up_date=day(-9))
    answer = post(client, "/follow-ups/moves", mark=mark, headers=ON_THE_LIST)
    assert "This list changed since you opened it." in toasts(answer)[0].text
    assert promise.follow_up_date == day(-3)
    answer = post(client, "/follow-ups/moves", headers=ON_THE_LIST)
    assert "Load the page again" in toasts(answer)[0].text


def test_a_move_is_only_its_makers_to_undo(
    promise: Interaction, nell: User, mara: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    post(client, "/follow-ups/moves", mark=overdue_mark(client))
    (job,) = db.session.scalars(sa.select(Job)).all()
    assert post(sign_in(mara), f"/follow-ups/moves/{job.job_id}/return").status_code == 404
    assert promise.follow_up_date == day(1)


def test_a_day_offered_at_one_tap_is_after_today_and_after_the_day_it_is_due() -> None:
    tuesday = date(2026, 11, 24)
    assert [words for words, _ in snooze_days(tuesday, tuesday)] == ["Tomorrow", "In 3 days", "Next week"]
    assert [on.isoformat() for _, on in snooze_days(tuesday, tuesday)] == [
        "2026-11-25",
        "2026-11-27",
        "2026-12-01",
    ]
    assert snooze_days(date(2026, 11, 27), tuesday) == [("Next week", date(2026, 12, 1))]
    assert snooze_days(date(2026, 12, 8), tuesday) == []


def test_next_week_is_the_same_day_when_promising_and_when_snoozing(
    promise: Interaction, nell: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    later = BeautifulSoup(client.get(f"/follow-ups/{promise.interaction_id}").text, "lxml")
    form = BeautifulSoup(client.get("/interactions/new").text, "lxml")
    (snoozing,) = [button for button in later.select("button") if "Next week" in button.text]
    (promising,) = [tile for tile in form.select(".choice") if "Next week" in tile.text]
    assert snoozing.small is not None
    assert promising.small is not None
    assert snoozing.small.text == promising.small.text


def test_every_row_works_by_key(promise: Interaction, nell: User, sign_in: SignIn, app: Flask) -> None:
    page = BeautifulSoup(sign_in(nell).get("/follow-ups").text, "lxml")
    row = page.select_one("li.task[data-row]")
    assert row is not None
    assert row.select_one("a[data-row-link]")["href"] == f"/follow-ups/{promise.interaction_id}"  # type: ignore[index]
    assert row.select_one("form button[data-key=e]")
    later = row.select_one("a[data-key=s]")
    assert later is not None
    dialog = page.select_one(f"dialog#{later['data-open']}")
    assert dialog is not None
    assert dialog.select_one(str(later["hx-target"]))


def test_a_promise_completed_long_ago_is_no_longer_counted_anywhere(
    make: Make, nell: User, sign_in: SignIn
) -> None:
    make.interaction(author=nell, follow_up_date=day(-30), completed_at=datetime.now(UTC))
    page = BeautifulSoup(sign_in(nell).get("/follow-ups").text, "lxml")
    assert {chip.select_one(".num").text for chip in page.select(".chip")} == {"0"}  # type: ignore[union-attr]
