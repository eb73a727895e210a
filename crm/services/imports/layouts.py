"""What the sheets of a broker's files are, and what their columns mean.

A sheet is recognised by its headings, wherever in it they stand: titles and instructions may come above, the
heading of a column may be broken over two rows, and a sheet that was sorted together with its header has it
somewhere in the middle. What is no list of ours is told by its words and kept as rows of the import.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crm.services.imports.headers import Header, folded, organization_texts
from crm.services.imports.text import clean

ORGANIZATIONS: Final = "organizations"
CONTACTS: Final = "contacts"
OPPORTUNITIES: Final = "opportunities"
INTERACTIONS: Final = "interactions"
ITEM_NUMBERS: Final = "item numbers"
PRODUCT_COLUMNS: Final = "products"
REPS: Final = "distributor reps"
PICKLISTS: Final = "picklists"
OTHER: Final = "other"

LEAVE_OUT: Final = ""
DISTRIBUTOR_COLUMN: Final = "item_number"
SORTED_WITH_ITS_HEADER: Final = 100
"""A header this far down was sorted into its rows: those above it are rows as well."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A kind of list: its fields with a word for people, the headings that mean each, and which of its
    fields must be there for a header to be one.
    """

    kind: str
    title: str
    labels: Mapping[str, str]
    texts: Mapping[str, str]
    needs: Sequence[Collection[str]]

    def means(self, text: str) -> str | None:
        """The field that a folded heading means; None if it is unknown."""
        return self.texts.get(text)


def _layout(
    kind: str, title: str, fields: str, needs: Sequence[Collection[str]], **more: Sequence[str]
) -> Layout:
    labels: dict[str, str] = {}
    texts: dict[str, str] = {}
    for line in fields.strip().splitlines():
        name, label, words = (part.strip() for part in line.split("|"))
        labels[name] = label
        for word in (*words.split(", "), *more.get(name, ())):
            if word:
                texts.setdefault(word, name)
    return Layout(kind, title, labels, texts, needs)


_ORGANIZATIONS: Final = _layout(
    ORGANIZATIONS,
    "Organizations",
    """
    name           | Name                   |
    legal_name     | Legal name             |
    priority       | Priority               |
    segment        | Segment                |
    owner          | Owner                  |
    second_owner   | Second owner           |
    distributor    | Usual distributor      |
    weekly_focus_on| Weekly focus           |
    phone          | Phone                  |
    email          | E-mail                 |
    website        | Website                |
    linkedin       | LinkedIn               |
    address_line1  | Street                 |
    address_line2  | Second line            |
    city           | City                   |
    state          | State                  |
    postal_code    | Postal code            |
    country        | Country                |
    distributor_rep| Distributor's rep      | distr rep, distributor rep, distributor representative, dsr
    notes          | Notes                  |
    """,
    [("name",)],
    **organization_texts(),
)

_CONTACTS: Final = _layout(
    CONTACTS,
    "Contacts",
    """
    name           | Full name              | full name, name, contact, contact name, person, people
    first_name     | First name             | first name, first, given name, forename
    last_name      | Last name              | last name, last, surname, family name
    organization   | Organization           | organizations, organization, organisation, company, account
    organization   | Organization           | customer, business, operator, restaurant, employer
    organization   | Organization           | company name, organization name, account name, customer name
    position       | Position               | position, job title, title, role, function
    department     | Department             | department
    email          | E-mail                 | email, e mail, email address, e mail address, work e mail
    email          | E-mail                 | work email, mail, business email
    second_email   | Second e-mail          | home email, personal email, second email, other email
    second_email   | Second e-mail          | private email, home e mail
    phone          | Phone                  | phone, mobile, telephone, phone number, cell, cell phone, tel
    phone          | Phone                  | direct, mobile phone
    second_phone   | Second phone           | office phone, second phone, work phone, business phone
    second_phone   | Second phone           | home phone, other phone
    owner          | Owner                  | acct manager, account manager, owner, manager, rep
    linkedin       | LinkedIn               | linkedin, linkedin url, linkedin page
    address        | Street                 | street address, address, street
    city           | City                   | city, town
    state          | State                  | state, province
    postal_code    | Postal code            | zip, zip code, postal code
    is_primary     | Main contact?          | primary, primary contact, main contact
    champion_for   | Champion for           | champion for, champions, advocate for
    last_seen      | Last seen, to look at  | last seen, last contact, last contacted, last activity
    tags           | Tags                   | tags, labels
    notes          | Notes                  | notes, note, comments, comment, remarks
    """,
    [("name", "first_name", "last_name"), ("organization", "email", "phone")],
)

_OPPORTUNITIES: Final = _layout(
    OPPORTUNITIES,
    "Opportunities",
    """
    name           | Name                   | opportunity name, opportunity, deal name, deal
    organization   | Organization           | organizations, organization, organisation, account, company
    organization   | Organization           | customer, operator
    started_on     | Started                | start date, started, date, created, opened
    stage          | Stage                  | stage, sales stage, pipeline stage
    status         | Status                 | status
    expected_on    | Expected to close      | exp sold 7, exp close, expected close, expected close date
    expected_on    | Expected to close      | close date, exp sold
    probability    | Probability, to look at| probability, chance
    principal      | Principal              | principal, manufacturer, maker, brand, vendor
    product        | Product                | product, products, item
    cases_per_week | Cases per week         | cases per week volume, cases per week, cases week, cases
    cases_per_week | Cases per week         | volume
    owner          | Owner                  | deal owner, owner, account manager, acct manager
    source         | Source                 | source, lead source
    loss_reason    | Reason of a loss       | loss reason, reason, lost reason
    distributor    | Distributor            | distributor
    notes          | Notes                  | notes, note, comments
    """,
    [("name",), ("organization",), ("stage", "status")],
)

_INTERACTIONS: Final = _layout(
    INTERACTIONS,
    "Interactions",
    """
    date           | Date                   | date, interaction date, day, when
    type           | Type                   | interaction, type, interaction type, activity, kind
    organization   | Organization           | organizations, organization, organisation, account, company
    organization   | Organization           | customer, operator
    opportunity    | Opportunity            | opportunity, opportunity name, deal
    contact        | Contact                | contact, contact name, person, who
    principal      | Principal              | principal, manufacturer, maker, brand
    author         | Who logged it          | acct manager, account manager, manager, owner, author, rep
    follow_up_on   | Follow-up              | follow up, follow up date, next follow up
    notes          | Notes                  | notes, note, comments, summary
    """,
    [("date",), ("type",), ("organization", "opportunity", "contact", "principal")],
)

_ITEM_NUMBERS: Final = _layout(
    ITEM_NUMBERS,
    "Products and item numbers",
    """
    principal      | Principal              | principal, manufacturer, maker, brand
    product        | Product                | product, item, description, product name
    unit_size      | Pack size              | pack size, pack, size, unit size, case pack
    code           | Maker's own number     | mfr, mfr #, mfg, manufacturer code, maker number, mfr number
    code           | Maker's own number     | mfg number
    item_number    | Number at a distributor|
    """,
    [("principal",), ("product",), ("unit_size", "code")],
)

_PICKLISTS: Final = _layout(
    PICKLISTS,
    "Lists of words",
    """
    segment        | Segments               | segment, segments, market segment
    position       | Positions              | position, positions, job title, title
    close reason   | Reasons of a loss      | reason, reasons, loss reason, close reason
    source         | Sources                | source, sources, lead source
    activity       | Kinds of interactions  | interaction, interactions, interaction type, activity
    product category | Categories of products | category, product category
    contact role   | Roles of contacts      | role, contact role
    """,
    [],
)
"""Each column is a list of words of its own. They stand side by side with others that are none of ours."""

_FOUND_BY_HEADER: Final = (_INTERACTIONS, _OPPORTUNITIES, _CONTACTS, _ITEM_NUMBERS, _ORGANIZATIONS)
"""The narrow ones first: a list of interactions names organizations too."""

LAYOUTS: Final = {one.kind: one for one in (*_FOUND_BY_HEADER, _PICKLISTS)}

TITLES: Final = {
    **{kind: layout.title for kind, layout in LAYOUTS.items()},
    PRODUCT_COLUMNS: "Products, a column for each principal",
    REPS: "Distributors' reps",
    "food-show leads": "Food-show leads",
    "weekly focus": "Weekly focus",
    "annual plan": "Annual plan",
    "checklist": "Checklist",
    "billed cases": "Billed cases",
    "target list": "Target list",
    "derived": "Counts made from other sheets",
    "empty": "Nothing in it",
    OTHER: "Something else",
}
"""What each kind is called; those without a layout of their own are kept as rows."""

ENTERS: Final = frozenset({*LAYOUTS, PRODUCT_COLUMNS, REPS})
"""Kinds whose rows become records."""

_MONEY: Final = frozenset(
    [
        "price",
        "prices",
        "cost",
        "costs",
        "revenue",
        "revenues",
        "commission",
        "commissions",
        "amount",
        "amounts",
        "budget",
        "margin",
        "msrp",
        "spend",
    ]
)

_SIGNS: Final = (
    ("derived", ("row labels",)),
    ("derived", ("sales activity summary",)),
    ("derived", ("you want the filtered results to appear",)),
    ("derived", ("interactions by week",)),
    ("weekly focus", ("my one thing this week",)),
    ("annual plan", ("overall annual objective goal",)),
    ("checklist", ("step", "action", "result expected")),
    ("billed cases", ("billed case qty",)),
    ("food-show leads", ("booth visitor",)),
    ("food-show leads", ("attendee name",)),
    ("food-show leads", ("8 point sales stage",)),
    (PICKLISTS, ("priority", "segment", "status", "source")),
)
"""Words that, all together, tell what a sheet is that no layout fits: each begins one of its first cells."""


_OWN_SHAPE: Final = frozenset({PICKLISTS, "food-show leads"})
"""Kinds that have headings of our lists among theirs, and are none of them."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a sheet is. `header` is None for one without headings that mean something."""

    kind: str
    header: Header | None
    first_row: int
    """The first row below the header, or the first of all."""


