"""The page and the form of a contact: who they are, how they stand to us, and where they go."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from crm.db import db
from crm.models import Contact, ContactAdvocacy, Employment, Organization, User
from tests.blueprints.record_forms import fields, page, typed, words
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]
Counting = Callable[[], AbstractContextManager[list[str]]]
NOW = datetime.now(UTC)


@pytest.fixture
def rep(nell: User, sign_in: SignIn) -> Client:
    return sign_in(nell)


@pytest.fixture
def school(make: Make) -> Organization:
    return make.organization("Marlowe Bend School District")


@pytest.fixture
def marisol(make: Make, school: Organization, nell: User) -> Contact:
    return make.contact(
        "Marisol", "Quintero-Vane", organization=school, owner_id=nell.user_id, position="Director"
    )


def url_of(contact: Contact) -> str:
    return f"/contacts/{contact.contact_id}"


def save(client: Client, contact: Contact, said: dict[str, Any]) -> Any:
    return client.post(url_of(contact), data=said)


def act(client: Client, contact: Contact, path: str, **said: Any) -> Any:
    return client.submit(f"{url_of(contact)}/{path}", {"request_key": str(uuid4()), **said})


def named(first: str, last: str) -> Contact:
    return db.session.scalars(
        select(Contact).where(Contact.first_name == first, Contact.last_name == last)
    ).one()


def test_one_word_and_a_place_are_enough(rep: Client, school: Organization, nell: User) -> None:
    said = typed(rep, f"/contacts/new?organization={school.organization_id}") | {"first_name": "Gus"}
    answer = rep.post("/contacts", data=said)
    assert answer.status_code == 303
    gus = named("Gus", "")
    assert (gus.organization_id, gus.owner_id) == (school.organization_id, nell.user_id)
    assert "Marlowe Bend School District" in words(page(rep, answer.location), ".record")


def test_everything_typed_is_kept_and_shown_again(
    rep: Client, make: Make, school: Organization, marisol: Contact
) -> None:
    boss = make.contact("Hal", "Boss", organization=school)
    change = {
        "first_name": "María José", "last_name": "O'Neil", "position": "Chef-owner", "department": "Kitchen",
        "is_key_contact": "y", "advocacy_status": "Champion", "phone": "(312) 555-0142",
        "mobile_phone": "+44 20 7946 0958", "other_phone": "555-0101", "email": "maria@school.example",
        "linkedin": "linkedin.example/maria", "preferred_channel": "e-mail",
        "reports_to_id": str(boss.contact_id), "notes": "Before 10 am\nnever Fridays",
    }  # fmt: skip
    assert save(rep, marisol, typed(rep, f"{url_of(marisol)}/edit") | change).status_code == 303
    kept = {name: getattr(marisol, name) for name in change}
    assert kept == change | {"is_key_contact": True, "reports_to_id": boss.contact_id}
    again = typed(rep, f"{url_of(marisol)}/edit")
    assert {name: again[name] for name in change} == change
    shown = words(page(rep, url_of(marisol)))
    for word in ("María José O'Neil", "Key contact", "Champion", "Hal Boss", "never Fridays", "555-0101"):
        assert word in shown


@pytest.mark.parametrize(
    ("change", "way_out"),
    [
        ({"first_name": "", "last_name": " "}, "Give them a name"),
        ({"first_name": "x" * 256}, "Keep it to 255"),
        ({"organization_id": ""}, "Choose where they work"),
        ({"new_organization": "Another one"}, "Take one of the two"),
        ({"organization_id": "999999999"}, "no longer there"),
        ({"phone": "nine"}, "Write it in digits"),
        ({"email": "nobody@"}, "Write it like name@place"),
        ({"preferred_channel": "pigeon"}, "Choose one of the list"),
        ({"reports_to_id": "999999"}, "Choose one of the list"),
        ({"owner_id": "999999"}, "Choose one of the list"),
        ({"advocacy_status": "Fan"}, "Not a valid choice"),
        ({"notes": "x" * 10_001}, "up to 10,000"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field_and_nothing_is_lost(
    rep: Client, marisol: Contact, change: dict[str, str], way_out: str
) -> None:
    answer = save(rep, marisol, typed(rep, f"{url_of(marisol)}/edit") | {"department": "Typed"} | change)
    assert answer.status_code == 422
    refused = BeautifulSoup(answer.text, "lxml")
    assert way_out in words(refused, ".error, .banner")
    assert fields(refused)["department"] == "Typed"
    assert marisol.department is None


@pytest.mark.parametrize(
    "name", ["🧀 Käse", "فاطمة", "<b>Bo</b>", "Robert'); drop table contacts;--", "y" * 255]
)
def test_any_name_that_people_have_is_taken_as_it_is(rep: Client, school: Organization, name: str) -> None:
    said = typed(rep, f"/contacts/new?organization={school.organization_id}") | {"last_name": name}
    answer = rep.post("/contacts", data=said)
    assert answer.status_code == 303
    assert page(rep, answer.location).select_one("h1").text == name


def test_an_organization_that_is_not_in_the_book_is_made_with_the_contact(rep: Client, nell: User) -> None:
    said = typed(rep, "/contacts/new") | {"first_name": "Gus", "new_organization": "Osprey & Oak"}
    assert rep.post("/contacts", data=said).status_code == 303
    osprey = db.session.scalars(select(Organization).where(Organization.name == "Osprey & Oak")).one()
    assert osprey.owner_id == nell.user_id
    assert named("Gus", "").organization_id == osprey.organization_id
    again = typed(rep, "/contacts/new") | {"first_name": "Ida", "new_organization": "osprey and oak inc"}
    answer = rep.post("/contacts", data=again)
    assert answer.status_code == 422
    assert "Osprey &amp; Oak is in the book already" in answer.text


def test_the_same_contact_of_the_same_organization_is_asked_about(
    rep: Client, marisol: Contact, school: Organization
) -> None:
    said = typed(rep, f"/contacts/new?organization={school.organization_id}")
    said |= {"first_name": "marisol", "last_name": "Quintero-Vané"}
    answer = rep.post("/contacts", data=said)
    assert answer.status_code == 422
    asked = BeautifulSoup(answer.text, "lxml")
    assert asked.select_one(f"#similar a[href='{url_of(marisol)}']") is not None
    assert rep.post("/contacts", data=fields(asked) | {"is_another": "y"}).status_code == 303


def test_a_mail_address_that_the_book_has_elsewhere_is_told(
    rep: Client, make: Make, marisol: Contact
) -> None:
    other = make.contact("Marisol", "Q", email="m@marlowe.example")
    told = page(rep, "/contacts/similar?first_name=Someone&email=M@marlowe.example")
    assert told.select_one(f"a[href='{url_of(other)}']") is not None
    assert "Did they change employer?" in told.text
    for nonsense in ("", "x", "\x00", "' or 1=1 --", "🧀" * 400):
        query = {"first_name": nonsense, "email": nonsense, "organization_id": nonsense}
        assert rep.get("/contacts/similar", query_string=query).status_code == 200


def test_the_same_post_twice_makes_one_contact(rep: Client, school: Organization) -> None:
    said = typed(rep, f"/contacts/new?organization={school.organization_id}") | {"first_name": "Twice"}
    first, second = (rep.post("/contacts", data=said) for _ in range(2))
    assert (first.status_code, first.location) == (303, second.location)
    assert named("Twice", "")


def test_two_editors_see_both_values_and_the_choices_are_saved(
    rep: Client, make: Make, marisol: Contact, school: Organization
) -> None:
    elsewhere = make.organization("Elsewhere Inn")
    first = typed(rep, f"{url_of(marisol)}/edit")
    theirs = first | {"position": "Head of food", "organization_id": str(elsewhere.organization_id)}
    assert save(rep, marisol, theirs).status_code == 303
    mine = first | {"position": "Director of food", "email": "m@x.example", "request_key": str(uuid4())}
    answer = save(rep, marisol, mine)
    assert answer.status_code == 409
    conflict = BeautifulSoup(answer.text, "lxml")
    told = words(conflict, "fieldset")
    assert "Yours Director of food Saved now Head of food" in told
    assert "Yours Marlowe Bend School District Saved now Elsewhere Inn" in told
    settled = save(rep, marisol, fields(conflict) | {"choice-position": "theirs"})
    assert settled.status_code == 303
    assert (marisol.position, marisol.email) == ("Head of food", "m@x.example")
    assert marisol.organization_id == elsewhere.organization_id


def test_nobody_reports_to_themselves_near_or_far(
    rep: Client, make: Make, marisol: Contact, school: Organization
) -> None:
    under = make.contact("Un", "Der", organization=school, reports_to_id=marisol.contact_id)
    lowest = make.contact("Low", "Est", organization=school, reports_to_id=under.contact_id)
    said = typed(rep, f"{url_of(marisol)}/edit") | {"reports_to_id": str(lowest.contact_id)}
    answer = save(rep, marisol, said)
    assert answer.status_code == 422
    assert "near or far" in answer.text
    assert marisol.reports_to_id is None


def test_who_speaks_of_us_how_is_changed_in_place_and_stands_in_the_history(
    rep: Client, marisol: Contact
) -> None:
    assert act(rep, marisol, "advocacy", status="Champion").status_code == 303
    assert marisol.advocacy_status == "Champion"
    assert "Where they stand Neutral Champion" in words(page(rep, f"{url_of(marisol)}/history"))
    assert act(rep, marisol, "advocacy", status="Fan").status_code == 422


def test_a_change_of_mind_about_one_principal_keeps_what_was_before(
    rep: Client, make: Make, marisol: Contact, nell: User
) -> None:
    bakery = make.principal("Amberfold Bakery Co.")
    make.interaction(contact=marisol, principals=[bakery], author=nell)
    about = {"principal_id": str(bakery.organization_id)}
    assert act(rep, marisol, "advocacy", status="Skeptic", **about).status_code == 303
    assert act(rep, marisol, "advocacy", status="Champion", note="The tasting", **about).status_code == 303
    rows = db.session.scalars(select(ContactAdvocacy).order_by(ContactAdvocacy.contact_advocacy_id)).all()
    assert [(row.status, row.until_on is None) for row in rows] == [("Skeptic", False), ("Champion", True)]
    told = words(page(rep, url_of(marisol)), ".stances")
    assert "Amberfold Bakery Co. Champion since" in told
    assert "The tasting" in told
    assert "Skeptic from" in told
    assert marisol.advocacy_status == "Neutral"
    stranger = make.principal("Not heard of")
    refused = act(rep, marisol, "advocacy", status="Champion", principal_id=str(stranger.organization_id))
    assert refused.status_code == 422


def test_who_changes_employer_keeps_their_history_and_leaves_a_trail(
    rep: Client, make: Make, marisol: Contact, school: Organization, nell: User
) -> None:
    make.interaction(contact=marisol, organization=school, author=nell, notes="While at school")
    hospital = make.organization("Greyfern General Hospital")
    day = (NOW - timedelta(days=10)).date()
    said = {
        "left_on": day.isoformat(),
        "organization_id": str(hospital.organization_id),
        "position": "Head of trays",
    }
    assert act(rep, marisol, "leaving", **said).status_code == 303
    assert (marisol.organization_id, marisol.position, marisol.left_on) == (
        hospital.organization_id,
        "Head of trays",
        None,
    )
    trail = db.session.scalars(select(Employment).order_by(Employment.employment_id)).all()
    assert [(one.organization_id, one.started_on, one.ended_on) for one in trail] == [
        (school.organization_id, None, day),
        (hospital.organization_id, day, None),
    ]
    shown = page(rep, url_of(marisol))
    assert "While at school" in words(shown, "#timeline")
    assert "Marlowe Bend School District" in words(shown, "#steps")
    before = words(page(rep, f"/organizations/{school.organization_id}"))
    assert "Marisol Quintero-Vane now at Greyfern General Hospital" in before
    assert "While at school" in before
    assert "While at school" not in words(
        page(rep, f"/organizations/{hospital.organization_id}"), "#timeline"
    )


def test_who_left_for_nobody_knows_where_says_so_and_can_turn_up_again(
    rep: Client, make: Make, marisol: Contact, school: Organization
) -> None:
    day = (NOW - timedelta(days=10)).date()
    assert act(rep, marisol, "leaving", left_on=day.isoformat()).status_code == 303
    assert marisol.left_on == day
    assert "Left Marlowe Bend School District" in words(page(rep, url_of(marisol)), ".banner")
    assert "Nobody who works there" in words(page(rep, f"/organizations/{school.organization_id}"))
    said = {"left_on": day.isoformat(), "new_organization": "Her own place"}
    assert act(rep, marisol, "leaving", **said).status_code == 303
    assert "Her own place" in words(page(rep, url_of(marisol)), ".record")


@pytest.mark.parametrize(
    ("said", "way_out"),
    [
        ({"left_on": ""}, "Choose the day"),
        ({"left_on": "yesterday"}, "year-month-day"),
        ({"left_on": "2999-01-01"}, "today or a day before"),
        ({"left_on": "2026-01-05", "organization_id": "999999999"}, "no longer there"),
        ({"left_on": "2026-01-05", "organization_id": "x"}, "Choose one of the list"),
    ],
)
def test_a_move_that_cannot_be_is_refused(
    rep: Client, marisol: Contact, school: Organization, said: dict[str, str], way_out: str
) -> None:
    answer = act(rep, marisol, "leaving", **said)
    assert answer.status_code == 422
    assert way_out in answer.text
    assert (marisol.left_on, marisol.organization_id) == (None, school.organization_id)


def test_a_move_to_where_they_are_is_refused(rep: Client, marisol: Contact, school: Organization) -> None:
    said = {"left_on": "2026-01-05", "organization_id": str(school.organization_id)}
    answer = act(rep, marisol, "leaving", **said)
    assert answer.status_code == 422
    assert "where they work now" in answer.text


def test_only_who_may_change_them_sees_the_controls_and_gets_through(
    marisol: Contact, otis: User, mara: User, sign_in: SignIn
) -> None:
    stranger = sign_in(otis)
    shown = page(stranger, url_of(marisol))
    for control in ("Edit contact", "Archive contact", "Save where they stand", "Left, or moved to"):
        assert control not in shown.text
    assert stranger.get(f"{url_of(marisol)}/edit").status_code == 403
    assert stranger.get(f"{url_of(marisol)}/leaving").status_code == 403
    for path in ("archive", "advocacy", "leaving"):
        assert act(stranger, marisol, path, status="Blocker", left_on="2026-01-05").status_code == 403
    assert stranger.submit(url_of(marisol), {"request_key": str(uuid4())}).status_code == 403
    assert (marisol.deleted_at, marisol.advocacy_status, marisol.left_on) == (None, "Neutral", None)
    assert "Edit contact" in page(sign_in(mara), url_of(marisol)).text


def test_one_is_archived_and_brought_back(rep: Client, marisol: Contact) -> None:
    assert act(rep, marisol, "archive").status_code == 303
    assert "Archived" in words(page(rep, url_of(marisol)), ".banner")
    assert "Marisol Quintero-Vane" in words(page(rep, "/trash?kind=contact"))
    back = f"/trash/contact/{marisol.contact_id}/restoration"
    assert rep.submit(back, {"request_key": str(uuid4())}).status_code == 303
    assert marisol.deleted_at is None


def test_a_full_trash_goes_on_behind_a_link(rep: Client, make: Make) -> None:
    for n in range(51):
        make.contact(f"Gone {n}", deleted_at=datetime.now(UTC))
    earlier = page(rep, "/trash?kind=contact").select_one("#archived footer a")
    assert earlier, "the way on"
    assert len(page(rep, str(earlier["href"])).select("#archived li")) == 1


@pytest.mark.parametrize("path", ["", "/edit", "/history", "/timeline", "/leaving"])
@pytest.mark.parametrize("number", ["0", "999999999", "9" * 30, "x"])
def test_a_number_that_is_nobodys_is_not_found(rep: Client, number: str, path: str) -> None:
    assert rep.get(f"/contacts/{number}{path}").status_code == 404


@pytest.mark.parametrize("rows", [10, 100])
def test_a_page_asks_at_most_ten_questions_however_much_hangs_on_it(
    rep: Client, make: Make, nell: User, marisol: Contact, rows: int, statements: Counting
) -> None:
    for _ in range(rows):
        bakery = make.principal()
        menu = make.opportunity(primary_contact_id=marisol.contact_id, principals=[bakery])
        make.interaction(opportunity=menu, contact=marisol, author=nell)
    with statements() as seen:
        assert rep.get(url_of(marisol)).status_code == 200
    assert len(seen) <= 10, "\n".join(one[:90] for one in seen)


def test_their_opportunities_and_what_they_hear_about_are_told(
    rep: Client, make: Make, nell: User, marisol: Contact
) -> None:
    bakery = make.principal("Amberfold Bakery Co.")
    menu = make.opportunity(
        "Spring breakfast menu", primary_contact_id=marisol.contact_id, principals=[bakery]
    )
    make.interaction(opportunity=menu, contact=marisol, author=nell)
    shown = page(rep, url_of(marisol))
    assert "Spring breakfast menu" in words(shown, "#opportunities")
    assert "Amberfold Bakery Co. 1 interaction" in words(shown, "#hears")


def test_without_scripts_the_organization_is_found_and_its_people_offered(
    rep: Client, make: Make, marisol: Contact, school: Organization
) -> None:
    said = typed(rep, "/contacts/new") | {"first_name": "Gus", "letters-organization_id": "marlowe"}
    drawn = BeautifulSoup(rep.post("/contacts/draft", data=said).text, "lxml")
    assert drawn.select_one(f"input[type=radio][value='{school.organization_id}']") is not None
    chosen = fields(drawn) | {"organization_id": str(school.organization_id)}
    drawn = BeautifulSoup(rep.post("/contacts/draft", data=chosen).text, "lxml")
    assert "Marisol Quintero-Vane" in words(drawn, "#reports_to_id")
    assert fields(drawn)["first_name"] == "Gus"
