"""One row of a list of organizations, read: typed values, and a word on what could not be read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from crm.clock import week_of
from crm.enums import Priority
from crm.services.imports import cells
from crm.services.imports.headers import Header
from crm.services.imports.money import amount
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.records import Record
from crm.services.imports.row_reader import RowReader
from crm.services.imports.states import code
from crm.services.imports.text import clean_lines

LONGEST_NAME: Final = 255
LONGEST_NOTES: Final = 10_000

_PUT_RIGHT: Final = "Put it right and import again."


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """What one row says about one organization. "" and None mean that the row does not say.

    `row` counts as a spreadsheet program does. `owner`, `second_owner` and `distributor` are texts of the
    file, not yet anybody. `kept` are lines that fit no field and go into the notes, so that nothing is lost.
    """

    row: int
    name: str
    legal_name: str = ""
    priority: Priority | None = None
    segment: str = ""
    owner: str = ""
    second_owner: str = ""
    distributor: str = ""
    weekly_focus_on: date | None = None
    phone: str = ""
    second_phone: str = ""
    email: str = ""
    website: str = ""
    linkedin: str = ""
    address_line1: str = ""
    address_line2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    notes: str = ""
    is_anchor: bool = False
    kept: tuple[str, ...] = ()


def read(
    record: Record, texts: Sequence[str], header: Header, *, on: date
) -> tuple[OrganizationRow | None, Sequence[Problem]]:
    """The organization that `record` describes, and what to tell about the row. `texts` are its cells, clean.

    None when the row cannot be read: it names nobody. `on` is today; it decides
    which days are near enough to be meant.
    """
    reader = RowReader(record, texts, header)
    name, number = cells.customer_number(reader.text("name"))
    if fault := _fault_of(name):
        shown = ", ".join(text for text in texts if text)
        reader.say(Weight.ROW_LEFT_OUT, "name", *fault, shown)
        return None, reader.problems
    if number:
        reader.kept.append(f"Customer number {number}")
    if re.search(r"\w\?(?!\w)", name) or "\ufffd" in name:
        reader.say(
            Weight.NOTICE, "name", "a letter seems to be lost", "Put the name right on its page.", name
        )
    return _organization(reader, name, on), reader.problems


def _organization(reader: RowReader, name: str, on: date) -> OrganizationRow:
    phone, second_phone = _phones(reader)
    city, state, postal_code = _place(reader)
    notes = _notes(reader)
    return OrganizationRow(
        row=reader.record.number,
        name=name,
        legal_name=reader.text("legal_name"),
        priority=reader.take("priority", cells.priority, "is no priority", "Write A+, A, B, C or D."),
        segment=reader.text("segment"),
        owner=reader.text("owner"),
        second_owner=reader.text("second_owner"),
        distributor=reader.text("distributor"),
        weekly_focus_on=_weekly_focus(reader, on),
        phone=phone,
        second_phone=second_phone,
        email=reader.take("email", cells.email, "is no e-mail address", _PUT_RIGHT) or "",
        website=reader.take("website", cells.web_address, "is no web address", _PUT_RIGHT) or "",
        linkedin=reader.take("linkedin", cells.web_address, "is no web address", _PUT_RIGHT) or "",
        address_line1=reader.text("address_line1"),
        address_line2=reader.text("address_line2"),
        city=city,
        state=state,
        postal_code=postal_code,
        country=reader.text("country"),
        notes=notes,
        is_anchor=bool(cells.ANCHOR.search(notes)),
        kept=tuple(reader.kept),
    )


def _fault_of(name: str) -> tuple[str, str] | None:
    """Why `name` cannot be an organization's, and the way out; None if it can."""
    if not name:
        return "the row names no organization", "Fill in the name and import the file again."
    if not re.search(r"[^\W_]", name):
        return "the name holds neither a letter nor a digit", "Fill in the name and import the file again."
    if len(name) > LONGEST_NAME:
        return f"the name is longer than {LONGEST_NAME} characters", "Shorten it and import the file again."
    return None


def _weekly_focus(reader: RowReader, on: date) -> date | None:
    found = reader.take(
        "weekly_focus_on",
        lambda text: cells.day(text, on=on),
        "is no day near today",
        "Write it as month/day/year.",
    )
    if found is None:
        return None
    monday = week_of(found)
    if monday != found:
        reason = f"{found:%Y-%m-%d} is no Monday, so the week of {monday:%Y-%m-%d} is taken"
        reader.say(Weight.NOTICE, "weekly_focus_on", reason)
    return monday


def _phones(reader: RowReader) -> tuple[str, str]:
    text = " / ".join(reader.texts[n] for n in reader.filled("phone"))
    found = cells.phones(text)
    if text and not (found and cells.is_only_phones(text) and len(found) < 3):
        reader.kept.append(f"Phone: {text}")
        reason = "holds more than a number" if found else "holds no telephone number"
        reader.say(Weight.NOTICE, "phone", f"{reason}; the text is kept in the notes", text=text)
    first, second, *_ = [*found, "", ""]
    return first, second


def _place(reader: RowReader) -> tuple[str, str, str]:
    city = reader.text("city")
    postal_code = reader.take("postal_code", cells.postal_code, "is no postal code", _PUT_RIGHT) or ""
    if city and city[0].isdigit() and (found := cells.postal_code(city)):
        reader.say(Weight.NOTICE, "city", "is a postal code and was taken as one", text=city)
        city, postal_code = "", postal_code or found
    state = reader.take("state", code, "is no state", "Write its two letters.") or ""
    return city, state, postal_code


def _notes(reader: RowReader) -> str:
    notes = "\n".join(clean_lines(reader.record.cells[n]) for n in reader.filled("notes"))
    if len(notes) > LONGEST_NOTES:
        reason = f"has {len(notes):,} characters; at most {LONGEST_NOTES:,} can be kept, so none are taken"
        reader.say(Weight.CELL_LEFT_OUT, "notes", reason, "Shorten it and import again.", notes)
        return ""
    if found := amount(notes):
        reason = f"names an amount of money ({found}); the text is kept whole"
        reader.say(Weight.NOTICE, "notes", reason, "Take the amount out if it should not stand here.", notes)
    return notes
