"""The page and the form of an organization, as people use them: alone, two at a time, and with bad input."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from crm.db import db
from crm.models import Organization, User
from tests.blueprints.record_forms import fields, page, typed, words
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]
Counting = Callable[[], AbstractContextManager[list[str]]]
NOW = datetime.now(UTC)

HOSTILE = {
    "emoji": "🧀 Käsehaus 🫕",
    "right to left": "مطعم الزيتون",
    "markup": "<script>alert(1)</script> & <b>Sons</b>",
    "quotes": "O'Hara's \"Grill\"; drop table organizations; --",
    "as long as it may be": "x" * 255,
}


@pytest.fixture
def rep(nell: User, sign_in: SignIn) -> Client:
    return sign_in(nell)


@pytest.fixture
def bistro(make: Make, nell: User) -> Organization:
    return make.organization("Fallow Lane Bistro", owner=nell, city="Marlowe Bend", priority="B")


def save(client: Client, number: int, said: dict[str, Any]) -> Any:
    return client.post(f"/organizations/{number}", data=said)


def url_of(organization: Organization) -> str:
    return f"/organizations/{organization.organization_id}"


def test_a_new_organization_needs_nothing_but_a_name(rep: Client, nell: User) -> None:
    said = typed(rep, "/organizations/new") | {"name": "  Pellham   College Dining "}
    answer = rep.post("/organizations", data=said)
    assert answer.status_code == 303
    made = db.session.scalars(select(Organization).where(Organization.name == "Pellham College Dining")).one()
    assert answer.location.endswith(f"/organizations/{made.organization_id}")
    assert made.owner_id == nell.user_id
    assert "Pellham College Dining is in the book" in rep.get(answer.location).text


def test_everything_typed_is_kept_and_shown_again(rep: Client, make: Make, bistro: Organization) -> None:
    group, truck = make.organization("Lane Group"), make.distributor("Northlane Foodservice")
    focus = page(rep, f"{url_of(bistro)}/edit").select("#weekly_focus_on option")[1]["value"]
    change = {
        "name": "Fallow Lane", "legal_name": "Fallow Lane LLC", "segment": "Casual", "priority": "A+",
        "phone": "312.555.0142 x12", "second_phone": "+44 20 7946 0958", "email": "hello@fallow.example",
        "website": "fallow.example/menu", "linkedin": "https://linkedin.example/fallow",
        "address_line1": "1 Quarry Row", "address_line2": "Back door", "city": "Marlowe", "state": "IL",
        "postal_code": "60601", "country": "USA", "tags": "brunch, Patio, brunch,, ", "is_anchor": "y",
        "is_distributor": "y", "parent_organization_id": str(group.organization_id),
        "usual_distributor_id": str(truck.organization_id), "weekly_focus_on": focus,
        "notes": "First line\r\nSecond line  ",
    }  # fmt: skip
    answer = save(rep, bistro.organization_id, typed(rep, f"{url_of(bistro)}/edit") | change)
    assert answer.status_code == 303, words(BeautifulSoup(answer.text, "lxml"), ".banner")
    kept = {name: getattr(bistro, name) for name in change}
    expected = dict(
        change,
        phone="(312) 555-0142 ext. 12",
        tags=["brunch", "Patio"],
        is_anchor=True,
        is_distributor=True,
        parent_organization_id=group.organization_id,
        usual_distributor_id=truck.organization_id,
        notes="First line\nSecond line",
        weekly_focus_on=bistro.weekly_focus_on,
    )
    assert kept == expected
    assert bistro.weekly_focus_on is not None
    assert bistro.weekly_focus_on.isoformat() == focus
    again = typed(rep, f"{url_of(bistro)}/edit")
    assert {name: again[name] for name in change if name not in ("phone", "tags", "notes")} == {
        name: value for name, value in change.items() if name not in ("phone", "tags", "notes")
    }
    assert save(rep, bistro.organization_id, again).status_code == 303
    assert {name: getattr(bistro, name) for name in change} == kept
    shown = words(page(rep, url_of(bistro)))
    for word in (
        "Fallow Lane LLC",
        "(312) 555-0142 ext. 12",
        "Lane Group",
        "Northlane",
        "Patio",
        "Second line",
    ):
        assert word in shown


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_any_name_that_people_have_is_taken_as_it_is(rep: Client, name: str) -> None:
    answer = rep.post("/organizations", data=typed(rep, "/organizations/new") | {"name": name, "notes": name})
    assert answer.status_code == 303
    shown = page(rep, answer.location)
    assert shown.select_one("h1").text == name
    assert shown.select(".record script, aside script") == []
    edited = typed(rep, f"{answer.location}/edit")
    assert (edited["name"], edited["notes"]) == (name, name)


@pytest.mark.parametrize(
    ("field", "value", "way_out"),
    [
        ("name", "", "Give it the name"),
        ("name", "\x00", "Give it the name"),
        ("name", "x" * 256, "Keep it to 255"),
        ("notes", "x" * 10_001, "up to 10,000"),
        ("phone", "call me", "Write it in digits"),
        ("phone", "123", "too few or too many"),
        ("email", "nobody", "Write it like name@place"),
        ("website", "javascript:alert(1)", "Write it like place"),
        ("website", "nowhere", "Write it like place"),
        ("tags", ",".join(f"t{n}" for n in range(21)), "At most 20"),
        ("tags", "x" * 41, "at most 40"),
        ("segment", "Made up", "Choose one of the list"),
        ("priority", "Z", "Choose one of the list"),
        ("owner_id", "999999", "Choose one of the list"),
        ("parent_organization_id", "999999999", "no longer there"),
        ("parent_organization_id", "9" * 40, "Choose one of the list"),
        ("usual_distributor_id", "999999", "Choose one of the list"),
        ("weekly_focus_on", "2026-11-24", "Choose one of the list"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field_and_nothing_is_lost(
    rep: Client, bistro: Organization, field: str, value: str, way_out: str
) -> None:
    said = typed(rep, f"{url_of(bistro)}/edit") | {"legal_name": "Typed before", field: value}
    answer = save(rep, bistro.organization_id, said)
    assert answer.status_code == 422
    refused = BeautifulSoup(answer.text, "lxml")
    assert way_out in words(refused, ".error")
    assert fields(refused)["legal_name"] == "Typed before"
    assert bistro.legal_name is None


def test_notes_of_ten_thousand_characters_are_kept_whole(rep: Client, bistro: Organization) -> None:
    notes = "é🧀" * 5_000
    answer = save(rep, bistro.organization_id, typed(rep, f"{url_of(bistro)}/edit") | {"notes": notes})
    assert answer.status_code == 303
    assert bistro.notes == notes


def test_control_characters_are_left_out(rep: Client, bistro: Organization) -> None:
    said = typed(rep, f"{url_of(bistro)}/edit") | {"name": "Fal\x00low\x07", "notes": "a\x00b\tc"}
    assert save(rep, bistro.organization_id, said).status_code == 303
    assert (bistro.name, bistro.notes) == ("Fallow", "ab\tc")


def test_the_same_post_twice_makes_one_organization(rep: Client) -> None:
    said = typed(rep, "/organizations/new") | {"name": "Twice"}
    answers = [rep.post("/organizations", data=said) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert len(db.session.scalars(select(Organization).where(Organization.name == "Twice")).all()) == 1


def test_two_editors_see_both_values_and_the_choices_are_saved(
    rep: Client, make: Make, bistro: Organization, mara: User, sign_in: SignIn
) -> None:
    before = typed(rep, f"{url_of(bistro)}/edit")
    theirs = sign_in(mara)
    assert (
        save(
            theirs,
            bistro.organization_id,
            typed(theirs, f"{url_of(bistro)}/edit")
            | {"city": "Gravel Point", "notes": "Mara's", "state": "WI"},
        ).status_code
        == 303
    )
    db.session.commit()
    nell = db.session.get_one(User, bistro.owner_id)
    mine = sign_in(nell)
    before["csrf_token"] = mine.csrf_token
    answer = save(mine, bistro.organization_id, before | {"notes": "Nell's\nlong", "phone": "312 555 0142"})
    assert answer.status_code == 409
    assert bistro.notes == "Mara's"
    conflict = BeautifulSoup(answer.text, "lxml")
    assert "Mara Lindqvist saved" in words(conflict)
    sides = {one.select_one("legend").text: words(one, ".side") for one in conflict.select("fieldset")}
    assert sides["Notes"] == "Yours Nell's long Saved now Mara's"
    assert sides["City"] == "Yours Marlowe Bend Saved now Gravel Point"
    said = fields(conflict)
    # what only one of the two changed is chosen already, and only that
    assert (said["choice-city"], said["choice-state"], said["choice-phone"]) == ("theirs", "theirs", "mine")
    assert "choice-notes" not in said
    undecided = save(mine, bistro.organization_id, said | {"request_key": str(uuid4())})
    assert undecided.status_code == 409
    assert "Choose one of the two" in words(BeautifulSoup(undecided.text, "lxml"), ".error")
    said = fields(BeautifulSoup(undecided.text, "lxml"))
    settled = save(mine, bistro.organization_id, said | {"choice-notes": "mine", "choice-phone": "mine"})
    assert settled.status_code == 303
    assert (bistro.notes, bistro.city, bistro.state) == ("Nell's\nlong", "Gravel Point", "WI")
    assert bistro.phone == "(312) 555-0142"


def test_a_choice_made_on_a_version_that_is_old_again_is_asked_anew(
    rep: Client, make: Make, bistro: Organization
) -> None:
    first = typed(rep, f"{url_of(bistro)}/edit")
    assert save(rep, bistro.organization_id, first | {"city": "A"}).status_code == 303
    second = save(rep, bistro.organization_id, first | {"city": "B", "request_key": str(uuid4())})
    chosen = fields(BeautifulSoup(second.text, "lxml")) | {"choice-city": "mine"}
    third = typed(rep, f"{url_of(bistro)}/edit") | {"city": "C"}
    assert save(rep, bistro.organization_id, third).status_code == 303
    answer = save(rep, bistro.organization_id, chosen)
    assert answer.status_code == 409
    assert "Saved now C" in words(BeautifulSoup(answer.text, "lxml"))
    assert bistro.city == "C"


def test_a_stale_form_that_says_the_same_is_saved_without_a_question(
    rep: Client, bistro: Organization
) -> None:
    said = typed(rep, f"{url_of(bistro)}/edit") | {"city": "Gravel Point"}
    assert save(rep, bistro.organization_id, said).status_code == 303
    assert save(rep, bistro.organization_id, said | {"request_key": str(uuid4())}).status_code == 303


def test_a_name_that_the_book_has_is_shown_and_asked_about_but_a_sibling_is_not(
    rep: Client, bistro: Organization
) -> None:
    sibling = typed(rep, "/organizations/new") | {"name": "Fallow Lane Bistro", "city": "Gravel Point"}
    assert rep.post("/organizations", data=sibling).status_code == 303
    said = typed(rep, "/organizations/new") | {"name": "The Fallow Lane Bistro, LLC"}
    answer = rep.post("/organizations", data=said)
    assert answer.status_code == 422
    asked = BeautifulSoup(answer.text, "lxml")
    assert "In the book already?" in words(asked, "#similar")
    assert asked.select_one(f"#similar a[href='{url_of(bistro)}']") is not None
    again = fields(asked) | {"is_another": "y"}
    assert rep.post("/organizations", data=again).status_code == 303


def test_similar_names_are_told_while_typing(rep: Client, bistro: Organization) -> None:
    told = page(rep, "/organizations/similar?name=Falow+Lane+Bistro")
    assert "Fallow Lane Bistro" in told.text
    assert "sibling" in page(rep, "/organizations/similar?name=Fallow+Lane+Bistro&city=Elsewhere").text
    assert (
        bistro.name
        not in page(rep, f"/organizations/similar?name=Fallow+Lane&record={bistro.organization_id}").text
    )
    for nonsense in ("", "x", "%", "\x00" * 5, "'; --", "🧀" * 300):
        assert rep.get("/organizations/similar", query_string={"name": nonsense}).status_code == 200


def test_no_organization_belongs_to_itself_near_or_far(rep: Client, make: Make, bistro: Organization) -> None:
    child = make.organization("Child", parent_organization_id=bistro.organization_id)
    grandchild = make.organization("Grandchild", parent_organization_id=child.organization_id)
    for wrong in (bistro, child, grandchild):
        said = typed(rep, f"{url_of(bistro)}/edit") | {"parent_organization_id": str(wrong.organization_id)}
        answer = save(rep, bistro.organization_id, said)
        assert answer.status_code == 422
        assert "belongs to Fallow Lane Bistro" in answer.text
    assert bistro.parent_organization_id is None


def test_a_principal_with_products_stays_one(rep: Client, make: Make, nell: User) -> None:
    maker = make.principal("Oldfen Grains", owner=nell)
    make.product(principal=maker)
    said = typed(rep, f"{url_of(maker)}/edit")
    del said["is_principal"]
    answer = save(rep, maker.organization_id, said)
    assert answer.status_code == 422
    assert "line card has 1 product" in answer.text
    assert maker.is_principal


def test_a_principal_leads_to_its_own_page_and_both_kinds_are_said(rep: Client, make: Make) -> None:
    maker = make.principal("Oldfen Grains")
    shown = page(rep, url_of(maker))
    assert shown.select(f"a[href='/principals/{maker.organization_id}']")
    both = make.principal("Both", is_distributor=True)
    assert "They are both" in words(page(rep, url_of(both)))


def test_only_who_may_change_it_sees_the_controls_and_gets_through(
    make: Make, bistro: Organization, otis: User, mara: User, ada: User, sign_in: SignIn
) -> None:
    here, said = url_of(bistro), {"name": "Mine", "version": "1", "request_key": str(uuid4())}
    stranger = sign_in(otis)
    shown = page(stranger, here)
    assert "Edit organization" not in shown.text
    assert "Archive organization" not in shown.text
    assert stranger.get(f"{here}/edit").status_code == 403
    for path in (here, f"{here}/archive"):
        answer = stranger.submit(path, said)
        assert answer.status_code == 403
        assert "their manager or an admin" in answer.text
    assert (bistro.name, bistro.deleted_at) == ("Fallow Lane Bistro", None)
    for allowed in (mara, ada):
        assert "Edit organization" in page(sign_in(allowed), here).text


def test_a_record_is_not_given_away_out_of_reach(
    rep: Client, make: Make, bistro: Organization, otis: User
) -> None:
    said = typed(rep, f"{url_of(bistro)}/edit") | {"owner_id": str(otis.user_id)}
    answer = save(rep, bistro.organization_id, said)
    assert answer.status_code == 422
    assert "within your team" in answer.text
    assert (
        save(rep, bistro.organization_id, said | {"second_owner_id": str(bistro.owner_id)}).status_code == 303
    )


@pytest.mark.parametrize("path", ["", "/edit", "/history", "/timeline"])
@pytest.mark.parametrize("number", ["0", "999999999", "9223372036854775807", "9" * 30, "x"])
def test_a_number_that_is_nobodys_is_not_found(rep: Client, number: str, path: str) -> None:
    assert rep.get(f"/organizations/{number}{path}").status_code == 404


def test_it_is_archived_found_in_the_trash_and_brought_back(rep: Client, bistro: Organization) -> None:
    here = url_of(bistro)
    answer = rep.submit(f"{here}/archive", {"request_key": str(uuid4())})
    assert answer.status_code == 303
    assert bistro.deleted_at is not None
    shown = page(rep, here)
    assert "Archived" in words(shown, ".banner")
    assert "Edit organization" not in shown.text
    assert "Fallow Lane Bistro" in words(page(rep, "/trash"))
    assert "Fallow Lane Bistro" not in words(page(rep, "/trash?kind=contact"))
    back = f"/trash/organization/{bistro.organization_id}/restoration"
    assert rep.submit(back, {"request_key": str(uuid4())}).status_code == 303
    assert bistro.deleted_at is None
    assert rep.submit(back, {"request_key": str(uuid4())}).status_code == 404


def test_what_is_archived_is_restored_before_it_is_changed(rep: Client, bistro: Organization) -> None:
    said = typed(rep, f"{url_of(bistro)}/edit")
    assert rep.submit(f"{url_of(bistro)}/archive", {"request_key": str(uuid4())}).status_code == 303
    for answer in (rep.get(f"{url_of(bistro)}/edit"), save(rep, bistro.organization_id, said)):
        assert answer.status_code == 404
        assert "Restore it on its page" in answer.text


def test_a_star_makes_a_favourite_and_looking_is_remembered(
    rep: Client, bistro: Organization, nell: User
) -> None:
    here = url_of(bistro)
    star = f"/favorites/organization/{bistro.organization_id}"
    assert page(rep, here).select_one(".star")["aria-pressed"] == "false"
    assert rep.submit(star, {"request_key": str(uuid4())}).status_code == 303
    assert page(rep, here).select_one(".star")["aria-pressed"] == "true"
    assert "Fallow Lane Bistro" in words(page(rep, "/favorites"), "#favourites")
    assert "Fallow Lane Bistro" in words(page(rep, "/favorites"), "#recents")
    assert rep.submit(star, {"request_key": str(uuid4())}).status_code == 303
    assert page(rep, here).select_one(".star")["aria-pressed"] == "false"
    assert rep.submit("/favorites/organization/999999", {"request_key": str(uuid4())}).status_code == 404
    assert rep.submit("/favorites/nonsense/1", {"request_key": str(uuid4())}).status_code == 404


def test_the_timeline_tells_interactions_moves_and_changes_in_one_row(
    rep: Client, make: Make, bistro: Organization, nell: User
) -> None:
    chef = make.contact("Kit", "Farraday", organization=bistro)
    menu = make.opportunity("Spring menu", organization=bistro)
    make.interaction(
        contact=chef, organization=bistro, author=nell, on=NOW - timedelta(days=3), notes="Called Kit"
    )
    make.interaction(contact=chef, author=nell, on=NOW - timedelta(days=4), notes="Only a contact named")
    make.interaction(opportunity=menu, author=nell, on=NOW - timedelta(days=5), notes="Only an opportunity")
    save(rep, bistro.organization_id, typed(rep, f"{url_of(bistro)}/edit") | {"city": "Gravel Point"})
    told = words(page(rep, url_of(bistro)), "#timeline")
    for word in (
        "Called Kit",
        "Only a contact named",
        "Only an opportunity",
        "Spring menu began as New Lead",
    ):
        assert word in told
    assert "Changed : City" in told or "Changed: City" in told


def test_a_timeline_goes_on_where_it_stopped_and_shows_everything_once(
    rep: Client, make: Make, bistro: Organization, nell: User
) -> None:
    for n in range(45):
        make.interaction(
            organization=bistro, author=nell, on=NOW - timedelta(hours=n // 3), notes=f"note-{n:02}."
        )
    seen: list[str] = []
    address: str | None = url_of(bistro)
    while address:
        found = page(rep, address)
        seen += [one.text for one in found.select("#timeline .note")]
        following = found.select_one("#timeline .earlier a")
        address = str(following["href"]) if following else None
    assert sorted(seen) == [f"note-{n:02}." for n in range(45)]
    part = page(rep, page(rep, url_of(bistro)).select_one(".earlier a")["hx-get"])
    assert part.select_one("h1") is None
    assert len(part.select(".note")) == 20


def test_history_says_who_changed_what_from_what_to_what(
    rep: Client, make: Make, bistro: Organization, mara: User
) -> None:
    said = typed(rep, f"{url_of(bistro)}/edit") | {
        "city": "Gravel Point",
        "second_owner_id": str(mara.user_id),
    }
    assert save(rep, bistro.organization_id, said).status_code == 303
    told = words(page(rep, f"{url_of(bistro)}/history"))
    assert "Changed by Nell Okafor" in told
    assert "City Marlowe Bend Gravel Point" in told
    assert "Second owner Empty Mara Lindqvist" in told


def test_warnings_say_what_is_missing_and_the_way_out(
    rep: Client, make: Make, bistro: Organization, nell: User, mara: User
) -> None:
    assert "Nobody who works there is in the book" in words(page(rep, url_of(bistro)), ".record-notices")
    make.contact(organization=bistro)
    assert page(rep, url_of(bistro)).select(".record-notices .banner") == []
    make.interaction(organization=bistro, author=nell, on=NOW - timedelta(days=61, hours=12))
    warned = words(page(rep, url_of(bistro)), ".record-notices")
    assert "hears from us every 60 days" in warned
    assert "Only Nell Okafor has been in touch" in warned
    make.interaction(organization=bistro, author=mara, on=NOW - timedelta(days=1))
    assert page(rep, url_of(bistro)).select(".record-notices .banner") == []


def test_the_family_is_told_and_who_left_is_where_they_are_now(
    rep: Client, make: Make, bistro: Organization
) -> None:
    group = make.organization("Lane Group")
    make.organization("Sibling Inn", parent_organization_id=group.organization_id, city="Elsewhere")
    make.organization("Branch Bar", parent_organization_id=bistro.organization_id)
    save(
        rep,
        bistro.organization_id,
        typed(rep, f"{url_of(bistro)}/edit") | {"parent_organization_id": str(group.organization_id)},
    )
    told = words(page(rep, url_of(bistro)), "#family")
    assert "Lane Group They belong to it" in told
    assert "Branch Bar Branch" in told
    assert "Sibling Inn Sibling, Elsewhere" in told


@pytest.mark.parametrize("rows", [10, 100])
def test_a_page_asks_at_most_ten_questions_however_much_hangs_on_it(
    rep: Client, make: Make, nell: User, rows: int, statements: Counting
) -> None:
    bistro = make.organization("Busy", owner=nell, priority="A")
    for n in range(rows):
        chef = make.contact("C", f"{n}", organization=bistro)
        menu = make.opportunity(organization=bistro, principals=[make.principal()])
        make.interaction(opportunity=menu, contact=chef, organization=bistro, author=nell)
        make.organization(parent_organization_id=bistro.organization_id)
    with statements() as seen:
        assert rep.get(url_of(bistro)).status_code == 200
    assert len(seen) <= 10, "\n".join(one[:90] for one in seen)


def test_without_scripts_a_parent_is_found_by_its_letters(
    rep: Client, make: Make, bistro: Organization
) -> None:
    group = make.organization("Harborview Group")
    said = typed(rep, f"{url_of(bistro)}/edit") | {"letters-parent_organization_id": "harbor", "city": "Kept"}
    drawn = rep.post("/organizations/draft", data=said)
    assert drawn.status_code == 200
    found = BeautifulSoup(drawn.text, "lxml")
    radio = found.select_one(f"input[type=radio][value='{group.organization_id}']")
    assert radio is not None
    assert fields(found)["city"] == "Kept"
    assert bistro.city == "Marlowe Bend"


def test_a_picker_suggests_organizations_and_says_which_are_principals(rep: Client, make: Make) -> None:
    maker = make.principal("Harborview Foods")
    told = page(rep, "/organizations/suggestions?q=harbor")
    option = told.select_one(f"[role=option][data-value='{maker.organization_id}']")
    assert option is not None
    assert "Principal" in option.text
    for nonsense in ("", "x", "%%%", "\x00ab", "' or 1=1", "🧀" * 500):
        assert rep.get("/organizations/suggestions", query_string={"q": nonsense}).status_code == 200


@pytest.mark.parametrize(
    ("path", "noun", "box"),
    [("/principals", "principal", "is_principal"), ("/distributors", "distributor", "is_distributor")],
)
def test_principals_and_distributors_are_added_from_their_own_lists(
    path: str, noun: str, box: str, sign_in: SignIn, nell: User
) -> None:
    client = sign_in(nell)
    listed = BeautifulSoup(client.get(path).text, "lxml")
    (link,) = [one for one in listed.select(".page-actions a") if one.get_text() == f"New {noun}"]
    form = BeautifulSoup(client.get(str(link["href"])).text, "lxml")
    ticked = {one["name"] for one in form.select("input[type=checkbox][checked]")}
    assert ticked == {box}
