"""The demo's inbox shows any mail as it is, and lets none of it act."""

import os
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask

from crm.config import Settings
from crm.models import User
from tests.clients import Client

SignIn = Callable[[User], Client]
EVIL = (
    '<html><head></head><body onload="x()"><script>alert(1)</script>'
    '<p style="color:red">Hello</p></body></html>'
)


@pytest.fixture
def maildir(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty Maildir that the application reads."""
    settings: Settings = app.config["SETTINGS"].model_copy(update={"data_dir": tmp_path})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    folder = tmp_path / "inbox"
    for place in ("new", "cur", "tmp"):
        (folder / place).mkdir(parents=True)
    return folder


def arrive(maildir: Path, key: str, subject: str = "Hello", html: str | None = EVIL, *, age: int = 0) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "pantry@pantry.example",
        "nell@pantry.example",
        subject,
    )
    message.set_content("Call <b>Dana</b> & Kai.\n")
    if html is not None:
        message.add_alternative(html, subtype="html")
    file = maildir / "new" / key
    file.write_bytes(message.as_bytes())
    os.utime(file, (1_795_000_000 - age, 1_795_000_000 - age))


def test_the_list_shows_the_newest_first(maildir: Path, nell: User, sign_in: SignIn) -> None:
    for number in (3, 1, 2):
        arrive(maildir, f"{number}.host", f"Mail {number}", age=-number)
    said = sign_in(nell).get("/inbox").get_data(as_text=True)
    assert [said.index(f"Mail {number}") for number in (3, 2, 1)] == sorted(
        said.index(f"Mail {number}") for number in (3, 2, 1)
    )


def test_an_inbox_that_never_got_a_mail_says_how_to_get_one(
    maildir: Path, nell: User, sign_in: SignIn
) -> None:
    for place in ("new", "cur", "tmp"):
        (maildir / place).rmdir()
    answer = sign_in(nell).get("/inbox")
    assert answer.status_code == 200
    assert "jobs tick" in answer.get_data(as_text=True)


def test_one_mail_shows_its_text_escaped_and_its_html_in_a_frame(
    maildir: Path, nell: User, sign_in: SignIn
) -> None:
    arrive(maildir, "1.host")
    said = sign_in(nell).get("/inbox/1.host").get_data(as_text=True)
    assert "Call &lt;b&gt;Dana&lt;/b&gt; &amp; Kai." in said
    assert "alert(1)" not in said
    assert 'src="/inbox/1.host/html"' in said
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in said


def test_the_html_of_a_mail_may_style_itself_and_do_nothing_else(
    maildir: Path, nell: User, sign_in: SignIn
) -> None:
    arrive(maildir, "1.host")
    answer = sign_in(nell).get("/inbox/1.host/html")
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert not [part for part in policy if part.startswith(("script-src", "connect-src", "frame-src"))]
    assert '<base target="_blank">' in answer.get_data(as_text=True)


def test_a_mail_without_html_has_no_frame(maildir: Path, nell: User, sign_in: SignIn) -> None:
    arrive(maildir, "1.host", html=None)
    client = sign_in(nell)
    assert "iframe" not in client.get("/inbox/1.host").get_data(as_text=True)
    assert client.get("/inbox/1.host/html").status_code == 404


@pytest.mark.parametrize("key", ["nothing", "..", "..%2f..%2fsecret", "%2e%2e%2fsecret", "new", "1.host%00"])
def test_an_address_names_a_mail_and_nothing_else(
    maildir: Path, nell: User, sign_in: SignIn, key: str
) -> None:
    (maildir.parent / "secret").write_text("Subject: secret\n\nsecret")
    arrive(maildir, "1.host")
    client = sign_in(nell)
    for path in (f"/inbox/{key}", f"/inbox/{key}/html"):
        assert client.get(path).status_code in {301, 308, 404}


def test_a_mail_in_a_charset_nobody_knows_is_still_shown(maildir: Path, nell: User, sign_in: SignIn) -> None:
    head = b"From: a@b.example\nTo: c@d.example\nSubject: =?x-no?q?odd?=\n"
    raw = head + b"Content-Type: text/plain; charset=x-no\n\nodd\xff\n"
    (maildir / "cur" / "9.host:2,S").write_bytes(raw)
    client = sign_in(nell)
    assert client.get("/inbox").status_code == 200
    assert "odd" in client.get("/inbox/9.host").get_data(as_text=True)


def test_production_has_no_inbox(
    maildir: Path, app: Flask, monkeypatch: pytest.MonkeyPatch, nell: User, sign_in: SignIn
) -> None:
    arrive(maildir, "1.host")
    real: Settings = app.config["SETTINGS"].model_copy(update={"pantry_env": "production"})
    monkeypatch.setitem(app.config, "SETTINGS", real)
    client = sign_in(nell)
    for path in ("/inbox", "/inbox/1.host", "/inbox/1.host/html"):
        assert client.get(path).status_code == 404
