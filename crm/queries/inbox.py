"""The demo's mailbox: what the mail catcher took, read from its Maildir."""

import email
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path

MOST = 200


@dataclass(frozen=True)
class Received:
    """One mail of the list: `key` names it in addresses, `received_at` is when the catcher took it."""

    key: str
    to: str
    subject: str
    received_at: datetime


@dataclass(frozen=True)
class Opened:
    """One mail with its parts; None = it has no such part."""

    received: Received
    sender: str
    text: str | None
    html: str | None


def newest(folder: Path, *, most: int = MOST) -> list[Received]:
    """The mails of the Maildir `folder`, newest first; none where nothing has ever arrived."""
    files = sorted(
        _files(folder).values(), key=lambda file: (file.stat().st_mtime_ns, file.name), reverse=True
    )
    return [_received(file, _read(file, headers_only=True)) for file in files[:most]]


def get(folder: Path, key: str) -> Opened | None:
    """The mail that `key` names, or None if there is none (any more)."""
    file = _files(folder).get(key)
    if file is None:
        return None
    message = _read(file)
    return Opened(
        _received(file, message), str(message["From"] or ""), _part(message, "plain"), _part(message, "html")
    )


def _files(folder: Path) -> dict[str, Path]:
    """The files by key. Only what is there is ever opened, so an address cannot name anything else."""
    if not (folder / "new").is_dir():
        return {}
    places = (folder / "new", folder / "cur")
    found = (file for place in places if place.is_dir() for file in place.iterdir() if file.is_file())
    return {_key(file): file for file in found}


def _key(file: Path) -> str:
    """The unique part of a Maildir's file name, which stays when flags are added."""
    return file.name.partition(":")[0]


def _read(file: Path, *, headers_only: bool = False) -> EmailMessage:
    content = file.read_bytes()
    if headers_only:
        content = content.replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n\n"
    return email.message_from_bytes(content, policy=modern)


def _received(file: Path, message: EmailMessage) -> Received:
    return Received(
        key=_key(file),
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or "(no subject)"),
        received_at=datetime.fromtimestamp(file.stat().st_mtime, UTC),
    )


def _part(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    if part is None:
        return None
    payload = part.get_payload(decode=True)
    charset = part.get_content_charset("utf-8")
    try:
        return payload.decode(charset, "replace") if isinstance(payload, bytes) else None
    except LookupError:  # a charset that nobody knows
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else None
