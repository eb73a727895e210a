"""A code of a phone beside the password: turned on, asked for, lost, reset, turned off."""

import time
from collections.abc import Callable
from uuid import uuid4

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from passlib.totp import TOTP

from crm import clock, services
from crm.db import db
from crm.models import AuditLog, MailMessage, SignInAttempt, User
from tests.clients import Client
from tests.conftest import Counting
from tests.factories import PASSWORD, Make

SignIn = Callable[[User], Client]
PAGE = "/settings/two-factor"
STEP = 30


class Phone:
    """An app for codes, which was given the key that stands on the page."""

    def __init__(self, client: Client) -> None:
        page = BeautifulSoup(client.get(PAGE).text, "lxml")
        form = page.select_one("#turn-on form")
        assert form
        self.sealed = form.select_one("[name=key]")["value"]  # type: ignore[index]
        self.totp = TOTP(key=form.select_one(".key-words").text)  # type: ignore[union-attr]
        self.used = self.shows()

    def shows(self, *, later: int = 0) -> str:
        """The code of now, or of so many steps later."""
        return str(self.totp.generate(time=time.time() + later * STEP).token)


def post(client: Client, path: str, **fields: str) -> BeautifulSoup:
    """Post to the settings, go where that leads, and read the page."""
    answer = client.submit(path, {"request_key": str(uuid4())} | fields)
    if answer.status_code == 303:
        answer = client.get(answer.location)
    return BeautifulSoup(answer.text, "lxml")


def turned_on(client: Client) -> tuple[Phone, list[str]]:
    """The phone of somebody who turns it on, and the recovery codes that they get."""
    phone = Phone(client)
    page = post(client, PAGE, key=phone.sealed, code=phone.used, password=PASSWORD)
    codes = [code.text for code in page.select(".recovery-codes code")]
    assert len(codes) == services.two_factor.RECOVERY_CODES, page.get_text(" ", strip=True)
    return phone, codes


def password_of(client: Client, user: User, **more: str) -> str:
    """The first step at the door: where it leads, or the page that says no."""
    answer = client.submit("/login", {"email": user.email, "password": PASSWORD} | more)
    return answer.location or answer.text


def code_of(client: Client, code: str, **more: str) -> str:
    """The second step."""
    answer = client.submit("/login/code", {"code": code} | more)
    return answer.location or answer.text


def is_in(client: Client) -> bool:
    return client.get("/follow-ups").status_code == 200


@pytest.fixture
def door(app: Flask, client: Client) -> Client:
    """Another browser, which nobody is signed in at."""
    other = app.test_client()
    assert isinstance(other, Client)
    return other


def test_who_turned_it_on_is_asked_for_a_code_and_comes_in_where_they_were_going(
    nell: User, sign_in: SignIn, door: Client
) -> None:
    phone, _ = turned_on(sign_in(nell))
    assert password_of(door, nell) == "/login/code"
    led = password_of(door, nell, next="/principals?q=a")
    assert led.startswith("/login/code?next=")
    assert not is_in(door)
    asked = door.get(led).text
    assert "Code of six digits" in asked
    answer = door.submit(led, {"code": phone.shows(later=1)})
    assert answer.location == "/principals?q=a"
    assert is_in(door)
    assert "confirmed" not in door.get("/follow-ups").text


def test_the_page_shows_the_key_as_a_drawing_and_as_text_and_keeps_it_while_the_form_is_mended(
    nell: User, sign_in: SignIn
) -> None:
    client = sign_in(nell)
    phone = Phone(client)
    page = post(client, PAGE, key=phone.sealed, code="000000", password=PASSWORD)
    assert page.select_one("svg.qr path")
    assert page.select_one("[name=key]")["value"] == phone.sealed  # type: ignore[index]
    assert "not what this key shows" in page.text
    assert post(client, PAGE, key=phone.sealed, code=phone.shows(), password=PASSWORD).select(
        ".recovery-codes"
    )


def test_a_key_of_somebody_else_or_a_made_up_one_is_not_taken(
    nell: User, mara: User, sign_in: SignIn
) -> None:
    phone = Phone(sign_in(mara))
    client = sign_in(nell)
    for sealed in (phone.sealed, "made-up", ""):
        page = post(client, PAGE, key=sealed, code=phone.shows(), password=PASSWORD)
        assert "Scan this new one" in page.text
    db.session.refresh(nell)
    assert nell.two_factor_on_at is None


