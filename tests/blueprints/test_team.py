"""The team: everybody sees who is who, only admins change it, and nothing is left behind by who leaves."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from sqlalchemy.exc import ProgrammingError
from werkzeug.test import TestResponse

from crm.db import db
from crm.enums import Role
from crm.models import MailMessage, SignInAttempt, User
from tests.clients import Client
from tests.conftest import Counting
from tests.factories import PASSWORD, Make

SignIn = Callable[[User], Client]


def soup(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.get_data(as_text=True), "lxml")


def said(answer: TestResponse) -> str:
    return " ".join(soup(answer).get_text(" ").split())


def post(client: Client, path: str, **fields: object) -> TestResponse:
    return client.submit(path, {"request_key": str(uuid4()), **fields})


def account(email: str) -> User:
    return db.session.execute(sa.select(User).where(User.email == email)).scalar_one()


def letter_to(email: str) -> MailMessage:
    newest = sa.select(MailMessage).where(MailMessage.to_address == email)
    return db.session.scalars(newest.order_by(MailMessage.mail_message_id.desc()).limit(1)).one()


def link_in(letter: MailMessage) -> str:
    found = re.search(r"http://localhost(/invitations/\S+)", letter.text_body or "")
    assert found is not None
    return found[1]


# What everybody sees


def test_everybody_sees_the_people_of_the_firm(make: Make, nell: User, sign_in: SignIn) -> None:
    make.principal("Oldfen Grains", owner=nell)
    make.user("Theo Vantongeren", active=False)
    make.user("Lotte Greaves", password=None)
    shown = said(sign_in(nell).get("/team"))
    assert "Four people with an account; three can sign in." in shown
    assert re.search(r"Nell Okafor nell@pantry.example Rep Mara Lindqvist Can sign in 1 Never", shown)
    assert re.search(r"Theo Vantongeren \S+ Rep Nobody Switched off", shown)
    assert re.search(r"Lotte Greaves \S+ Rep Nobody Invited", shown)
    assert "Invite someone" not in shown


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?q=OKAF", ["Nell Okafor"]),
        ("?q=nell%40", ["Nell Okafor"]),
        ("?q=%25", []),
        ("?role=manager", ["Mara Lindqvist"]),
        ("?role=%27%3B--", ["Mara Lindqvist", "Nell Okafor"]),
        ("?q=mara&role=rep", []),
    ],
)
def test_people_are_found_by_name_address_and_role(
    nell: User, sign_in: SignIn, query: str, names: list[str]
) -> None:
    shown = soup(sign_in(nell).get(f"/team{query}"))
    assert [link.text for link in shown.select("[data-row-link]")] == names


def test_too_many_wrong_passwords_are_shown_and_an_admin_unlocks(
    make: Make, nell: User, ada: User, client: Client
) -> None:
    for _ in range(10):
        make.save(SignInAttempt(email=nell.email, ip="127.0.0.1"))
    client.sign_in(ada)
    assert "Locked, 10 wrong passwords" in said(client.get(f"/team/{nell.user_id}"))
    assert post(client, f"/team/{nell.user_id}/unlocking").status_code == 303
    assert "Locked" not in said(client.get(f"/team/{nell.user_id}"))


def test_the_page_of_a_person_tells_what_they_keep(make: Make, nell: User, sign_in: SignIn) -> None:
    make.principal(owner=nell)
    make.organization(owner=nell)
    make.organization(second_owner_id=nell.user_id, deleted_at=datetime.now(UTC))
    make.interaction(author=nell, follow_up_date=date(2026, 11, 30))
    make.interaction(author=nell, follow_up_date=date(2026, 11, 30), completed_at=datetime.now(UTC))
    shown = said(sign_in(nell).get(f"/team/{nell.user_id}"))
    assert (
        "Principals 1 Organizations 1 Contacts 0 Opportunities 0 Open follow-ups 1 Archived 1 record" in shown
    )


def test_the_list_asks_no_more_for_more_people(
    make: Make, nell: User, sign_in: SignIn, statements: Counting
) -> None:
    client = sign_in(nell)
    client.get("/team")
    with statements() as few:
        client.get("/team")
    for _ in range(40):
        make.user(manager=nell)
    with statements() as many:
        client.get("/team")
    assert len(few) == len(many) <= 6


# Inviting


def test_an_admin_invites_somebody_who_then_signs_in(ada: User, mara: User, client: Client) -> None:
    client.sign_in(ada)
    fields = {
        "name": " Ivo  Larkin",
        "email": "Ivo@Firm.example",
        "role": "rep",
        "manager": str(mara.user_id),
    }
    assert post(client, "/team", **fields).status_code == 303
    ivo, letter = account("ivo@firm.example"), letter_to("ivo@firm.example")
    assert (ivo.full_name, ivo.role, ivo.manager_id) == ("Ivo Larkin", Role.REP, mara.user_id)
    assert ivo.password is None
    assert letter.is_secret
    assert letter.subject == "Ada Reyes invites you to KitchenPantry at Harbor & Vine Brokerage"
    path = link_in(letter)
    assert path in (letter.html_body or "")
    stranger = client.application.test_client()
    assert isinstance(stranger, Client)
    assert "You will sign in with it and ivo@firm.example." in said(stranger.get(path))
    chosen = {"password": "pantry-shelf-9", "password_confirm": "pantry-shelf-9"}
    assert stranger.submit(path, chosen).location == "/login"
    answer = stranger.submit("/login", {"email": "ivo@firm.example", "password": "pantry-shelf-9"})
    assert (answer.status_code, answer.location) == (302, "/")


def test_a_link_is_good_once(ada: User, make: Make, client: Client) -> None:
    lotte = make.user("Lotte Greaves", password=None)
    post(client.sign_in(ada), f"/team/{lotte.user_id}/invitation")
    path = link_in(letter_to(lotte.email))
    stranger = client.application.test_client()
    assert isinstance(stranger, Client)
    one = {"password": "pantry-shelf-9", "password_confirm": "pantry-shelf-9"}
    assert stranger.submit(path, one).status_code == 303
    first = lotte.password
    again = stranger.submit(path, {"password": "somebody-else-7", "password_confirm": "somebody-else-7"})
    assert again.status_code == 404
    assert "This invitation is used up or too old." in said(again)
    assert lotte.password == first


@pytest.mark.parametrize("days", [6, 8])
def test_a_link_is_good_for_a_week(
    ada: User, make: Make, client: Client, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    lotte = make.user("Lotte Greaves", password=None)
    long_ago = int((datetime.now(UTC) - timedelta(days=days)).timestamp())
    with monkeypatch.context() as then:
        then.setattr("itsdangerous.timed.TimestampSigner.get_timestamp", lambda _: long_ago)
        post(client.sign_in(ada), f"/team/{lotte.user_id}/invitation")
    assert client.get(link_in(letter_to(lotte.email))).status_code == (200 if days < 7 else 404)


def test_the_link_of_somebody_switched_off_is_void(ada: User, make: Make, client: Client) -> None:
    lotte = make.user("Lotte Greaves", password=None)
    client.sign_in(ada)
    post(client, f"/team/{lotte.user_id}/invitation")
    path = link_in(letter_to(lotte.email))
    post(client, f"/team/{lotte.user_id}/departure")
    assert client.get(path).status_code == 404
    assert client.get("/invitations/made-up").status_code == 404


@pytest.mark.parametrize(
    ("password", "again", "message"),
    [
        ("short", "short", "at least 10"),
        ("pantry-shelf-9", "pantry-shelf-8", "The two are not the same."),
        ("", "", "not"),
    ],
)
def test_a_password_that_cannot_be_is_refused(
    ada: User, make: Make, client: Client, password: str, again: str, message: str
) -> None:
    lotte = make.user("Lotte Greaves", password=None)
    post(client.sign_in(ada), f"/team/{lotte.user_id}/invitation")
    answer = client.submit(link_in(letter_to(lotte.email)), {"password": password, "password_confirm": again})
    assert answer.status_code == 422
    assert any(message in error.text for error in soup(answer).select(".error"))
    assert lotte.password is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "Say what they are called"),
        ({"email": "ivo"}, "ivo is no mail address"),
        ({"email": "nell@pantry.example"}, "Somebody signs in with this address already."),
        ({"role": "owner"}, "Not a valid choice"),
        ({"manager": "999"}, "Choose one of the list."),
        ({"email": "i\x00vo@firm.example"}, "no mail address"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused_beside_its_field(
    ada: User, nell: User, client: Client, change: dict[str, str], message: str
) -> None:
    client.sign_in(ada)
    fields = {"name": "Ivo Larkin", "email": "ivo@firm.example", "role": "rep", "manager": ""}
    answer = post(client, "/team", **fields | change)
    assert answer.status_code == 422
    assert any(message in error.text for error in soup(answer).select(".error"))
    assert not db.session.scalars(sa.select(MailMessage)).all()
    assert db.session.execute(sa.select(sa.func.count()).select_from(User)).scalar_one() == 3


def test_somebody_with_a_password_gets_no_second_invitation(ada: User, nell: User, client: Client) -> None:
    post(client.sign_in(ada), f"/team/{nell.user_id}/invitation")
    assert not db.session.scalars(sa.select(MailMessage)).all()


# Role and manager


def test_an_admin_changes_role_and_manager_at_once(ada: User, nell: User, client: Client) -> None:
    client.sign_in(ada)
    answer = post(client, f"/team/{nell.user_id}/role", role="manager", manager=str(ada.user_id))
    assert answer.status_code == 303
    assert (nell.role, nell.manager_id) == (Role.MANAGER, ada.user_id)
    post(client, f"/team/{nell.user_id}/role", role="rep", manager="")
    assert (nell.role, nell.manager_id) == (Role.REP, None)


def test_what_cannot_be_changes_nothing(ada: User, mara: User, nell: User, client: Client) -> None:
    client.sign_in(ada)
    for person, fields, message in (
        (mara, {"role": "rep", "manager": ""}, "Mara Lindqvist has a team of 1."),
        (ada, {"role": "manager", "manager": ""}, "Ada Reyes is the only admin who can sign in."),
        (mara, {"role": "manager", "manager": str(mara.user_id)}, "Choose one of the list."),
        (nell, {"role": "manager", "manager": str(nell.user_id)}, "Choose one of the list."),
    ):
        answer = post(client, f"/team/{person.user_id}/role", **fields)
        assert answer.status_code == 422
        assert message in said(answer)
    assert (ada.role, mara.role, nell.role) == (Role.ADMIN, Role.MANAGER, Role.REP)


def test_two_do_not_manage_one_another(ada: User, make: Make, mara: User, client: Client) -> None:
    vera = make.user("Vera Holm", role="manager", manager=mara)
    client.sign_in(ada)
    answer = post(client, f"/team/{mara.user_id}/role", role="manager", manager=str(vera.user_id))
    assert "Vera Holm is in Mara Lindqvist's team. Name another manager." in said(answer)
    assert mara.manager_id is None


@pytest.mark.parametrize("column", ["role = 'admin'", "manager_id = null", "active = true"])
def test_the_database_lets_no_rep_raise_themselves(
    nell: User, acting_as: Callable[[User], None], column: str
) -> None:
    acting_as(nell)
    with pytest.raises(ProgrammingError) as refused:
        db.session.execute(sa.text(f"update users set {column}"))
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


@pytest.mark.parametrize("who", ["rep", "manager"])
def test_nor_make_an_account_or_change_a_colleagues(
    nell: User, mara: User, acting_as: Callable[[User], None], who: str
) -> None:
    mine, other = (nell, mara) if who == "rep" else (mara, nell)
    theirs = other.user_id
    acting_as(mine)
    for statement in (
        "insert into users (email, full_name, fs_uniquifier) values ('x@y.example', 'X', 'x')",
        f"update users set password = 'x' where user_id = {theirs}",
    ):
        with pytest.raises(ProgrammingError) as refused, db.session.begin_nested():
            db.session.execute(sa.text(statement))
        assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


# Leaving


def test_who_leaves_hands_everything_over(
    make: Make, nell: User, otis: User, ada: User, client: Client
) -> None:
    maker, place = make.principal(owner=nell), make.organization(owner=nell)
    shared = make.organization(owner=otis, second_owner_id=nell.user_id)
    person = make.contact(organization=place, owner_id=nell.user_id)
    deal = make.opportunity(owner=nell, second_owner_id=otis.user_id)
    done = make.interaction(author=nell, follow_up_date=date(2026, 11, 2), completed_at=datetime.now(UTC))
    open_one = make.interaction(author=nell, follow_up_date=date(2026, 11, 30))
    foreign = make.organization(owner=ada)
    client.sign_in(ada)
    preview = said(client.get(f"/team/{nell.user_id}/departure"))
    assert "Principals 1 Organizations 2 Contacts 1 Opportunities 1 Open follow-ups 1" in preview
    answer = post(client, f"/team/{nell.user_id}/departure", records_to=str(otis.user_id))
    assert answer.status_code == 303
    assert (maker.owner_id, place.owner_id, person.owner_id) == (otis.user_id,) * 3
    assert (shared.owner_id, shared.second_owner_id) == (otis.user_id, None)
    assert (deal.owner_id, deal.second_owner_id) == (otis.user_id, None)
    assert (open_one.owner_id, done.owner_id, foreign.owner_id) == (otis.user_id, nell.user_id, ada.user_id)
    assert (open_one.author_id, place.version, foreign.version) == (nell.user_id, 2, 1)
    assert nell.active is False
    shown = said(client.get(f"/team/{nell.user_id}"))
    assert "5 records and 1 open follow-up are now with Otis Brandt." in shown
    assert "Nothing: no record, no open follow-up, no team." in shown


def test_a_team_goes_to_another_manager(
    make: Make, mara: User, nell: User, ada: User, client: Client
) -> None:
    vera = make.user("Vera Holm", role="manager", manager=mara)
    client.sign_in(ada)
    alone = post(client, f"/team/{mara.user_id}/departure")
    assert alone.status_code == 422
    assert "Say who looks after the team of Mara Lindqvist from now on." in said(alone)
    assert mara.active is True
    assert post(client, f"/team/{mara.user_id}/departure", team_to=str(vera.user_id)).status_code == 303
    assert (nell.manager_id, vera.manager_id, mara.active) == (vera.user_id, None, False)


def test_nothing_is_left_without_somebody_to_take_it(
    make: Make, nell: User, ada: User, client: Client
) -> None:
    place = make.organization(owner=nell)
    gone = make.user("Gone", active=False)
    client.sign_in(ada)
    for fields in ({}, {"records_to": str(nell.user_id)}, {"records_to": str(gone.user_id)}):
        answer = post(client, f"/team/{nell.user_id}/departure", **fields)
        assert answer.status_code == 422
    assert (nell.active, place.owner_id) == (True, nell.user_id)


def test_the_last_admin_stays(ada: User, nell: User, client: Client) -> None:
    answer = post(client.sign_in(ada), f"/team/{ada.user_id}/departure", records_to=str(nell.user_id))
    assert answer.status_code == 422
    assert "Ada Reyes is the only admin who can sign in. Make somebody else one first." in said(answer)
    assert ada.active is True


def test_who_left_is_signed_out_and_may_come_back(nell: User, ada: User, client: Client) -> None:
    hers = client.application.test_client()
    assert isinstance(hers, Client)
    hers.sign_in(nell)
    assert hers.get("/team").status_code == 200
    client.sign_in(ada)
    post(client, f"/team/{nell.user_id}/departure")
    assert hers.get("/team").status_code == 303
    sign_in = {"email": nell.email, "password": PASSWORD}
    assert hers.submit("/login", sign_in).status_code == 200
    assert post(client, f"/team/{nell.user_id}/return").status_code == 303
    assert hers.submit("/login", sign_in).status_code == 302


def test_a_double_click_hands_over_once(
    make: Make, nell: User, otis: User, ada: User, client: Client
) -> None:
    place = make.organization(owner=nell)
    client.sign_in(ada)
    fields = {"request_key": str(uuid4()), "records_to": str(otis.user_id)}
    path = f"/team/{nell.user_id}/departure"
    first, second = client.submit(path, fields), client.submit(path, fields)
    assert (first.status_code, second.status_code, first.location) == (303, 303, second.location)
    assert (place.owner_id, place.version) == (otis.user_id, 2)
