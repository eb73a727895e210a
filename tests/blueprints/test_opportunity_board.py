"""The board: which card stands where, what it says, how it is asked, that it never shows all of them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from crm import queries
from crm.enums import OpportunityStage as Stage
from crm.models import Opportunity, User
from crm.queries.lists import OPPORTUNITIES, Asker, Wanted
from tests.clients import Client
from tests.conftest import Counting
from tests.factories import Make
from tests.queries.lists.book import fill
from tests.queries.lists.test_orders import plans, rows_dropped

SignIn = Callable[[User], Client]
NOW = datetime.now(UTC)
TODAY = NOW.astimezone(ZoneInfo("America/Chicago")).date()
BOARD = "/opportunities/board"


def key() -> dict[str, str]:
    return {"request_key": str(uuid4())}


def cards(page: str) -> dict[str, list[str]]:
    """The names on the cards of each stage, from top to bottom."""
    columns = re.findall(r'<details class="col" data-stage="([^"]+)".*?</details>', page, re.DOTALL)
    inside = re.findall(r'<details class="col".*?</details>', page, re.DOTALL)
    return {
        stage: re.findall(r'class="title"[^>]*>([^<]+)<', text)
        for stage, text in zip(columns, inside, strict=True)
    }


def counts(page: str) -> dict[str, str]:
    return dict(re.findall(r'<h2 class="col-title">([^<]+)</h2><span class="count">([^<]+)<', page))


@pytest.fixture
def deals(make: Make, nell: User) -> list[Opportunity]:
    """Ten leads of Nell's, the newest last, each a day younger than the one before."""
    return [
        make.opportunity(f"Lead {n}", owner=nell, stage_changed_at=NOW - timedelta(days=10 - n))
        for n in range(10)
    ]


def test_each_stands_in_its_stage_and_says_how_old_it_is_and_what_is_promised(
    make: Make, sign_in: SignIn, nell: User
) -> None:
    bakery, school = make.principal("Amberfold Bakery"), make.organization("Marlowe Bend")
    quiet = make.opportunity(
        "Quiet", organization=school, principals=[bakery], stage=Stage.AWAITING_RESPONSE, owner=nell,
        stage_changed_at=NOW - timedelta(days=15),
    )  # fmt: skip
    fresh = make.opportunity("Fresh", owner=nell, stage_changed_at=NOW - timedelta(days=90))
    make.interaction(opportunity=fresh, author=nell, on=NOW - timedelta(days=1))
    make.interaction(
        opportunity=quiet, author=nell, is_touch=False, follow_up_date=TODAY, follow_up_note="Ring"
    )
    make.opportunity("Won", stage=Stage.CLOSED_WON, owner=nell)
    page = sign_in(nell).get(BOARD).text
    found = cards(page)
    assert (found["Awaiting Response"], found["New Lead"], found["Closed - Won"]) == (
        ["Quiet"], ["Fresh"], ["Won"],
    )  # fmt: skip
    assert len(found) == 9
    column = page.split('data-stage="Awaiting Response"')[1].split("</details>")[0]
    for said in ("quiet 15 days · stale", "Amberfold Bakery", "Marlowe Bend", "today", 'data-age="stale"'):
        assert said in column, said
    assert "Two open. One moved this week, one has gone stale." in page
    assert 'data-stage="New Lead" data-slug="new-lead" open>' in page
    assert 'data-stage="Closed - Won" data-slug="closed-won">' in page


def test_a_column_shows_eight_and_more_when_asked_each_card_once(
    sign_in: SignIn, nell: User, deals: list[Opportunity]
) -> None:
    client = sign_in(nell)
    page = client.get(BOARD).text
    names = [f"Lead {n}" for n in reversed(range(10))]
    assert cards(page)["New Lead"] == names[:8]
    assert counts(page)["New Lead"] == "10"
    link, part = re.search(
        r'href="([^"]+)" hx-get="([^"]+)"[^>]*data-shown="new-lead.16">Show 2 more', page
    ).groups()  # type: ignore[union-attr]
    more = client.get(part.replace("&amp;", "&")).text
    assert re.findall(r'class="title"[^>]*>([^<]+)<', more) == names[8:]
    assert "Show" not in more
    assert cards(client.get(link.replace("&amp;", "&")).text)["New Lead"] == names
    oldest = client.get(f"{BOARD}?sort=-moved").text
    assert cards(oldest)["New Lead"] == names[::-1][:8]


def test_it_is_asked_as_the_list_is_and_each_leads_to_the_other(
    make: Make, sign_in: SignIn, nell: User, otis: User, deals: list[Opportunity]
) -> None:
    mill, cafe = make.principal("Oldfen Grains"), make.organization("Café Élan")
    make.opportunity(
        "Polenta", principals=[mill], organization=cafe, owner=otis, context="Food Show", source="Referral"
    )
    client = sign_in(nell)
    for asked in (
        f"principal={mill.organization_id}", "organization=elan", f"owner={otis.user_id}", "q=polenta",
        "context=Food Show", "source=Referral",
    ):  # fmt: skip
        page = client.get(f"{BOARD}?{asked}").text
        assert (cards(page)["New Lead"], counts(page)["New Lead"]) == (["Polenta"], "1"), asked
    assert cards(client.get(f"{BOARD}?age=stale").text)["New Lead"] == ["Lead 2", "Lead 1", "Lead 0"]
    asked = f"principal={mill.organization_id}"
    assert f'href="/opportunities?{asked}"' in client.get(f"{BOARD}?{asked}").text
    assert f'href="{BOARD}?{asked}"' in client.get(f"/opportunities?{asked}&stage=new-lead").text


