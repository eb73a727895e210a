"""Lists of opportunities: where each stands, whose products it is about, and which of the book it is."""

import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from crm import clock
from crm.db import db
from crm.enums import CLOSED_STAGES
from crm.models import Opportunity, OpportunityPrincipal
from crm.queries.organization_names import bare, folded
from crm.services.imports import cells, vocabulary
from crm.services.imports.merging import with_lines
from crm.services.imports.plans.book import Known
from crm.services.imports.plans.contacts import notes
from crm.services.imports.plans.desk import Desk, nobody
from crm.services.imports.plans.lines import Lines, readers, settle
from crm.services.imports.plans.products import Shelf
from crm.services.imports.plans.steps import Ref, RowPlan, SheetOf, Step
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.row_reader import RowReader
from crm.services.opportunities import NOT_RECORDED

_COMPARED = ("stage", "source", "expected_close_on", "cases_per_week")


@dataclass(slots=True)
class Deal:
    """An opportunity of the book or of this import."""

    ref: Ref
    name: str
    columns: dict[str, Any] = field(default_factory=dict)
    owners: tuple[int | None, ...] = ()
    version: int | None = None


@dataclass(slots=True)
class Deals:
    """The opportunities: those of the book that rows may be, one row each, and all of them by name."""

    waiting: dict[tuple[Any, ...], deque[Deal]] = field(default_factory=lambda: defaultdict(deque))
    by_name: dict[tuple[Ref | None, str], list[Deal]] = field(default_factory=lambda: defaultdict(list))
    by_text: dict[tuple[str, str], list[Deal]] = field(default_factory=lambda: defaultdict(list))
    """By the organization as lists spell it."""
    by_bare_name: dict[str, list[tuple[Deal, Ref | None]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of_book(cls) -> "Deals":
        deals = cls()
        principals: dict[int, set[int]] = defaultdict(set)
        chosen = sa.select(OpportunityPrincipal.opportunity_id, OpportunityPrincipal.principal_id)
        for opportunity_id, principal_id in db.session.execute(chosen):
            principals[opportunity_id].add(principal_id)
        columns = (
            *(Opportunity.opportunity_id, Opportunity.name, Opportunity.organization_id),
            *(Opportunity.started_on, Opportunity.owner_id, Opportunity.second_owner_id, Opportunity.version),
            *(getattr(Opportunity, name) for name in _COMPARED),
        )
        found = (
            sa.select(*columns).where(Opportunity.deleted_at.is_(None)).order_by(Opportunity.opportunity_id)
        )
        for row in db.session.execute(found):
            deal = Deal(
                row.opportunity_id,
                row.name,
                {name: getattr(row, name) for name in _COMPARED},
                (row.owner_id, row.second_owner_id),
                row.version,
            )
            makers = frozenset(principals[row.opportunity_id])
            deals.waiting[row.organization_id, folded(row.name), makers, row.started_on].append(deal)
            deals.put(row.organization_id, deal)
        return deals

    def put(self, organization: Ref | None, deal: Deal, text: str = "") -> None:
        if text:
            self.by_text[bare(text), folded(deal.name)].append(deal)
        self.by_name[organization, folded(deal.name)].append(deal)
        self.by_bare_name[folded(deal.name)].append((deal, organization))


def plan(desk: Desk, sheet: SheetOf, lines: Lines, shelf: Shelf, deals: Deals) -> None:
    """Plan the rows of a list of opportunities; a pair that stands there twice is two."""
    same: dict[tuple[Any, ...], int] = {}
    for reader, row in readers(desk, sheet, lines, is_done=True):
        text = reader.text("organization")
        raw = next((reader.record.cells[n] for n in reader.filled("organization")), "")
        organization, problems = desk.meant(sheet, row.row, raw, text)
        row.problems.extend(problems)
        if text and organization is None:
            reader.kept.append(f"Organization: {text}")
        principal = _principal(desk, sheet, reader, row)
        product = _product(sheet, reader, shelf, principal)
        values = _values(desk, sheet, reader, row)
        values["organization_id"] = organization.ref if organization else None
        values["name"] = _name(sheet, reader, organization, values.get("started_on"))
        row.label = values["name"]
        key = (
            bare(text),
            principal.ref if principal else folded(reader.text("principal")),
            folded(reader.text("product")),
        )
        if key[1]:
            if key in same:
                sheet.count("duplicates", "surplus")
                reason = f"same organization, principal and product as row {same[key]}; both are brought in"
                row.problems.append(Problem(row.row, Weight.NOTICE, "organization", reason, text=text))
            same.setdefault(key, row.row)
        made, changed = _put(desk, sheet, row, deals, values, principal, product, text)
        settle(row, is_created=made, is_updated=changed)
        row.problems.extend(reader.problems)


def _principal(desk: Desk, sheet: SheetOf, reader: RowReader, row: RowPlan) -> Known | None:
    text = reader.text("principal")
    if not text:
        sheet.count("principal", "(none)")
        return None
    found = desk.principal(sheet, row.row, text)
    sheet.count("principal", found.name if found else f"(not a principal: {text})")
    if found is None:
        reader.kept.append(f"Principal: {text}")
        reason = "is no principal of the book; the text is kept in the notes"
        reader.say(Weight.CELL_LEFT_OUT, "principal", reason, "Say who is meant.", text)
    return found


def _product(sheet: SheetOf, reader: RowReader, shelf: Shelf, principal: Known | None) -> Ref | None:
    text = reader.text("product")
    if not vocabulary.is_product(text):
        sheet.count("product", text or "(blank)")
        return None
    sheet.count("product", "a product")
    found = shelf.find(principal.ref, text) if principal else None
    if found is None:
        if principal is not None:
            sheet.count("product not in the list", f"{reader.text('principal')}: {text}")
        reader.kept.append(f"Product: {text}")
        reason = "is not among the products of its principal; the text is kept in the notes"
        reader.say(Weight.CELL_LEFT_OUT, "product", reason, "Add it to the products first.", text)
    return found


def _values(desk: Desk, sheet: SheetOf, reader: RowReader, row: RowPlan) -> dict[str, Any]:
    status_text, loss = reader.text("status"), reader.text("loss_reason")
    staged = vocabulary.stage_of(reader.text("stage"), status_text, loss)
    status = vocabulary.status_of(status_text)
    sheet.count("stage", staged.stage.value)
    sheet.count("status", status or "(none)")
    if staged.flag:
        sheet.count("stage flags", staged.flag)
        reason = f"{staged.flag}: {staged.stage.value} is taken"
        reader.say(Weight.NOTICE, "stage", reason, text=reader.text("stage"))
    if status in vocabulary.CLOSING and staged.stage not in CLOSED_STAGES:
        sheet.count("status contradicts the stage", str(row.row))
        reader.say(Weight.NOTICE, "status", "contradicts the stage, which counts", text=status_text)
    if status and status != "Open":
        reader.kept.append(f"Status: {status}")
    _, how = vocabulary.share_of(reader.text("probability"))
    sheet.count("probability", how)
    if how == "unreadable":
        reader.say(
            Weight.CELL_LEFT_OUT,
            "probability",
            "is no share, so it is left out",
            text=reader.text("probability"),
        )
    started = _day(desk, reader, "started_on")
    sheet.count("start dates", "readable" if started else "none")
    expected, owner_id = _expected(desk, sheet, reader)
    owner_text = reader.text("owner")
    if owner_text:
        owner_id = desk.person(sheet, row.row, owner_text)
        if owner_id is None:
            row.problems.append(nobody(row.row, "owner", owner_text))
            reader.kept.append(f"Deal owner: {owner_text}")
    sheet.count("owner", desk.names_of_people.get(owner_id or 0, "(none)") if owner_text else "(none)")
    source = reader.text("source")
    sheet.count("source", source or "(none)")
    text = notes(sheet, reader)
    for line in reader.kept:
        text = with_lines(text, line)
    values: dict[str, Any] = {
        "stage": staged.stage,
        "started_on": started,
        "expected_close_on": expected,
        "cases_per_week": _cases(sheet, reader),
        "owner_id": owner_id,
        "source": source or None,
        "tags": [staged.tag] if staged.tag else [],
        "notes": text or None,
    }
    moment = moment_of(started or desk.on, desk.zone)
    if staged.stage in CLOSED_STAGES:
        closed = expected if expected and expected <= desk.on else started or desk.on
        values["closed_at"] = moment_of(closed, desk.zone)
        values["close_reason"] = loss or NOT_RECORDED
    if started is not None:
        values["stage_changed_at"] = moment
    return values


def moment_of(day: date, zone: str) -> datetime:
    """Noon of that day where the firm is."""
    return clock.at(zone, day, 12)


def _day(desk: Desk, reader: RowReader, name: str) -> date | None:
    return reader.take(
        name, lambda text: cells.day(text, on=desk.on), "is no day near today", "Write it as month/day/year."
    )


def _expected(desk: Desk, sheet: SheetOf, reader: RowReader) -> tuple[date | None, int | None]:
    """The day by which it should be closed; a name that stands there instead fills an empty owner."""
    text = reader.text("expected_on")
    found = cells.day(text, on=desk.on) if text else None
    sheet.count("expected dates", "readable", found is not None)
    if not text or found is not None:
        return found, None
    person = desk.people.get(folded(text))
    if person is not None and not reader.text("owner"):
        sheet.count("owner from the expected date", str(reader.record.number))
        reader.say(Weight.NOTICE, "expected_on", "is a person, who fills the empty owner", text=text)
        return None, person
    reason = "is a person and no day" if person is not None else "is no day near today"
    reader.say(Weight.CELL_LEFT_OUT, "expected_on", reason, "Write it as month/day/year.", text)
    return None, None


def _cases(sheet: SheetOf, reader: RowReader) -> int | None:
    text = reader.text("cases_per_week")
    found = re.match(r"\d+", text)
    if text and found is None:
        reader.say(Weight.CELL_LEFT_OUT, "cases_per_week", "is no number of cases", text=text)
    if found is None:
        return None
    sheet.count("cases per week", "cells")
    sheet.count("cases per week", "sum", int(found[0]))
    return int(found[0])


def _name(sheet: SheetOf, reader: RowReader, organization: Known | None, started: date | None) -> str:
    name = reader.text("name")
    if name:
        return name[:255]
    sheet.count("no name", str(reader.record.number))
    parts = (
        organization.name if organization else reader.text("organization"),
        reader.text("principal"),
        f"{started:%b %Y}" if started else "",
    )
    proposed = " - ".join(part for part in parts if part)[:255] or f"Row {reader.record.number}"
    reader.say(Weight.NOTICE, "name", f'the row has no name, so it will be called "{proposed}"')
    return proposed


def _put(
    desk: Desk,
    sheet: SheetOf,
    row: RowPlan,
    deals: Deals,
    values: dict[str, Any],
    principal: Known | None,
    product: Ref | None,
    text: str,
) -> tuple[bool, bool]:
    """Find the opportunity in the book or make it: whether it is new, and whether it changes."""
    organization = values["organization_id"]
    makers = frozenset([principal.ref] if principal else [])
    waiting = deals.waiting.get((organization, folded(values["name"]), makers, values["started_on"]))
    if waiting:
        known = waiting.popleft()
        if text:
            deals.by_text[bare(text), folded(known.name)].append(known)
        return False, _change(desk, sheet, row, known, values)
    step = desk.make("opportunities", sheet, row.row, {k: v for k, v in values.items() if v is not None})
    deals.put(organization, Deal(step, values["name"]), text)
    if product is not None:
        desk.make("opportunity_products", sheet, row.row, {"opportunity_id": step, "product_id": product})
    elif principal is not None:
        desk.make(
            "opportunity_principals", sheet, row.row, {"opportunity_id": step, "principal_id": principal.ref}
        )
    return True, False


def _change(desk: Desk, sheet: SheetOf, row: RowPlan, deal: Deal, values: dict[str, Any]) -> bool:
    """What the file says otherwise of an opportunity of the book; what is closed there stays closed."""
    if deal.columns["stage"] in CLOSED_STAGES:
        return False
    changed = {
        name: values[name]
        for name in _COMPARED
        if values.get(name) is not None and values[name] != deal.columns[name]
    }
    if not changed:
        return False
    if not desk.may_change(deal.owners):
        reason = "this opportunity belongs to somebody else, so it stays as it is"
        row.problems.append(Problem(row.row, Weight.NOTICE, "name", reason, text=deal.name))
        return False
    was = {name: deal.columns[name] for name in changed}
    if values["stage"] in CLOSED_STAGES:
        changed |= {"closed_at": values["closed_at"], "close_reason": values["close_reason"]}
        was |= {"closed_at": None, "close_reason": None}
    if isinstance(deal.ref, Step):
        return False
    desk.change("opportunities", sheet, row.row, deal.ref, changed, was, deal.version)
    return True
