"""What every noun's module needs while rows are turned into ours: known keys, people, the firm's day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from crm.queries.organization_names import folded
from crm.services.imports import money
from crm.services.legacy.findings import Finding, Kind
from crm.services.legacy.source import Row

LONGEST_NAME = 255
LONGEST_NOTES = 10_000


class Writer(Protocol):
    """Where converted rows go: the database, or nowhere in a rehearsal."""

    def add(self, table: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Add rows of one of our tables; their new keys, in the same order."""

    def link(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows of a table without a key of its own; those that are there already stay."""

    def map(self, entries: Iterable["Entry"]) -> None:
        """Remember which new row an old one became."""

    def sign_stage_changes(self, signed: Mapping[int, int]) -> None:
        """Say who moved these opportunities to the stage they came with: user by opportunity."""


@dataclass(frozen=True)
class Entry:
    """One line of `legacy_id_map`: an old row and the row of ours that it became.

    `is_made` is false where ours was there before: a rollback leaves it.
    """

    table: str
    id: str
    target: str
    target_id: int
    is_made: bool = True


@dataclass
class Book:
    """The state of one migration. `today` is the firm's day; days of moments are told in `zone`."""

    zone: ZoneInfo
    today: date
    owners: dict[str, int] = field(default_factory=dict)
    """Users by every spelling that means them, folded (`queries.organization_names.folded`)."""
    ids: dict[tuple[str, str], int] = field(default_factory=dict)
    """Our key of each old row that was migrated."""
    findings: list[Finding] = field(default_factory=list)

    def note(self, row: Row, kind: Kind, text: str = "") -> None:
        """Write down an oddity of `row`."""
        self.findings.append(Finding(row.table, row.id, kind, text))

    def id_of(self, table: str, key: str | None) -> int | None:
        """Our key of an old row, None where it names none."""
        return self.ids.get((table, key)) if key else None

    def user(self, row: Row, column: str) -> int | None:
        """The user whom a column names by key; an account that does not exist is nobody, and noted."""
        key = row.key(column)
        found = self.id_of("users", key)
        if key and found is None:
            self.note(row, Kind.UNKNOWN_USER, f"{column}: {key}")
        return found

    def owner(self, row: Row, column: str) -> int | None:
        """The user whom a column names by a spelling of theirs; somebody without an account is noted."""
        spelling = row.text(column)
        found = self.owner_named(spelling)
        if spelling and found is None:
            self.note(row, Kind.UNKNOWN_OWNER, f"{column}: {spelling}")
        return found

    def owner_named(self, spelling: str | None) -> int | None:
        """The user whom a text means, None for nobody that has an account."""
        return self.owners.get(folded(spelling)) if spelling else None

    def noon(self, day: date) -> datetime:
        """The middle of a day of the firm: a moment for what is only known by its day."""
        return datetime.combine(day, time(12), self.zone)

    def notes(self, row: Row, parts: Iterable[str | None]) -> str | None:
        """Paragraphs as one text. Amounts in it stay and are noted; a text that is too long is cut, and the
        whole of it is in the archive.
        """
        text = "\n\n".join(part for part in parts if part)
        if found := money.amount(text):
            self.note(row, Kind.AMOUNT, found)
        if len(text) > LONGEST_NOTES:
            self.note(row, Kind.CUT, "notes")
            text = text[: LONGEST_NOTES - 1] + "…"
        return text or None

    def name(self, row: Row, column: str = "name") -> tuple[str, str | None]:
        """The name, at most `LONGEST_NAME` long, and the whole of it where it had to be cut."""
        whole = row.text(column) or row.id
        if len(whole) <= LONGEST_NAME:
            return whole, None
        self.note(row, Kind.CUT, column)
        return whole[: LONGEST_NAME - 1] + "…", whole

    def kept(self, row: Row) -> dict[str, Any]:
        """When the row was made, changed and archived: as it was."""
        made = row.moment("created_at") or row.moment("updated_at") or self.noon(self.today)
        kept = {"created_at": made, "updated_at": row.moment("updated_at") or made}
        return kept | ({"deleted_at": row.moment("deleted_at")} if "deleted_at" in row.values else {})


def tags_of(row: Row) -> list[str]:
    """The tags of a row, each once."""
    return list(dict.fromkeys(" ".join(str(tag).split()) for tag in row.list("tags") if str(tag).strip()))


def week_after(day: date) -> date:
    """The day a week later: when somebody asks again where no day was named."""
    return day + timedelta(days=7)