@pytest.mark.parametrize(
    "asked",
    [
        "shown=new-lead.99999999",
        "shown=x.y&shown=&shown=new-lead.-3",
        "sort=name",
        "after=[1]",
        "owner=me",
        "age=x",
    ],
)
def test_whatever_an_address_says_there_is_a_board(
    asked: str, sign_in: SignIn, nell: User, deals: list[Opportunity]
) -> None:
    page = sign_in(nell).get(f"{BOARD}?{asked}")
    assert (page.status_code, len(cards(page.text))) == (200, 9)


@pytest.mark.parametrize(
    "rest", ["/new-lead", "/new-lead?after=x", "/nowhere?after=2026-01-01T00:00:00%2B00:00~1"]
)
def test_a_part_of_no_column_or_from_no_place_is_not_there(rest: str, sign_in: SignIn, nell: User) -> None:
    assert sign_in(nell).get(BOARD + rest).status_code == 404


def test_only_who_may_move_a_card_is_offered_to(
    sign_in: SignIn, otis: User, mara: User, deals: list[Opportunity]
) -> None:
    assert "data-move" not in sign_in(otis).get(BOARD).text
    assert sign_in(mara).get(BOARD).text.count("data-move") == 8


def test_a_move_on_the_board_answers_with_the_board_and_its_way_back(
    sign_in: SignIn, nell: User, deals: list[Opportunity]
) -> None:
    client, deal = sign_in(nell), deals[0]
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://localhost{BOARD}?owner=me"}
    address = f"/opportunities/{deal.opportunity_id}/stage"
    answer = client.submit(address, {**key(), "stage": "Demo Scheduled", "seen": "New Lead"}, headers=headers)
    assert cards(answer.text)["Demo Scheduled"] == ["Lead 0"]
    assert 'id="content" hx-swap-oob="true"' in answer.text
    undo = re.search(r'action="(/opportunities/\d+/stage/return[^"]+)"', answer.text)
    assert undo
    client.submit(undo[1].replace("&amp;", "&"), key(), headers=headers)
    assert deal.stage is Stage.NEW_LEAD


def test_without_scripts_nine_buttons_move_it_and_lead_back_to_the_board(
    sign_in: SignIn, nell: User, deals: list[Opportunity]
) -> None:
    client, deal = sign_in(nell), deals[0]
    address = f"/opportunities/{deal.opportunity_id}/stage"
    page = client.get(f"{address}?back={BOARD}").text
    form = page.split('<form class="stages"')[1].split("</form>")[0]
    assert len(re.findall(r"<button|<a |menu-now", form)) == 9
    answer = client.submit(address, {**key(), "stage": "Awaiting Response", "back": BOARD})
    assert (answer.status_code, answer.location) == (303, BOARD)
    asked = client.get(f"{address}?to=Closed - Won&back={BOARD}").text
    assert f'name="back" value="{BOARD}"' in asked
    answer = client.submit(address, {**key(), "stage": "New Lead", "back": "//elsewhere.example"})
    assert answer.location == f"/opportunities/{deal.opportunity_id}"


def test_the_dialog_is_the_page_without_its_frame(
    sign_in: SignIn, nell: User, deals: list[Opportunity]
) -> None:
    headers = {"HX-Request": "true", "HX-Target": "opp-slot"}
    shown = sign_in(nell).get(f"/opportunities/{deals[0].opportunity_id}", headers=headers).text
    assert "Lead 0" in shown
    assert "Time in stage" in shown
    assert "What happened" in shown
    assert 'id="content"' not in shown
    assert "<h1" not in shown


def test_it_costs_the_same_however_many_there_are(
    make: Make, sign_in: SignIn, nell: User, deals: list[Opportunity], statements: Counting
) -> None:
    client = sign_in(nell)
    client.get(BOARD)
    with statements() as few:
        client.get(BOARD)
    maker = make.principal()
    for stage in Stage:
        for n in range(9):
            made = make.opportunity(f"{stage} {n}", stage=stage, principals=[maker], owner=nell)
            make.interaction(opportunity=made, author=nell)
    with statements() as many:
        page = client.get(BOARD).text
    assert len(few) == len(many)
    assert len(many) <= 10, many
    assert page.count('class="opp"') == 72


def test_a_column_is_read_from_its_index(
    database: sa.Connection, nell: User, acting_as: Callable[[User], None]
) -> None:
    fill(database, "opportunities")
    acting_as(nell)
    wanted = Wanted(asker=Asker(nell.user_id, TODAY), sort=OPPORTUNITIES.sorts[0], is_descending=True)
    with plans(database) as found:
        shown = queries.opportunity_board.columns(wanted, {})
        last = shown[Stage.NEW_LEAD].following
        assert last
        following = queries.opportunity_board.more(wanted, Stage.NEW_LEAD, after=last)
    assert len({card.opportunity_id for card in shown[Stage.NEW_LEAD].cards + following.cards}) == 16
    for plan in found:
        assert "using ix_opportunities_stage_moved" in plan, plan
        assert rows_dropped(plan) < 100, plan
