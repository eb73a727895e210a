"""What is carried over: follow-up days of organizations and opportunities, and stages nobody logged for.

These notes only carry a promise or a fact. They are no touch and count for no engagement (rulings.md, Touch).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from crm.enums import InteractionType
from crm.services.legacy import opportunities
from crm.services.legacy.book import Book, Entry, Writer
from crm.services.legacy.source import Row

CARRIED: Final = "carried_over"
"""The name in `legacy_id_map` for these notes; the old key is that of the record."""

FOLLOW_UP: Final = "Follow-up carried over"


def write_of_organizations(rows: Sequence[Row], book: Book, writer: Writer) -> None:
    """One note for each organization with a follow-up day."""
    due = [row for row in rows if row.moment("next_follow_up_date")]
    _add(
        due,
        [
            {
                "organization_id": book.ids["organizations", row.id],
                "interaction_date": book.kept(row)["updated_at"],
                "notes": FOLLOW_UP,
                **_promised(row, book, book.id_of("users", row.key("account_manager_id"))),
            }
            for row in due
        ],
        book,
        writer,
    )


def write_of_opportunities(
    rows: Sequence[Row],
    book: Book,
    writer: Writer,
    *,
    logged: frozenset[str],
    keeper: Callable[[str], int | None],
) -> None:
    """One note for each opportunity with a follow-up day, or without any interaction. `logged` are the old
    keys of those with one, `keeper`
    tells who looks after one of them.
    """
    due = [row for row in rows if row.moment("next_follow_up_date") or row.id not in logged]
    _add(due, [_of_opportunity(row, book, logged, keeper(row.id)) for row in due], book, writer)


def _of_opportunity(row: Row, book: Book, logged: frozenset[str], owner_id: int | None) -> dict[str, Any]:
    kept = book.kept(row)
    since = row.moment("stage_changed_at") or kept["created_at"]
    on = since.astimezone(book.zone).date()
    told = f"Carried over, in stage {opportunities.stage(row)} since {on:%Y-%m-%d}"
    is_due = row.moment("next_follow_up_date") is not None
    said = [FOLLOW_UP if is_due else "", told if row.id not in logged else ""]
    return {
        "opportunity_id": book.ids["opportunities", row.id],
        "interaction_date": since if row.id not in logged else kept["updated_at"],
        "notes": "\n".join(filter(None, said)),
        **_promised(row, book, owner_id),
    }


def _promised(row: Row, book: Book, owner_id: int | None) -> dict[str, Any]:
    day = row.day("next_follow_up_date", book.zone)
    return {
        "interaction_type": InteractionType.NOTE,
        "is_touch": False,
        "follow_up_required": day is not None,
        "follow_up_date": day,
        "owner_id": owner_id if day else None,
        "deleted_at": row.moment("deleted_at"),
    }


def _add(rows: Sequence[Row], values: Sequence[dict[str, Any]], book: Book, writer: Writer) -> None:
    ids = writer.add("interactions", values)
    for row, interaction_id in zip(rows, ids, strict=True):
        book.ids[CARRIED, row.id] = interaction_id
    writer.map(Entry(CARRIED, row.id, "interactions", one) for row, one in zip(rows, ids, strict=True))
