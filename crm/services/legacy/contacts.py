"""Contacts: with their organization by key or by name, who is the primary one, where else they work."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from crm.enums import AdvocacyStatus
from crm.services.legacy.book import Book, Entry, Writer
from crm.services.legacy.findings import Kind
from crm.services.legacy.source import Row

NOBODY: Final = frozenset({"unknown", "n/a", "na", "none", "-", ""})
"""Texts that name no organization."""

MADE: Final = "contact_organizations"
"""The name in `legacy_id_map` for organizations made from a contact's text."""

ADVOCACY: Final = {
    "High": AdvocacyStatus.SUPPORTER,
    "Medium": AdvocacyStatus.NEUTRAL,
    "Low": AdvocacyStatus.SKEPTIC,
}
"""What an old level means; Champion and Blocker are for a person to say."""

TO_REVIEW: Final = "to review"


@dataclass
class Ties:
    """Who is whose contact, read once: links by contact, primary contacts, organizations by name."""

    links: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    primary: Mapping[str, str] = field(default_factory=dict)
    """The primary contact of each organization."""
    key: frozenset[str] = frozenset()
    linked_primary: Mapping[str, str] = field(default_factory=dict)
    """Of these the ones that a link names, and not only the contact itself."""
    of: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The contacts of each organization, oldest first."""


def ties(contacts: Iterable[Row], links: Iterable[Row]) -> Ties:
    """Read who belongs to whom. A link that is not Former decides; else the oldest that says so of itself."""
    by_contact: dict[str, list[Row]] = defaultdict(list)
    linked: dict[str, str] = {}
    for link in links:
        by_contact[link.key("contact_id") or ""].append(link)
        if link.flag("is_primary_contact") and link.text("relationship_status") != "Former":
            linked[link.key("organization_id") or ""] = link.key("contact_id") or ""
    of: dict[str, list[str]] = defaultdict(list)
    said: dict[str, str] = {}
    key = set(linked.values())
    for contact in contacts:
        organization = contact.key("organization_id") or ""
        of[organization].append(contact.id)
        if contact.flag("is_primary"):
            key.add(contact.id)
            said.setdefault(organization, contact.id)
    return Ties(by_contact, {**said, **linked}, frozenset(key), linked, of)


def organization_of(row: Row, names: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The old key of a contact's organization, and the text that names one which is not there.

    The key wins over the text; a text that names nobody is none.
    """
    text = row.text("organization") or ""
    if key := row.key("organization_id"):
        return key, None
    if text.casefold() in NOBODY:
        return None, None
    found = names.get(text.casefold())
    return (found, None) if found else (None, text)


def write(rows: Sequence[Row], book: Book, writer: Writer, *, ties: Ties, names: Mapping[str, str]) -> None:
    """Bring in contacts. `names` are the old organizations by name; one that is named and not there is made,
    to be reviewed.
    """
    _make_organizations(rows, book, writer, names)
    ids = writer.add("contacts", [_values(row, book, ties, names) for row in rows])
    entries = []
    for row, contact_id in zip(rows, ids, strict=True):
        book.ids["contacts", row.id] = contact_id
        entries.append(Entry("contacts", row.id, "contacts", contact_id))
    writer.map(entries)


def write_advocacies(rows: Sequence[Row], book: Book, writer: Writer) -> None:
    """Bring in how contacts speak of principals."""
    ids = writer.add(
        "contact_advocacies",
        [
            {
                "contact_id": book.ids["contacts", row.key("contact_id") or ""],
                "principal_id": book.ids["organizations", row.key("principal_id") or ""],
                "status": ADVOCACY.get(row.text("advocacy_level") or "", AdvocacyStatus.NEUTRAL),
                "note": book.notes(row, [row.lines("notes")]),
                "since_on": row.day("created_at", book.zone) or book.today,
                **book.kept(row),
            }
            for row in rows
        ],
    )
    writer.map(
        Entry("contact_principals", row.id, "contact_advocacies", one)
        for row, one in zip(rows, ids, strict=True)
    )


def write_links(rows: Sequence[Row], book: Book, writer: Writer, *, homes: Mapping[str, str | None]) -> None:
    """Bring in further organizations of contacts as times they worked there. A link to the organization that
    they belong to anyway is that contact. `homes` is the old organization of each contact.
    """
    trails = [row for row in rows if homes.get(row.key("contact_id") or "") != row.key("organization_id")]
    ids = iter(writer.add("employments", [_trail(row, book) for row in trails]))
    entries = []
    for row in rows:
        if row in trails:
            entries.append(Entry("organization_contacts", row.id, "employments", next(ids)))
            if row.text("relationship_status") != "Former":
                book.note(row, Kind.SECOND_ORGANIZATION)
        else:
            contact_id = book.ids["contacts", row.key("contact_id") or ""]
            entries.append(Entry("organization_contacts", row.id, "contacts", contact_id, is_made=False))
    writer.map(entries)


