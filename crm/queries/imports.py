"""Imports: whose, how far, what their rows became, and where a record came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from crm.db import Base, db
from crm.enums import ImportOutcome, ImportState, JobRowState, JobState
from crm.models import ImportRow, ImportSession, ImportSheet, ImportStep, Job, Organization, User
from crm.queries.organization_names import folded

PAGE: Final = 50


def page(*, before: int | None = None) -> Sequence[ImportSession]:
    """The imports of the firm, newest first; `before` is the number of the last one seen."""
    wanted = sa.select(ImportSession).order_by(ImportSession.import_session_id.desc()).limit(PAGE + 1)
    if before is not None:
        wanted = wanted.where(ImportSession.import_session_id < before)
    return db.session.scalars(wanted.options(sa.orm.joinedload(ImportSession.user))).all()


def get(import_session_id: int) -> ImportSession:
    """One import, with who brought it. Raises `NoResultFound`."""
    wanted = sa.select(ImportSession).where(ImportSession.import_session_id == import_session_id)
    return db.session.execute(wanted.options(sa.orm.joinedload(ImportSession.user))).scalar_one()


def earlier(session: ImportSession) -> ImportSession | None:
    """The last import of the very same file that is in the book."""
    return db.session.scalars(
        sa.select(ImportSession)
        .where(
            ImportSession.file_sha256 == session.file_sha256,
            ImportSession.import_session_id != session.import_session_id,
            ImportSession.applied_at.is_not(None),
            ImportSession.reverted_at.is_(None),
        )
        .order_by(ImportSession.import_session_id.desc())
        .limit(1)
    ).one_or_none()


def written_since(session: ImportSession) -> str | None:
    """The name of another import that writes now, or that wrote after this one was checked; None if none."""
    other = sa.orm.aliased(ImportSession)
    is_working = sa.and_(
        other.state.in_((ImportState.APPLYING, ImportState.REVERTING)),
        Job.state.in_((JobState.PLANNED, JobState.RUNNING)),
    )
    return db.session.scalars(
        sa.select(other.name)
        .outerjoin(Job, Job.job_id == other.job_id)
        .where(
            other.import_session_id != session.import_session_id,
            sa.or_(
                is_working,
                other.applied_at > session.checked_at,
                other.reverted_at > session.checked_at,
            ),
        )
        .limit(1)
    ).one_or_none()


def sheets(import_session_id: int) -> Sequence[ImportSheet]:
    """The sheets of an import in the order of the file."""
    return db.session.scalars(
        sa.select(ImportSheet)
        .where(ImportSheet.import_session_id == import_session_id)
        .order_by(ImportSheet.place)
    ).all()


def outcomes(import_session_id: int) -> dict[tuple[int, ImportOutcome], int]:
    """How many rows of each sheet have which outcome."""
    rows = db.session.execute(
        sa.select(ImportRow.import_sheet_id, ImportRow.outcome, sa.func.count())
        .join(ImportSheet, ImportSheet.import_sheet_id == ImportRow.import_sheet_id)
        .where(ImportSheet.import_session_id == import_session_id, ImportRow.outcome.is_not(None))
        .group_by(ImportRow.import_sheet_id, ImportRow.outcome)
    )
    return {(sheet, outcome): n for sheet, outcome, n in rows if outcome is not None}


@dataclass(frozen=True, slots=True)
class RowsWanted:
    """Rows of one import: of one outcome, of one sheet, or with something to say."""

    outcome: ImportOutcome | None = None
    sheet: int | None = None
    is_told: bool = False
    after: tuple[int, int] | None = None
    """The sheet's place and the row that were seen last."""


