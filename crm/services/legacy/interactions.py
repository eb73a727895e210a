"""Interactions from both tables: held as they were, planned ones as promises, cancelled ones as notes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from crm.enums import InteractionType, Sentiment
from crm.services.legacy.book import Book, Entry, Writer, week_after
from crm.services.legacy.findings import Kind
from crm.services.legacy.source import Row

TYPES: Final = {
    "Email": InteractionType.EMAIL,
    "Phone": InteractionType.PHONE_CALL,
    "Meeting": InteractionType.MEETING,
    "Demo": InteractionType.DEMO_SAMPLED,
    "Event": InteractionType.DEMO_SAMPLED,
    "Other": InteractionType.FOLLOW_UP,
}
"""What the old types are now: Event meant a sample delivery, Other a follow-up. Any other is a note."""

ACTIVITIES: Final = {"Event": "sample drop"}
SENTIMENTS: Final = {"POSITIVE": Sentiment.POSITIVE, "NEGATIVE": Sentiment.NEGATIVE}
NOT_HELD: Final = {"CANCELLED": "Cancelled", "NO_SHOW": "No-show"}
ASK_AGAIN: Final = "NEEDS_FOLLOW_UP"


class Held(StrEnum):
    """Whether what was planned took place."""

    HELD = "held"
    PLANNED = "planned"
    NOT_HELD = "not held"


def held(row: Row) -> Held:
    """Completed, or with any outcome: held. Only scheduled: planned. Else it did not take place."""
    status = row.text("status")
    if status == "COMPLETED" or row.text("outcome"):
        return Held.HELD
    return Held.PLANNED if status == "SCHEDULED" else Held.NOT_HELD


def kind(row: Row) -> InteractionType:
    """The type that the row has now."""
    if row.table == "interactions" and held(row) is not Held.HELD:
        return InteractionType.NOTE
    return TYPES.get(row.text("type") or "", InteractionType.NOTE)


def write(rows: Sequence[Row], book: Book, writer: Writer, *, keeper: Callable[[str], int | None]) -> None:
    """Bring in interactions of opportunities. `keeper` tells who looks after an old opportunity: they
    keep the promises of those that nobody signed.
    """
    _add(rows, [_of_opportunity(row, book, keeper) for row in rows], book, writer)


def write_of_organizations(rows: Sequence[Row], book: Book, writer: Writer) -> None:
    """Bring in interactions with organizations."""
    _add(rows, [_of_organization(row, book) for row in rows], book, writer)


def look(
    rows: Sequence[Row], others: Sequence[Row], book: Book, organizations: Mapping[str, str | None]
) -> None:
    """Note interactions that stand in both tables. `organizations` of opportunities, by old keys."""
    there = Counter(
        (row.key("organization_id"), row.moment("interaction_date"), row.text("type")) for row in others
    )
    for row in rows:
        of = organizations.get(row.key("opportunity_id") or "")
        if there[of, row.moment("interaction_date"), row.text("type")]:
            book.note(row, Kind.IN_BOTH_TABLES)


def _add(rows: Sequence[Row], values: Sequence[dict[str, Any]], book: Book, writer: Writer) -> None:
    ids = writer.add("interactions", values)
    for row, interaction_id in zip(rows, ids, strict=True):
        book.ids[row.table, row.id] = interaction_id
    writer.map(Entry(row.table, row.id, "interactions", one) for row, one in zip(rows, ids, strict=True))


def _of_opportunity(row: Row, book: Book, keeper: Callable[[str], int | None]) -> dict[str, Any]:
    is_held, old_type = held(row), row.text("type") or "Other"
    author = book.user(row, "created_by")
    kept = book.kept(row)
    known = [one for one in row.list("participants") if isinstance(one, dict)]
    contact_id = next(
        (found for one in known if (found := book.id_of("contacts", one.get("contact_id")))), None
    )
    others = [str(one["name"]).strip() for one in known if one.get("name") and not one.get("contact_id")]
    before = {
        Held.HELD: "" if old_type in TYPES else f"{old_type}:",
        Held.PLANNED: f"Planned ({old_type}):",
        Held.NOT_HELD: f"{NOT_HELD.get(row.text('status') or '', 'Not held')}: {old_type}.",
    }[is_held]
    promise = _promise(row, book, is_held)
    day = kept["created_at"] if is_held is Held.PLANNED else row.moment("interaction_date")
    return {
        "opportunity_id": book.ids["opportunities", row.key("opportunity_id") or ""],
        "contact_id": contact_id,
        "interaction_type": kind(row),
        "activity": ACTIVITIES.get(old_type) if is_held is Held.HELD else None,
        "interaction_date": day or kept["created_at"],
        "subject": row.text("subject"),
        "notes": book.notes(
            row,
            [
                f"{before} {row.lines('notes') or ''}".strip(),
                f"Next: {after}" if (after := row.lines("next_action")) else None,
                f"Also there: {', '.join(others)}" if others else None,
            ],
        ),
        "sentiment": SENTIMENTS.get(row.text("outcome") or "", Sentiment.NEUTRAL),
        "location": row.text("location"),
        "duration_minutes": row.number("duration_minutes"),
        "author_id": author,
        **promise,
        "owner_id": (author or keeper(row.key("opportunity_id") or ""))
        if promise["follow_up_required"]
        else None,
        **kept,
    }


def _promise(row: Row, book: Book, is_held: Held) -> dict[str, Any]:
    """The follow-up: of a planned one the planned day, else as it was; where one was asked for without a day,
    a week later, and noted.
    """
    note = row.text("follow_up_notes")
    day = row.day("interaction_date", book.zone)
    if is_held is Held.PLANNED:
        return {
            "follow_up_required": True,
            "follow_up_date": day,
            "follow_up_note": note or row.text("subject"),
        }
    if row.flag("follow_up_required"):
        day = row.day("follow_up_date", book.zone)
    elif row.text("outcome") == ASK_AGAIN and day:
        day = week_after(day)
        book.note(row, Kind.FOLLOW_UP_SET, day.isoformat())
        note = note or "Ask again (day set when the old database was brought in)"
    else:
        return {"follow_up_required": False, "follow_up_date": None, "follow_up_note": None}
    return {"follow_up_required": True, "follow_up_date": day, "follow_up_note": note}


def _of_organization(row: Row, book: Book) -> dict[str, Any]:
    old_type = row.text("type") or "Note"
    kept = book.kept(row)
    before = "" if old_type in TYPES or old_type == "Note" else f"{old_type}:"
    return {
        "organization_id": book.ids["organizations", row.key("organization_id") or ""],
        "contact_id": book.id_of("contacts", row.key("contact_id")),
        "interaction_type": kind(row),
        "activity": ACTIVITIES.get(old_type),
        "interaction_date": row.moment("interaction_date") or kept["created_at"],
        "subject": row.text("subject"),
        "notes": book.notes(row, [f"{before} {row.lines('description') or ''}".strip()]),
        "sentiment": Sentiment.NEUTRAL,
        "duration_minutes": row.number("duration_minutes"),
        "author_id": book.user(row, "created_by_user_id"),
        **kept,
    }
