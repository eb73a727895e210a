"""Organizations: principals and distributors by their flags, every parent before those below it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from crm.enums import Priority
from crm.queries.organization_names import bare
from crm.services.legacy.book import Book, Entry, Writer, tags_of
from crm.services.legacy.findings import Kind
from crm.services.legacy.source import Row, Shape

SCORES: Final = ((85, Priority.A), (65, Priority.B), (35, Priority.C), (1, Priority.D))
"""From which score on an organization has which priority; the five scores of v2 come to the same letters."""

READ_AS: Final = {"Customer": "Active Customer"}
"""A status that a later change of the old program should have rewritten."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def priority(score: int | None) -> Priority | None:
    """The priority that a lead score of 0 to 100 means."""
    return next((letter for least, letter in SCORES if (score or 0) >= least), None)


def parents(rows: Sequence[Row], book: Book) -> dict[str, str]:
    """The parent of each organization that has one. Of a circle the link of the row that was changed last is
    dropped, and noted.
    """
    above = {row.id: parent for row in rows if (parent := row.key("parent_org_id"))}
    by_id = {row.id: row for row in rows}
    for start in list(above):
        way = [start]
        while (parent := above.get(way[-1])) and parent not in way:
            way.append(parent)
        if parent:
            circle = way[way.index(parent) :]
            last = max(circle, key=lambda one: by_id[one].moment("updated_at") or _LONG_AGO)
            book.note(by_id[last], Kind.CIRCLE, f"without its parent {above.pop(last)}")
    return above


def in_order(rows: Sequence[Row], above: Mapping[str, str]) -> list[Row]:
    """The organizations so that each comes after its parent and its usual distributor."""
    by_id = {row.id: row for row in rows}
    placed: dict[str, Row] = {}

    def place(row: Row, under_way: frozenset[str]) -> None:
        if row.id in placed or row.id in under_way:
            return
        for other in (above.get(row.id), row.key("distributor_id")):
            if other in by_id:
                place(by_id[other], under_way | {row.id})
        placed.setdefault(row.id, row)

    for row in rows:
        place(row, frozenset())
    return list(placed.values())


def write(rows: Sequence[Row], book: Book, writer: Writer, *, above: Mapping[str, str]) -> None:
    """Bring in organizations; those above them are there already. One after the other, since a row may name
    another one of these.
    """
    for row in rows:
        (organization_id,) = writer.add("organizations", [_values(row, book, above)])
        book.ids["organizations", row.id] = organization_id
        writer.map([Entry("organizations", row.id, "organizations", organization_id)])


def look(rows: Sequence[Row], book: Book, shape: Shape) -> None:
    """Note what is odd about the organizations as a whole."""
    by_id = {row.id: row for row in rows}
    for row in rows:
        status = row.text("status") or ""
        if status == "Principal" and not row.flag("is_principal"):
            book.note(row, Kind.MAY_BE_A_PRINCIPAL)
        if status == "Distributor" and not row.flag("is_distributor"):
            book.note(row, Kind.MAY_BE_A_DISTRIBUTOR)
        if status in READ_AS:
            book.note(row, Kind.STATUS_READ, f"{status} reads as {READ_AS[status]}")
        distributor = by_id.get(row.key("distributor_id") or "")
        if distributor and not distributor.flag("is_distributor"):
            book.note(row, Kind.NOT_A_DISTRIBUTOR, distributor.text("name") or "")
        if distributor and distributor.moment("deleted_at"):
            book.note(row, Kind.ARCHIVED_DISTRIBUTOR, distributor.text("name") or "")
        if distributor and shape is Shape.V1 and row.flag("is_distributor"):
            book.note(row, Kind.DISTRIBUTOR_OF_A_DISTRIBUTOR, distributor.text("name") or "")
    for group in doubles(rows):
        for row in group[1:]:
            book.note(row, Kind.SAME_NAME, f"as {group[0].id}: {group[0].text('name')}")


def doubles(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Groups of organizations whose names come to the same, in one city at most: a chain has a branch in
    every city, and its branches are no doubles.
    """
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[bare(row.text("name") or "")].append(row)
    for group in groups.values():
        cities = {(row.text("city") or "").casefold() for row in group} - {""}
        if len(group) > 1 and len(cities) < 2:
            yield group


def _values(row: Row, book: Book, above: Mapping[str, str]) -> dict[str, Any]:
    name, whole = book.name(row)
    email = row.text("email")
    return {
        "name": name,
        "is_principal": row.flag("is_principal"),
        "is_distributor": row.flag("is_distributor"),
        "legal_name": row.text("legal_name"),
        "segment": row.text("industry"),
        "priority": priority(row.number("lead_score")),
        "parent_organization_id": book.id_of("organizations", above.get(row.id)),
        "owner_id": book.user(row, "account_manager_id"),
        "second_owner_id": book.user(row, "assigned_user_id"),
        "usual_distributor_id": book.id_of("organizations", row.key("distributor_id")),
        "phone": row.text("primary_phone"),
        "second_phone": row.text("secondary_phone"),
        "email": email.lower() if email else None,
        "website": row.text("website"),
        "address_line1": row.text("address_line_1"),
        "address_line2": row.text("address_line_2"),
        "city": row.text("city"),
        "state": row.text("state_province"),
        "postal_code": row.text("postal_code"),
        "country": row.text("country"),
        "notes": book.notes(row, [whole, row.lines("description")]),
        "tags": tags_of(row),
        **book.kept(row),
    }