def rows(import_session_id: int, wanted: RowsWanted, *, most: int = PAGE) -> Sequence[Any]:
    """Rows with their sheet's name, one more than `most` if there are more."""
    statement = (
        sa.select(
            ImportRow.import_sheet_id,
            ImportSheet.place,
            ImportSheet.name.label("sheet"),
            ImportRow.row,
            ImportRow.label,
            ImportRow.outcome,
            ImportRow.problems,
            ImportRow.cells,
        )
        .join(ImportSheet, ImportSheet.import_sheet_id == ImportRow.import_sheet_id)
        .where(ImportSheet.import_session_id == import_session_id)
        .order_by(ImportSheet.place, ImportRow.row)
        .limit(most + 1)
    )
    if wanted.outcome is not None:
        statement = statement.where(ImportRow.outcome == wanted.outcome)
    else:
        statement = statement.where(ImportRow.outcome.is_not(None))
    if wanted.sheet is not None:
        statement = statement.where(ImportRow.import_sheet_id == wanted.sheet)
    if wanted.is_told:
        statement = statement.where(ImportRow.problems != sa.cast("[]", ImportRow.__table__.c.problems.type))
    if wanted.after is not None:
        statement = statement.where(sa.tuple_(ImportSheet.place, ImportRow.row) > sa.tuple_(*wanted.after))
    return db.session.execute(statement).all()


def steps_of(keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], list[ImportStep]]:
    """What comes of each of these rows (sheet, row), record by record."""
    if not keys:
        return {}
    found = db.session.scalars(
        sa.select(ImportStep)
        .where(sa.tuple_(ImportStep.import_sheet_id, ImportStep.row).in_(keys))
        .order_by(ImportStep.place)
    )
    steps: dict[tuple[int, int], list[ImportStep]] = {}
    for step in found:
        steps.setdefault((step.import_sheet_id, step.row), []).append(step)
    return steps


def left(import_session_id: int, *, most: int = 100) -> Sequence[ImportStep]:
    """Records that a step did not write, or that stayed when all was taken back, with the reason."""
    return db.session.scalars(
        sa.select(ImportStep)
        .where(ImportStep.import_session_id == import_session_id, ImportStep.reason.is_not(None))
        .order_by(ImportStep.place)
        .limit(most)
    ).all()


def count_steps(import_session_id: int, *, is_done: bool = False, state: JobRowState | None = None) -> int:
    """How many records the import writes; with `is_done`, how many it has written."""
    wanted = sa.select(sa.func.count()).where(ImportStep.import_session_id == import_session_id)
    if is_done:
        wanted = wanted.where(ImportStep.state == JobRowState.DONE)
    if state is not None:
        wanted = wanted.where(ImportStep.state == state)
    return db.session.execute(wanted).scalar_one()


def edited_since(import_session_id: int) -> int:
    """How many of the records that the import wrote somebody has edited since."""
    kinds = db.session.scalars(
        sa.select(ImportStep.kind).where(ImportStep.import_session_id == import_session_id).distinct()
    ).all()
    edited = 0
    for kind in kinds:
        table: Any = Base.metadata.tables[kind]
        if "version" not in table.c:
            continue
        key = next(iter(table.primary_key.columns))
        edited += db.session.execute(
            sa.select(sa.func.count())
            .select_from(ImportStep)
            .join(table, key == ImportStep.record_id)
            .where(
                ImportStep.import_session_id == import_session_id,
                ImportStep.kind == kind,
                ImportStep.state == JobRowState.DONE,
                table.c.version != ImportStep.version,
            )
        ).scalar_one()
    return edited


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record came from: which file of whom, which sheet and row, and what the row did."""

    import_session_id: int
    name: str
    sheet: str
    row: int
    is_new: bool
    person: str
    applied_at: Any


def origins(kind: str, record_ids: Sequence[int], *, most: int = 5) -> Sequence[Origin]:
    """The imports that made or changed one of these records, the last first."""
    rows = db.session.execute(
        sa.select(
            ImportSession.import_session_id,
            ImportSession.name,
            ImportSheet.name,
            ImportStep.row,
            ImportStep.is_new,
            User.full_name,
            ImportSession.applied_at,
        )
        .join(ImportSession, ImportSession.import_session_id == ImportStep.import_session_id)
        .join(ImportSheet, ImportSheet.import_sheet_id == ImportStep.import_sheet_id)
        .join(User, User.user_id == ImportSession.user_id)
        .where(
            ImportStep.kind == kind,
            ImportStep.record_id.in_(record_ids),
            ImportStep.state == JobRowState.DONE,
        )
        .order_by(ImportSession.import_session_id.desc())
        .limit(most)
    )
    return [Origin(*row) for row in rows]


def principal_names() -> set[str]:
    """The folded names of the principals of the book."""
    names = sa.select(Organization.name).where(Organization.is_principal, Organization.deleted_at.is_(None))
    return {folded(name) for name in db.session.scalars(names)}
