"""Lists of contacts: who they are, where they work, and how to reach them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.enums import AdvocacyStatus, ImportOutcome
from crm.models import Contact, ContactAdvocacy
from crm.queries.organization_names import bare, folded
from crm.services.imports import cells, vocabulary
from crm.services.imports.merging import with_lines
from crm.services.imports.money import amount
from crm.services.imports.people import Named, named_in
from crm.services.imports.plans.book import Known
from crm.services.imports.plans.desk import Desk, nobody
from crm.services.imports.plans.lines import Lines, readers, refuse, settle
from crm.services.imports.plans.steps import Ref, RowPlan, SheetOf, Step
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.row_reader import RowReader
from crm.services.imports.rows import LONGEST_NOTES
from crm.services.imports.text import clean_lines

_COPIED = ("position", "department", "email", "phone", "mobile_phone", "other_phone", "linkedin")
_LONG_COMMENT = 2_000


@dataclass(slots=True)
class Person:
    """A contact of the book or of this import."""

    ref: Ref
    columns: dict[str, Any] = field(default_factory=dict)
    owner_id: int | None = None
    version: int | None = None
    change: Step | None = None


@dataclass(slots=True)
class Cards:
    """The contacts by organization and name."""

    by_name: dict[tuple[Ref | None, str], Person] = field(default_factory=dict)
    champions: set[tuple[Ref, Ref]] = field(default_factory=set)
    by_text: dict[tuple[str, str], Person] = field(default_factory=dict)
    """By the organization as lists spell it."""

    @classmethod
    def of_book(cls) -> "Cards":
        cards = cls()
        columns = (
            *(Contact.contact_id, Contact.organization_id, Contact.first_name, Contact.last_name),
            *(Contact.owner_id, Contact.version, Contact.notes, Contact.is_primary),
            *(getattr(Contact, name) for name in _COPIED),
        )
        found = sa.select(*columns).where(Contact.deleted_at.is_(None)).order_by(Contact.contact_id.desc())
        for row in db.session.execute(found):
            told = {name: getattr(row, name) for name in (*_COPIED, "notes", "is_primary")}
            key = row.organization_id, folded(f"{row.first_name} {row.last_name}")
            cards.by_name[key] = Person(row.contact_id, told, row.owner_id, row.version)
        now = sa.select(ContactAdvocacy.contact_id, ContactAdvocacy.principal_id).where(
            ContactAdvocacy.until_on.is_(None), ContactAdvocacy.deleted_at.is_(None)
        )
        cards.champions = {(contact_id, principal_id) for contact_id, principal_id in db.session.execute(now)}
        return cards

    def find(self, organization: Ref | None, full_name: str) -> Person | None:
        return self.by_name.get((organization, folded(full_name)))

    def put(self, organization: Ref | None, full_name: str, person: Person) -> None:
        self.by_name[organization, folded(full_name)] = person


def plan(desk: Desk, sheet: SheetOf, lines: Lines, cards: Cards) -> None:
    """Plan the rows of a list of contacts."""
    mails: dict[str, set[str]] = {}
    for reader, row in readers(desk, sheet, lines, is_done=True):
        people = _people(reader)
        row.label = " / ".join(person.full for person in people)
        if not people:
            _without_name(desk, sheet, reader, row)
            continue
        for person in people:
            sheet.count("people", "all")
            sheet.count("people", "one word", not person.last)
            sheet.count("people", "with a title", bool(person.title))
            sheet.count("people", "with a role behind the name", bool(person.role))
        known = _organization(desk, sheet, reader, row)
        values, kept = _values(desk, sheet, reader, row, people)
        if values.get("email"):
            mails.setdefault(values["email"], set()).add(folded(people[0].full))
        made = changed = False
        for n, person in enumerate(people):
            of_one = dict(values) if n == 0 else {}
            notes = kept if n == 0 else []
            is_new, is_changed, ref = _put(desk, sheet, row, cards, known, person, of_one, notes)
            if found := cards.find(known.ref if known else None, person.full):
                cards.by_text[bare(reader.text("organization")), folded(person.full)] = found
            made |= is_new
            changed |= is_changed
            _champions(desk, sheet, reader, row, cards, ref)
        settle(row, is_created=made, is_updated=changed)
        row.problems.extend(reader.problems)
    for mail, names in mails.items():
        if len(names) > 1:
            sheet.count("addresses of several people", mail)


def _people(reader: RowReader) -> list[Named]:
    first, last = reader.text("first_name"), reader.text("last_name")
    if first or last:
        return [Named(first, last)]
    return named_in(reader.text("name"))


def _without_name(desk: Desk, sheet: SheetOf, reader: RowReader, row: RowPlan) -> None:
    """A row that names no one: reported if somebody could be reached by it or stood in its name cell."""
    name, mail = reader.text("name"), reader.text("email")
    remedy = "Fill in a name and import the row again."
    row.label = name or mail or reader.text("organization")
    sheet.count("e-mail", "valid", bool(mail and cells.email(mail)))
    sheet.count("primary", "yes", vocabulary.is_yes(reader.text("is_primary")))
    _champions(desk, sheet, reader, row, None, None)
    sheet.count("phone numbers", "in phone cells", len(cells.phones(reader.text("phone"))))
    has_names = "name" in (sheet.header.columns if sheet.header else {})
    if name:
        refuse(row, "name", "the cell names no one", remedy, name)
        sheet.count("not imported", "name cell names no one")
    elif not has_names:
        refuse(row, "first_name", "neither first nor last name", remedy, mail)
        sheet.count("not imported", "neither first nor last name")
    elif (mail and cells.email(mail)) or cells.phones(reader.text("phone")):
        refuse(row, "name", "an e-mail address or a phone number, but no name", remedy, mail)
        sheet.count("not imported", "e-mail or phone but no name")
    else:
        row.outcome = ImportOutcome.SKIPPED
        reason = "names an organization and nobody at it"
        row.problems.append(Problem(row.row, Weight.NOTICE, "name", reason, text=row.label))
        sheet.count("rows", "with an organization only")
        raw = _raw(reader, "organization")
        sheet.count("organization", desk.find(raw, reader.text("organization"))[0])
        return
    raw = _raw(reader, "organization")
    sheet.count("organization", desk.find(raw, reader.text("organization"))[0])


def _raw(reader: RowReader, name: str) -> str:
    return next((reader.record.cells[n] for n in reader.filled(name)), "")


def _organization(desk: Desk, sheet: SheetOf, reader: RowReader, row: RowPlan) -> Known | None:
    text = reader.text("organization")
    known, problems = desk.meant(sheet, row.row, _raw(reader, "organization"), text)
    row.problems.extend(problems)
    if known is None and text:
        reader.kept.append(f"Organization: {text}")
    return known


def _values(
    desk: Desk, sheet: SheetOf, reader: RowReader, row: RowPlan, people: Sequence[Named]
) -> tuple[dict[str, Any], list[str]]:
    """The columns that the row fills for the first of its people, and lines for their notes."""
    said = f"{reader.text('name')} {reader.text('first_name')}"
    mail_text = reader.text("email")
    mail = cells.email(mail_text) if mail_text else _mail_in(said)
    if mail_text and mail is None:
        reason = "is no e-mail address, so it is left out"
        reader.say(Weight.CELL_LEFT_OUT, "email", reason, "Put it right and import again.", mail_text)
        sheet.count("e-mail", "not an address")
    sheet.count("e-mail", "valid", bool(mail_text and mail))
    numbers = _phones(sheet, reader, said)
    if role := people[0].role or None:
        reader.kept.append(f"Role behind the name: {role}")
    for text in (one.nickname for one in people if one.nickname):
        reader.kept.append(f"Called {text}")
    for title in (one.title for one in people if one.title):
        reader.kept.append(f"Title: {title}")
    owner_text = reader.text("owner")
    owner_id = desk.person(sheet, row.row, owner_text)
    if owner_text and owner_id is None:
        row.problems.append(nobody(row.row, "owner", owner_text))
        reader.kept.append(f"Account manager: {owner_text}")
    second = reader.text("second_email")
    for label, text in (
        ("Second e-mail", second),
        ("Tags", reader.text("tags")),
        (
            "Address",
            ", ".join(t for f in ("address", "city", "state", "postal_code") if (t := reader.text(f))),
        ),
    ):
        if text:
            reader.kept.append(f"{label}: {text}")
    _last_seen(desk, sheet, reader)
    linkedin = reader.take(
        "linkedin", cells.web_address, "is no web address", "Put it right and import again."
    )
    values = {
        "position": reader.text("position") or people[0].title.title() or None,
        "department": reader.text("department") or None,
        "email": mail,
        "phone": numbers[0],
        "mobile_phone": None,
        "other_phone": numbers[1],
        "linkedin": linkedin,
        "owner_id": owner_id,
        "is_primary": True if vocabulary.is_yes(reader.text("is_primary")) else None,
    }
    if values["is_primary"]:
        sheet.count("primary", "yes")
    return {name: value for name, value in values.items() if value}, [notes(sheet, reader), *reader.kept]


def _mail_in(text: str) -> str | None:
    return next(
        (mail for word in text.split() if "@" in word and (mail := cells.email(word.strip("(),;")))), None
    )


def _phones(sheet: SheetOf, reader: RowReader, name: str) -> tuple[str | None, str | None]:
    text = " / ".join(
        reader.texts[n] for field_name in ("phone", "second_phone") for n in reader.filled(field_name)
    )
    found = cells.phones(text)
    sheet.count("phone numbers", "in phone cells", len(found))
    found += [number for number in cells.phones(name) if number not in found]
    if text and not (found and cells.is_only_phones(text) and len(found) < 3):
        reader.kept.append(f"Phone: {text}")
    first, second, *_ = [*found, None, None]
    return first, second


def _last_seen(desk: Desk, sheet: SheetOf, reader: RowReader) -> None:
    text = reader.text("last_seen")
    if text and cells.day(text.split("T")[0], on=desk.on) is None:
        reason = "is no day that can be read; it would be shown only"
        reader.say(Weight.CELL_LEFT_OUT, "last_seen", reason, "Write it as month/day/year.", text)
        sheet.count("last seen", "unreadable")


def notes(sheet: SheetOf, reader: RowReader) -> str:
    """The notes of a row, whole; an amount in them is flagged, and a very long one is told."""
    text = "\n".join(clean_lines(reader.record.cells[n]) for n in reader.filled("notes"))
    if not text:
        return ""
    sheet.count("notes", "cells")
    sheet.count("notes", "long", len(text) > _LONG_COMMENT)
    if len(text) > LONGEST_NOTES:
        reason = f"has {len(text):,} characters; at most {LONGEST_NOTES:,} can be kept, so none are taken"
        reader.say(Weight.CELL_LEFT_OUT, "notes", reason, "Shorten it and import again.", text)
        return ""
    if len(text) > _LONG_COMMENT:
        reader.say(Weight.NOTICE, "notes", f"is a long one, of {len(text):,} characters; it is kept whole")
    if found := amount(text):
        sheet.count("amounts in notes", str(reader.record.number))
        reason = f"names an amount ({found}); the text is kept whole"
        reader.say(Weight.NOTICE, "notes", reason, "Take the amount out if it should not stand here.", text)
    return text


def _put(
    desk: Desk,
    sheet: SheetOf,
    row: RowPlan,
    cards: Cards,
    organization: Known | None,
    person: Named,
    values: dict[str, Any],
    lines: Sequence[str],
) -> tuple[bool, bool, Ref]:
    """Find the person or make them: whether they are new, whether something of them changes, and who."""
    ref = organization.ref if organization else None
    known = cards.find(ref, person.full)
    if known is None:
        text = ""
        for line in lines:
            text = with_lines(text, line)
        made = {"organization_id": ref, "first_name": person.first, "last_name": person.last, **values}
        if text:
            made["notes"] = text
        step = desk.make("contacts", sheet, row.row, made)
        cards.put(ref, person.full, Person(step, made, values.get("owner_id")))
        return True, False, step
    text = known.columns.get("notes") or ""
    for line in lines:
        longer = with_lines(text, line)
        text = longer if len(longer) <= LONGEST_NOTES else text
    new = {**values, **({"notes": text} if text != (known.columns.get("notes") or "") else {})}
    new.pop("owner_id", None)
    changed = {column: value for column, value in new.items() if known.columns.get(column) != value}
    if isinstance(known.ref, Step):
        known.ref.values.update(changed)
        known.columns.update(changed)
        sheet.count("same person twice", "surplus")
        reason = "the same person stands in an earlier row of the file; both are one"
        row.problems.append(Problem(row.row, Weight.NOTICE, "name", reason, text=person.full))
        return False, True, known.ref
    if not changed:
        return False, False, known.ref
    if not desk.may_change((known.owner_id,)):
        reason = "this contact belongs to somebody else, so it stays as it is"
        refuse(row, "name", reason, "Let its owner, their manager or an admin import it.", person.full)
        return False, False, known.ref
    if known.change is None:
        known.change = desk.change("contacts", sheet, row.row, known.ref, {}, {}, known.version)
    known.change.rows |= {row.row}
    for column, value in changed.items():
        known.change.put(column, value, known.columns.get(column))
        known.columns[column] = value
    return False, True, known.ref


def _champions(
    desk: Desk, sheet: SheetOf, reader: RowReader, row: RowPlan, cards: Cards | None, contact: Ref | None
) -> None:
    """The principals that a contact is said to champion; only counted where there is nobody who could."""
    for text in (part.strip() for part in reader.text("champion_for").split(";")):
        if not text:
            continue
        principal = desk.principal(sheet, row.row, text)
        if principal is None:
            sheet.count("champion for", f"(not a principal: {text})")
            reason = "is no principal of the book, so it is left out"
            reader.say(Weight.CELL_LEFT_OUT, "champion_for", reason, "Say who is meant.", text)
            continue
        sheet.count("champion for", principal.name)
        if cards is None or contact is None:
            continue
        if (contact, principal.ref) not in cards.champions:
            cards.champions.add((contact, principal.ref))
            desk.make(
                "contact_advocacies",
                sheet,
                row.row,
                {
                    "contact_id": contact,
                    "principal_id": principal.ref,
                    "status": AdvocacyStatus.CHAMPION,
                    "since_on": desk.on,
                },
            )