def look(rows: Sequence[Row], book: Book, ties: Ties, names: Mapping[str, str]) -> None:
    """Note what is odd about the contacts as a whole."""
    primaries = Counter(row.key("organization_id") for row in rows if row.flag("is_primary"))
    people: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        organization = row.key("organization_id")
        if (
            row.flag("is_primary")
            and primaries[organization] > 1
            and ties.primary.get(organization or "") != row.id
        ):
            book.note(row, Kind.SECOND_PRIMARY)
        text = (row.text("organization") or "").casefold()
        if organization and names.get(text) not in (None, organization):
            book.note(row, Kind.TEXT_AND_KEY, row.text("organization") or "")
        email = (row.text("email") or "").lower()
        if email:
            person = (
                email,
                (row.text("first_name") or "").casefold(),
                (row.text("last_name") or "").casefold(),
            )
            first = people.setdefault(person, row)
            if first is not row:
                book.note(row, Kind.SAME_PERSON, f"as {first.id}")


def _make_organizations(rows: Sequence[Row], book: Book, writer: Writer, names: Mapping[str, str]) -> None:
    wanted: dict[str, tuple[str, Row]] = {}
    for row in rows:
        _, text = organization_of(row, names)
        if text and (MADE, made_key(text)) not in book.ids:
            wanted.setdefault(made_key(text), (text, row))
    ids = writer.add(
        "organizations",
        [
            {"name": text, "tags": [TO_REVIEW], "created_at": book.kept(row)["created_at"]}
            for text, row in wanted.values()
        ],
    )
    for (key, (text, row)), organization_id in zip(wanted.items(), ids, strict=True):
        book.ids[MADE, key] = organization_id
        book.note(row, Kind.MADE_FROM_TEXT, text)
        writer.map([Entry(MADE, key, "organizations", organization_id)])


def made_key(text: str) -> str:
    """The key under which an organization that was made from a text is remembered: the same for each text."""
    return str(uuid5(NAMESPACE_OID, text.casefold()))


def _values(row: Row, book: Book, ties: Ties, names: Mapping[str, str]) -> dict[str, Any]:
    key, text = organization_of(row, names)
    organization_id = book.id_of("organizations", key) or (book.id_of(MADE, made_key(text)) if text else None)
    links = [link for link in ties.links.get(row.id, ()) if link.key("organization_id") == key]
    owner_id = book.owner(row, "account_manager")
    email = (row.text("email") or "").lower() or None
    phones = [phone for link in links if (phone := link.text("contact_phone")) and phone != row.text("phone")]
    mails = [m.lower() for link in links if (m := link.text("contact_email")) and m.lower() != email]
    spelled = row.text("account_manager")
    said_otherwise = row.text("organization") if row.key("organization_id") else None
    if said_otherwise and names.get(said_otherwise.casefold()) in (None, key):
        said_otherwise = None
    return {
        "organization_id": organization_id,
        "first_name": row.text("first_name") or "",
        "last_name": row.text("last_name") or "",
        "position": _position(row) or next((r for link in links if (r := link.text("role"))), None),
        "email": email,
        "phone": row.text("phone"),
        "other_phone": phones[0] if phones else None,
        "is_primary": key is not None and ties.primary.get(key) == row.id,
        "is_key_contact": row.id in ties.key,
        "owner_id": owner_id,
        "notes": book.notes(
            row,
            [
                row.lines("notes"),
                *(link.lines("notes") for link in links),
                *(f"Second address: {mail}" for mail in mails),
                f"Looked after by {spelled}." if spelled and owner_id is None else None,
                f"Another organization was written here: {said_otherwise}." if said_otherwise else None,
            ],
        ),
        **{name: at for name, at in book.kept(row).items() if name != "deleted_at"},
    }


def _position(row: Row) -> str | None:
    """The position; a dash alone is none."""
    position = row.text("position") or row.text("title") or ""
    return position if position.strip("-–— ") else None


def _trail(row: Row, book: Book) -> dict[str, Any]:
    """A time at another organization. One that lasts ends with the day we last heard of it, since a person
    works at one organization now.
    """
    began = row.day("created_at", book.zone)
    return {
        "contact_id": book.ids["contacts", row.key("contact_id") or ""],
        "organization_id": book.ids["organizations", row.key("organization_id") or ""],
        "position": row.text("role"),
        "started_on": began,
        "ended_on": row.day("updated_at", book.zone) or began or book.today,
        **{name: at for name, at in book.kept(row).items() if name != "deleted_at"},
    }
