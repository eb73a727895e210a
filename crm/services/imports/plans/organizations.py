"""Lists of organizations: which rows are one, which of the book it is, and what the file says of it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.enums import ImportOutcome
from crm.models import Organization
from crm.queries.organization_names import bare, folded
from crm.services.imports import cells, rows
from crm.services.imports.merging import merge
from crm.services.imports.money import amount
from crm.services.imports.plans.book import Known
from crm.services.imports.plans.desk import Desk
from crm.services.imports.plans.lines import Lines, readers, refuse, settle
from crm.services.imports.plans.look_up import LookUp, values_of
from crm.services.imports.plans.steps import RowPlan, SheetOf, Step
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.rows import OrganizationRow
from crm.services.imports.states import code

_OWNERS = ("owner_id", "second_owner_id")
_AT_ONCE = 1000


@dataclass(slots=True)
class Account:
    """The rows that are one organization, and that organization."""

    rows: Sequence[OrganizationRow]
    known: Known
    is_new: bool


def plan(desk: Desk, sheet: SheetOf, lines: Lines) -> None:
    """Plan the rows of a list of organizations.

    Two passes: all of its organizations are known before a cell of it is asked which distributor it means.
    """
    plans: dict[int, RowPlan] = {}
    found: list[OrganizationRow] = []
    raw: dict[int, str] = {}
    for reader, row in readers(desk, sheet, lines):
        organization, problems = rows.read(reader.record, reader.texts, reader.header, on=desk.on)
        row.problems.extend(problems)
        plans[row.row] = row
        if organization is None:
            row.label = next((text for text in reader.texts if text), "")
            row.outcome = ImportOutcome.UNREADABLE
            _count_place(sheet, reader.text("state"), reader.text("phone"))
            continue
        row.label = organization.name
        if rep := reader.text("distributor_rep"):
            organization = replace(organization, kept=(*organization.kept, f"Distributor's rep: {rep}"))
            sheet.count("distributor rep", "e-mail addresses" if "@" in rep else "names")
        raw[row.row] = next((reader.record.cells[n] for n in reader.filled("name")), "")
        _count(sheet, organization)
        if amount(organization.notes):
            sheet.count("amounts in notes", str(row.row))
        found.append(organization)
    accounts = []
    for members, known in _grouped(desk, sheet, found, plans):
        if known is None:
            step = desk.make("organizations", sheet, members[0].row, {"name": members[0].name})
            step.values["segment"] = next((one.segment for one in members if one.segment), None)
            made = Known(step, members[0].name, members[0].city)
            desk.add(made, *(raw[one.row] for one in members))
            accounts.append(Account(members, made, is_new=True))
        else:
            desk.spellings.update(raw[one.row].casefold() for one in members)
            accounts.append(Account(members, known, is_new=False))
    sheet.count("accounts", "different", len(accounts))
    for start in range(0, len(accounts), _AT_ONCE):
        desk.pulse()
        some = accounts[start : start + _AT_ONCE]
        before = _columns_of([one.known.ref for one in some if isinstance(one.known.ref, int)])
        for account in some:
            _plan_one(desk, sheet, account, before, plans)


def _grouped(
    desk: Desk, sheet: SheetOf, found: Sequence[OrganizationRow], plans: Mapping[int, RowPlan]
) -> Iterator[tuple[list[OrganizationRow], Known | None]]:
    """The rows that are one, each group with the organization of the book that it is.

    Equal names are one while at most one city occurs among them. With several every city is a branch, and a
    row without a city is a branch nobody can tell: an account of its own, and said to be undecided.
    """
    groups: dict[str, list[OrganizationRow]] = defaultdict(list)
    for row in found:
        groups[bare(row.name)].append(row)
    for key, group in groups.items():
        known = desk.by_key.get(key, [])
        cities = {bare(city) for city in (*(one.city for one in known), *(row.city for row in group)) if city}
        if len(cities) <= 1:
            if len(group) > 1:
                sheet.count("duplicate groups", "groups")
                sheet.count("duplicate groups", "surplus rows", len(group) - 1)
            yield from _or_archived(group, known, plans)
            continue
        by_city: dict[str, list[OrganizationRow]] = defaultdict(list)
        for row in group:
            by_city[bare(row.city) if row.city else ""].append(row)
        undecided = by_city.pop("", [])
        sheet.count("branches", "brands")
        sheet.count("branches", "places", len(by_city))
        for city, branch in by_city.items():
            if len(branch) > 1:
                sheet.count("duplicate groups", "groups")
                sheet.count("duplicate groups", "surplus rows", len(branch) - 1)
            yield from _or_archived(
                branch, [one for one in known if bare(one.city) == city and one.city], plans
            )
        nowhere = [one for one in known if not one.city and not one.is_archived]
        for n, row in enumerate(undecided):
            sheet.count("branches", "undecided rows")
            reason = "there are branches in several cities and the row names none, so it is one of its own"
            plans[row.row].problems.append(
                Problem(row.row, Weight.NOTICE, "name", reason, "Fill in the city.", row.name)
            )
            yield [row], nowhere[n] if n < len(nowhere) else None


def _or_archived(
    group: list[OrganizationRow], known: Sequence[Known], plans: Mapping[int, RowPlan]
) -> Iterator[tuple[list[OrganizationRow], Known | None]]:
    first = group[0]
    best = min(
        known,
        key=lambda one: (one.is_archived, one.name != first.name, folded(one.name) != folded(first.name)),
        default=None,
    )
    if best is None or not best.is_archived:
        yield group, best
        return
    for row in group:
        remedy = "Restore it first, or take the row out of the file."
        refuse(plans[row.row], "name", "this organization was archived", remedy, row.name)


def _plan_one(
    desk: Desk,
    sheet: SheetOf,
    account: Account,
    before: Mapping[int, Organization],
    plans: Mapping[int, RowPlan],
) -> None:
    row, problems = merge(account.rows)
    known = account.known
    organization = before.get(known.ref) if isinstance(known.ref, int) else None
    values, more = values_of(row, organization, LookUp(desk, sheet))
    for problem in (*problems, *more):
        plans.get(problem.row, plans[row.row]).problems.append(problem)
    if len(account.rows) > 1:
        others = ", ".join(str(one.row) for one in account.rows)
        for one in account.rows:
            reason = f"rows {others} are one organization"
            plans[one.row].problems.append(Problem(one.row, Weight.NOTICE, "name", reason, text=one.name))
    if isinstance(known.ref, Step):
        known.ref.values.update({column: value for column, value in values.items() if value is not None})
        for n, one in enumerate(account.rows):
            settle(plans[one.row], is_created=account.is_new and n == 0, is_updated=n > 0)
        return
    if organization is not None:
        _plan_change(desk, sheet, account, organization, values, plans)


def _plan_change(
    desk: Desk,
    sheet: SheetOf,
    account: Account,
    organization: Organization,
    values: dict[str, Any],
    plans: Mapping[int, RowPlan],
) -> None:
    known, first = account.known, account.rows[0]
    owners = [getattr(organization, name) for name in _OWNERS]
    to_be = [values.get(name, getattr(organization, name)) for name in _OWNERS]
    if desk.may_change(owners) and not desk.may_change(to_be):
        values = {column: value for column, value in values.items() if column not in _OWNERS}
        reason = "they are outside your team, and you hand on within it; the rest of the row counts"
        remedy = "Let a manager of both of you or an admin import it."
        plans[first.row].problems.append(Problem(first.row, Weight.CELL_LEFT_OUT, "owner", reason, remedy))
    changed = {column: value for column, value in values.items() if getattr(organization, column) != value}
    if not changed:
        return
    if not desk.may_change(owners):
        for one in account.rows:
            reason = "this organization belongs to somebody else, so it stays as it is"
            refuse(
                plans[one.row],
                "name",
                reason,
                "Let its owner, their manager or an admin import it.",
                one.name,
            )
        return
    if known.mark is None:
        known.mark = desk.change(
            "organizations", sheet, first.row, organization.organization_id, {}, {}, organization.version
        )
    for column, value in changed.items():
        known.mark.put(column, value, getattr(organization, column))
    for one in account.rows:
        known.mark.rows |= {one.row}
        settle(plans[one.row], is_created=False, is_updated=True)


def _columns_of(ids: Sequence[int]) -> dict[int, Organization]:
    if not ids:
        return {}
    found = db.session.scalars(sa.select(Organization).where(Organization.organization_id.in_(ids))).all()
    for one in found:
        db.session.expunge(one)
    return {one.organization_id: one for one in found}


def _count(sheet: SheetOf, row: OrganizationRow) -> None:
    sheet.count("priority", row.priority.value if row.priority else "(none)")
    sheet.count("segment", row.segment or "(none)")
    _count_place(sheet, row.state, " / ".join(text for text in (row.phone, row.second_phone) if text))
    if row.weekly_focus_on:
        sheet.count("weekly focus", row.weekly_focus_on.isoformat())


def _count_place(sheet: SheetOf, state: str, phone: str) -> None:
    sheet.count("state", code(state) or "(none)")
    sheet.count("phones", "numbers", len(cells.phones(phone)) if phone else 0)
