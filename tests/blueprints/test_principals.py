"""The list of principals and the pages of one, as people and htmx ask for them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup, Tag

from crm.models import Organization, User
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]
Counting = Callable[[], AbstractContextManager[list[str]]]
HTMX = {"HX-Request": "true"}
NOW = datetime.now(UTC)
TODAY = NOW.astimezone(ZoneInfo("America/Chicago")).date()

HOSTILE = [
    "0",
    "name; drop table users",
    "' or 1=1 --",
    "\x00",
    "a\x00b",
    "🧀" * 40,
    "%",
    "_",
    "\\",
    "x" * 5000,
    "~" * 90,
    "9" * 40,
]


def noon(days_ago: int) -> datetime:
    """Twelve o'clock of the firm so many days ago; earlier today if it is not noon yet."""
    at = datetime.combine(TODAY - timedelta(days=days_ago), datetime.min.time(), ZoneInfo("America/Chicago"))
    return min(at + timedelta(hours=12), NOW).astimezone(UTC)


@pytest.fixture
def reader(nell: User, sign_in: SignIn) -> Client:
    return sign_in(nell)


@pytest.fixture
def bakery(make: Make, nell: User) -> Organization:
    return make.principal("Amberfold Bakery Co.", owner=nell)


def page(client: Client, address: str, **headers: str) -> BeautifulSoup:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer.status_code
    return BeautifulSoup(answer.text, "lxml")


def cards(found: BeautifulSoup) -> list[str]:
    return [name.text for name in found.select(".pcard h2")]


def the(found: BeautifulSoup | Tag, selector: str) -> Tag:
    """The only element that `selector` finds."""
    (element,) = found.select(selector)
    return element


def words(element: Tag) -> str:
    return " ".join(element.get_text(" ").split())


def test_a_card_tells_how_warm_when_last_and_how_much(
    reader: Client, make: Make, bakery: Organization
) -> None:
    for name in ("Rye", "Baguette", "Croissant", "Pullman", "Pretzel"):
        croissant = make.product(name, principal=bakery, category="Breads")
    menu = make.opportunity(products=[croissant])
    make.interaction(opportunity=menu, on=noon(18))
    make.interaction(principals=[bakery], on=noon(40))
    card = the(page(reader, "/principals"), ".pcard")
    said = words(card)
    assert the(card, ".ring--lg")["aria-label"] == "Low engagement, 44 percent, last interaction 18 days ago"
    assert "44 % percent" in said
    assert the(card, ".level").text.strip() == "Low"
    assert the(card, "time")["datetime"] == (TODAY - timedelta(days=18)).isoformat()
    assert "1 opportunity" in said
    assert "2 interactions" in said
    assert "0 of 10" in said
    details = the(card, "details")
    assert words(the(details, "summary")) == "5 products"
    assert [words(line) for line in details.select("li")] == [
        "Baguette Breads", "Croissant Breads", "Pretzel Breads", "Pullman Breads", "All 5 products",
    ]  # fmt: skip


def test_a_principal_never_contacted_says_so_and_shows_no_percent(
    reader: Client, bakery: Organization
) -> None:
    card = the(page(reader, "/principals"), ".pcard")
    assert the(card, ".ring--lg")["aria-label"] == "Not contacted yet"
    assert "percent" not in card.text
    assert "No interaction yet" in card.text
    assert "No products yet" in card.text


def test_the_log_button_of_a_card_knows_whom_and_leads_back(reader: Client, bakery: Organization) -> None:
    button = the(page(reader, "/principals?q=amber&sort=name"), ".pcard .acts a")
    form = page(reader, str(button["href"]))
    assert "Amberfold Bakery Co." in form.text
    back = the(form, "[name=back]")["value"]
    assert back == "/principals?q=amber&sort=name"
    assert (button["data-open"], button["hx-get"]) == ("log", button["href"])


def test_the_list_is_searched_by_name_product_and_category(
    reader: Client, make: Make, bakery: Organization
) -> None:
    dairy = make.principal("Crème Hollow Dairy")
    make.product("Jonah crab cake", principal=bakery, category="Frozen")
    make.product("Cultured butter", principal=dairy, category="Spreads")
    for typed, found in (
        ("bakery", ["Amberfold Bakery Co."]),
        ("CREME", ["Crème Hollow Dairy"]),
        ("crab cake", ["Amberfold Bakery Co."]),
        ("spread", ["Crème Hollow Dairy"]),
        ("hollow butter", ["Crème Hollow Dairy"]),
        ("a", ["Amberfold Bakery Co.", "Crème Hollow Dairy"]),
    ):
        assert cards(page(reader, f"/principals?q={quote(typed)}")) == found, typed


