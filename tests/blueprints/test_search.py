"""The search page and what the palette offers, as a browser with and without scripts asks for them."""

import re
from collections.abc import Callable

import pytest

from crm.models import User
from tests.clients import Client
from tests.conftest import Counting
from tests.factories import Make

PALETTE = {"HX-Request": "true"}


@pytest.fixture
def rep(nell: User, sign_in: Callable[[User], Client]) -> Client:
    return sign_in(nell)


def test_the_page_groups_what_is_found_and_leads_to_each(make: Make, rep: Client) -> None:
    bakery = make.principal("Amberfold Bakery Co.")
    school = make.organization("Marlowe Bend School District", city="Marlowe Bend")
    amber = make.contact("Amber", "Tollgate", organization=school, position="Buyer")
    text = rep.get("/search?q=amber").text
    assert "2 found for “amber”." in text
    assert f'href="/principals/{bakery.organization_id}"' in text
    assert f'href="/contacts/{amber.contact_id}"' in text
    assert "<b>Amber</b>fold Bakery Co." in text
    assert "Buyer · Marlowe Bend School District" in text
    assert text.index("Principals</h2>") < text.index("Contacts</h2>")


def test_a_slip_is_said_to_be_one(make: Make, rep: Client) -> None:
    make.principal("Amberfold Bakery Co.")
    assert "Did you mean one of these?" in rep.get("/search?q=ambrefold").text


def test_more_than_a_page_shows_are_told_and_the_list_has_them(make: Make, rep: Client) -> None:
    for number in range(22):
        make.organization(f"Harvest {number}")
    text = rep.get("/search?q=harvest").text
    assert "The best 20 for “harvest”." in text
    assert 'href="/organizations?q=harvest"' in text
    assert rep.get("/organizations?q=harvest").status_code == 200


def test_nothing_found_nothing_typed_and_one_letter_each_say_what_to_do(rep: Client) -> None:
    assert "Nothing found for “zzzz”" in rep.get("/search?q=zzzz").text
    assert "The whole book, by name" in rep.get("/search").text
    assert "Two letters are needed" in rep.get("/search?q=z").text


def test_a_name_is_shown_as_text_and_never_as_markup(make: Make, rep: Client) -> None:
    make.principal("<b>Amber & <script>alert(1)</script>")
    for answer in (rep.get("/search?q=amber"), rep.get("/search/palette?q=script", headers=PALETTE)):
        assert "<script>alert" not in answer.text
        assert "&lt;" in answer.text


def test_what_was_looked_at_last_stands_on_the_empty_page_and_in_the_empty_palette(
    make: Make, rep: Client
) -> None:
    mill = make.principal("Oldfen Grains")
    dana = make.contact("Dana", "Reyes", organization=make.organization("School"))
    rep.get(f"/contacts/{dana.contact_id}")
    rep.get(f"/principals/{mill.organization_id}")
    for text in (rep.get("/search").text, rep.get("/search/palette?q=", headers=PALETTE).text):
        assert "Looked at last" in text
        assert text.index("Oldfen Grains") < text.index("Dana Reyes")


def test_the_palette_offers_records_and_what_can_be_done_with_the_best_of_them(
    make: Make, rep: Client
) -> None:
    bakery = make.principal("Amberfold Bakery Co.")
    text = rep.get("/search/palette?q=amber", headers=PALETTE).text
    assert f'href="/principals/{bakery.organization_id}"' in text
    assert f'href="/interactions/new?principal={bakery.organization_id}"' in text
    assert "Log interaction with Amberfold Bakery Co." in text
    assert f'href="/opportunities/new?principal={bakery.organization_id}"' in text
    assert "New opportunity for Amberfold Bakery Co." in text
    assert 'href="/search?q=amber"' in text


def test_a_deed_said_first_makes_every_hit_that_deed(make: Make, rep: Client) -> None:
    school = make.organization("Marlowe Bend School District")
    make.contact("Marisol", "Quintero-Vane", organization=school)
    text = rep.get("/search/palette?q=Log with mar", headers=PALETTE).text
    assert "Log interaction with Marisol Quintero-Vane" in text
    assert "Log interaction with Marlowe Bend School District" in text
    assert f'href="/organizations/{school.organization_id}"' not in text
    text = rep.get("/search/palette?q=new opportunity for mar", headers=PALETTE).text
    assert f'href="/opportunities/new?organization={school.organization_id}"' in text
    assert "Log interaction with" not in text
    assert "Marlowe" not in rep.get("/search/palette?q=go to mar", headers=PALETTE).text


def test_every_option_of_the_palette_has_an_id_of_its_own(make: Make, rep: Client) -> None:
    for number in range(3):
        make.principal(f"Amber {number}")
        make.contact("Amber", f"Tollgate {number}")
    ids = re.findall(r'role="option" id="([^"]+)"', rep.get("/search/palette?q=amber", headers=PALETTE).text)
    assert len(ids) == len(set(ids)) >= 8


def test_without_scripts_the_palette_is_the_page(rep: Client) -> None:
    answer = rep.get("/search/palette?q=amber")
    assert (answer.status_code, answer.location) == (303, "/search?q=amber")


def test_typing_on_the_page_keeps_its_address(make: Make, rep: Client) -> None:
    answer = rep.get("/search?q=amber", headers=PALETTE)
    assert answer.headers["HX-Push-Url"] == "/search?q=amber"
    assert "<html" not in answer.text


@pytest.mark.parametrize(
    "path", ["/search?q=amber", "/search", "/search/palette?q=amber", "/search/palette?q="]
)
def test_the_statements_are_few_however_much_is_found(
    path: str, make: Make, rep: Client, statements: Counting
) -> None:
    counts = []
    for number in (1, 9):
        for n in range(number):
            make.principal(f"Amber {number} {n}")
            make.contact("Amber", f"Gate {n}")
        rep.get(path, headers=PALETTE if "palette" in path else {})
        with statements() as seen:
            rep.get(path, headers=PALETTE if "palette" in path else {})
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 6


@pytest.mark.parametrize(
    "q",
    [
        "%00", "a%00b", "%ff%fe%fa", "%F0%9F%8D%8B%F0%9F%8D%8B", "'%3b drop table users --", "%25_%25_\\",
        "%E2%80%AEabc", "x" * 3000, "%20".join(["word"] * 500), "log with ", "new opportunity for %00",
        "go to",
        "<script>alert(1)</script>",
    ],
)  # fmt: skip
def test_hostile_input_is_answered_like_any_other(q: str, rep: Client) -> None:
    assert rep.get(f"/search?q={q}").status_code == 200
    assert rep.get(f"/search/palette?q={q}", headers=PALETTE).status_code == 200
