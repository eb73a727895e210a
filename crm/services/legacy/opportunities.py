"""Opportunities: their stage by the flags, all their principals, their product, who is asked first."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from crm.enums import OpportunityStage
from crm.services.legacy.book import Book, Entry, Writer
from crm.services.legacy.contacts import Ties
from crm.services.legacy.findings import Kind
from crm.services.legacy.products import principal_of
from crm.services.legacy.source import Row
from crm.services.opportunities import NOT_RECORDED

_STALLED: Final = re.compile(r"no response|timing|on hold|stalled|unresponsive", re.IGNORECASE)
"""Reasons of a loss that leave the door open."""

CLOSED: Final = frozenset(
    {OpportunityStage.CLOSED_WON, OpportunityStage.CLOSED_STALLED, OpportunityStage.CLOSED_NO_FIT}
)


@dataclass
class Placements:
    """What opportunities are about, read once."""

    listed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The principals that the link table names for each opportunity."""
    makers: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    ties: Ties = field(default_factory=Ties)


def listed(links: Iterable[Row]) -> dict[str, list[str]]:
    """The principals of each opportunity as the link table names them."""
    found: dict[str, list[str]] = defaultdict(list)
    for link in links:
        found[link.key("opportunity_id") or ""].append(link.key("principal_id") or "")
    return found


def stage(row: Row) -> OpportunityStage:
    """The stage: the flag of a loss first, then that of a win, else the stage as it is."""
    if row.flag("is_lost"):
        reason = row.text("lost_reason") or ""
        return OpportunityStage.CLOSED_STALLED if _STALLED.search(reason) else OpportunityStage.CLOSED_NO_FIT
    if row.flag("is_won"):
        return OpportunityStage.CLOSED_WON
    return OpportunityStage(row.text("stage") or OpportunityStage.NEW_LEAD)


def chosen(row: Row, placements: Placements) -> list[str]:
    """The principals that somebody stated, each once; that of its product comes by itself."""
    stated = row.key("principal_id")
    return list(dict.fromkeys([*([stated] if stated else []), *placements.listed.get(row.id, ())]))


def primary_contact(row: Row, ties: Ties) -> str | None:
    """The old key of who is asked first: the organization's primary contact, else its only one."""
    organization = row.key("organization_id") or ""
    there = ties.of.get(organization, ())
    return ties.primary.get(organization) or (there[0] if len(there) == 1 else None)


def write(rows: Sequence[Row], book: Book, writer: Writer, *, placements: Placements) -> None:
    """Bring in opportunities with their principals and products."""
    ids = writer.add("opportunities", [_values(row, book, placements) for row in rows])
    for row, opportunity_id in zip(rows, ids, strict=True):
        book.ids["opportunities", row.id] = opportunity_id
    writer.map(
        Entry("opportunities", row.id, "opportunities", one) for row, one in zip(rows, ids, strict=True)
    )
    made = {row.id: book.kept(row)["created_at"] for row in rows}
    writer.link(
        "opportunity_principals",
        [
            {
                "opportunity_id": book.ids["opportunities", row.id],
                "principal_id": book.ids["organizations", principal],
                "is_derived": False,
                "created_at": made[row.id],
            }
            for row in rows
            for principal in chosen(row, placements)
        ],
    )
    writer.link(
        "opportunity_products",
        [
            {
                "opportunity_id": book.ids["opportunities", row.id],
                "product_id": book.ids["products", product],
                "created_at": made[row.id],
            }
            for row in rows
            if (product := row.key("product_id"))
        ],
    )
    movers = {book.ids["opportunities", row.id]: book.user(row, "stage_changed_by") for row in rows}
    writer.sign_stage_changes({number: user for number, user in movers.items() if user is not None})


def look(rows: Sequence[Row], book: Book, placements: Placements, principals: frozenset[str]) -> None:
    """Note what contradicts itself. `principals` are the old keys of organizations marked as principals."""
    same = Counter(_placement(row) for row in rows if row.key("product_id"))
    for row in rows:
        stated, product = row.key("principal_id"), row.key("product_id")
        named = placements.listed.get(row.id, ())
        is_won = row.text("stage") == OpportunityStage.CLOSED_WON
        if (row.flag("is_lost") and is_won) or (row.flag("is_won") != is_won and not row.flag("is_lost")):
            book.note(row, Kind.STAGE_CONTRADICTS, f"{row.text('stage')} → {stage(row)}")
        if stated and stated not in principals:
            book.note(row, Kind.NOT_A_PRINCIPAL, stated)
        maker = principal_of(product, placements.makers) if product else None
        if stated and maker and maker != stated:
            book.note(row, Kind.OTHER_PRINCIPALS_PRODUCT, f"{stated} and {maker}")
        if stated and named and stated not in named:
            book.note(row, Kind.PRINCIPAL_NOT_LISTED, stated)
        if product and same[_placement(row)] > 1:
            book.note(row, Kind.SAME_NAME, "same organization, principal and product")


def _placement(row: Row) -> tuple[str | None, ...]:
    return row.key("organization_id"), row.key("principal_id"), row.key("product_id")


def _values(row: Row, book: Book, placements: Placements) -> dict[str, Any]:
    is_at = stage(row)
    owner_id, owner = book.owner(row, "deal_owner"), row.text("deal_owner")
    kept = book.kept(row)
    internal = row.lines("internal_notes")
    return {
        "name": row.text("name") or row.id,
        "organization_id": book.ids["organizations", row.key("organization_id") or ""],
        "primary_contact_id": book.id_of("contacts", primary_contact(row, placements.ties)),
        "stage": is_at,
        "stage_changed_at": row.moment("stage_changed_at") or kept["created_at"],
        "closed_at": _closed_at(row, book, kept) if is_at in CLOSED else None,
        "close_reason": NOT_RECORDED if is_at in CLOSED else None,
        "close_note": row.text("lost_reason") if is_at in CLOSED else None,
        "context": _context(row),
        "notes": book.notes(
            row,
            [
                row.lines("notes"),
                f"Competitors: {others}" if (others := row.lines("competitor_info")) else None,
                f"Internal: {internal}" if internal else None,
                f"Looked after by {owner}." if owner and owner_id is None else None,
            ],
        ),
        "owner_id": owner_id,
        "source": row.text("lead_source"),
        "started_on": row.day("created_at", book.zone),
        "expected_close_on": row.day("expected_close_date", book.zone),
        **kept,
    }


def _context(row: Row) -> str | None:
    """The context; of a custom one its label."""
    context = row.text("context")
    label = str(row.object("custom_fields").get("context_label") or "").strip()
    return (label or context)[:100] if context == "Custom" else context


def _closed_at(row: Row, book: Book, kept: Mapping[str, Any]) -> datetime:
    """When it was closed: at noon of the day that is known, else when it came to its stage."""
    day = row.day("lost_date" if row.flag("is_lost") else "won_date", book.zone)
    moved: datetime = row.moment("stage_changed_at") or kept["created_at"]
    return book.noon(day) if day else moved
