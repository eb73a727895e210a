"""Imports: bringing a file, seeing what would become of its rows, applying it, taking it back."""

from datetime import datetime
from typing import Annotated, Any, BinaryIO, cast

import sqlalchemy as sa
from flask import current_app, request
from pydantic import Field

from crm import queries, web
from crm.api.jobs import Job, accepted
from crm.api.operations import Answer, api, operation
from crm.api.schemas import LIMIT, Asking, Id, Part, Reading, Writing, line, missing, page_of
from crm.config import Settings
from crm.enums import ImportOutcome, ImportState
from crm.errors import Refused
from crm.models import ImportSession
from crm.queries.imports import RowsWanted
from crm.queries.keys import read_number
from crm.services.imports import sessions

ONE = "/imports/<import_session_id>"
CURSOR = Annotated[str, Field(max_length=50, description="The `next_cursor` of the page before.")]
_FORM = 1024 * 1024
"""Bytes of a form beside its file."""
NO_CURSOR = "That is no cursor of this list."


class Import(Reading):
    """One file from its upload to the book. `outcomes` says how many rows would become, or became, what."""

    import_session_id: int
    name: str
    state: ImportState
    problem: str | None
    file_size: int
    user_id: int
    job_id: int | None
    created_at: datetime
    checked_at: datetime | None
    applied_at: datetime | None
    reverted_at: datetime | None


class Sheet(Reading):
    """One sheet of a file: what its rows are, whether they enter the book, and what each column means."""

    import_sheet_id: int
    name: str
    kind: str
    is_chosen: bool
    headers: list[str]
    fields: dict[str, str]


class Question(Reading):
    """A name that means nobody surely; `proposals` are values and what they are called."""

    topic: str
    text: str
    proposals: list[tuple[str, str]]
    default: str


class ImportInFull(Import):
    """The same, with how many rows have which outcome, the sheets, and what the check asks."""

    outcomes: dict[ImportOutcome, int]
    sheets: list[Sheet]
    questions: list[Question]


class RowProblem(Reading):
    """What is wrong with a cell, or with the row as a whole, and what to do."""

    field: str
    text: str
    reason: str
    remedy: str


class ImportRow(Reading):
    """A row of a file, and what becomes of it."""

    sheet: str
    row: int
    label: str
    outcome: ImportOutcome
    problems: list[RowProblem]


class PageAsked(Asking):
    """Where in the list."""

    cursor: CURSOR = ""


class RowsAsked(Asking):
    """Which rows."""

    outcome: ImportOutcome = missing()
    limit: LIMIT = 50
    cursor: CURSOR = ""


class SheetSaid(Writing):
    """What a sheet is; a column (by its number, from 0) with "" is left out."""

    import_sheet_id: Id
    kind: line() = None  # type: ignore[valid-type]
    is_chosen: bool = True
    fields: dict[Annotated[str, Field(pattern="^[0-9]{1,4}$")], Part] = missing()


class Answered(Writing):
    """Who is meant by a text that the check asked about: one of its proposals."""

    topic: Part
    text: Part
    choice: Part


class Decision(Writing):
    """What you say of the sheets and of the questions; sheets that are not named stay as they are."""

    sheets: Annotated[list[SheetSaid], Field(max_length=100)] = Field(default_factory=list)
    answers: Annotated[list[Answered], Field(max_length=1000)] = Field(default_factory=list)


class Reversal(Writing):
    """Whether what was edited since may stay as it is."""

    is_edited_left: bool = False


ImportPage = page_of("ImportPage", Import)
ImportRowPage = page_of("ImportRowPage", ImportRow)


@api.url_value_preprocessor
def allow_files(endpoint: str | None, values: dict[str, Any] | None) -> None:  # noqa: ARG001 - as Flask asks
    """Here alone a request may be as large as a file that can be read."""
    if endpoint == "api.create_import":
        request.max_content_length = sessions.MOST_BYTES + _FORM


@operation("GET", "/imports", noun="imports", name="list_imports", query=PageAsked, answers=ImportPage)
def index(asked: PageAsked) -> Reading:
    """The imports of the firm, the newest first."""
    before = read_number(asked.cursor)
    if asked.cursor and before is None:
        raise Refused(NO_CURSOR, field="cursor")
    found = queries.imports.page(before=before)
    rows = found[: queries.imports.PAGE]
    following = str(rows[-1].import_session_id) if len(found) > len(rows) else None
    return ImportPage(items=[Import.model_validate(row) for row in rows], next_cursor=following)


