"""What tests of imports share: a file brought in by a person, checked, applied and taken back."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crm import policy, queries, services
from crm.db import SYSTEM, db, transaction
from crm.enums import JobState
from crm.models import ImportRow, ImportSession, ImportSheet, Job, User
from crm.models.base import Model
from crm.services.imports import sessions
from tests.factories import Make

SAMPLES = Path(__file__).parents[2] / "samples"

Acting = Callable[[User | str | None], None]

MANAGERS = ("Marlow", "Inez", "Tobinn", "Petra", "Z", "Hollis", "June", "Orrin", "Wade")


class Bringing:
    """A person with a file."""

    def __init__(self, make: Make, acting_as: Acting, folder: Path, person: User) -> None:
        self.make, self.acting_as, self.person, self.folder = make, acting_as, person, folder
        self.around = services.jobs.Around(folder, policy.may_change_row, policy.may_keep_words)

    def bring(self, path: Path) -> int:
        """The session of the file, checked or refused."""
        self.acting_as(self.person)
        with path.open("rb") as stream, transaction():
            number = sessions.begin(stream, name=path.name, by=self.person, data_dir=self.folder)
        self.run(number)
        return number

    def bring_text(self, text: str, name: str = "list.csv") -> int:
        path = self.folder / name
        path.write_text(text)
        return self.bring(path)

    def run(self, number: int) -> Job:
        """Do the job that the session waits for."""
        self.acting_as(SYSTEM)
        job_id = self.session(number).job_id
        assert job_id is not None
        services.jobs.run(job_id, now=datetime.now(UTC), around=self.around)
        db.session.expire_all()
        job = db.session.get_one(Job, job_id)
        assert job.state is not JobState.PLANNED, job.last_error
        return job

    def session(self, number: int) -> ImportSession:
        return db.session.get_one(ImportSession, number)

    def ask(self, number: int, act: Callable[..., Any], **more: object) -> Job:
        """Let the person ask for `act`, and do it."""
        self.acting_as(self.person)
        with transaction():
            act(self.session(number), **more)
        return self.run(number)

    def sheet(self, number: int, name: str = "") -> ImportSheet:
        """The sheet of this name, or the only one."""
        found = queries.imports.sheets(number)
        return next(one for one in found if one.name == name) if name else found[0]


def reasons(sheet: ImportSheet, outcome: str = "unreadable") -> dict[int, str]:
    """Why rows of this outcome have it, by row."""
    rows = db.session.execute(
        sa.select(ImportRow.row, ImportRow.problems)
        .where(ImportRow.import_sheet_id == sheet.import_sheet_id, ImportRow.outcome == outcome)
        .order_by(ImportRow.row)
    )
    return {
        row: next((one["reason"] for one in problems if one.get("weight") == "row left out"), "")
        for row, problems in rows
    }


def count(model: type[Model]) -> int:
    return db.session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()


def contents(*models: type[Model]) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that stands in these tables but for keys, versions and moments of writing."""
    told = {}
    for model in models:
        table: Any = model.__table__
        kept = [column for column in table.c if column.name not in ("version", "updated_at", "created_at")]
        told[table.name] = sorted(map(repr, db.session.execute(sa.select(*kept)).all()))
    return told