def test_a_search_that_finds_nothing_tells_the_way_out(reader: Client, bakery: Organization) -> None:
    found = page(reader, "/principals?q=zzz&level=high")
    assert "Nothing found for “zzz”" in found.text
    assert words(the(found, "#results [role=status]")).startswith("No principals")
    assert the(found, ".empty a")["href"] == "/principals"


def test_a_book_without_principals_says_so(reader: Client) -> None:
    assert "No principals yet" in page(reader, "/principals").text


def test_the_list_is_narrowed_by_owner_and_segment(
    reader: Client, make: Make, nell: User, otis: User
) -> None:
    make.principal("Hers", owner=nell, segment="Casual")
    make.principal("His", owner=otis, second_owner_id=nell.user_id)
    make.principal("Nobody's", segment="Casual")
    asked = {
        "owner=me": ["Hers", "His"],
        f"owner={otis.user_id}": ["His"],
        "owner=nobody": ["Nobody's"],
        "segment=Casual&sort=name": ["Hers", "Nobody's"],
        "owner=me&segment=Casual": ["Hers"],
        "owner=what": ["Hers", "His", "Nobody's"],
    }
    for query, names in asked.items():
        found = page(reader, f"/principals?{query}")
        assert cards(found) == names
        assert int(the(found, ".chips [aria-current=true] .num").text) == len(names)


def test_the_chips_of_levels_count_what_they_lead_to(reader: Client, make: Make) -> None:
    for days in (1, 2, 9, 20, 20, 20, 99, None):
        made = make.principal()
        if days is not None:
            make.interaction(principals=[made], on=noon(days))
    found = page(reader, "/principals?q=principal&sort=name")
    counts = {}
    for chip in found.select(".chips a"):
        counts[words(chip).rsplit(" ", 1)[0]] = int(the(chip, ".num").text)
        behind = page(reader, str(chip["href"]))
        assert len(cards(behind)) == int(the(chip, ".num").text)
        assert behind.select(".chips [aria-current=true]")[0].text == chip.text
        assert the(behind, "main [role=search] [name=q]")["value"] == "principal"
        assert the(behind, "[name=sort] option[selected]")["value"] == "name"
    assert counts == {"All": 8, "High": 2, "Medium": 1, "Low": 3, "Inactive": 1, "Not contacted yet": 1}


def test_following_the_pages_shows_every_principal_once(reader: Client, make: Make) -> None:
    made = {make.principal(f"Tied {n % 3}").name for n in range(50)} | {make.principal("Other").name}
    address, seen = "/principals?q=t", []
    while address:
        found = page(reader, address)
        seen += [str(card["id"]) for card in found.select(".pcard")]
        following = found.select("a[rel=next]")
        address = str(following[0]["href"]) if following else ""
    assert len(seen) == len(set(seen)) == 51
    assert made == {"Tied 0", "Tied 1", "Tied 2", "Other"}


def test_htmx_gets_the_content_alone_and_an_address_without_empty_words(
    reader: Client, bakery: Organization
) -> None:
    answer = reader.get("/principals?q=amber&level=&sort=coldest", headers=HTMX)
    assert "<html" not in answer.text
    assert answer.headers["HX-Push-Url"] == "/principals?q=amber"
    assert answer.headers["Vary"].find("HX-Request") >= 0
    assert the(BeautifulSoup(answer.text, "lxml"), "#results .pcard h2").text == bakery.name


def test_going_back_in_the_browser_gets_the_whole_page(reader: Client, bakery: Organization) -> None:
    answer = reader.get("/principals", headers=HTMX | {"HX-History-Restore-Request": "true"})
    assert "<html" in answer.text
    assert "HX-Push-Url" not in answer.headers


def test_the_search_works_as_a_form_without_scripts(reader: Client) -> None:
    form = the(page(reader, "/principals?level=low"), "form.filterbar")
    assert (form["method"], form["action"]) == ("get", "/principals")
    assert the(form, "[name=level]")["value"] == "low"
    assert the(form, "button")["type"] == "submit"


@pytest.mark.parametrize("name", ["q", "sort", "level", "after"])
def test_what_an_address_says_can_never_break_the_list(
    name: str, reader: Client, bakery: Organization
) -> None:
    for value in HOSTILE:
        for headers in ({}, HTMX):
            answer = reader.get("/principals", query_string={name: value}, headers=headers)
            assert answer.status_code == 200, value


