"""The dashboard: each panel alone and together, figures that are their lists, in few statements."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag

from crm.enums import OpportunityStage
from crm.models import DashboardPreference, OpportunityStageChange, Sample, User
from crm.queries.dashboard.periods import Period, spans
from crm.queries.dashboard.pulses import Pulse
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
    return BeautifulSoup(answer.text, "lxml")


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
    again = BeautifulSoup(answer.text, "lxml").select_one("#content #panel-follow-ups")
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
    page(client, "/dashboard?whose=everyone&keep=whose")
    assert text(page(client).select_one(".page-actions [aria-current]")) == "Everyone’s"
    page(client, "/dashboard?whose=me")  # looked at, not chosen
    assert text(page(client).select_one(".page-actions [aria-current]")) == "Everyone’s"
    assert text(page(sign_in(otis)).select_one(".page-actions [aria-current]")) == "Mine"


def test_an_address_that_means_nothing_counts_as_not_said(nell: User, sign_in: SignIn) -> None:
    seen = page(
        sign_in(nell), "/dashboard?whose=99999999999999999999&period=ever&level=hot&owner=x&segment=%00"
    )
    assert text(seen.select_one(".page-actions [aria-current]")) == "Mine"


def test_what_is_chosen_in_one_panel_leaves_what_was_chosen_in_another(nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    here = {"HX-Request": "true", "HX-Current-URL": "http://localhost/dashboard?whose=everyone"}
    first = client.get("/dashboard/metrics?period=month&keep=period", headers=here)
    assert first.headers["HX-Replace-Url"] == "/dashboard?whose=everyone&period=month"
    old = "whose=everyone&period=week&level=low&owner=&segment=&q=jam&keep=level,owner,segment"
    second = client.get(f"/dashboard/principals?{old}", headers=here)
    assert second.headers["HX-Replace-Url"] == "/dashboard?whose=everyone&level=low&owner=&segment=&q=jam"
    seen = page(client)
    assert text(seen.select_one("#panel-metrics [aria-current]")) == "This month"
    assert seen.select("#panel-principals [name=level] option[selected]")[0]["value"] == "low"
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


@pytest.mark.slow
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
    for query in ("whose=everyone&keep=whose", "whose=me&level=low&period=month&keep=whose,level"):
        page(client, f"/dashboard?{query}")
    with as_role(database, "kp_owner"):
        found = database.execute(sa.select(DashboardPreference.user_id, DashboardPreference.filters)).all()
    assert [tuple(row) for row in found] == [(nell.user_id, "level=low&whose=me")]


def figures(panel: Tag | None, selector: str) -> list[tuple[str, int]]:
    """The links of figures that are not nothing, with the figures."""
    assert panel is not None
    found = [
        (str(link["href"]), int(link.find_all(string=True)[-1].replace(",", "")))
        for link in panel.select(selector)
    ]
    assert found
    return found


@pytest.fixture
def deeds(make: Make, nell: User, otis: User, mara: User) -> None:
    """Things done in this period and before, by several people, about one principal, two or none."""
    first, second = make.principal("First", owner=nell), make.principal("Second", owner=otis)
    for days in (0, 1, 3, 8, 15, 40, 95):
        for by, kind in ((nell, "Phone Call"), (nell, "Demo/sampled"), (otis, "Email")):
            make.interaction(principals=[first, second], author=by, on=ago(days), interaction_type=kind)
    make.interaction(author=nell, on=ago(0))
    make.interaction(principals=[first], author=nell, on=ago(1), is_touch=False)
    make.interaction(principals=[first], author=nell, on=ago(1), deleted_at=ago(0))
    for days, by in ((0, nell), (9, nell), (1, otis)):
        make.interaction(author=mara, owner=by, follow_up_date=today(), completed_at=ago(days), on=ago(200))
    for n, days in enumerate((0, 2, 9)):
        menu = make.opportunity(owner=nell, second_owner_id=otis.user_id if n else None, principals=[first])
        croissant = make.product(principal=first)
        promise = make.interaction(author=nell, follow_up_date=today(), opportunity=menu)
        for _ in range(2):
            make.save(
                Sample(
                    opportunity_id=menu.opportunity_id,
                    product_id=croissant.product_id,
                    follow_up_id=promise.interaction_id,
                    sent_on=today() - timedelta(days=days),
                )
            )
        for at, to in ((days, "Initial Outreach"), (days, "Awaiting Response"), (days, "Closed - Won")):
            make.save(
                OpportunityStageChange(
                    opportunity_id=menu.opportunity_id,
                    from_stage=OpportunityStage.NEW_LEAD,
                    to_stage=OpportunityStage(to),
                    changed_at=ago(at),
                )
            )


@pytest.mark.slow
@pytest.mark.usefixtures("deeds")
@pytest.mark.parametrize(
    ("whose", "period"),
    [
        # Three of the periods, of one's own work and of everybody's; --long asks for each of both.
        *(("everyone", "week"), ("me", "4-weeks"), ("everyone", "quarter")),
        *(pytest.param("everyone", period, marks=pytest.mark.long) for period in ("4-weeks", "month")),
        *(pytest.param("me", period, marks=pytest.mark.long) for period in ("week", "month", "quarter")),
    ],
)
def test_every_figure_of_activity_is_the_length_of_its_list(
    nell: User, sign_in: SignIn, whose: str, period: str
) -> None:
    client = sign_in(nell)
    panel = page(client, f"/dashboard/metrics?whose={whose}&period={period}").select_one("#panel-metrics")
    found = figures(panel, ".stat a")
    assert len(found) == 24
    assert sum(n for _, n in found) > 20
    for href, n in found:
        assert rows_behind(client, href) == n, href


@pytest.mark.usefixtures("deeds")
def test_every_week_of_the_heatmap_is_the_length_of_its_list(nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    panel = page(client, "/dashboard/coverage?whose=everyone").select_one("#panel-coverage")
    for href, n in figures(panel, ".heat a"):
        assert rows_behind(client, href) == n, href


@pytest.mark.slow
@pytest.mark.usefixtures("deeds")
@pytest.mark.parametrize("period", ["week", "quarter"])
def test_every_figure_of_a_scorecard_is_the_length_of_its_list(
    mara: User, ada: User, sign_in: SignIn, period: str
) -> None:
    client = sign_in(ada)
    panel = page(client, f"/dashboard/scorecards?period={period}").select_one("#panel-scorecards")
    assert panel is not None
    assert [text(name) for name in panel.select("tbody th")] == ["Nell Okafor", "Otis Brandt"]
    for href, n in figures(panel, "tbody td a"):
        assert rows_behind(client, href) == n, href
    own = page(sign_in(mara), "/dashboard/scorecards").select("#panel-scorecards tbody th")
    assert [text(name) for name in own] == ["Mara Lindqvist", "Nell Okafor"]


def test_a_card_tells_the_next_step_and_leads_to_logging_and_a_new_opportunity(
    make: Make, nell: User, otis: User, sign_in: SignIn
) -> None:
    cold, warm = make.principal("Cold", owner=nell), make.principal("Warm", owner=nell)
    make.product("Fig jam", principal=cold, category="Spreads")
    make.interaction(principals=[warm], author=nell, on=ago(0))
    soon, later = today() + timedelta(days=1), today() + timedelta(days=4)
    for day, note in ((later, "Then this"), (soon, "First this")):
        make.interaction(principals=[cold], author=otis, on=ago(30), follow_up_date=day, follow_up_note=note)
    cards = page(sign_in(nell)).select("#panel-principals .pcard")
    assert [text(card.select_one("h3")) for card in cards] == ["Cold", "Warm"]
    assert "Next step: First this" in text(cards[0])
    assert "Fig jam Spreads" in text(cards[0])
    assert "No follow-up planned" in text(cards[1])
    acts = [str(link["href"]) for link in cards[0].select(".acts a")]
    number = cold.organization_id
    assert acts == [f"/interactions/new?principal={number}", f"/opportunities/new?principal={number}"]


def test_cards_are_searched_by_principal_product_and_category_and_filtered(
    make: Make, nell: User, otis: User, sign_in: SignIn
) -> None:
    jam = make.principal("Copperpot Preserves", owner=nell, segment="Retail")
    make.product("Fig jam", principal=jam, category="Spreads")
    mill = make.principal("Oldfen Grains", owner=otis, segment="Casual")
    make.interaction(principals=[mill], author=otis, on=ago(0))
    asked = {
        "q=copperpot": ["Copperpot Preserves"],
        "q=fig": ["Copperpot Preserves"],
        "q=spreads": ["Copperpot Preserves"],
        "level=high": ["Oldfen Grains"],
        "level=not-contacted": ["Copperpot Preserves"],
        "segment=Casual": ["Oldfen Grains"],
        f"owner={otis.user_id}": ["Oldfen Grains"],
        "whose=me": ["Copperpot Preserves"],
        "q=nothing": [],
        "": ["Copperpot Preserves", "Oldfen Grains"],
    }
    client = sign_in(nell)
    for query, names in asked.items():
        found = page(
            client,
            f"/dashboard/principals?whose=everyone&{query}"
            if "whose" not in query
            else f"/dashboard/principals?{query}",
        )
        assert [text(name) for name in found.select(".pcard h3")] == names, query


def test_panels_are_moved_and_hidden_by_buttons_and_stay_so(nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)

    def names(path: str = "/dashboard") -> list[str]:
        return [str(panel["data-panel"]) for panel in page(client, path).select("[data-panel]")]

    usual = names()
    shown = [name for name in usual if name != "metrics"]
    answer = client.submit(
        "/dashboard/arrangement",
        {"panel": usual, "shown": shown, "move": "up.stale", "request_key": str(uuid4())},
    )
    assert (answer.status_code, answer.location) == (303, "/dashboard/arrangement")
    assert names() == ["engagement", "stale", "follow-ups", "momentum", "principals", "coverage"]
    ticked = page(client, "/dashboard/arrangement").select("[name=shown][checked]")
    assert [str(box["value"]) for box in ticked] == names()
    client.submit("/dashboard/arrangement", {"move": "usual", "request_key": str(uuid4())})
    assert names() == usual
    client.submit("/dashboard/arrangement", {"request_key": str(uuid4())})
    assert "Every panel is hidden" in page(client).text


@pytest.mark.parametrize(
    ("period", "on", "now", "before"),
    [
        ("week", "2026-11-23", "2026-11-23.2026-11-23", "2026-11-16.2026-11-16"),
        ("week", "2026-11-29", "2026-11-23.2026-11-29", "2026-11-16.2026-11-22"),
        ("4-weeks", "2026-11-24", "2026-10-28.2026-11-24", "2026-09-30.2026-10-27"),
        ("month", "2026-03-31", "2026-03-01.2026-03-31", "2026-02-01.2026-02-28"),
        ("month", "2026-01-05", "2026-01-01.2026-01-05", "2025-12-01.2025-12-05"),
        ("quarter", "2026-11-24", "2026-10-01.2026-11-24", "2026-07-01.2026-08-24"),
    ],
)
def test_a_period_is_compared_with_as_much_of_the_one_before(
    period: str, on: str, now: str, before: str
) -> None:
    found = spans(Period(period), today=date.fromisoformat(on))
    assert tuple(map(str, found)) == (now, before)


@pytest.mark.parametrize(
    ("now", "before", "momentum"),
    [(0, 0, "quiet"), (0, 9, "quiet"), (1, 0, "rising"), (4, 4, "steady"), (11, 10, "steady"),
     (9, 10, "steady"), (12, 10, "rising"), (8, 10, "falling"), (2, 1, "rising"), (1, 2, "falling")],
)  # fmt: skip
def test_momentum_needs_a_fifth(now: int, before: int, momentum: str) -> None:
    assert Pulse(1, "Any", None, None, now, before).momentum == momentum
