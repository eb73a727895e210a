"""Accounts. No password comes along: everyone sets a new one."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from crm.enums import Role
from crm.queries.organization_names import folded
from crm.services.legacy.book import Book, Entry, Writer
from crm.services.legacy.source import Row


def write(rows: Sequence[Row], book: Book, writer: Writer) -> None:
    """Bring in accounts. An address that signs in here already is that person, and stays as it is."""
    new = [row for row in rows if folded(row.text("email") or "") not in book.owners]
    ids = iter(writer.add("users", [_values(row, book) for row in new]))
    fresh = {row.id: next(ids) for row in new}
    entries = []
    for row in rows:
        user_id = fresh.get(row.id) or book.owners[folded(row.text("email") or "")]
        entries.append(Entry("users", row.id, "users", user_id, is_made=row.id in fresh))
        book.ids["users", row.id] = user_id
    remember(rows, book)
    writer.map(entries)


def remember(rows: Sequence[Row], book: Book) -> None:
    """Let texts that name one of these people lead to them, as far as their accounts are here already."""
    for row in rows:
        user_id = book.id_of("users", row.id)
        if user_id is not None:
            for spelling in _spellings(row):
                book.owners.setdefault(folded(spelling), user_id)


def _values(row: Row, book: Book) -> dict[str, Any]:
    email = (row.text("email") or f"{row.id}@unknown.invalid").lower()
    role = str(row.object("raw_user_meta_data").get("role") or "")
    return {
        "email": email,
        "full_name": _name(row) or email,
        "role": Role(role) if role in list(Role) else Role.REP,
        "active": row.moment("deleted_at") is None and row.moment("banned_until") is None,
        "time_zone": book.zone.key,
        "fs_uniquifier": uuid4().hex,
        **{name: at for name, at in book.kept(row).items() if name != "deleted_at"},
    }


def _name(row: Row) -> str:
    return " ".join(str(row.object("raw_user_meta_data").get("full_name") or "").split())


def _spellings(row: Row) -> list[str]:
    """How the old database names somebody in texts: in full, by address, by first name."""
    name = _name(row)
    return [one for one in (row.text("email"), name, name.split(" ")[0] if name else "") if one]
