"""What tests of work and mail share: a mail server in a thread, and the bells that were rung."""

import email
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from stack import ports

from crm import bell
from crm.config import Settings


@dataclass
class Catcher:
    """A mail server that keeps what it takes, and answers as the test tells it to."""

    taken: list[bytes] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    at_recipient: str = "250 OK"
    at_content: str = "250 taken"
    """The answer to the content; "" = hang up without one."""
    before_answer: Callable[[], None] = lambda: None
    lines: int = 0
    """How many conversations were begun."""
    letters_a_line: int = 1000
    """After so many it wants a new conversation."""

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.lines += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        session.asked = getattr(session, "asked", 0) + 1
        if session.asked > self.letters_a_line:
            return "421 enough for one line"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_recipient.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.at_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.before_answer()
        if not self.at_content:
            server.transport.abort()
            return "250 never heard"
        if self.at_content.startswith("2"):
            self.taken.append(envelope.content or b"")
            self.to += envelope.rcpt_tos
        return self.at_content

    def letters(self) -> list[EmailMessage]:
        """What was taken, read as a mail program would."""
        return [email.message_from_bytes(content, policy=modern) for content in self.taken]


@pytest.fixture
def settings(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Settings]:
    """`settings(smtp_url=…)`: the application's settings, changed for this test."""

    def change(**values: object) -> Settings:
        changed: Settings = app.config["SETTINGS"].model_copy(update=values)
        monkeypatch.setitem(app.config, "SETTINGS", changed)
        return changed

    return change


@pytest.fixture
def catcher(settings: Callable[..., Settings]) -> Iterator[Catcher]:
    """A mail server that the application hands its letters to."""
    handler = Catcher()
    port = ports.free()
    controller = Controller(handler, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    controller.start()
    settings(smtp_url=f"smtp://127.0.0.1:{port}")
    try:
        yield handler
    finally:
        controller.stop()


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[int, ...]]]:
    """The bells that were rung, instead of a broker: (task, ids)."""
    heard: list[tuple[str, tuple[int, ...]]] = []
    monkeypatch.setattr(bell, "publish", lambda task, *ids: heard.append((task, ids)))
    return heard