def test_a_code_counts_once(nell: User, sign_in: SignIn, door: Client) -> None:
    phone, _ = turned_on(sign_in(nell))
    password_of(door, nell)
    assert "has been used" in code_of(door, phone.used)
    code = phone.shows(later=1)
    assert code_of(door, code) == "/"
    door.submit("/logout")
    password_of(door, nell)
    assert "has been used" in code_of(door, code)
    assert not is_in(door)


@pytest.mark.parametrize("typed", ["000000", "12345", "½½½½½½", "x' or 1=1", "0" * 3000])
def test_a_wrong_code_lets_nobody_in(typed: str, nell: User, sign_in: SignIn, door: Client) -> None:
    turned_on(sign_in(nell))
    password_of(door, nell)
    assert "That" in code_of(door, typed)
    assert not is_in(door)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SignInAttempt)) == 1


def test_a_code_alone_is_nothing(door: Client) -> None:
    assert door.get("/login/code").location == "/login"
    assert code_of(door, "123456") == "/login"


def test_after_ten_wrong_codes_the_right_one_waits_and_the_password_does_not_start_the_count_anew(
    nell: User, sign_in: SignIn, door: Client
) -> None:
    phone, _ = turned_on(sign_in(nell))
    for _ in range(5):
        password_of(door, nell)
        code_of(door, "000000")
        code_of(door, "000000")
    assert "Too many wrong codes" in code_of(door, phone.shows(later=1))
    assert "Too many tries" in password_of(door, nell)


def test_a_recovery_code_lets_in_once_and_a_mail_tells_of_it(
    nell: User, sign_in: SignIn, door: Client
) -> None:
    _, codes = turned_on(sign_in(nell))
    password_of(door, nell)
    assert "Recovery code" in code_of(door, "", way="recovery")
    assert code_of(door, f" {codes[3].upper().replace('-', ' ')} ", chosen_way="recovery") == "/"
    assert "Left: 9" in door.get("/").text
    door.submit("/logout")
    password_of(door, nell)
    assert "none of the recovery codes" in code_of(door, codes[3])
    assert code_of(door, codes[4]) == "/"
    subjects = db.session.scalars(sa.select(MailMessage.subject).order_by(MailMessage.mail_message_id)).all()
    assert subjects == [
        "Two-factor sign-in is on",
        "Two-factor sign-in was passed with a recovery code",
        "Two-factor sign-in was passed with a recovery code",
    ]


def test_new_recovery_codes_take_the_place_of_the_old_ones_and_are_shown_for_ten_minutes(
    nell: User, sign_in: SignIn, door: Client
) -> None:
    client = sign_in(nell)
    _, codes = turned_on(client)
    page = post(client, f"{PAGE}/recovery-codes", **{"codes-password": PASSWORD})
    fresh = [code.text for code in page.select(".recovery-codes code")]
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)
    with client.session_transaction() as session:
        session["codes_until"] = clock.now().timestamp() - 1
    assert fresh[0] not in client.get(PAGE).text
    password_of(door, nell)
    assert "none of the recovery codes" in code_of(door, codes[0])
    assert code_of(door, fresh[0]) == "/"


def test_turning_it_on_signs_out_everywhere_but_here(nell: User, sign_in: SignIn, door: Client) -> None:
    assert password_of(door, nell) == "/"
    client = sign_in(nell)
    turned_on(client)
    assert is_in(client)
    assert not is_in(door)


def test_turning_it_off_needs_the_password_and_wrong_ones_count(
    nell: User, sign_in: SignIn, door: Client
) -> None:
    client = sign_in(nell)
    turned_on(client)
    assert "not your password" in post(client, f"{PAGE}/removal", **{"off-password": "a guess"}).text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SignInAttempt)) == 1
    assert "Off." in post(client, f"{PAGE}/removal", **{"off-password": PASSWORD}).text
    assert password_of(door, nell) == "/"
    db.session.refresh(nell)
    assert (nell.tf_totp_secret, nell.mf_recovery_codes, nell.tf_last_counter) == (None, None, None)


