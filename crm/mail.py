"""Handing one letter to the mail server, and saying truthfully what became of it.

Floor 3. Knows SMTP and the settings of the running application, nothing of the ledger: that is
`services.sending`.
"""

import os
import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from typing import Any, Final, Literal, Self
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import css_inline
from flask import current_app

from crm.config import Settings

ANSWER_SECONDS: Final = 20
"""How long one answer of the mail server is waited for."""
KNOCK_SECONDS: Final = 3
"""The same, where somebody only looks whether it is there."""

Outcome = Literal["sent", "deferred", "failed", "in doubt"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]+")
_HEADERS: Final = frozenset({
    "from", "to", "subject", "date", "message-id", "auto-submitted", "list-unsubscribe",
    "mime-version", "content-type", "content-transfer-encoding",
})  # fmt: skip


@dataclass(frozen=True)
class Letter:
    """What is to be handed over. `stop_link` is where the reader turns this kind of mail off."""

    message_id: str
    to: str
    subject: str
    text: str
    html: str | None
    written_at: datetime
    stop_link: str | None = None


@dataclass(frozen=True)
class Answer:
    """What became of a letter, and the server's own words.

    sent: the server took it. deferred: it surely did not, and may another time. failed: it never will.
    in doubt: the content was on its way and no answer came.
    """

    outcome: Outcome
    reply: str


@dataclass(frozen=True)
class Rendered:
    """The words of a letter, the same facts as text and as HTML."""

    subject: str
    text: str
    html: str


class Unwritable(Exception):
    """The letter would not be what it says: a header was smuggled in, or an address is none."""


def new_message_id(name: str | None = None) -> str:
    """A Message-ID of our domain. The same `name` gives the same id; without one it is a new one."""
    _, sender = _sender(_settings())
    return f"<{name or uuid4().hex}@{sender.rpartition('@')[2] or 'localhost'}>"


def link(path: str) -> str:
    """The full address of a page of ours, for mails: `link("/settings")`."""
    return _settings().base_url.rstrip("/") + path


def render(name: str, **facts: Any) -> Rendered:
    """The letter `name` of templates/mail with these facts: `.subject.txt`, `.txt` and `.html`.

    The styles of `mail/_style.css` are written into the elements, for readers that drop all others.
    """
    templates = current_app.jinja_env
    settings = _settings()
    facts |= {"firm_name": settings.firm_name, "link": link}
    subject, text, html = (
        templates.get_template(f"mail/{name}.{part}").render(facts) for part in ("subject.txt", "txt", "html")
    )
    style = templates.get_template("mail/_style.css").render()
    html = css_inline.inline(html, extra_css=style, load_remote_stylesheets=False)
    return Rendered(one_line(subject), f"{text.strip()}\n", html)


class Line:
    """A conversation with the mail server, kept from one letter to the next as long as all goes well."""

    def __init__(self) -> None:
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Say goodbye. How the server hangs up does not matter: it has its letters."""
        if self._server is not None:
            _say_goodbye(self._server)

    def agree(self, smtp_url: str, sender: str, to: str) -> tuple[int, bytes, smtplib.SMTP]:
        """Ask the server to take a letter from `sender` for this recipient; its last answer, and with whom
        one talks. Raises `OSError` or `SMTPException`.

        A server ends what was kept when it likes. Nothing of the letter has left, so it is asked once more by
        a new line.
        """
        if self._server is not None:
            with suppress(OSError, smtplib.SMTPException):
                code, reply = _envelope(self._server, sender, to)
                if not 400 <= code < 500:
                    return code, reply, self._server
            self.drop()
        self._server = _connect(smtp_url)
        return *_envelope(self._server, sender, to), self._server

    def drop(self) -> None:
        """Hang up without a word: nobody knows how far the server has come."""
        if self._server is not None:
            self._server.close()
        self._server = None


def hand_over(letter: Letter, line: Line, *, before_content: Callable[[], None]) -> Answer:
    """Hand one letter to the mail server of SMTP_URL and say what became of it.

    `before_content` is called when the server has agreed to sender and recipient and nothing of the content
    has left: the place to commit that it may from now on have arrived. What it raises is passed on, and the
    letter stays here. Trouble with the server never raises.
    """
    settings = _settings()
    try:
        content = compose(letter, settings)
    except Unwritable as error:
        return Answer("failed", str(error))
    is_well = False
    try:
        answer = _converse(line, letter, content, settings, before_content)
        is_well = answer.outcome == "sent"
        return answer
    finally:
        if not is_well:
            line.drop()


def compose(letter: Letter, settings: Settings) -> bytes:
    """The letter as it travels: headers, a text part, and an HTML part if there is one. CRLF line ends.

    Raises `Unwritable` when a header of the finished bytes is not one that we meant to write: an encoded
    newline in a subject can become a real one on the way through the standard library.
    """
    message = EmailMessage(policy=SMTP)
    name, address = _sender(settings)
    message["From"] = str(Address(display_name=name, addr_spec=address))
    message["To"] = _address(letter.to)
    message["Subject"] = one_line(letter.subject).replace("=?", "= ?")
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    if letter.stop_link:
        message["List-Unsubscribe"] = f"<{letter.stop_link}>"
    message.set_content(letter.text)
    if letter.html is not None:
        message.add_alternative(letter.html, subtype="html")
    return _checked(message.as_bytes().removesuffix(b"\r\n") + b"\r\n")


def one_line(text: str) -> str:
    """The text without line ends and other control characters, for places that have only one line."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _checked(content: bytes) -> bytes:
    head, _, _ = content.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    names = [
        line.partition(b":")[0].decode("ascii", "replace").lower() for line in lines if line[:1] not in b" \t"
    ]
    if any(b"\n" in line or b"\r" in line or not line.isascii() for line in lines):
        raise Unwritable("A header of this letter would hold a line end or a character that headers cannot.")
    if len(set(names)) != len(names) or not set(names) <= _HEADERS:
        raise Unwritable("This letter would carry a header that was not meant.")
    return content


