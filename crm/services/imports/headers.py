"""Which row of a file is its header, and which column means which field of an organization.

The texts come from real exports: "PRIMARY ACCT. MANAGER \n(DropDown)" is the owner. Titles and instructions
may stand above the header, so the row that holds the most known texts is taken.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crm.errors import Refused
from crm.services.imports.records import Record
from crm.services.imports.text import clean

ROWS_SEARCHED: Final = 100

_TEXTS: Final = """
name: organization, organizations, organization name, organisation, organisation name, company, company name
name: account, accounts, account name, customer, customer name, name, business, business name
name: operator, operator name, restaurant, restaurant name
legal_name: legal name, registered name
priority: priority, priority focus, priority focus a highest, account priority
segment: segment, segments, market segment, category, business type, type of business
owner: owner, account manager, acct manager, primary account manager, primary acct manager, primary owner
owner: account owner, manager, sales rep, rep
second_owner: second owner, secondary owner, secondary account manager, secondary acct manager
second_owner: second account manager, co owner
distributor: distributor, distributors, distributor name, usual distributor, primary distributor
weekly_focus_on: weekly priority, weekly priority dated mondays, weekly focus, focus week
phone: phone, phones, phone number, telephone, tel, main phone, office phone, business phone
email: email, e mail, email address, e mail address, mail, main email
website: website, web site, web, url, homepage, web page
linkedin: linkedin, linkedin url, linkedin page, linked in
address_line1: street address, address, street, address 1, address line 1, mailing address
address_line2: address 2, address line 2, suite, unit
city: city, town, city town
state: state, st, province, state province
postal_code: zip code, zip, zipcode, postal code, postcode, zip postal code
country: country
notes: notes, note, comments, comment, remarks, account notes
"""
"""The headings of each field, the plainest first: "Organization" before "Restaurant"."""


def organization_texts() -> dict[str, list[str]]:
    """The headings of each field of an organization, the plainest first."""
    texts: dict[str, list[str]] = {}
    for text, field in _FIELD_OF.items():
        texts.setdefault(field, []).append(text)
    return texts


_FIELD_OF: Final = {
    text: field
    for line in _TEXTS.strip().splitlines()
    for field, texts in [line.split(": ")]
    for text in texts.split(", ")
}

_KNOWN_BUT_NOT_TAKEN: Final = frozenset(
    {"distr rep", "distributor rep", "distributor representative", "dsr", "tags", "id", "created", "updated"}
)
"""Columns of account lists that this form of the import leaves alone. They still mark a header row."""

_OTHER_LISTS: Final = (
    ("contacts", {"first name"}),
    ("contacts", {"last name"}),
    ("contacts", {"surname"}),
    ("contacts", {"full name"}),
    *(("contacts", {"name", text}) for text in ("organization", "organisation", "company", "account")),
    ("opportunities", {"opportunity"}),
    ("opportunities", {"stage", "probability"}),
    ("interactions", {"interaction"}),
    ("interactions", {"date", "type"}),
)
"""Texts that, all together in one header, tell the lists of other things from a list of organizations."""


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a file: its row, which columns (from 0) mean which field, and the texts as they stand.

    `row` is the header's number in the file, from 1.
    """

    row: int
    columns: Mapping[str, tuple[int, ...]]
    texts: tuple[str, ...]

    def label(self, field: str) -> str:
        """What the file itself calls `field`, for messages."""
        return self.texts[self.columns[field][0]] if field in self.columns else field

    @property
    def columns_left_out(self) -> Iterator[int]:
        """The columns under some text that no field takes."""
        taken = {column for columns in self.columns.values() for column in columns}
        return (column for column, text in enumerate(self.texts) if text and column not in taken)

    def is_repeated_by(self, cells: Sequence[str]) -> bool:
        """Whether `cells` are the header once more, as in files that were glued together."""
        filled = [(column, cell) for column, cell in enumerate(cells) if cell.strip()]
        return len(filled) > 1 and all(
            column < len(self.texts) and folded(cell) == folded(self.texts[column]) for column, cell in filled
        )


def folded(text: str) -> str:
    """A header text for comparing: no case, no brackets ("(DropDown)"), no punctuation, single blanks."""
    words = re.sub(r"\([^()]*\)", " ", clean(text)).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", words).split())


def count_known(cells: Sequence[str]) -> int:
    """How many different header texts that mean something to us stand in `cells`."""
    texts = {folded(cell) for cell in cells}
    return len({_FIELD_OF[text] for text in texts if text in _FIELD_OF}) + len(texts & _KNOWN_BUT_NOT_TAKEN)


def find(records: Sequence[Record]) -> Header:
    """The header among `records`, the first rows of a file: the first of those with the most known texts.

    Raises `Refused` when no row names a column of organizations.
    """
    best = max(records, key=lambda record: count_known(record.cells))
    columns = _columns([folded(cell) for cell in best.cells])
    if "name" not in columns:
        seen = ", ".join(f'"{clean(cell)}"' for cell in best.cells[:8] if clean(cell))
        raise Refused(
            f"No column of the file is called Organization (or Name, Company, Account). Row {best.number} "
            f"reads {seen or 'nothing'}. Give the column of names that heading and import again."
        )
    return Header(best.number, columns, tuple(clean(cell) for cell in best.cells))


def _columns(texts: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """The columns of each field, the one with the plainest heading first."""
    columns: dict[str, tuple[int, ...]] = {}
    for known, field in _FIELD_OF.items():
        found = tuple(column for column, text in enumerate(texts) if text == known)
        if found:
            columns[field] = (*columns.get(field, ()), *found)
    return columns


def refuse_other_lists(header: Header) -> None:
    """Raises `Refused` when the header belongs to a list of contacts, opportunities or interactions.

    Such a list names organizations too, but its notes, addresses and dates are not theirs.
    """
    texts = {folded(text) for text in header.texts}
    for what, marks in _OTHER_LISTS:
        if marks <= texts:
            raise Refused(
                f"This looks like a list of {what} (it has a column {' and one '.join(sorted(marks))}). "
                "Only lists of organizations can be imported yet."
            )
