"""The pages of one principal beside its list: pipeline, contacts, details, and why it is as warm as it is."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm import principal_sentences
from crm.enums import AdvocacyStatus, AuthorizationState, EngagementLevel, SampleVerdict
from crm.enums import OpportunityStage as Stage
from crm.models import (
    ContactAdvocacy,
    DistributorPrincipal,
    EngagementChange,
    Organization,
    ProductDistributor,
    User,
)
from crm.queries.standings import Standing
from tests.clients import Client
from tests.conftest import Counting
from tests.factories import Make

SignIn = Callable[[User], Client]
NOW = datetime.now(UTC)
TODAY = NOW.astimezone(ZoneInfo("America/Chicago")).date()
TABS = ("", "/products", "/pipeline", "/interactions", "/distributors", "/contacts", "/details")


@pytest.fixture
def bakery(make: Make, nell: User) -> Organization:
    """Nell's principal; the last touch is ten days old, and a promise is due today."""
    bakery = make.principal("Amberfold Bakery", owner=nell, phone="555-0100", legal_name="Amberfold Inc.")
    make.interaction(
        principals=[bakery], author=nell, on=NOW - timedelta(days=10), follow_up_date=TODAY,
        follow_up_note="Send the sheets",
    )  # fmt: skip
    return bakery


def path(bakery: Organization, rest: str = "") -> str:
    return f"/principals/{bakery.organization_id}{rest}"


def test_the_pipeline_has_each_opportunity_in_its_stage_with_its_age(
    make: Make, sign_in: SignIn, nell: User, bakery: Organization
) -> None:
    make.opportunity(
        "Breakfast",
        principals=[bakery],
        stage=Stage.AWAITING_RESPONSE,
        stage_changed_at=NOW - timedelta(days=20),
    )
    make.opportunity("Lunch", principals=[bakery], stage=Stage.CLOSED_WON)
    make.opportunity("Somebody else's", stage=Stage.AWAITING_RESPONSE)
    page = sign_in(nell).get(path(bakery, "/pipeline")).text
    stage = page.split("Awaiting Response</h3>")[1].split("</section>")[0]
    assert "Breakfast" in stage
    assert "quiet 20 days · stale" in stage
    assert "1 open, 1 stale" in page
    assert "Lunch" in page.split("Closed - Won</h3>")[1]
    assert "Somebody else" not in page
    assert f'href="/opportunities/board?principal={bakery.organization_id}"' in page


def test_contacts_stand_by_how_they_speak_of_it_with_how_it_was_before(
    make: Make, sign_in: SignIn, nell: User, bakery: Organization
) -> None:
    chef = make.contact("Marisol", "Vane", organization=make.organization("Marlowe Bend"))
    other = make.contact("Kit", "Farraday")
    make.contact("Dev", "Ashgrove", organization=bakery)
    for who, status, since, until, note in (
        (chef, AdvocacyStatus.SKEPTIC, date(2026, 1, 5), date(2026, 3, 2), "Too sweet"),
        (chef, AdvocacyStatus.CHAMPION, date(2026, 3, 2), None, "Loves the knots"),
        (other, AdvocacyStatus.BLOCKER, date(2026, 2, 1), None, None),
    ):
        make.save(
            ContactAdvocacy(
                contact_id=who.contact_id,
                principal_id=bakery.organization_id,
                status=status,
                since_on=since,
                until_on=until,
                note=note,
            )
        )
    page = sign_in(nell).get(path(bakery, "/contacts")).text
    assert page.index("Champion</h2>") < page.index("Marisol Vane") < page.index("Blocker</h2>")
    for said in ("Loves the knots", "Too sweet", "Mon 5 Jan to Mon 2 Mar", "Kit Farraday", "Dev Ashgrove"):
        assert said in page, said


def test_details_tell_everything_and_lead_those_who_may_to_the_form(
    sign_in: SignIn, nell: User, otis: User, bakery: Organization
) -> None:
    page = sign_in(nell).get(path(bakery, "/details")).text
    assert "555-0100" in page
    assert "Amberfold Inc." in page
    edit = f"/organizations/{bakery.organization_id}/edit"
    assert edit in page
    assert edit not in sign_in(otis).get(path(bakery, "/details")).text


def test_the_overview_explains_the_level_and_names_what_would_lift_it(
    make: Make, sign_in: SignIn, nell: User, bakery: Organization
) -> None:
    make.save(
        EngagementChange(
            principal_id=bakery.organization_id,
            changed_on=TODAY - timedelta(days=2),
            from_level="High Engagement",
            to_level="Medium Engagement",
            cause="time passed",
        )
    )
    page = sign_in(nell).get(path(bakery)).text
    for said in (
        "10 days since", "so it is Medium", "Between 7 days (75 %) and 14 days (50 %)",
        "One interaction today lifts it to High", "Keep “Send the sheets”", "nobody was in touch",
        "This week’s plan", "1 planned",
    ):  # fmt: skip
        assert said in page, said


