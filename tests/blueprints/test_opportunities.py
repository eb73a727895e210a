"""The page of one opportunity: what it shows, its way from stage to stage, who may change it, its form."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from crm.db import db
from crm.enums import OpportunityStage as Stage
from crm.models import Opportunity, OpportunityProduct, OpportunityStageChange, Organization, Product, User
from tests.clients import Client
from tests.conftest import Counting
from tests.factories import Make

SignIn = Callable[[User], Client]
NOW = datetime.now(UTC)
TODAY = NOW.astimezone(ZoneInfo("America/Chicago")).date()


def key() -> dict[str, str]:
    return {"request_key": str(uuid4())}


@pytest.fixture
def deal(make: Make, nell: User) -> Opportunity:
    """Nell's: a lead for ten days, for one product of Amberfold's, with somebody at a school."""
    school = make.organization("Marlowe Bend School District", segment="School", city="Marlowe Bend")
    chef = make.contact("Marisol", "Vane", organization=school, position="Food service director")
    bread = make.product("Croissant", principal=make.principal("Amberfold Bakery"), category="Bread")
    return make.opportunity(
        "Breakfast",
        organization=school,
        primary_contact_id=chef.contact_id,
        products=[bread],
        owner=nell,
        stage_changed_at=NOW - timedelta(days=10),
        started_on=TODAY - timedelta(days=10),
        next_action="Send sheets",
        notes="11 schools",
        tags=["k12"],
    )


def path(deal: Opportunity, rest: str = "") -> str:
    return f"/opportunities/{deal.opportunity_id}{rest}"


def test_the_page_tells_all_that_is_known_of_it(
    make: Make, sign_in: SignIn, nell: User, deal: Opportunity
) -> None:
    make.interaction(
        opportunity=deal, author=nell, on=NOW - timedelta(days=9), notes="Wants to taste",
        follow_up_date=TODAY + timedelta(days=3), follow_up_note="Pick up feedback",
    )  # fmt: skip
    page = sign_in(nell).get(path(deal)).text
    for said in (
        "Breakfast", "Marlowe Bend School District", "Marisol Vane", "Croissant", "Amberfold Bakery",
        "Send sheets", "11 schools", "k12", "Wants to taste", "Pick up feedback", "Time in stage",
        "quiet 9 days · stale", "began as",
    ):  # fmt: skip
        assert said in page, said
    assert f"/interactions/new?opportunity={deal.opportunity_id}" in page


def test_it_costs_the_same_whatever_is_known_of_it(
    make: Make, sign_in: SignIn, nell: User, deal: Opportunity, statements: Counting
) -> None:
    client, address = sign_in(nell), path(deal)
    client.get(address)
    with statements() as few:
        client.get(address)
    for n in range(12):
        make.interaction(opportunity=deal, author=nell, on=NOW - timedelta(days=n))
        make.save(
            OpportunityProduct(opportunity_id=deal.opportunity_id, product_id=make.product().product_id)
        )
    with statements() as many:
        client.get(address)
    assert len(few) == len(many)
    assert len(many) <= 10, many


def test_a_move_says_where_it_is_now_and_can_be_undone(
    sign_in: SignIn, nell: User, deal: Opportunity
) -> None:
    client = sign_in(nell)
    since = deal.stage_changed_at
    answer = client.submit(path(deal, "/stage"), {**key(), "stage": "Feedback Logged", "seen": "New Lead"})
    assert (answer.status_code, answer.location) == (303, path(deal))
    page = client.get(path(deal)).text
    assert "Breakfast is now in Feedback Logged." in page
    undo = re.search(r'action="(/opportunities/\d+/stage/return[^"]+)"', page)
    assert undo
    client.submit(undo[1].replace("&amp;", "&"), key())
    assert (deal.stage, deal.stage_changed_at) == (Stage.NEW_LEAD, since)
    assert "is back in New Lead" in client.get(path(deal)).text


def test_a_move_by_htmx_answers_with_the_page_as_it_is_now(
    sign_in: SignIn, nell: User, deal: Opportunity
) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://localhost{path(deal)}"}
    answer = sign_in(nell).submit(path(deal, "/stage"), {**key(), "stage": "Demo Scheduled"}, headers=headers)
    assert answer.status_code == 200
    assert 'id="content" data-live=' in answer.text
    assert 'hx-swap-oob="true"' in answer.text
    assert "is now in Demo Scheduled" in answer.text


def test_closing_asks_why_and_says_it_afterwards(sign_in: SignIn, nell: User, deal: Opportunity) -> None:
    client = sign_in(nell)
    asked = client.get(path(deal, "/stage?to=Closed+-+Stalled")).text
    assert re.search(r'value="Closed - Stalled" checked', asked)
    refused = client.submit(path(deal, "/stage"), {**key(), "stage": "Closed - Stalled"})
    assert refused.status_code == 422
    assert "Say why it ends" in refused.text
    assert deal.stage is Stage.NEW_LEAD
    reason = re.search(r'<optgroup label="Closed - Stalled"><option>([^<]+)', asked)
    assert reason
    closed = {**key(), "stage": "Closed - Stalled", "reason": reason[1], "note": "Rang five times"}
    assert client.submit(path(deal, "/stage"), closed).status_code == 303
    page = client.get(path(deal)).text
    assert reason[1] in page
    assert "Rang five times" in page
    assert "quiet" not in re.sub(
        r"<title>.*?</title>", "", page.split("Stage</h2>")[1].split("</section>")[0]
    )


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"stage": "Won"},
        {"stage": "Closed - Won", "reason": "Not recorded"},
        {"stage": "Closed - Won", "reason": "because; drop table users"},
        {"stage": "Closed - Won", "reason": "\x00", "note": "\x00"},
        {"stage": "New Lead"},
        {"stage": "Awaiting Response", "seen": "Demo Scheduled"},
        {"stage": "Awaiting Response", "note": "n" * 2_001},
    ],
)
def test_a_move_that_makes_no_sense_is_refused_with_the_reason(
    said: dict[str, str], sign_in: SignIn, nell: User, deal: Opportunity
) -> None:
    answer = sign_in(nell).submit(path(deal, "/stage"), {**key(), **said})
    assert answer.status_code == 422
    assert "Not moved yet" in answer.text
    assert deal.stage is Stage.NEW_LEAD


def test_moved_twice_by_one_form_it_is_moved_once(sign_in: SignIn, nell: User, deal: Opportunity) -> None:
    client, said = sign_in(nell), {**key(), "stage": "Awaiting Response"}
    assert [client.submit(path(deal, "/stage"), said).status_code for _ in range(2)] == [303, 303]
    moves = sa.select(sa.func.count()).where(OpportunityStageChange.opportunity_id == deal.opportunity_id)
    assert db.session.execute(moves).scalar_one() == 2


def test_a_colleague_reads_and_logs_but_does_not_change(
    sign_in: SignIn, otis: User, deal: Opportunity
) -> None:
    client = sign_in(otis)
    page = client.get(path(deal)).text
    assert "Log interaction" in page
    assert "Move stage" not in page
    assert [client.get(path(deal, rest)).status_code for rest in ("/edit", "/stage", "/history")] == [
        403,
        403,
        200,
    ]
    for rest, said in (
        ("/stage", {"stage": "Demo Scheduled"}),
        ("/archive", {}),
        ("/restoration", {}),
        ("", {"name": "Mine"}),
        ("/draft", {}),
    ):
        assert client.submit(path(deal, rest), {**key(), **said}).status_code == 403, rest
    assert (deal.stage, deal.name, deal.deleted_at) == (Stage.NEW_LEAD, "Breakfast", None)


@pytest.mark.parametrize("who", ["nell", "mara", "ada"])
def test_its_owner_their_manager_and_an_admin_move_it(
    who: str, sign_in: SignIn, deal: Opportunity, request: pytest.FixtureRequest
) -> None:
    client = sign_in(request.getfixturevalue(who))
    assert "Move stage" in client.get(path(deal)).text
    assert client.submit(path(deal, "/stage"), {**key(), "stage": "Demo Scheduled"}).status_code == 303
    assert deal.stage is Stage.DEMO_SCHEDULED


def test_somebody_elses_undo_is_not_taken(sign_in: SignIn, nell: User, mara: User, deal: Opportunity) -> None:
    client = sign_in(nell)
    client.submit(path(deal, "/stage"), {**key(), "stage": "Demo Scheduled"})
    undo = re.search(r'action="(/opportunities/\d+/stage/return[^"]+)"', client.get(path(deal)).text)
    assert undo
    client.sign_in(mara)
    assert client.submit(undo[1].replace("&amp;", "&"), key()).status_code == 403
    assert client.submit(path(deal, "/stage/return?was=made-up"), key()).status_code == 400


def test_archived_it_stays_to_be_read_and_comes_back(
    make: Make, sign_in: SignIn, nell: User, deal: Opportunity
) -> None:
    make.interaction(opportunity=deal, author=nell, notes="Wants to taste")
    client = sign_in(nell)
    assert client.submit(path(deal, "/archive"), key()).status_code == 303
    page = client.get(path(deal)).text
    assert "Archived" in page
    assert "Wants to taste" in page
    assert "Move stage" not in page
    assert client.get(path(deal, "/edit")).status_code == 404
    client.submit(path(deal, "/restoration"), key())
    assert deal.deleted_at is None


def test_it_does_not_come_back_beside_another_one(
    make: Make, sign_in: SignIn, nell: User, deal: Opportunity
) -> None:
    client = sign_in(nell)
    client.submit(path(deal, "/archive"), key())
    school = db.session.get_one(Organization, deal.organization_id)
    products = (
        sa.select(Product)
        .join(OpportunityProduct)
        .where(OpportunityProduct.opportunity_id == deal.opportunity_id)
    )
    make.opportunity(
        "Second try", organization=school, products=db.session.scalars(products).all(), owner=nell
    )
    client.submit(path(deal, "/restoration"), key())
    assert "“Second try” is still open" in client.get(path(deal)).text
    assert deal.deleted_at is not None


def fields(page: str) -> dict[str, Any]:
    """What a browser would post of the edit form as it stands."""
    form = page.split('id="record-form"')[1].split("</form>")[0]
    said: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        is_off = ("checkbox" in tag and "checked" not in tag) or ("radio" in tag and "checked" not in tag)
        if name and not is_off and "disabled" not in tag:
            said.setdefault(name[1], []).append(value[1].replace("&#34;", '"') if value else "")
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        said[name] = chosen[1] if chosen else ""
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\s*(.*?)</textarea>', form, re.DOTALL):
        said |= {name: text}
    return {name: value for name, value in said.items() if name != "csrf_token"}


def test_an_edit_changes_what_was_changed_and_nothing_else(
    sign_in: SignIn, nell: User, deal: Opportunity
) -> None:
    client = sign_in(nell)
    said = fields(client.get(path(deal, "/edit")).text)
    before = (deal.organization_id, deal.primary_contact_id, deal.notes, deal.tags, deal.owner_id)
    answer = client.submit(path(deal), {**said, "name": "Lunch"})
    assert answer.status_code == 303, re.findall(r"<b>.*?</ul>", answer.text, re.DOTALL)
    assert deal.name == "Lunch"
    assert (deal.organization_id, deal.primary_contact_id, deal.notes, deal.tags, deal.owner_id) == before
    assert "Lunch" in client.get(path(deal, "/history")).text


def test_two_editors_see_both_values_and_choose(
    make: Make, sign_in: SignIn, nell: User, mara: User, deal: Opportunity
) -> None:
    client = sign_in(nell)
    mine = fields(client.get(path(deal, "/edit")).text)
    client.sign_in(mara)
    theirs = fields(client.get(path(deal, "/edit")).text)
    assert client.submit(path(deal), {**theirs, "notes": "Hers", "next_action": "Ring"}).status_code == 303
    client.sign_in(nell)
    answer = client.submit(path(deal), {**mine, **key(), "notes": "Mine"})
    assert answer.status_code == 409
    assert "Hers" in answer.text
    assert "Mine" in answer.text
    assert deal.notes == "Hers"
    settled = {
        **mine, **key(), "notes": "Mine", "version": str(deal.version), "settles": ["notes", "next_action"],
        "choice-notes": "mine", "choice-next_action": "theirs",
    }  # fmt: skip
    assert client.submit(path(deal), settled).status_code == 303
    assert (deal.notes, deal.next_action) == ("Mine", "Ring")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": " \x00 "}, "Give it a name"),
        ({"name": "n" * 256}, "Keep it to 255"),
        ({"organization": ""}, "Choose the organization"),
        ({"organization": "99999999999999999"}, "no longer there"),
        ({"contact": "99999999999999999"}, "Choose one of the list"),
        ({"owner": "99999999999999999"}, "Choose one of the list"),
        ({"products": [], "principals": []}, "at least one principal"),
        ({"products": ["99999999999999999"]}, "no longer there"),
        ({"notes": "n" * 10_001}, "up to 10,000 characters"),
        ({"cases": "many"}, "number"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_beside_its_field(
    said: dict[str, Any], words: str, sign_in: SignIn, nell: User, deal: Opportunity
) -> None:
    client = sign_in(nell)
    form = fields(client.get(path(deal, "/edit")).text)
    answer = client.submit(path(deal), {**form, **said})
    assert answer.status_code == 422
    assert words in answer.text, re.findall(r"<b>.*?</ul>", answer.text, re.DOTALL)
    assert deal.name == "Breakfast"


def test_nobody_gives_away_what_they_could_not_take_back(
    sign_in: SignIn, nell: User, otis: User, deal: Opportunity
) -> None:
    client = sign_in(nell)
    form = fields(client.get(path(deal, "/edit")).text)
    answer = client.submit(path(deal), {**form, "owner": str(otis.user_id)})
    assert (answer.status_code, "let your manager hand it over" in answer.text) == (422, True)
    shared = {**form, **key(), "owner": str(otis.user_id), "second_owner": str(nell.user_id)}
    assert client.submit(path(deal), shared).status_code == 303
    assert (deal.owner_id, deal.second_owner_id) == (otis.user_id, nell.user_id)


@pytest.mark.parametrize("rest", ["", "/edit", "/stage", "/history", "/timeline"])
def test_a_number_that_is_nobodys_is_not_there(rest: str, sign_in: SignIn, nell: User) -> None:
    assert sign_in(nell).get(f"/opportunities/99999999999999999{rest}").status_code in (200, 404)
    assert sign_in(nell).get(f"/opportunities/{'9' * 30}{rest}").status_code == 404


def test_the_list_is_narrowed_by_stage_principal_and_quiet(
    make: Make, sign_in: SignIn, nell: User, deal: Opportunity
) -> None:
    mill = make.principal("Oldfen Grains")
    make.opportunity("Polenta", principals=[mill], stage=Stage.DEMO_SCHEDULED, owner=nell)
    client = sign_in(nell)
    assert all(name in client.get("/opportunities").text for name in ("Breakfast", "Polenta"))
    for asked, shown, hidden in (
        (f"principal={mill.organization_id}", "Polenta", "Breakfast"),
        ("stage=new-lead", "Breakfast", "Polenta"),
        ("state=stale", "Breakfast", "Polenta"),
        ("q=marlowe", "Breakfast", "Polenta"),
        (f"organization={deal.organization_id}", "Breakfast", "Polenta"),
    ):
        page = client.get(f"/opportunities?{asked}").text
        assert f">{shown}</a>" in page, asked
        assert f">{hidden}</a>" not in page, asked


def test_the_list_is_narrowed_by_age_organization_and_product(
    make: Make, sign_in: SignIn, nell: User, deal: Opportunity
) -> None:
    loaf = make.product("Rye loaf", principal=make.principal("Oldfen Grains"))
    cafe = make.organization("Café Élan")
    make.opportunity("Toast", organization=cafe, products=[loaf], owner=nell)
    make.opportunity("Hold on", owner=nell, stage_changed_at=NOW - timedelta(days=6))
    make.opportunity("Over", stage=Stage.CLOSED_WON, owner=nell, stage_changed_at=NOW - timedelta(days=90))
    client = sign_in(nell)
    for asked, shown in (
        ("age=moving", {"Toast"}),
        ("age=slowing", {"Hold on"}),
        ("age=stale", {"Breakfast"}),
        ("organization=elan", {"Toast"}),
        ("organization=100%25", set()),
        (f"organization={cafe.organization_id}", {"Toast"}),
        (f"product={loaf.product_id}", {"Toast"}),
        ("stage=closed-won", {"Over"}),
    ):
        page = client.get(f"/opportunities?{asked}").text
        names = {name for name in ("Toast", "Hold on", "Breakfast", "Over") if f">{name}</a>" in page}
        assert names == shown, asked


def test_a_filter_that_links_bring_says_what_it_is_and_stays(
    make: Make, sign_in: SignIn, nell: User, deal: Opportunity
) -> None:
    loaf = make.product("Rye loaf", principal=make.principal("Oldfen Grains"))
    page = (
        sign_in(nell)
        .get(f"/opportunities?product={loaf.product_id}&organization={deal.organization_id}")
        .text
    )
    assert "Product: Rye loaf" in page
    assert "Organization: Marlowe Bend School District" in page
    assert f'type="hidden" name="product" value="{loaf.product_id}"' in page
