"""The door: who comes in, who does not, and how a forgotten password is replaced."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from crm.db import db
from crm.models import MailMessage, SignInAttempt, User
from tests.clients import Client
from tests.factories import PASSWORD, Make

SignIn = Callable[[User], Client]


def try_to_sign_in(client: Client, email: str, password: str, **more: str) -> str:
    """Where it led, or the page that says no."""
    answer = client.submit("/login", {"email": email, "password": password} | more)
    return answer.location or answer.text


@pytest.mark.parametrize("typed", ["nell@pantry.example", "NELL@Pantry.Example", "  nell@pantry.example "])
def test_the_right_password_leads_to_today(typed: str, nell: User, client: Client) -> None:
    assert try_to_sign_in(client, typed, PASSWORD) == "/"
    db.session.refresh(nell)
    assert nell.login_count == 1
    assert nell.current_login_at is not None


def test_one_goes_on_where_one_was_going(nell: User, client: Client) -> None:
    led = client.get("/principals?q=bakery").location
    assert led.startswith("/login?next=")
    assert try_to_sign_in(client, nell.email, PASSWORD, next="/principals?q=bakery") == "/principals?q=bakery"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example"])
def test_signing_in_sends_nobody_elsewhere(elsewhere: str, nell: User, client: Client) -> None:
    assert "evil" not in (
        client.submit("/login", {"email": nell.email, "password": PASSWORD, "next": elsewhere}).location or ""
    )


def test_an_unknown_address_and_a_wrong_password_read_the_same(nell: User, client: Client) -> None:
    unknown = try_to_sign_in(client, "nobody@pantry.example", PASSWORD)
    wrong = try_to_sign_in(client, nell.email, "not her password")
    said = [re.findall(r"role=\"alert\".*?<div>(.*?)</div>", page, re.DOTALL) for page in (unknown, wrong)]
    assert said[0] == said[1] == ["That e-mail and password do not go together. Try again."]


def test_who_was_deactivated_does_not_come_in(make: Make, client: Client) -> None:
    gone = make.user(active=False)
    assert not try_to_sign_in(client, gone.email, PASSWORD).startswith("/")
    client.sign_in(gone)
    assert client.get("/follow-ups").location.startswith("/login")


def test_after_ten_failures_even_the_right_password_waits(nell: User, client: Client) -> None:
    for _ in range(10):
        try_to_sign_in(client, nell.email, "not her password")
    assert "Too many tries" in try_to_sign_in(client, nell.email, PASSWORD)
    db.session.execute(sa.select(SignInAttempt))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SignInAttempt)) == 10


def test_a_good_sign_in_starts_the_count_anew(nell: User, client: Client) -> None:
    for _ in range(9):
        try_to_sign_in(client, nell.email, "not her password")
    assert try_to_sign_in(client, nell.email, PASSWORD) == "/"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SignInAttempt)) == 0


def test_a_sign_in_form_of_another_site_is_refused(nell: User, client: Client) -> None:
    answer = client.post("/login", data={"email": nell.email, "password": PASSWORD})
    assert answer.location is None
    assert client.get("/follow-ups").location.startswith("/login")


def test_signing_out_ends_the_session(nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    assert client.get("/interactions/new").status_code == 200
    assert client.submit("/logout").status_code == 302
    assert client.get("/interactions/new").location.startswith("/login")


def test_htmx_is_led_to_the_door_and_back_to_the_page_it_stands_on(client: Client) -> None:
    answer = client.get(
        "/interactions/new",
        headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/principals?q=a"},
    )
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=/principals?q%3Da"


def test_a_forgotten_password_is_replaced_by_a_link_in_a_mail(nell: User, client: Client) -> None:
    assert client.submit("/reset", {"email": nell.email}).status_code == 200
    (letter,) = db.session.scalars(sa.select(MailMessage))
    assert (letter.to_address, letter.is_secret) == (nell.email, True)
    found = re.search(r"/reset/\S+", letter.text_body or "")
    assert found
    link = found.group()
    assert client.get(link).status_code == 200
    new = {"password": "a-new-shelf-8", "password_confirm": "a-new-shelf-8"}
    assert client.submit(link, new).location == "/login"
    assert try_to_sign_in(client, nell.email, "a-new-shelf-8") == "/"


def test_asking_for_an_unknown_address_reads_the_same_and_writes_to_nobody(
    nell: User, client: Client
) -> None:
    known = client.submit("/reset", {"email": nell.email})
    unknown = client.submit("/reset", {"email": "nobody@pantry.example"})
    assert known.status_code == unknown.status_code == 200
    assert db.session.scalar(sa.select(sa.func.count()).select_from(MailMessage)) == 1


@pytest.mark.parametrize("token", ["x", "WyJhIl0.aaaa.bbbb"])
def test_a_link_that_is_none_leads_to_a_new_one(token: str, client: Client) -> None:
    assert client.get(f"/reset/{token}").location == "/reset"
