"""A list of any length: what becomes of its rows is written down on the way, and is the same as if all of it
were remembered to the end.
"""

from typing import Any

import pytest
import sqlalchemy as sa

from crm.db import db
from crm.models import ImportRow, ImportSheet, ImportStep
from crm.services.imports.plans import lines, planner
from tests.services.imports.bringing import SAMPLES, Bringing

CALLS = "Date,Type,Organization,Contact,Principal,Notes\n" + "".join(
    f"2026-11-{n % 30 + 1:02},{'Call' if n % 7 else 'Odd'},{'' if n == 20 else f'House {n % 9}'},"
    f"{'' if n % 3 else f'Person {n % 11}'},{'Verdanook' if n % 20 == 0 else ''},talk {n % 25} $5"
    f"{',beyond' if n % 19 == 0 else ''}\n"
    for n in range(60)
)


def told(bringing: Bringing, number: int) -> list[Any]:
    """All that a check found: of each row what becomes of it, and the steps."""
    rows = sa.select(
        ImportSheet.place, ImportRow.row, ImportRow.outcome, ImportRow.label, ImportRow.problems
    ).join(ImportSheet)
    steps = sa.select(
        *(ImportStep.place, ImportStep.row, ImportStep.kind, ImportStep.is_new, ImportStep.record_id),
        *(ImportStep.values, ImportStep.was, ImportStep.version),
    )
    here = ImportSheet.import_session_id == number
    session = bringing.session(number)
    return [
        *db.session.execute(rows.where(here).order_by(ImportSheet.place, ImportRow.row)).all(),
        *db.session.execute(
            steps.where(ImportStep.import_session_id == number).order_by(ImportStep.place)
        ).all(),
        session.counts,
        session.questions,
        [sheet.figures for sheet in db.session.scalars(sa.select(ImportSheet).where(here))],
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["calls", "contacts.csv", "organizations.csv"])
def test_a_check_that_forgets_each_row_at_once_tells_what_one_that_remembers_all_does(
    name: str, bringing: Bringing, monkeypatch: pytest.MonkeyPatch
) -> None:
    bringing.make.principal("Verdanook")

    def checked(at_once: int) -> list[Any]:
        for module in (lines, planner):
            monkeypatch.setattr(module, "_AT_ONCE", at_once)
        number = bringing.bring_text(CALLS) if name == "calls" else bringing.bring(SAMPLES / name)
        return told(bringing, number)

    remembered = checked(1_000_000)
    assert checked(0) == remembered
    assert len(remembered) > 60


def test_the_steps_of_a_long_list_are_numbered_on_from_those_of_what_they_name(bringing: Bringing) -> None:
    bringing.make.principal("Verdanook")
    number = bringing.bring_text(CALLS)
    steps = db.session.scalars(
        sa.select(ImportStep).where(ImportStep.import_session_id == number).order_by(ImportStep.place)
    ).all()
    assert [step.place for step in steps] == list(range(1, len(steps) + 1))
    by_place = {step.place: step for step in steps}
    named = [
        (step, by_place[value["step"]])
        for step in steps
        for value in step.values.values()
        if isinstance(value, dict)
    ]
    assert named
    for step, other in named:
        assert other.place < step.place
    links = [(step, other) for step, other in named if step.kind == "interaction_principals"]
    assert links
    assert {other.kind for _, other in links} == {"interactions"}
    assert all(step.row == other.row for step, other in links)