def test_what_an_address_says_can_never_break_a_timeline(reader: Client, bakery: Organization) -> None:
    address = f"/principals/{bakery.organization_id}/interactions"
    for value in (*HOSTILE, "2026-11-24T12:00:00+00:00~" + "9" * 30, "9999-12-31T23:59:59-14:00~1"):
        for headers in ({}, HTMX):
            answer = reader.get(address, query_string={"before": value}, headers=headers)
            assert answer.status_code == 200, value


@pytest.mark.parametrize("part", ["", "/interactions"])
def test_a_number_that_is_no_principals_is_not_found(part: str, reader: Client) -> None:
    for number in ("0", "999999999999", str(2**63 - 1), str(2**63), "9" * 60, "-1", "x"):
        assert reader.get(f"/principals/{number}{part}").status_code == 404, number


def test_an_organization_that_is_no_principal_is_not_found(reader: Client, make: Make) -> None:
    bistro = make.organization("Bistro").organization_id
    assert reader.get(f"/principals/{bistro}").status_code == 404
    assert reader.get(f"/principals/{bistro}/interactions").status_code == 404


def test_an_archived_principal_says_so_and_offers_nothing_to_log(reader: Client, make: Make) -> None:
    gone = make.principal("Gone Farm", deleted_at=noon(3))
    make.interaction(principals=[gone], on=noon(5), notes="Last harvest")
    found = page(reader, f"/principals/{gone.organization_id}")
    assert "Archived on" in the(found, "#content .banner").text
    assert "Last harvest" in found.text
    assert not found.select("main [data-open=log], .ring")
    assert "Archived on" in page(reader, f"/principals/{gone.organization_id}/interactions").text
    assert cards(page(reader, "/principals")) == []


def test_the_head_of_a_principal_says_level_last_day_tally_and_who_looks_after_it(
    reader: Client, make: Make, bakery: Organization, otis: User
) -> None:
    make.interaction(principals=[bakery], on=noon(0), author=otis)
    make.interaction(principals=[bakery], on=noon(0))
    record = the(page(reader, f"/principals/{bakery.organization_id}"), ".record")
    assert the(record, ".ring--xl")["aria-label"] == "High engagement, 100 percent, last interaction today"
    assert words(the(record, ".tally")) == "2 of 10 interactions this week"
    assert "Looked after by Nell Okafor" in record.text
    assert the(record, "time")["datetime"] == TODAY.isoformat()
    log = the(record, "a.btn--primary")["href"]
    assert (
        log
        == f"/interactions/new?principal={bakery.organization_id}&back=/principals/{bakery.organization_id}"
    )


def test_engagement_is_a_sentence_a_picture_and_a_table_of_the_same_figures(
    reader: Client, make: Make, bakery: Organization
) -> None:
    for _ in range(3):
        make.interaction(principals=[bakery], on=noon(0))
    card = the(page(reader, f"/principals/{bakery.organization_id}"), "#engagement")
    assert "High since this week." in the(card, "figcaption").text
    assert len(card.select("svg[role=img] .strip rect")) == 26
    rows = [words(row) for row in card.select("details tbody tr")]
    assert len(rows) == 26
    assert rows[0].endswith("3 High")
    assert rows[1].endswith("0 Not contacted yet")


def test_products_stand_by_category_with_where_they_are_placed(
    reader: Client, make: Make, bakery: Organization
) -> None:
    rye = make.product("Rye loaf", principal=bakery, category="Breads")
    make.product("Baguette", principal=bakery, category="Breads", status="discontinued")
    make.product("Gift box", principal=bakery)
    make.product("Gone", principal=bakery, deleted_at=NOW)
    make.opportunity(products=[rye])
    make.opportunity(products=[rye], stage="Closed - Won")
    card = the(page(reader, f"/principals/{bakery.organization_id}"), "#products")
    assert the(card, ".count").text == "3"
    assert [words(heading) for heading in card.select("summary")] == ["Breads 2", "Other products 1"]
    assert [words(line) for line in card.select("li")] == [
        "Baguette Discontinued not placed yet", "Rye loaf in 1 open opportunity", "Gift box not placed yet",
    ]  # fmt: skip


def test_a_long_line_card_starts_with_its_later_categories_folded(
    reader: Client, make: Make, bakery: Organization
) -> None:
    for category in ("Breads", "Cakes", "Doughs"):
        for n in range(8):
            make.product(f"{category} {n}", principal=bakery, category=category)
    found = page(reader, f"/principals/{bakery.organization_id}")
    assert [category.has_attr("open") for category in found.select(".category")] == [True, True, False]