@pytest.mark.parametrize(
    ("days", "level", "percent", "said"),
    [
        (0, EngagementLevel.HIGH, 100, "That is worth 100 %."),
        (14, EngagementLevel.MEDIUM, 50, "That is worth 50 %."),
        (24, EngagementLevel.LOW, 34, "Between 14 days (50 %) and 30 days (25 %) that is worth 34 %."),
        (90, EngagementLevel.INACTIVE, 0, "From 60 days on it is worth 0 %."),
    ],
)
def test_the_arithmetic_of_a_level_is_told(
    days: int, level: EngagementLevel, percent: int, said: str, bakery: Organization
) -> None:
    last = TODAY - timedelta(days=days)
    standing = Standing(
        principal_id=1, name="", name_key="", opportunities_count=0, interactions_count=1, products_count=0,
        last_at=NOW, last_on=last, days=days, level=level, percent=percent, owner_name=None, goal=10,
    )  # fmt: skip
    how, lift = principal_sentences.of_level(standing, today=TODAY)
    assert said in how
    assert ("lifts it to High" in lift) == (level is not EngagementLevel.HIGH)


@pytest.mark.parametrize("rest", TABS)
def test_a_tab_costs_the_same_whatever_stands_in_it(
    rest: str, make: Make, sign_in: SignIn, nell: User, bakery: Organization, statements: Counting
) -> None:
    client, address = sign_in(nell), path(bakery, rest)
    client.get(address)
    with statements() as few:
        assert client.get(address).status_code == 200
    for n in range(12):
        person = make.contact("Jo", f"Nr {n}", organization=bakery)
        make.save(
            ContactAdvocacy(
                contact_id=person.contact_id,
                principal_id=bakery.organization_id,
                status=AdvocacyStatus.SUPPORTER,
                since_on=TODAY,
            )
        )
        deal = make.opportunity(f"Deal {n}", products=[make.product(principal=bakery)])
        make.interaction(opportunity=deal, contact=person, author=nell, on=NOW - timedelta(hours=n))
    with statements() as many:
        client.get(address)
    assert len(few) == len(many), many
    assert len(many) <= 8, many


@pytest.mark.parametrize("rest", TABS)
def test_of_an_archived_principal_what_is_known_stays_to_be_read(
    rest: str, make: Make, sign_in: SignIn, nell: User
) -> None:
    gone = make.principal("Gone Foods", deleted_at=NOW)
    page = sign_in(nell).get(path(gone, rest))
    assert (page.status_code, "Archived on" in page.text) == (200, True)


def entries(page: str) -> list[str]:
    """The interactions that a page of them tells, by the notes they were given here."""
    return [word for word in ("cheese", "bread", "jam") if word in page.split('id="interactions-title"')[1]]


@pytest.fixture
def told(make: Make, bakery: Organization, nell: User, otis: User) -> Organization:
    """A principal with three interactions of different kinds, people and days."""
    make.interaction(
        principals=[bakery], author=nell, interaction_type="Email", sentiment="Positive",
        notes="cheese", on=NOW - timedelta(days=1),
    )  # fmt: skip
    make.interaction(
        principals=[bakery], author=otis, interaction_type="Meeting", sentiment="Negative",
        notes="bread", on=NOW - timedelta(days=5),
    )  # fmt: skip
    make.interaction(
        principals=[bakery], author=otis, interaction_type="Email", notes="jam", is_touch=False,
        on=NOW - timedelta(days=20),
    )  # fmt: skip
    return bakery


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["cheese", "bread", "jam"]),
        ("type=email", ["cheese", "jam"]),
        ("author=me", ["cheese"]),
        ("sentiment=negative", ["bread"]),
        ("only=counted", ["cheese", "bread"]),
        (f"since={TODAY - timedelta(days=6)}", ["cheese", "bread"]),
        (f"until={TODAY - timedelta(days=4)}", ["bread", "jam"]),
        (f"type=email&until={TODAY - timedelta(days=4)}", ["jam"]),
        ("type=nonsense&author=x&since=yesterday", ["cheese", "bread", "jam"]),
        ("type=demo-sampled", []),
    ],
)
def test_interactions_are_narrowed_by_type_person_sentiment_and_days(
    sign_in: SignIn, nell: User, told: Organization, asked: str, found: list[str]
) -> None:
    page = sign_in(nell).get(path(told, f"/interactions?{asked}")).text
    assert entries(page) == found
    assert ("Take a filter off" in page) is (found == [])


