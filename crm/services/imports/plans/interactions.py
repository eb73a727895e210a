"""Lists of interactions: when, with whom, about what; one that the book has already is not made again."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from crm.db import db
from crm.models import Interaction
from crm.queries.organization_names import bare, folded
from crm.services.imports import cells, vocabulary
from crm.services.imports.merging import with_lines
from crm.services.imports.people import named_in
from crm.services.imports.plans.book import Known
from crm.services.imports.plans.contacts import Cards, Person, notes
from crm.services.imports.plans.desk import Desk, nobody
from crm.services.imports.plans.lines import Lines, readers, refuse, settle
from crm.services.imports.plans.opportunities import Deal, Deals, moment_of
from crm.services.imports.plans.steps import Ref, RowPlan, SheetOf, Step
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.row_reader import RowReader


@dataclass(slots=True)
class Logged:
    """The interactions of the book that rows may be, by what they say; one row takes one. Of what they say
    only a number of it is kept, for they may be a million.
    """

    waiting: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of_book(cls, zone: str) -> "Logged":
        columns = (
            Interaction.interaction_date,
            Interaction.interaction_type,
            Interaction.organization_id,
            Interaction.opportunity_id,
            Interaction.contact_id,
            Interaction.notes,
        )
        logged = cls()
        here = ZoneInfo(zone)
        for moment, kind, *who, text in db.session.execute(
            sa.select(*columns).where(Interaction.deleted_at.is_(None))
        ):
            logged.waiting[hash((moment.astimezone(here).date(), kind, *who, hash(text or "")))] += 1
        return logged


def plan(desk: Desk, sheet: SheetOf, lines: Lines, cards: Cards, deals: Deals, logged: Logged) -> None:
    """Plan the rows of a list of interactions. One without a day cannot be brought in."""
    twice: set[int] = set()
    for reader, row in readers(desk, sheet, lines, is_done=True):
        kind = vocabulary.type_of(reader.text("type"))
        row.label = " ".join(part for part in (reader.text("type"), reader.text("organization")) if part)
        day = _day(desk, sheet, reader, row)
        if kind is None:
            refuse(
                row, "type", "is no kind of interaction", "Write Email, Call, Meeting …", reader.text("type")
            )
        else:
            sheet.count("type", kind[0].value)
            sheet.count("activity", f"{kind[0].value} / {kind[1]}", bool(kind[1]))
        if kind is None or day is None:
            _count_rest(desk, sheet, reader, deals, cards)
            row.problems.extend(reader.problems)
            continue
        values, principal = _values(desk, sheet, reader, row, cards, deals)
        row.problems.extend(reader.problems)
        if principal is None and not values.keys() & {"organization_id", "opportunity_id", "contact_id"}:
            text = reader.text("organization")
            refuse(row, "organization", "names nobody it could be about", "Fill in the organization.", text)
            continue
        who = tuple(values.get(name) for name in ("organization_id", "opportunity_id", "contact_id"))
        same = hash((day, kind[0], *who, hash(values.get("notes", ""))))
        if who[0] is not None and same in twice:
            sheet.count("rows that occur twice", "surplus")
            reason = "an earlier row says the same; both are brought in, as it may be chance"
            row.problems.append(Problem(row.row, Weight.NOTICE, "row", reason))
        twice.add(same)
        if logged.waiting[same]:
            logged.waiting[same] -= 1
            continue
        values |= {"interaction_type": kind[0], "interaction_date": moment_of(day, desk.zone)}
        if kind[1]:
            values["activity"] = kind[1]
        _promise(desk, reader, values)
        step = Step("interactions", sheet.sheet_id, row.row, values, is_last=who == (None, None, None))
        desk.hand_on(step)
        if principal is not None:
            named = {"interaction_id": step, "principal_id": principal.ref}
            link = Step("interaction_principals", sheet.sheet_id, row.row, named, is_last=step.is_last)
            desk.hand_on(link)
        settle(row, is_created=True, is_updated=False)


def _values(
    desk: Desk, sheet: SheetOf, reader: RowReader, row: RowPlan, cards: Cards, deals: Deals
) -> tuple[dict[str, Any], Known | None]:
    """Whom and what the row is about, who logged it and what was said; and the principal."""
    text = reader.text("organization")
    raw = next((reader.record.cells[n] for n in reader.filled("organization")), "")
    organization, problems = desk.meant(sheet, row.row, raw, text)
    row.problems.extend(problems)
    if text and organization is None:
        reader.kept.append(f"Organization: {text}")
    principal = _principal(desk, sheet, reader, row)
    deal, organization = _opportunity(desk, sheet, reader, deals, organization, is_lost=principal is None)
    contact = _contact(desk, sheet, reader, row, cards, organization)
    author = _author(desk, sheet, reader, row)
    said = notes(sheet, reader)
    for line in reader.kept:
        said = with_lines(said, line)
    values = {
        "organization_id": organization.ref if organization else None,
        "opportunity_id": deal,
        "contact_id": contact,
        "author_id": author,
        "notes": said or None,
    }
    return {name: value for name, value in values.items() if value is not None}, principal


def _day(desk: Desk, sheet: SheetOf, reader: RowReader, row: RowPlan) -> date | None:
    text = reader.text("date")
    if not text:
        sheet.count("not imported", "no date")
        refuse(row, "date", "the row has no date", "Fill in the day and import the row again.")
        return None
    found = cells.day(text, on=desk.on)
    if found is None:
        sheet.count("not imported", "date cannot be read")
        refuse(
            row, "date", "is no day near today", "Write it as month/day/year and import the row again.", text
        )
        return None
    sheet.count("dates", "readable")
    monday = date.fromordinal(found.toordinal() - found.weekday())
    sheet.count("per week", monday.isoformat())
    return found


def _count_rest(desk: Desk, sheet: SheetOf, reader: RowReader, deals: Deals, cards: Cards) -> None:
    """The figures of a row that is not brought in."""
    raw = next((reader.record.cells[n] for n in reader.filled("organization")), "")
    status, organization = desk.find(raw, reader.text("organization"))
    sheet.count("organization", status)
    ref = organization.ref if organization else None
    notes(sheet, reader)
    _found_opportunity(sheet, reader, deals, ref)
    _found_contact(sheet, reader, cards, ref)
    principal = reader.text("principal")
    known = desk.principal(sheet, reader.record.number, principal) if principal else None
    sheet.count("principal", known.name if known else _no_principal(principal))
    author = desk.people.get(folded(reader.text("author")))
    sheet.count("author", desk.names_of_people.get(author or 0, "(none)"))


def _no_principal(text: str) -> str:
    return f"(not a principal: {text})" if text else "(none)"


def _found_opportunity(sheet: SheetOf, reader: RowReader, deals: Deals, ref: Ref | None) -> list[Deal]:
    name = folded(reader.text("opportunity"))
    if not name:
        sheet.count("opportunity", "not named")
        return []
    if not reader.text("organization"):
        sheet.count("opportunity", "no organization to match with")
        return []
    found = deals.by_text.get((bare(reader.text("organization")), name), [])
    if not found and ref is not None:
        found = deals.by_name.get((ref, name), [])
    sheet.count("opportunity", {0: "not found", 1: "found"}.get(len(found), "several fit"))
    return found


def _opportunity(
    desk: Desk,
    sheet: SheetOf,
    reader: RowReader,
    deals: Deals,
    organization: Known | None,
    *,
    is_lost: bool,
) -> tuple[Ref | None, Known | None]:
    """The opportunity that is named, and the organization, which it gives where the row has none.

    Of several that fit the first is taken, and said so; of several of other organizations only where the row
    would be about nobody else (`is_lost`).
    """
    text = reader.text("opportunity")
    found = _found_opportunity(sheet, reader, deals, organization.ref if organization else None)
    if len(found) > 1:
        reason = f"{len(found)} opportunities of this organization are called so; the first is taken"
        reader.say(Weight.NOTICE, "opportunity", reason, text=text)
    if found:
        return found[0].ref, organization
    if text and organization is None:
        named = deals.by_bare_name.get(folded(text), [])
        if len(named) == 1 or (named and is_lost):
            if len(named) > 1:
                reason = f"{len(named)} opportunities are called so; the first is taken"
                reader.say(Weight.NOTICE, "opportunity", reason, "Fill in the organization.", text)
            known = desk.by_ref.get(named[0][1] or 0)
            return named[0][0].ref, known
    if text:
        reader.kept.append(f"Opportunity: {text}")
        reader.say(Weight.NOTICE, "opportunity", "was not found; the text is kept in the notes", text=text)
    return None, organization


def _name(text: str) -> str:
    people = named_in(text)
    return people[0].full if people else text


def _found_contact(sheet: SheetOf, reader: RowReader, cards: Cards, ref: Ref | None) -> Person | None:
    """The contact that is named, as the list of contacts spells their organization, or at the one meant."""
    text = reader.text("contact")
    if not text:
        sheet.count("contact", "not named")
        return None
    found = cards.by_text.get((bare(reader.text("organization")), folded(_name(text))))
    sheet.count("contact", "found in the organization" if found else "not found")
    return found or cards.find(ref, _name(text))


def _contact(
    desk: Desk, sheet: SheetOf, reader: RowReader, row: RowPlan, cards: Cards, organization: Known | None
) -> Ref | None:
    """The contact that is named; one that their organization lacks is made."""
    text = reader.text("contact")
    ref = organization.ref if organization else None
    found = _found_contact(sheet, reader, cards, ref)
    if not text or found is not None:
        return found.ref if found else None
    people = named_in(text)
    if organization is None or not people:
        reader.kept.append(f"Contact: {text}")
        reader.say(Weight.NOTICE, "contact", "was not found; the text is kept in the notes", text=text)
        return None
    values = {"organization_id": ref, "first_name": people[0].first, "last_name": people[0].last}
    step = desk.make("contacts", sheet, row.row, values)
    cards.put(ref, people[0].full, Person(step, values))
    reader.say(
        Weight.NOTICE, "contact", f"is nobody known at {organization.name} and will be created", text=text
    )
    return step


def _principal(desk: Desk, sheet: SheetOf, reader: RowReader, row: RowPlan) -> Known | None:
    text = reader.text("principal")
    found = desk.principal(sheet, row.row, text) if text else None
    sheet.count("principal", found.name if found else _no_principal(text))
    if text and found is None:
        reader.kept.append(f"Principal: {text}")
        reason = "is no principal of the book; the text is kept in the notes"
        reader.say(Weight.CELL_LEFT_OUT, "principal", reason, "Say who is meant.", text)
    return found


def _author(desk: Desk, sheet: SheetOf, reader: RowReader, row: RowPlan) -> int | None:
    text = reader.text("author")
    found = desk.person(sheet, row.row, text)
    sheet.count("author", desk.names_of_people.get(found or 0, "(none)"))
    if text and found is None:
        row.problems.append(nobody(row.row, "author", text))
        reader.kept.append(f"Account manager: {text}")
    return found


def _promise(desk: Desk, reader: RowReader, values: dict[str, Any]) -> None:
    """A follow-up that the list names is carried over as an open promise of its author's."""
    text = reader.text("follow_up_on")
    day = cells.day(text, on=desk.on) if text else None
    if day is not None:
        values |= {"follow_up_required": True, "follow_up_date": day, "owner_id": values.get("author_id")}
    elif text:
        reader.say(Weight.CELL_LEFT_OUT, "follow_up_on", "is no day near today", text=text)