def test_the_timeline_is_grouped_by_day_and_tells_each_interaction(
    reader: Client, make: Make, bakery: Organization, otis: User
) -> None:
    school = make.organization("Marlowe Bend School District")
    marisol = make.contact("Marisol", "Quintero-Vane", organization=school)
    menu = make.opportunity("Spring breakfast menu", organization=school, principals=[bakery])
    make.interaction(
        opportunity=menu, contact=marisol, on=noon(1), author=otis, interaction_type="Demo/sampled",
        notes="Loved the <croissant>", sentiment="Positive",
    )  # fmt: skip
    make.interaction(principals=[bakery], on=noon(0), interaction_type="Email", notes=None)
    found = the(page(reader, f"/principals/{bakery.organization_id}"), "#interactions")
    headings = [heading.text for heading in found.select(".timeline-day")]
    assert headings[0] == "Today"
    assert headings[1].endswith("· yesterday")
    tasting = words(found.select(".timeline > li")[1])
    assert tasting.startswith(
        "Demo/sampled with Marisol Quintero-Vane , Marlowe Bend School District 12:00 pm"
        " Loved the <croissant>"
    )
    for part in ("Positive", "Spring breakfast menu", "Otis Brandt"):
        assert part in tasting


def test_long_notes_can_be_read_whole_without_leaving(
    reader: Client, make: Make, bakery: Organization
) -> None:
    notes = "Tray rolls. " * 100 + "The end."
    make.interaction(principals=[bakery], on=noon(0), notes=notes)
    entry = the(page(reader, f"/principals/{bakery.organization_id}"), ".timeline > li")
    assert entry.select(".note")[0].text.endswith(" …")
    assert the(entry, "details .note").text == notes


def test_a_plan_in_the_timeline_is_told_apart_from_a_touch(
    reader: Client, make: Make, bakery: Organization, nell: User
) -> None:
    make.interaction(principals=[bakery], on=noon(0), is_touch=False, follow_up_date=TODAY, author=nell)
    found = page(reader, f"/principals/{bakery.organization_id}")
    assert "Planned, not counted" in the(found, ".timeline > li").text
    assert "Not contacted yet" in the(found, ".record").text


def test_a_promise_kept_here_is_gone_from_the_page_in_the_same_answer(
    reader: Client, make: Make, bakery: Organization, nell: User
) -> None:
    make.interaction(
        principals=[bakery],
        on=noon(2),
        author=nell,
        follow_up_date=TODAY,
        follow_up_note="Send the spec sheet",
    )
    here = f"/principals/{bakery.organization_id}"
    found = page(reader, here)
    (at_top, in_timeline) = found.select("main form[method=post]")
    assert at_top["action"] == in_timeline["action"] == in_timeline["hx-post"]
    answer = reader.submit(
        str(in_timeline["action"]),
        {"request_key": str(uuid4())},
        headers=HTMX | {"HX-Current-URL": f"http://localhost{here}"},
    )
    again = BeautifulSoup(answer.text, "lxml")
    content = the(again, "#content")
    assert content["hx-swap-oob"] == "true"
    assert not content.select("form[method=post]")
    assert "Promise kept" in content.text


def test_many_promises_show_the_next_few_and_fold_the_others(
    reader: Client, make: Make, bakery: Organization, nell: User
) -> None:
    for days in range(30):
        make.interaction(
            principals=[bakery],
            on=noon(2),
            author=nell,
            follow_up_date=TODAY + timedelta(days=days),
            follow_up_note=f"In {days}",
        )
    card = the(page(reader, f"/principals/{bakery.organization_id}"), "#promised")
    assert words(the(card, ".count")) == "30 open"
    assert [what.text for what in card.select(".card > .tasks .what")] == ["In 0", "In 1", "In 2", "In 3"]
    folded = the(card, "details")
    assert the(folded, "summary").text == "26 more, the next 20 of them here"
    assert len(folded.select(".task")) == 20


def test_logging_changes_ring_days_tally_and_list_in_the_same_answer(
    reader: Client, make: Make, bakery: Organization
) -> None:
    make.interaction(principals=[bakery], on=noon(18))
    log = {
        "request_key": str(uuid4()),
        "about": f"principal:{bakery.organization_id}",
        "principals": str(bakery.organization_id),
        "interaction_type": "Phone Call",
        "notes": "",
        "sentiment": "Neutral",
        "follow_up": "",
    }
    answer = reader.submit(
        "/interactions", log, headers=HTMX | {"HX-Current-URL": "http://localhost/principals?sort=name"}
    )
    card = the(BeautifulSoup(answer.text, "lxml"), "#content .pcard")
    assert the(card, ".ring--lg")["aria-label"] == "High engagement, 100 percent, last interaction today"
    assert "2 interactions" in card.text
    assert words(the(card, ".tally")).startswith("1 of 10")