def test_after_ten_wrong_passwords_the_right_one_turns_nothing_off(nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    turned_on(client)
    for _ in range(10):
        post(client, f"{PAGE}/removal", **{"off-password": "a guess"})
    assert "Too many wrong passwords" in post(client, f"{PAGE}/removal", **{"off-password": PASSWORD}).text


def test_turning_it_on_twice_leaves_the_first_phone(nell: User, sign_in: SignIn) -> None:
    client = sign_in(nell)
    second = Phone(client)
    turned_on(client)
    db.session.refresh(nell)
    first = nell.tf_totp_secret
    post(client, PAGE, key=second.sealed, code=second.shows(), password=PASSWORD)
    db.session.refresh(nell)
    assert nell.tf_totp_secret == first


def test_the_code_is_waited_for_ten_minutes(nell: User, sign_in: SignIn, door: Client) -> None:
    phone, _ = turned_on(sign_in(nell))
    password_of(door, nell)
    with door.session_transaction() as session:
        session["code_asked_at"] -= 601
    assert code_of(door, phone.shows(later=1)) == "/login"
    assert "Sign in with your password first" in door.get("/login").text


def test_a_second_post_of_the_code_leaves_who_is_in_where_they_are(
    nell: User, sign_in: SignIn, door: Client
) -> None:
    phone, _ = turned_on(sign_in(nell))
    password_of(door, nell)
    code = phone.shows(later=1)
    code_of(door, code)
    assert code_of(door, code) == "/"
    assert is_in(door)


def test_what_was_written_on_an_open_page_waits_for_password_and_code(
    nell: User, sign_in: SignIn, door: Client
) -> None:
    phone, _ = turned_on(sign_in(nell))
    lost = door.submit("/interactions", {"notes": "Pasta for the kids’ menu"})
    assert lost.status_code == 401
    found = BeautifulSoup(lost.text, "lxml").select_one("[name=kept]")
    assert found
    page = door.submit("/login", {"email": nell.email, "password": PASSWORD, "kept": str(found["value"])})
    assert page.status_code == 200
    kept = BeautifulSoup(page.text, "lxml").select_one("[name=kept]")
    assert kept
    assert "Pasta for the kids" not in page.text
    wrong = door.submit("/login/code", {"code": "000000", "kept": str(kept["value"])})
    kept = BeautifulSoup(wrong.text, "lxml").select_one("[name=kept]")
    assert kept
    went_on = door.submit("/login/code", {"code": phone.shows(later=1), "kept": str(kept["value"])})
    assert "Pasta for the kids’ menu" in went_on.text
    assert is_in(door)


def test_an_admin_lets_the_password_do_for_who_lost_the_phone(
    nell: User, ada: User, sign_in: SignIn, door: Client
) -> None:
    turned_on(sign_in(nell))
    admin = sign_in(ada)
    assert "Reset two-factor sign-in" in admin.get(f"/team/{nell.user_id}").text
    answer = admin.submit(f"/team/{nell.user_id}/two-factor-reset", {"request_key": str(uuid4())})
    assert answer.status_code == 303
    assert "Reset two-factor sign-in" not in admin.get(f"/team/{nell.user_id}").text
    assert password_of(door, nell) == "/"
    last = sa.select(MailMessage).order_by(MailMessage.mail_message_id.desc()).limit(1)
    letter = db.session.scalars(last).one()
    assert letter.subject == "Two-factor sign-in was reset"
    assert "Ada" in (letter.text_body or "")


def test_a_reset_that_changes_nothing_says_so(nell: User, ada: User, sign_in: SignIn) -> None:
    admin = sign_in(ada)
    admin.submit(f"/team/{nell.user_id}/two-factor-reset", {"request_key": str(uuid4())})
    assert "with the password alone already" in admin.get(f"/team/{nell.user_id}").text


def test_the_trail_tells_when_and_holds_no_key(nell: User, make: Make, sign_in: SignIn) -> None:
    turned_on(sign_in(nell))
    told = db.session.scalars(
        sa.select(AuditLog).where(AuditLog.table_name == "users", AuditLog.row_id == nell.user_id)
    ).all()
    assert [list(row.after or {}) for row in told if row.before][-1] == ["two_factor_on_at"]
    assert not [row for row in told if {"tf_totp_secret", "mf_recovery_codes"} & set(row.after or {})]
    db.session.refresh(nell)
    assert '"enckey"' in (nell.tf_totp_secret or "")


def test_the_page_asks_the_database_little(nell: User, sign_in: SignIn, statements: Counting) -> None:
    client = sign_in(nell)
    with statements() as off:
        client.get(PAGE)
    turned_on(client)
    with statements() as on:
        client.get(PAGE)
    assert max(len(off), len(on)) <= 4