@operation("GET", ONE, noun="imports", name="read_import", answers=ImportInFull)
def show(import_session_id: int) -> ImportInFull:
    """One import, how far it is, and what its rows become."""
    session = queries.imports.get(import_session_id)
    outcomes: dict[ImportOutcome, int] = {}
    for (_, outcome), n in queries.imports.outcomes(import_session_id).items():
        outcomes[outcome] = outcomes.get(outcome, 0) + n
    told: dict[str, Any] = {name: getattr(session, name) for name in Import.model_fields}
    sheets = [Sheet.model_validate(one) for one in queries.imports.sheets(import_session_id)]
    questions = [Question.model_validate(one) for one in session.questions]
    return ImportInFull(**told, outcomes=outcomes, sheets=sheets, questions=questions)


@operation(
    "GET", f"{ONE}/rows", noun="imports", name="list_import_rows", query=RowsAsked, answers=ImportRowPage
)
def rows(import_session_id: int, asked: RowsAsked) -> Reading:
    """The rows of a file, with what each becomes and what is wrong with it."""
    queries.imports.get(import_session_id)
    place, _, number = asked.cursor.partition("-")
    seen = (read_number(place), read_number(number))
    if asked.cursor and None in seen:
        raise Refused(NO_CURSOR, field="cursor")
    after = (seen[0], seen[1]) if seen[0] is not None and seen[1] is not None else None
    found = queries.imports.rows(
        import_session_id, RowsWanted(outcome=asked.outcome, after=after), most=asked.limit
    )
    shown = found[: asked.limit]
    following = f"{shown[-1].place}-{shown[-1].row}" if len(found) > len(shown) else None
    return ImportRowPage(
        items=[
            ImportRow(
                sheet=row.sheet,
                row=row.row,
                label=row.label,
                outcome=row.outcome,
                problems=[_problem(one) for one in row.problems if "reason" in one],
            )
            for row in shown
        ],
        next_cursor=following,
    )


@operation("POST", "/imports", noun="imports", name="create_import", answers=Job, status=202, takes_file=True)
def create() -> Answer:
    """Bring a file, as `file` of a multipart form: it is read, and its rows are checked against the book."""
    upload = request.files.get("file")
    if upload is None:
        raise Refused("Send the file as `file` of a multipart form.", field="file")
    settings: Settings = current_app.config["SETTINGS"]
    number = sessions.begin(
        cast("BinaryIO", upload.stream),
        name=upload.filename or "",
        by=web.person(),
        data_dir=settings.data_dir,
    )
    return _job_of(queries.imports.get(number))


@operation(
    "POST", f"{ONE}/check", noun="imports", name="check_import", body=Decision, answers=Job, status=202
)
def check(import_session_id: int, said: Decision) -> Answer:
    """Say what the columns mean and who is meant, and have the rows checked anew."""
    session = _mine(import_session_id)
    there = {one.import_sheet_id: one for one in queries.imports.sheets(import_session_id)}
    said_of = {one.import_sheet_id: one for one in said.sheets}
    asked = {(one["topic"], one["text"]) for one in session.questions}
    if set(said_of) - set(there):
        raise Refused("That is no sheet of this file.", field="sheets")
    if {(one.topic, one.text) for one in said.answers} - asked:
        raise Refused("The check did not ask that.", field="answers")
    answers: dict[str, dict[str, str]] = {}
    for one in said.answers:
        answers.setdefault(one.topic, {})[one.text] = one.choice
    chosen = {number for number, sheet in there.items() if sheet.is_chosen and number not in said_of}
    sessions.decide(
        session,
        by=web.person(),
        kinds={number: one.kind for number, one in said_of.items() if one.kind},
        chosen=chosen | {number for number, one in said_of.items() if one.is_chosen},
        fields={number: one.fields for number, one in said_of.items() if "fields" in one.model_fields_set},
        answers=answers,
    )
    return accepted(sessions.check(session))


@operation("POST", f"{ONE}/application", noun="imports", name="apply_import", answers=Job, status=202)
def apply(import_session_id: int) -> Answer:
    """Bring in what the check told."""
    return accepted(sessions.apply(_mine(import_session_id)))


@operation(
    "POST", f"{ONE}/reversal", noun="imports", name="revert_import", body=Reversal, answers=Job, status=202
)
def revert(import_session_id: int, said: Reversal) -> Answer:
    """Take all of it back."""
    return accepted(sessions.revert(_mine(import_session_id), is_edited_left=said.is_edited_left))


def _problem(told: dict[str, Any]) -> RowProblem:
    return RowProblem(**{name: str(told.get(name) or "") for name in RowProblem.model_fields})


def _mine(import_session_id: int) -> ImportSession:
    session = queries.imports.get(import_session_id)
    if session.user_id != web.person().user_id:
        raise sa.exc.NoResultFound
    return session


def _job_of(session: ImportSession) -> Answer:
    job = sessions.job_of(session)
    if job is None:
        raise RuntimeError("an import begins with a job")
    return accepted(job.job_id)