def test_the_timeline_goes_on_by_link_and_by_htmx_with_every_entry_once(
    reader: Client, make: Make, bakery: Organization
) -> None:
    made = {f"Note {n}" for n in range(47)}
    for n in range(47):
        make.interaction(principals=[bakery], on=noon(1 + n // 30), notes=f"Note {n}")
    home = f"/principals/{bakery.organization_id}"
    for headers in ({}, HTMX):
        address, seen = home, []
        while address:
            found = page(reader, address, **(headers if address != home else {}))
            assert bool(found.select("title")) == (not headers or address == home)
            seen += [note.text for note in found.select(".timeline .note")]
            link = found.select(".earlier a")
            if link:
                assert link[0]["href"] == link[0]["hx-get"]
            address = str(link[0]["href"]) if link else ""
        assert len(seen) == 47
        assert set(seen) == made


def test_a_day_that_goes_on_in_the_next_part_says_so(
    reader: Client, make: Make, bakery: Organization
) -> None:
    for _ in range(25):
        make.interaction(principals=[bakery], on=noon(3))
    link = the(page(reader, f"/principals/{bakery.organization_id}"), ".earlier a")
    heading = the(page(reader, str(link["href"]), **HTMX), ".timeline-day")
    assert heading.text.endswith("· 3 days ago, earlier")
    assert heading.has_attr("autofocus")
    assert not the(page(reader, str(link["href"])), ".timeline-day").has_attr("autofocus")


def test_a_principal_without_history_says_what_will_stand_there(reader: Client, bakery: Organization) -> None:
    found = page(reader, f"/principals/{bakery.organization_id}")
    assert "Nothing here yet" in found.text
    assert "Not contacted yet. The first interaction starts the ring." in words(the(found, "figcaption"))
    assert "Their line card is empty so far." in found.text


def test_every_link_of_the_pages_leads_somewhere(
    reader: Client, make: Make, bakery: Organization, nell: User
) -> None:
    make.product(principal=bakery)
    make.interaction(principals=[bakery], on=noon(1), author=nell, follow_up_date=TODAY)
    home = f"/principals/{bakery.organization_id}"
    for address in ("/principals", home, f"{home}/interactions"):
        for link in page(reader, address).select("#content a[href]"):
            if not str(link["href"]).startswith("#"):
                assert reader.get(str(link["href"])).status_code == 200, link["href"]


def a_book(make: Make, nell: User, *, size: int) -> Organization:
    """As many principals, and products, interactions and promises of one of them, as `size` says."""
    bakery = make.principal("Amberfold Bakery Co.")
    lines = [make.product(principal=bakery, category=f"Category {n % 9}") for n in range(size)]
    menu = make.opportunity(products=lines)
    for n in range(size):
        other = make.principal(f"Principal {n:03}")
        make.interaction(
            opportunity=menu, principals=[other], on=noon(n % 40), author=nell, follow_up_date=TODAY
        )
    return bakery


def test_pages_ask_the_database_at_most_eight_times_with_10_rows_as_with_100(
    reader: Client, make: Make, nell: User, statements: Counting
) -> None:
    asked: dict[str, list[int]] = {"list": [], "table": [], "principal": [], "interactions": []}
    for size in (10, 90):
        number = a_book(make, nell, size=size).organization_id
        for name, address in (
            ("table", "/principals?view=table"),
            ("list", "/principals?q=a&view=cards"),
            ("principal", f"/principals/{number}"),
            ("interactions", f"/principals/{number}/interactions"),
        ):
            reader.get(address)
            with statements() as seen:
                assert reader.get(address).status_code == 200
            asked[name].append(len(seen))
    assert all(few == many <= 8 for few, many in asked.values()), asked


def test_cards_or_a_table_is_remembered_for_each_person(
    reader: Client, sign_in: SignIn, bakery: Organization, make: Make, nell: User, otis: User
) -> None:
    make.interaction(principals=[bakery], author=nell, on=noon(3), follow_up_date=TODAY)
    assert page(reader, "/principals").select_one("table") is None
    assert reader.get("/principals?view=table").status_code == 200
    found = page(reader, "/principals")
    row = words(the(found, "tbody tr"))
    assert "Amberfold Bakery Co." in row
    assert "today" in row
    assert words(the(found, "#ways [aria-current]")) == "Table"
    assert page(sign_in(otis), "/principals").select_one("table") is None
    page(sign_in(nell), "/principals?view=cards")
    assert page(sign_in(nell), "/principals?view=nonsense").select_one("table") is None