def _address(to: str) -> str:
    try:
        return Address(addr_spec=to).addr_spec
    except (ValueError, IndexError) as error:
        raise Unwritable("The address is not one that a mail can go to.") from error
    except Exception as error:
        # The standard library's own parser errors derive from Exception itself.
        if type(error).__module__ != "email.errors":
            raise
        raise Unwritable("The address is not one that a mail can go to.") from error


def _converse(
    line: Line,
    letter: Letter,
    content: bytes,
    settings: Settings,
    before_content: Callable[[], None],
) -> Answer:
    """MAIL, RCPT and DATA by hand, so that it is known at each step whether the content has left."""
    try:
        code, reply, server = line.agree(settings.smtp_url, _sender(settings)[1], letter.to)
    except (OSError, smtplib.SMTPException) as error:
        return Answer("deferred", _words(error))
    if code >= 400:
        return _refused(code, reply)
    before_content()
    journal(settings, "handing over", letter.message_id)
    try:
        code, reply = server.docmd("DATA")
    except (OSError, smtplib.SMTPException) as error:
        return _not_taken(settings, letter, Answer("deferred", _words(error)))
    if code != 354:
        return _not_taken(settings, letter, _refused(code, reply))
    try:
        server.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
        code, reply = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Answer("in doubt", f"No answer after the content was sent: {_words(error)}")
    if code >= 400:
        return _not_taken(settings, letter, _refused(code, reply))
    journal(settings, "sent", letter.message_id)
    return Answer("sent", _told(code, reply))


def _envelope(server: smtplib.SMTP, sender: str, to: str) -> tuple[int, bytes]:
    """Name sender and recipient; the first refusal, or that both are taken."""
    options = []
    if not to.isascii():
        if not server.has_extn("smtputf8"):
            return 553, b"the mail server takes no addresses with letters beyond ASCII"
        options = ["SMTPUTF8"]
    asked = server.mail(sender, options)
    return asked if asked[0] >= 400 else server.rcpt(to)


def _connect(smtp_url: str, *, seconds: int = ANSWER_SECONDS) -> smtplib.SMTP:
    """A conversation with the server, greeted, encrypted and signed in as the address asks."""
    url = urlsplit(smtp_url)
    host = url.hostname or "127.0.0.1"
    server: smtplib.SMTP
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(
            host, url.port or 465, timeout=seconds, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(host, url.port or 25, timeout=seconds)
    try:
        server.ehlo_or_helo_if_needed()
        if url.scheme == "smtp+starttls":
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def trouble() -> str:
    """What keeps the mail server from taking letters, in a line; "" if it answers as it should."""
    try:
        server = _connect(_settings().smtp_url, seconds=KNOCK_SECONDS)
    except (OSError, smtplib.SMTPException) as error:
        return _words(error)
    _say_goodbye(server)
    return ""


def _say_goodbye(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()  # it has the letter; how it hangs up does not matter


def _not_taken(settings: Settings, letter: Letter, answer: Answer) -> Answer:
    journal(settings, "not taken", letter.message_id)
    return answer


def journal(settings: Settings, what: str, message_id: str) -> None:
    """Add a line to MAIL_JOURNAL, on disk when this returns: after a restore it tells what had left."""
    if settings.mail_journal is None:
        return
    line = f"{what}\t{message_id}\n".encode()
    descriptor = os.open(settings.mail_journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line)  # one write of a short line: lines of several workers do not mix
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(code: int, reply: bytes) -> Answer:
    return Answer("failed" if code >= 500 else "deferred", _told(code, reply))


def _told(code: int, reply: bytes) -> str:
    return one_line(f"{code} {reply.decode('utf-8', 'replace')}")[:500]


def _words(error: Exception) -> str:
    return one_line(f"{type(error).__name__}: {error}")[:500]


def _sender(settings: Settings) -> tuple[str, str]:
    """Display name and address of MAIL_FROM."""
    return getaddresses([settings.mail_from])[0]


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
