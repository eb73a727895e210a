"""The sales people of distributors: blocks below a line with a distributor's name, each in another shape."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from crm.enums import ImportOutcome
from crm.services.imports import cells
from crm.services.imports.headers import folded
from crm.services.imports.people import Named, named_in
from crm.services.imports.plans.book import Known
from crm.services.imports.plans.contacts import Cards, Person
from crm.services.imports.plans.desk import Desk
from crm.services.imports.plans.lines import Lines
from crm.services.imports.plans.steps import RowPlan, SheetOf
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.text import clean

_MAIL: Final = re.compile(r"[\w.%+'-]+@[\w.-]+\.[A-Za-z]{2,}")
_NAMES: Final = {"name": "name", "sales rep": "name", "rep": "name", "first": "first", "last": "last",
                 "email": "mail", "e mail": "mail", "mail": "mail", "phone": "phone", "mobile": "phone",
                 "title": "position"}  # fmt: skip
_LONGEST_NAME: Final = 60
_NOT_A_NAME: Final = re.compile(r"\d|:|district\b|^team\b|^towns\b|\bnotes\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rep:
    """A person as their row tells of them."""

    row: int
    name: Named
    mail: str = ""
    phone: str = ""
    position: str = ""


def plan(desk: Desk, sheet: SheetOf, lines: Lines, cards: Cards) -> None:
    """Plan a sheet of distributors' reps: each becomes a contact of their distributor."""
    house: Known | None = None
    block: list[tuple[int, list[str]]] = []
    plans: dict[int, RowPlan] = {}
    for record in lines:
        texts = [clean(cell) for cell in record.cells]
        filled = [text for text in texts if text]
        plans[record.number] = RowPlan(
            sheet.sheet_id, record.number, ImportOutcome.SKIPPED, ", ".join(filled)[:200]
        )
        desk.rows.append(plans[record.number])
        begins = (
            _house(desk, sheet, record.number, filled) if texts and texts[0] and len(filled) == 1 else None
        )
        if begins is not None:
            _plan_block(desk, sheet, house, block, cards, plans)
            house, block = begins, []
        else:
            block.append((record.number, texts))
    _plan_block(desk, sheet, house, block, cards, plans)


def _house(desk: Desk, sheet: SheetOf, row: int, filled: Sequence[str]) -> Known | None:
    """The distributor that a line of one short cell names."""
    text = filled[0]
    if len(text) > 40 or "@" in text or re.search(r"\d{3}", text):
        return None
    found = desk.known_distributor(text)
    return found if found is None or desk.mark_distributor(found, sheet, row) else None


def _plan_block(
    desk: Desk,
    sheet: SheetOf,
    house: Known | None,
    block: Sequence[tuple[int, list[str]]],
    cards: Cards,
    plans: dict[int, RowPlan],
) -> None:
    if house is None:
        return
    for rep in _reps(block):
        row = plans[rep.row]
        row.label = rep.name.full
        sheet.count("people", house.name)
        known = cards.find(house.ref, rep.name.full)
        if known is not None:
            row.outcome = ImportOutcome.UNCHANGED
            if not isinstance(known.ref, int):
                reason = "the same person stands in an earlier row of the file; both are one"
                row.problems.append(Problem(rep.row, Weight.NOTICE, "name", reason, text=rep.name.full))
            continue
        values = {"organization_id": house.ref, "first_name": rep.name.first, "last_name": rep.name.last}
        more = {"email": rep.mail, "phone": rep.phone, "position": rep.position}
        step = desk.make("contacts", sheet, rep.row, values | {k: v for k, v in more.items() if v})
        cards.put(house.ref, rep.name.full, Person(step, dict(step.values)))
        row.outcome = ImportOutcome.CREATED


def _reps(block: Sequence[tuple[int, list[str]]]) -> Iterator[Rep]:
    """The people of a block: below a header of its own, else a line or a card for each."""
    header: dict[str, int] = {}
    card: list[tuple[int, str]] = []
    for number, texts in block:
        words = {_NAMES[word]: n for n, text in enumerate(texts) if (word := folded(text)) in _NAMES}
        if len(words) > 1 and not any("@" in text for text in texts):
            header, card = words, []
        elif header:
            yield from _under_header(number, texts, header)
        else:
            filled = [text for text in texts if text]
            if len(filled) == 1 and not _in_one_cell(filled[0]):
                card.append((number, filled[0]))
                if _MAIL.fullmatch(filled[0]) and len(card) > 1:
                    yield from _on_a_card(card[-5:])
                    card = []
                continue
            card = []
            yield from _in_a_line(number, filled)


def _under_header(number: int, texts: Sequence[str], header: dict[str, int]) -> Iterator[Rep]:
    def text(name: str) -> str:
        place = header.get(name, len(texts))
        return texts[place] if place < len(texts) else ""

    if "first" in header:
        people = [Named(text("first"), text("last"))] if text("first") or text("last") else []
    else:
        people = named_in(text("name"))
    if people and (len([one for one in texts if one]) > 1):
        numbers = cells.phones(text("phone"))
        position = "" if text("position").startswith("#") else text("position")
        yield Rep(number, people[0], _mail(text("mail")), numbers[0] if numbers else "", position)


def _in_one_cell(text: str) -> bool:
    return bool(_MAIL.search(text)) and not _MAIL.fullmatch(text)


def _in_a_line(number: int, filled: Sequence[str]) -> Iterator[Rep]:
    """A line with an address: the name is its first cell, or what stands in front of the number."""
    if not filled or not any(_MAIL.search(text) for text in filled):
        return
    numbers = cells.phones(" / ".join(filled))
    mail = _mail(" ".join(filled))
    if len(filled) == 1:
        before = re.split(r"\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}", filled[0])[0]
        name = re.sub(r"^[\d/ ]+|\([^)]*\)", " ", before)
    else:
        name = filled[0]
    people = named_in(clean(name))
    if people:
        position = filled[1] if len(filled) > 2 and "@" not in filled[1] else ""
        yield Rep(number, people[0], mail, numbers[0] if numbers else "", position)


def _on_a_card(card: Sequence[tuple[int, str]]) -> Iterator[Rep]:
    """Some lines below one another, the name first and the address last."""
    number, first = card[0]
    people = named_in(first) if len(first) < _LONGEST_NAME and not _NOT_A_NAME.search(first) else []
    if people:
        numbers = cells.phones(" / ".join(text for _, text in card[1:-1]))
        position = card[1][1] if len(card) > 2 and not re.search(r"\d", card[1][1]) else ""
        yield Rep(number, people[0], _mail(card[-1][1]), numbers[0] if numbers else "", position)


def _mail(text: str) -> str:
    found = _MAIL.search(text)
    return (cells.email(found[0]) or "") if found else ""
