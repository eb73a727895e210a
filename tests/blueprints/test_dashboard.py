"""The dashboard: each panel alone and together, figures that are their lists, in few statements."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag

from crm.models import DashboardPreference, User
from tests.clients import Client
from tests.factories import Make, as_role

SignIn = Callable[[User], Client]
Counting = Callable[[], AbstractContextManager[list[str]]]

CHICAGO = ZoneInfo("America/Chicago")


def today() -> date:
    return datetime.now(CHICAGO).date()


def ago(days: int) -> datetime:
    """Noon of a day of the firm."""
    return datetime.combine(today() - timedelta(days=days), time(12), CHICAGO)


def page(client: Client, path: str = "/dashboard", **headers: str) -> BeautifulSoup:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text[:500]
    return BeautifulSoup(answer.text, "html.parser")


def text(found: Tag | None) -> str:
    assert found is not None
    return " ".join(" ".join(found.stripped_strings).split())


def rows_behind(client: Client, href: str) -> int:
    """How many rows the list at an address has: what its first chip or its head says."""
    seen = page(client, href)
    said = seen.select_one(".chips .chip[aria-current] .num") or seen.select_one(".lede")
    if "/follow-ups" in href or "/principals" in href:
        return int(text(said).replace(",", ""))
    return len(seen.select("tbody tr"))


@pytest.fixture
def book(make: Make, nell: User, otis: User) -> None:
    """Principals at every level, promises on every side of today, opportunities that are quiet."""
    for n, days in enumerate((1, 5, 10, 20, 50)):
        maker = make.principal(f"Maker {n}", owner=nell if n % 2 else otis, segment="Casual")
        make.interaction(principals=[maker], author=nell, on=ago(days))
    make.principal("Never called", owner=nell)
    for days in (-3, -1, 0, 4):
        make.interaction(
            author=nell, follow_up_date=today() + timedelta(days=days), follow_up_note=f"in {days}"
        )
    make.interaction(author=otis, follow_up_date=today() - timedelta(days=2), follow_up_note="His own")
    make.interaction(follow_up_date=today(), follow_up_note="Nobody's")
    make.opportunity("Quiet one", owner=nell, stage_changed_at=ago(40))
    make.opportunity("Fresh one", owner=nell)
    make.opportunity("His quiet one", owner=otis, stage_changed_at=ago(40))


@pytest.mark.usefixtures("book")
def test_a_rep_opens_on_their_own_book_and_a_manager_on_everybodys(
    nell: User, mara: User, sign_in: SignIn
) -> None:
    own = page(sign_in(nell))
    assert text(own.select_one(".page-actions [aria-current]")) == "Mine"
    assert "3 principals, by last interaction" in text(own.select_one("#panel-engagement"))
    assert "His quiet one" not in text(own.select_one("#panel-stale"))
    everybodys = page(sign_in(mara))
    assert text(everybodys.select_one(".page-actions [aria-current]")) == "Everyone’s"
    assert "6 principals, by last interaction" in text(everybodys.select_one("#panel-engagement"))
    assert "His quiet one" in text(everybodys.select_one("#panel-stale"))


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize("whose", ["me", "everyone"])
def test_every_gauge_leads_to_as_many_principals_as_it_counts(
    nell: User, sign_in: SignIn, whose: str
) -> None:
    client = sign_in(nell)
    gauges = page(client, f"/dashboard?whose={whose}").select("#panel-engagement .gauge")
    assert len(gauges) == 5
    for gauge in gauges:
        n = int(text(gauge.select_one(".of")).split()[0])
        assert rows_behind(client, str(gauge["href"])) == n, gauge["href"]


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize("whose", ["me", "everyone"])
def test_every_count_of_follow_ups_is_that_of_its_list(nell: User, sign_in: SignIn, whose: str) -> None:
    client = sign_in(nell)
    chips = page(client, f"/dashboard?whose={whose}").select("#panel-follow-ups .chip")
    counted = [int(text(chip.select_one(".num"))) for chip in chips]
    assert counted == ([2, 1, 1] if whose == "me" else [3, 2, 1])
    assert [rows_behind(client, str(chip["href"])) for chip in chips] == counted


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize(("whose", "n"), [("me", 1), ("everyone", 2)])
def test_the_stale_opportunities_are_those_of_the_list(
    nell: User, sign_in: SignIn, whose: str, n: int
) -> None:
    client = sign_in(nell)
    panel = page(client, f"/dashboard?whose={whose}").select_one("#panel-stale")
    assert panel is not None
    assert f"Stale opportunities {n} stale" in text(panel)
    assert "quiet 40 days" in text(panel)
    link = panel.select_one("header .aside a")
    assert link is not None
    assert rows_behind(client, str(link["href"])) == n == len(panel.select(".rows > li"))


def test_a_follow_up_is_completed_in_place_and_the_panel_goes_on_without_it(
    make: Make, nell: User, sign_in: SignIn
) -> None:
    make.interaction(author=nell, follow_up_date=today(), follow_up_note="Call about breakfast")
    client = sign_in(nell)
    form = page(client).select_one("#panel-follow-ups form")
    assert form is not None
    fields = {str(field["name"]): str(field["value"]) for field in form.select("input[name]")}
    answer = client.post(
        str(form["action"]),
        data=fields,
        headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/dashboard"},
    )
    assert answer.status_code == 200
    again = BeautifulSoup(answer.text, "html.parser").select_one("#content #panel-follow-ups")
    assert "Nobody is waiting" in text(again)


@pytest.mark.usefixtures("book")
def test_a_panel_stands_at_an_address_of_its_own_and_alone_for_htmx(nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    for section in page(client).select("[data-panel]"):
        address = str(section["hx-get"])
        assert section["id"] == f"panel-{section['data-panel']}"
        whole = page(client, address)
        assert whole.select_one("h1") is not None
        assert whole.select_one(f"#{section['id']}") is not None
        part = client.get(address, headers={"HX-Request": "true"})
        assert part.text.lstrip().startswith("<section")
        assert "HX-Replace-Url" not in part.headers


@pytest.mark.usefixtures("book")
def test_every_panel_knows_its_answer(mara: User, sign_in: SignIn) -> None:
    seen = page(sign_in(mara))
    assert [panel["data-panel"] for panel in seen.select("[data-panel]")] == [
        *("engagement", "metrics", "follow-ups", "stale", "momentum"),
        *("principals", "coverage", "scorecards"),
    ]
    assert "Not known" not in seen.text


@pytest.mark.usefixtures("book")
def test_a_panel_that_fails_says_not_known_and_leaves_the_others_alone(
    nell: User, sign_in: SignIn, database: sa.Connection
) -> None:
    client = sign_in(nell)
    with as_role(database, "kp_owner"):
        database.exec_driver_sql("alter table opportunity_products rename to gone")
    seen = page(client)
    assert "Not known." in text(seen.select_one("#panel-stale"))
    assert seen.select_one("#panel-stale .count") is None
    assert "Not known" not in text(seen.select_one("#panel-engagement"))
    assert "Not known" not in text(seen.select_one("#panel-follow-ups"))
    assert "Not known." in text(page(client, "/dashboard/stale").select_one("#panel-stale"))


def test_what_was_asked_last_is_remembered_for_that_person_alone(
    make: Make, nell: User, otis: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    page(client, "/dashboard?whose=everyone&keep=1")
    assert text(page(client).select_one(".page-actions [aria-current]")) == "Everyone’s"
    page(client, "/dashboard?whose=me")  # looked at, not chosen
    assert text(page(client).select_one(".page-actions [aria-current]")) == "Everyone’s"
    assert text(page(sign_in(otis)).select_one(".page-actions [aria-current]")) == "Mine"


def test_an_address_that_means_nothing_counts_as_not_said(nell: User, sign_in: SignIn) -> None:
    seen = page(
        sign_in(nell), "/dashboard?whose=99999999999999999999&period=ever&level=hot&owner=x&segment=%00"
    )
    assert text(seen.select_one(".page-actions [aria-current]")) == "Mine"


def test_momentum_tells_the_last_seven_days_from_the_seven_before(
    make: Make, nell: User, sign_in: SignIn
) -> None:
    for name, now, before in (("Up", 3, 1), ("Same", 2, 2), ("Down", 1, 3), ("Still", 0, 2)):
        maker = make.principal(name, owner=nell)
        for days, n in ((1, now), (8, before)):
            for _ in range(n):
                make.interaction(principals=[maker], author=nell, on=ago(days))
    client = sign_in(nell)
    groups = page(client).select("#panel-momentum .momentum")
    assert [text(group.select_one(".rows a")) for group in groups] == ["Up", "Same", "Down", "Still"]
    for group in groups:
        for link in group.select(".num a"):
            assert rows_behind(client, str(link["href"])) == int(text(link))


@pytest.mark.parametrize("who", ["nell", "mara"])
def test_the_dashboard_takes_as_many_statements_with_a_hundred_rows_as_with_ten(
    who: str, make: Make, request: pytest.FixtureRequest, nell: User, sign_in: SignIn, statements: Counting
) -> None:
    client = sign_in(request.getfixturevalue(who))
    taken = []
    for rows in (10, 90):
        for n in range(rows):
            maker = make.principal(owner=nell)
            make.product(principal=maker)
            make.opportunity(owner=nell, principals=[maker], stage_changed_at=ago(60))
            make.interaction(principals=[maker], author=nell, follow_up_date=today() - timedelta(days=n % 3))
        with statements() as seen:
            answer = client.get("/dashboard")
        taken.append(len(seen))
        assert "Not known" not in answer.text
    assert taken[0] == taken[1] <= 10


def test_preferences_are_kept_in_one_row_a_person(
    nell: User, sign_in: SignIn, database: sa.Connection
) -> None:
    client = sign_in(nell)
    for whose in ("everyone", "me"):
        page(client, f"/dashboard?whose={whose}&keep=1")
    with as_role(database, "kp_owner"):
        found = database.execute(sa.select(DashboardPreference.user_id, DashboardPreference.filters)).all()
    assert [tuple(row) for row in found] == [(nell.user_id, "whose=me&period=week")]
