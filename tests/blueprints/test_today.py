"""Today: who waits, how the week goes, who grows cold; in few statements, for ten rows or a hundred."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup, Tag

from crm import sentences
from crm.models import User
from crm.queries.follow_ups import Counts
from crm.queries.promises import When
from crm.queries.today import Pace
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]
Counting = Callable[[], AbstractContextManager[list[str]]]


def today() -> date:
    return datetime.now(ZoneInfo("America/Chicago")).date()


def page(client: Client, path: str = "/") -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "lxml")


def text(found: Tag | None) -> str:
    assert found is not None
    return " ".join(" ".join(found.stripped_strings).split())


def test_it_shows_what_is_overdue_and_due_today_and_nothing_later(
    make: Make, nell: User, otis: User, sign_in: SignIn
) -> None:
    for days, note in ((-3, "Send the spec sheet"), (0, "Call about breakfast"), (1, "Not yet")):
        make.interaction(author=nell, follow_up_date=today() + timedelta(days=days), follow_up_note=note)
    make.interaction(author=otis, follow_up_date=today(), follow_up_note="His own")
    seen = page(sign_in(nell))
    assert [text(row) for row in seen.select("#overdue .what")] == ["Send the spec sheet"]
    assert [text(row) for row in seen.select("#today .what")] == ["Call about breakfast"]
    assert "Not yet" not in seen.text
    assert "His own" not in seen.text


def test_the_badge_is_the_number_of_the_list(make: Make, nell: User, sign_in: SignIn) -> None:
    for _ in range(3):
        make.interaction(author=nell, follow_up_date=today() - timedelta(days=2))
    make.interaction(
        author=nell, follow_up_date=today() - timedelta(days=2), snoozed_until_on=today() + timedelta(days=1)
    )
    client = sign_in(nell)
    for path, rows in (("/", "#overdue .task"), ("/follow-ups", "#overdue .task")):
        seen = page(client, path)
        badge = seen.select_one(".sidebar .nav .count")
        assert badge is not None
        assert text(badge) == "3 overdue"
        assert len(seen.select(rows)) == 3
        heading = seen.select_one("#overdue .count")
        assert heading is not None
        assert text(heading) == "3"


def test_with_nobody_waiting_it_says_what_to_do_instead(make: Make, nell: User, sign_in: SignIn) -> None:
    jam = make.principal("Copperpot Preserves", owner=nell)
    make.interaction(principals=[jam], author=nell, on=datetime.now(UTC) - timedelta(days=26))
    seen = page(sign_in(nell))
    lede = seen.select_one(".lede")
    assert lede is not None
    assert "Nobody is waiting. Good moment to warm up Copperpot Preserves, quiet for 26 days." in text(lede)
    assert "Nobody is waiting" in seen.select_one("#today .empty h3").text  # type: ignore[union-attr]
    assert not seen.select("#overdue")
    assert "Low, Inactive on" in text(seen.select_one("#cold"))


def test_the_week_has_a_tally_for_each_principal_and_the_pace(
    make: Make, nell: User, sign_in: SignIn
) -> None:
    dairy = make.principal("Larkmeadow Dairy", owner=nell)
    make.interaction(principals=[dairy], author=nell)
    week = page(sign_in(nell)).select_one("#week")
    assert week is not None
    assert "Larkmeadow Dairy 1 of 10 interactions this week" in text(week)
    assert "One interaction so far, one more than by" in text(week)


def test_a_manager_sees_what_grows_cold_in_the_whole_firm(
    make: Make, mara: User, otis: User, sign_in: SignIn
) -> None:
    jam = make.principal("Copperpot Preserves", owner=otis)
    make.interaction(principals=[jam], author=otis, on=datetime.now(UTC) - timedelta(days=26))
    assert "Copperpot Preserves" in text(page(sign_in(mara)).select_one("#cold"))


def test_what_was_logged_today_leads_to_as_many_rows(make: Make, nell: User, sign_in: SignIn) -> None:
    for kind in ("Phone Call", "Phone Call", "Demo/sampled"):
        make.interaction(author=nell, interaction_type=kind)
    make.interaction(author=nell, on=datetime.now(UTC) - timedelta(days=2))
    client = sign_in(nell)
    figure, every = page(client).select("h2#lately + .aside a")
    assert text(figure) == "two calls, one tasting"
    for link, n in ((figure, 3), (every, 4)):
        rows = BeautifulSoup(client.get(str(link["href"])).text, "lxml").select("tbody tr")
        assert len(rows) == n


def test_a_long_list_shows_its_beginning_and_the_way_to_the_rest(
    make: Make, nell: User, sign_in: SignIn
) -> None:
    at = make.organization()
    for _ in range(25):
        make.interaction(organization=at, author=nell, follow_up_date=today() - timedelta(days=2))
    overdue = page(sign_in(nell)).select_one("#overdue")
    assert overdue is not None
    assert len(overdue.select(".task")) == 20
    assert overdue.select_one("footer a")["href"] == "/follow-ups?when=overdue"  # type: ignore[index]
    assert "All 25" in text(overdue)


@pytest.mark.parametrize("path", ["/", "/follow-ups", "/follow-ups?who=everyone"])
def test_a_page_takes_as_many_statements_with_a_hundred_rows_as_with_ten(
    path: str, make: Make, nell: User, sign_in: SignIn, statements: Counting
) -> None:
    makers = [make.principal(owner=nell) for _ in range(3)]
    client = sign_in(nell)
    taken = []
    for rows in (10, 90):
        for n in range(rows):
            make.interaction(
                contact=make.contact(),
                principals=makers,
                author=nell,
                follow_up_date=today() - timedelta(days=n % 3),
            )
        with statements() as seen:
            assert client.get(path).status_code == 200
        taken.append(len(seen))
    assert taken[0] == taken[1] <= 8


def test_a_fragment_is_the_content_alone(nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    for path in ("/", "/follow-ups"):
        answer = client.get(path, headers={"HX-Request": "true"})
        assert answer.text.lstrip().startswith('<div id="content" data-live=')
        assert "HX-Request" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("hour", "said"),
    [(3, "evening"), (4, "morning"), (11, "morning"), (12, "afternoon"), (16, "afternoon"), (17, "evening")],
)
def test_the_greeting_goes_by_the_persons_clock(hour: int, said: str) -> None:
    assert sentences.greeting("Nell", hour) == f"Good {said}, Nell"


def counts(waiting: int = 0, since: int = 0, **of: int) -> Counts:
    return Counts({when: of.get(when.value, 0) for when in When}, waiting, since, overdue_mark="")


@pytest.mark.parametrize(
    ("waiting", "since", "said"),
    [
        (7, 3, "Seven people are waiting to hear from you, three of them since last week."),
        (12, 0, "12 people are waiting to hear from you."),
        (1, 0, "One person is waiting to hear from you."),
        (1, 1, "One person is waiting to hear from you, since last week."),
        (2, 2, "Two people are waiting to hear from you, all of them since last week."),
        (0, 0, "Nobody is waiting. Good moment for a call you like to make."),
    ],
)
def test_the_sentence_says_how_many_people_wait(waiting: int, since: int, said: str) -> None:
    tuesday = date(2026, 11, 24)
    assert sentences.waiting(counts(waiting, since), tuesday, None) == f"Tuesday 24 November. {said}"


@pytest.mark.parametrize(
    ("so_far", "by_then", "said"),
    [
        (21, 17, "21 interactions so far, four more than by Tuesday last week."),
        (3, 14, "Three interactions so far, 11 fewer than by Tuesday last week."),
        (1, 1, "One interaction so far, as many as by Tuesday last week."),
        (0, 2, "No interactions so far, two fewer than by Tuesday last week."),
        (0, 0, "No interactions yet this week."),
    ],
)
def test_the_pace_is_told_in_a_sentence(so_far: int, by_then: int, said: str) -> None:
    assert sentences.pace(Pace(so_far, by_then), date(2026, 11, 24)) == said


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ({"overdue": 3, "today": 3, "week": 2, "later": 4}, "Three overdue, three today, six after that."),
        ({"today": 1}, "None overdue, one today, none after that."),
        ({"snoozed": 2}, "Nothing to do now, two snoozed until later."),
        ({}, "Nothing is promised."),
    ],
)
def test_a_list_is_told_in_a_sentence(of: dict[str, int], said: str) -> None:
    assert sentences.promises(counts(**of)) == said
