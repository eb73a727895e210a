"""A mail server as a process of its own: `python -m tests.faults.sink PORT FOLDER`.

What it does stands in FOLDER/mode: `take` a letter, or

    recipient, content   hold the connection for ever after that, without an answer
    slow                 take it, a second after each step
    MAIL 451             answer that at this step: MAIL, RCPT, DATA, or dot for the content (any code)
    drop                 hang up when the content has come, and forget it
    dies                 take it, and hang up without a word about that
    not ADDRESS          take what goes to anybody else, answer 550 for this address

Each step is a line in FOLDER/seen: the mode and, for content, the Message-ID. What it has taken is a line in
FOLDER/taken.
"""

import asyncio
import email
import signal
import sys
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax


class Server(SMTP):
    """One that may refuse DATA itself, before any content."""

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - the name is aiosmtpd's
        refused = self.event_handler.refused("DATA")
        if refused:
            await self.push(refused)
            return
        await super().smtp_DATA(arg)


class Sink:
    """The handler behind the server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def refused(self, step: str) -> str:
        """The answer to this step if it is not taken, else ""."""
        at, _, code = self._mode().partition(" ")
        if at == step:
            self._note(f"{at} {code}")
            return f"{code} not this one"
        return ""

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self._take_time()
        if refused := self.refused("MAIL"):
            return refused
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        mode = self._mode()
        await self._take_time()
        if mode == "recipient":
            self._note(f"recipient {address}")
            await asyncio.Event().wait()
        if mode == f"not {address}":
            self._note(f"refused {address}")
            return "550 nobody of that name"
        if refused := self.refused("RCPT"):
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mode = self._mode()
        message_id = email.message_from_bytes(envelope.content or b"")["Message-ID"]
        await self._take_time()
        if refused := self.refused("dot"):
            return refused
        self._note(f"{mode.split()[0]} {message_id}")
        if mode == "content":
            await asyncio.Event().wait()
        if mode != "drop":
            with (self.folder / "taken").open("a") as file:
                file.write(f"{message_id}\n")
        if mode in {"drop", "dies"}:
            server.transport.abort()
        return "250 taken"

    async def _take_time(self) -> None:
        if self._mode() == "slow":
            await asyncio.sleep(1)

    def _mode(self) -> str:
        return (self.folder / "mode").read_text().strip()

    def _note(self, line: str) -> None:
        with (self.folder / "seen").open("a") as file:
            file.write(f"{line}\n")


class Doors(Controller):
    """Serves with ours."""

    def factory(self) -> SMTP:
        return Server(self.handler, **self.SMTP_kwargs)


if __name__ == "__main__":
    controller = Doors(Sink(Path(sys.argv[2])), hostname="127.0.0.1", port=int(sys.argv[1]))
    controller.start()
    signal.sigwait([signal.SIGTERM])