def recognise(rows: Sequence[tuple[int, Sequence[str]]], *, principals: Collection[str] = ()) -> Recognised:
    """What the sheet with these rows is. `principals` are folded names that are known to be principals."""
    if not rows:
        return Recognised("empty", None, 1)
    sign = _sign(rows[:12])
    best = _best_header(rows)
    if best is not None and (sign is None or (len(best[1].columns) > 4 and sign not in _OWN_SHAPE)):
        layout, header = best
        first = rows[0][0] if header.row > SORTED_WITH_ITS_HEADER else header.row + 1
        return Recognised(layout.kind, header, first)
    if sign == PICKLISTS:
        header = _header_of_words(rows[:12])
        return Recognised(sign, header, header.row + 1)
    if sign is not None:
        return Recognised(sign, None, rows[0][0])
    if (found := _product_columns(rows[:12], principals)) is not None:
        return Recognised(PRODUCT_COLUMNS, found, found.row + 1)
    if _looks_like_reps(rows):
        return Recognised(REPS, None, rows[0][0])
    if max(len([cell for cell in cells if clean(cell)]) for _, cells in rows[:50]) == 1 and len(rows) > 3:
        return Recognised("target list", None, rows[0][0])
    return Recognised(OTHER, None, rows[0][0])


def header_of(kind: str, row: int, texts: Sequence[str], fields: Mapping[str, str]) -> Header:
    """The header of a sheet with what each of its columns (from 0) was said to mean."""
    columns: dict[str, tuple[int, ...]] = {}
    layout = LAYOUTS.get(kind)
    order = list(layout.texts) if layout else []

    def plainness(column: int) -> int:
        text = folded(texts[column]) if column < len(texts) else ""
        return order.index(text) if text in order else len(order)

    for column in sorted((int(column) for column, field in fields.items() if field), key=plainness):
        field = fields[str(column)]
        columns[field] = (*columns.get(field, ()), column)
    return Header(row, columns, tuple(texts))


