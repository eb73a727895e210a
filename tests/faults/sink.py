"""A mail server as a process of its own: `python -m tests.faults.sink PORT FOLDER`.

What it does stands in FOLDER/mode: `take` a letter, or hold the connection for ever after `recipient` or
`content`, without an answer. Each step is a line in FOLDER/seen: the mode and, for content, the Message-ID.
"""

import asyncio
import email
import signal
import sys
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """The handler behind the server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._mode() == "recipient":
            self._note(f"recipient {address}")
            await asyncio.Event().wait()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mode = self._mode()
        message_id = email.message_from_bytes(envelope.content or b"")["Message-ID"]
        self._note(f"{mode} {message_id}")
        if mode == "content":
            await asyncio.Event().wait()
        return "250 taken"

    def _mode(self) -> str:
        return (self.folder / "mode").read_text().strip()

    def _note(self, line: str) -> None:
        with (self.folder / "seen").open("a") as file:
            file.write(f"{line}\n")


if __name__ == "__main__":
    controller = Controller(Sink(Path(sys.argv[2])), hostname="127.0.0.1", port=int(sys.argv[1]))
    controller.start()
    signal.sigwait([signal.SIGTERM])