def test_a_filter_that_is_on_can_be_taken_away_and_stays_in_the_next_part(
    make: Make, sign_in: SignIn, nell: User, told: Organization
) -> None:
    client = sign_in(nell)
    page = client.get(path(told, "/interactions?type=email&sentiment=positive")).text
    assert 'aria-label="Take away Email"' in page
    assert f'href="/principals/{told.organization_id}/interactions?sentiment=positive"' in page
    for n in range(25):
        make.interaction(principals=[told], interaction_type="Email", on=NOW - timedelta(days=30 + n))
    page = client.get(path(told, "/interactions?type=email")).text
    later = page.split('class="earlier"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert "type=email" in later
    part = client.get(later, headers={"HX-Request": "true"}).text
    assert part.count("<li") == 7
    assert "<form" not in part
    narrowed = client.get(path(told, "/interactions?type=meeting"), headers={"HX-Request": "true"})
    assert narrowed.headers["HX-Push-Url"] == path(told, "/interactions?type=meeting")
    assert 'id="content"' in narrowed.text


def test_the_figure_of_interactions_leads_to_those_that_it_counts(
    sign_in: SignIn, nell: User, told: Organization
) -> None:
    client = sign_in(nell)
    page = client.get(path(told)).text
    assert "3 interactions so far" in page
    href = path(told, "/interactions?only=counted")
    assert f'href="{href}"' in page
    assert entries(client.get(href).text) == ["cheese", "bread"]


def test_the_line_card_tells_who_stocks_who_takes_and_what_was_said_of_samples(
    make: Make, sign_in: SignIn, nell: User, bakery: Organization
) -> None:
    loaf, bun = make.product("Loaf", principal=bakery), make.product("Bun", principal=bakery)
    make.save(
        ProductDistributor(
            product_id=loaf.product_id,
            distributor_id=make.distributor("Harbor").organization_id,
            item_number="77",
        )
    )
    won = make.opportunity(organization=make.organization("Grill"), products=[loaf], stage=Stage.CLOSED_WON)
    make.opportunity(organization=make.organization("Diner"), products=[loaf])
    make.opportunity(organization=make.organization("Cafe"), products=[loaf], stage=Stage.CLOSED_NO_FIT)
    make.sample(won, product=loaf, verdict=SampleVerdict.LIKED)
    make.sample(won, product=bun)
    page = sign_in(nell).get(path(bakery, "/products")).text
    assert "Of two products, one is stocked by a distributor and one is taken by somebody." in page
    line = page.split(">Loaf</a>")[1].split("</tr>")[0]
    assert "77" in line
    assert line.index("Grill") < line.index("has it") < line.index("Diner") < line.index("is offered it")
    assert "Cafe" not in line
    assert f'href="/samples?verdict=liked&amp;product={loaf.product_id}"' in line
    assert "no distributor yet" in page.split(">Bun</a>")[1].split("</tr>")[0]


def test_distributors_stand_by_how_far_they_have_come_with_the_numbers_of_what_they_have(
    make: Make, sign_in: SignIn, nell: User, bakery: Organization
) -> None:
    loaf, bun = make.product("Loaf", principal=bakery), make.product("Bun", principal=bakery)
    for name, state in (
        ("Ashgrove", AuthorizationState.LOST),
        ("Brookline", AuthorizationState.TARGET),
        ("Cairn", AuthorizationState.STOCKED),
        ("Dunmore", AuthorizationState.AUTHORIZED),
    ):
        distributor = make.distributor(name)
        make.save(
            DistributorPrincipal(
                distributor_id=distributor.organization_id, principal_id=bakery.organization_id, state=state
            )
        )
        if state is AuthorizationState.STOCKED:
            for product, number in ((loaf, "40-771"), (bun, None)):
                make.save(
                    ProductDistributor(
                        product_id=product.product_id,
                        distributor_id=distributor.organization_id,
                        item_number=number,
                    )
                )
    page = sign_in(nell).get(path(bakery, "/distributors")).text
    places = [page.index(f"<b>{name}</b>") for name in ("Cairn", "Dunmore", "Brookline", "Ashgrove")]
    assert places == sorted(places)
    unfolded = page.split("2 products and item numbers")[1].split("</details>")[0]
    assert unfolded.index(">Bun</a>") < unfolded.index("none noted") < unfolded.index(">Loaf</a>")
    assert "40-771" in unfolded
    assert page.count("no products yet") == 3