def fields_of(header: Header) -> dict[str, str]:
    """What each column of a recognised header means, as it is kept."""
    return {str(column): field for field, columns in header.columns.items() for column in columns}


def fingerprint(texts: Sequence[str]) -> str:
    """The same for the same headings in the same order."""
    told = "\n".join(folded(text) for text in texts).rstrip("\n")
    return hashlib.sha256(told.encode()).hexdigest() if told else ""


def money_columns(texts: Sequence[str]) -> set[int]:
    """The columns whose headings say that amounts stand below them."""
    return {
        column
        for column, text in enumerate(texts)
        if re.search(r"[$€£]", text) or set(folded(text).split()) & _MONEY
    }


def _best_header(rows: Sequence[tuple[int, Sequence[str]]]) -> tuple[Layout, Header] | None:
    """The header with the most known headings, of all layouts that it fulfils."""
    best: tuple[Layout, Header] | None = None
    most = 1
    for number, texts in _candidates(rows[:1000]):
        words = [folded(text) for text in texts]
        for layout in _FOUND_BY_HEADER:
            if number > SORTED_WITH_ITS_HEADER and layout.kind != ITEM_NUMBERS:
                continue
            if len({field for word in words if (field := layout.texts.get(word))}) <= 1:
                continue
            columns = _columns(layout, words)
            is_better = len(columns) > most or (
                best is not None and best[1].row == number - 1 and len(columns) == most
            )
            if is_better and all(any(one in columns for one in group) for group in layout.needs):
                header = Header(number, columns, tuple(clean(text) for text in texts))
                best, most = (layout, header), len(columns)
    return best or _single_column(rows)


