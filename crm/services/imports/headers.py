"""Which headings mean which field of an organization, and what the header of a sheet is.

The texts come from real exports: "PRIMARY ACCT. MANAGER \n(DropDown)" is the owner.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from crm.services.imports.text import clean

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
"""Other columns of account lists. They tell how a file is divided as well as those that have a field."""


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

    def is_repeated_by(self, cells: Sequence[str]) -> bool:
        """Whether `cells` are the header once more, as in files that were glued together."""
        filled = [(column, cell) for column, cell in enumerate(cells) if cell.strip()]
        return len(filled) > 1 and all(
            column < len(self.texts) and folded(cell) == folded(self.texts[column]) for column, cell in filled
        )


@lru_cache(maxsize=4096)  # the first thousand rows of a sheet are looked through, and words come again
def folded(text: str) -> str:
    """A header text for comparing: no case, no brackets ("(DropDown)"), no punctuation, single blanks."""
    words = re.sub(r"\([^()]*\)", " ", clean(text)).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", words).split())


def count_known(cells: Sequence[str]) -> int:
    """How many different header texts that mean something to us stand in `cells`."""
    texts = {folded(cell) for cell in cells}
    return len({_FIELD_OF[text] for text in texts if text in _FIELD_OF}) + len(texts & _KNOWN_BUT_NOT_TAKEN)