def _single_column(rows: Sequence[tuple[int, Sequence[str]]]) -> tuple[Layout, Header] | None:
    """A list with names of organizations, and nothing else that is known, under a heading that says so."""
    for number, cells in rows[:5]:
        words = [folded(cell) for cell in cells]
        columns = _columns(_ORGANIZATIONS, words)
        if "name" in columns:
            return _ORGANIZATIONS, Header(number, columns, tuple(clean(cell) for cell in cells))
    return None


def _header_of_words(rows: Sequence[tuple[int, Sequence[str]]]) -> Header:
    """The row with the most headings of lists of words."""
    headers = [
        Header(number, _columns(_PICKLISTS, [folded(cell) for cell in cells]), tuple(map(clean, cells)))
        for number, cells in rows
    ]
    return max(headers, key=lambda header: len(header.columns))


def _candidates(rows: Sequence[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Each row as a header, and each with the next one as a header broken over two rows."""
    for (number, cells), after in zip(rows, [*rows[1:], None], strict=True):
        if sum(1 for cell in cells if cell.strip()) < 2:
            continue
        yield number, list(cells)
        if after is not None and after[0] == number + 1 and number < SORTED_WITH_ITS_HEADER:
            width = max(len(cells), len(after[1]))
            above, below = ([*row, *[""] * (width - len(row))] for row in (cells, after[1]))
            yield number + 1, [f"{a} {b}".strip() for a, b in zip(above, below, strict=True)]


def _columns(layout: Layout, words: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """The columns of each field, the one under the plainest heading first."""
    columns: dict[str, tuple[int, ...]] = {}
    for text, field in layout.texts.items():
        found = tuple(column for column, word in enumerate(words) if word == text)
        if found:
            columns[field] = (*columns.get(field, ()), *found)
    if layout.kind == ITEM_NUMBERS and {"principal", "product"} <= columns.keys():
        taken = {column for found in columns.values() for column in found}
        last = max(taken)
        rest = tuple(n for n, word in enumerate(words) if word and n > last and n not in taken)
        if rest:
            columns[DISTRIBUTOR_COLUMN] = rest
    return columns


def _sign(rows: Sequence[tuple[int, Sequence[str]]]) -> str | None:
    words = {folded(cell) for _, cells in rows for cell in cells if cell.strip()}
    for kind, signs in _SIGNS:
        if all(any(word == sign or word.startswith(f"{sign} ") for word in words) for sign in signs):
            return kind
    if any(word.startswith(("count of ", "details for count of ")) for word in words) and "date" not in words:
        return "derived"
    return None


def _product_columns(rows: Sequence[tuple[int, Sequence[str]]], principals: Collection[str]) -> Header | None:
    """A header that names a principal above each column."""
    for number, cells in rows:
        filled = [(column, folded(cell)) for column, cell in enumerate(cells) if clean(cell)]
        if len(filled) > 2 and sum(text in principals for _, text in filled) * 2 > len(filled):
            columns = {"product": tuple(column for column, _ in filled)}
            return Header(number, columns, tuple(clean(cell) for cell in cells))
    return None


def _looks_like_reps(rows: Sequence[tuple[int, Sequence[str]]]) -> bool:
    """Blocks of people with addresses below a line that names a house, none of them under a header."""
    some = rows[:400]
    with_address = sum(any("@" in cell for cell in cells) for _, cells in some)
    alone = sum(len([cell for cell in cells if cell.strip()]) == 1 for _, cells in some)
    return with_address > 20 and with_address * 3 > len(some) and alone > 2
