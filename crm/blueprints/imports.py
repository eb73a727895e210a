"""Imports: a file that somebody brings, what would become of it, and what became."""

from contextlib import closing
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, current_app, request, send_file, url_for
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import MultiDict
from wtforms import StringField
from wtforms.validators import Length

from crm import clock, csv_lines, frame, import_sentences, queries, services, web
from crm.config import Settings
from crm.enums import ImportOutcome, ImportState
from crm.models import ImportSession
from crm.queries.imports import PAGE, RowsWanted
from crm.services.imports import layouts, sessions

bp = Blueprint("imports", __name__, url_prefix="/imports")

NUMBER = "int(max=9223372036854775807):import_session_id"
SHEET = "int(max=9223372036854775807):import_sheet_id"
_FORM = 1024 * 1024


class FileForm(FlaskForm):
    """The file that is brought, and how its letters are written where that is not found out rightly."""

    file = FileField("File")
    encoding = StringField("Encoding", validators=[Length(max=40)])


@bp.url_value_preprocessor
def allow_files(endpoint: str | None, values: dict[str, Any] | None) -> None:  # noqa: ARG001 - as Flask asks
    """Here alone a request may be as large as a file that can be read, and a form have as many fields as
    the sheets of a workbook have columns.
    """
    if endpoint == "imports.create":
        request.max_content_length = sessions.MOST_BYTES + _FORM
    request.max_form_parts = 20_000


@bp.get("")
def index() -> Response:
    """The imports of the firm, newest first, and the place to bring a file."""
    return web.render("imports/index.html", "imports/_index.html", **_index(request.args))


def _index(args: "MultiDict[str, str]", form: FileForm | None = None) -> dict[str, Any]:
    before = args.get("before", type=int)
    shown = queries.imports.page(before=before)
    last = shown[PAGE - 1] if len(shown) > PAGE else None
    return {
        "form": form or FileForm(formdata=None),
        "imports": [
            (one, import_sentences.state(one), import_sentences.summary(one)) for one in shown[:PAGE]
        ],
        "older": url_for("imports.index", before=last.import_session_id) if last else "",
        "is_first": before is None,
    }


@bp.post("")
@web.once
def create() -> Response:
    """Keep the file and have it read."""
    form, me = FileForm(), web.person()
    settings: Settings = current_app.config["SETTINGS"]
    upload = form.file.data
    if not upload:
        form.file.errors = ("Choose a file.",)
    else:
        with closing(upload):
            number = web.attempt(
                form,
                lambda: sessions.begin(
                    upload.stream,
                    name=upload.filename or "",
                    by=me,
                    data_dir=settings.data_dir,
                    encoding=(form.encoding.data or "").strip(),
                ),
            )
        if number is not None:
            return web.done(url_for("imports.show", import_session_id=number))
    context = _index(MultiDict(), form)
    return web.render("imports/index.html", "imports/_index.html", status=422, **context)


@bp.get(f"/<{NUMBER}>")
def show(import_session_id: int) -> Response:
    """One import: how far it is, what its columns mean, what would become of its rows or became of them."""
    session = queries.imports.get(import_session_id)
    services.notifications.read_of(f"/imports/{import_session_id}", by=web.person().user_id, now=clock.now())
    frame.count_anew()
    return web.render(
        "imports/show.html", "imports/_import.html", **_content(session, request.args, FlaskForm())
    )


def redrawn(args: "MultiDict[str, str]", import_session_id: int) -> dict[str, Any]:
    """What the page shows, after something was done on it."""
    return _content(queries.imports.get(import_session_id), args, FlaskForm(formdata=None))


def _content(session: ImportSession, args: "MultiDict[str, str]", form: FlaskForm) -> dict[str, Any]:
    number = session.import_session_id
    sheets = queries.imports.sheets(number)
    outcomes = queries.imports.outcomes(number)
    wanted = _wanted(args, outcomes)
    rows = queries.imports.rows(number, wanted) if outcomes else []
    steps = queries.imports.steps_of([(row.import_sheet_id, row.row) for row in rows[:PAGE]])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    is_mine = session.user_id == web.person().user_id
    job = sessions.job_of(session)
    is_cut_off = sessions.is_cut_off(session)
    is_applied = session.state in (ImportState.APPLIED, ImportState.REVERTED)
    return {
        "session": session,
        "form": form,
        "is_mine": is_mine,
        "is_busy": session.state in (ImportState.READING, ImportState.APPLYING, ImportState.REVERTING)
        and not is_cut_off,
        "is_cut_off": is_cut_off,
        "job": job,
        "told": import_sentences.progress(session, job),
        "step": import_sentences.STEPS[session.state],
        "sheets": [(sheet, import_sentences.columns(sheet)) for sheet in sheets],
        "kinds": layouts.TITLES,
        "enters": layouts.ENTERS,
        "layouts": layouts.LAYOUTS,
        "questions": list(enumerate(session.questions)),
        "answers": session.answers,
        "stats": import_sentences.stats(session),
        "earlier": queries.imports.earlier(session) if session.state is ImportState.CHECKED else None,
        "steps_total": queries.imports.count_steps(number),
        "tabs": _tabs(session, outcomes, wanted),
        "rows": [
            (row, import_sentences.becomes(steps.get((row.import_sheet_id, row.row), [])))
            for row in rows[:PAGE]
        ],
        "wanted": wanted,
        "filters": [sheet for sheet in sheets if sheet.rows_total],
        "next": _address(session, wanted, after=f"{last.place}-{last.row}") if last else "",
        "rejects": [
            (sheet, outcomes[sheet.import_sheet_id, ImportOutcome.UNREADABLE])
            for sheet in sheets
            if (sheet.import_sheet_id, ImportOutcome.UNREADABLE) in outcomes
        ],
        "left": queries.imports.left(number) if is_applied else [],
        "edited": queries.imports.edited_since(number) if session.state is ImportState.APPLIED else 0,
    }


def _wanted(args: "MultiDict[str, str]", outcomes: dict[tuple[int, ImportOutcome], int]) -> RowsWanted:
    """The rows that are asked for; if none are, those that cannot be read, or those that are new."""
    there = {one for _, one in outcomes}
    first = next((one for one in (ImportOutcome.UNREADABLE, ImportOutcome.CREATED) if one in there), None)
    outcome = args.get("outcome", "" if args.get("sheet") else first.value if first else "")
    place, _, row = args.get("after", "").partition("-")
    after = (int(place), int(row)) if place.isdigit() and row.isdigit() else None
    return RowsWanted(
        ImportOutcome(outcome) if outcome in set(ImportOutcome) else None,
        args.get("sheet", type=int),
        is_told=args.get("told") == "1",
        after=after,
    )


def _address(session: ImportSession, wanted: RowsWanted, **more: str) -> str:
    asked = {
        "outcome": wanted.outcome.value if wanted.outcome else "all",
        "sheet": str(wanted.sheet or ""),
        "told": "1" if wanted.is_told else "",
    } | more
    query = urlencode({name: value for name, value in asked.items() if value})
    here = url_for("imports.show", import_session_id=session.import_session_id)
    return f"{here}?{query}#rows" if query else f"{here}#rows"


def _tabs(
    session: ImportSession, outcomes: dict[tuple[int, ImportOutcome], int], wanted: RowsWanted
) -> list[tuple[str, str, int, bool]]:
    counted = {
        outcome: sum(
            n for (sheet, one), n in outcomes.items() if one is outcome and wanted.sheet in (None, sheet)
        )
        for outcome in ImportOutcome
    }
    tabs = [
        (
            import_sentences.OUTCOMES[outcome],
            _address(session, wanted, outcome=outcome.value),
            n,
            wanted.outcome is outcome,
        )
        for outcome, n in counted.items()
        if n
    ]
    return [
        *tabs,
        ("All", _address(session, wanted, outcome="all"), sum(counted.values()), wanted.outcome is None),
    ]


def _mine(import_session_id: int) -> ImportSession:
    session = queries.imports.get(import_session_id)
    if session.user_id != web.person().user_id:
        raise NoResultFound
    return session


@bp.post(f"/<{NUMBER}>/check")
@web.once
def check(import_session_id: int) -> Response:
    """Take what was said of columns and names, and check the rows anew."""
    session, me, form = _mine(import_session_id), web.person(), FlaskForm()

    def act() -> int:
        sheets = queries.imports.sheets(import_session_id)
        posted = request.form
        sessions.decide(
            session,
            by=me,
            kinds={
                one.import_sheet_id: kind
                for one in sheets
                if (kind := posted.get(f"kind-{one.import_sheet_id}"))
            },
            chosen=set(posted.getlist("chosen", type=int)),
            fields=_fields(posted),
            answers=_answers(session, posted),
        )
        return sessions.check(session)

    if web.attempt(form, act) is None:
        return _refused(session, form)
    return web.done(url_for("imports.show", import_session_id=import_session_id))


def _fields(posted: "MultiDict[str, str]") -> dict[int, dict[str, str]]:
    """What was chosen for the columns of each sheet: `field-SHEET-COLUMN`."""
    fields: dict[int, dict[str, str]] = {}
    for name, value in posted.items():
        what, _, rest = name.partition("-")
        sheet, _, column = rest.partition("-")
        if what == "field" and sheet.isdigit() and column.isdigit():
            fields.setdefault(int(sheet), {})[column] = value
    return fields


def _answers(session: ImportSession, posted: "MultiDict[str, str]") -> dict[str, dict[str, str]]:
    """Who is meant, by topic and text: `answer-NUMBER` of the question."""
    answers: dict[str, dict[str, str]] = {}
    for number, question in enumerate(session.questions):
        said = posted.get(f"answer-{number}")
        if said:
            answers.setdefault(question["topic"], {})[question["text"]] = said
    return answers


@bp.post(f"/<{NUMBER}>/application")
@web.once
def apply(import_session_id: int) -> Response:
    """Bring in what the check told."""
    session, form = _mine(import_session_id), FlaskForm()
    if web.attempt(form, lambda: sessions.apply(session)) is None:
        return _refused(session, form)
    return web.done(url_for("imports.show", import_session_id=import_session_id))


@bp.post(f"/<{NUMBER}>/reversal")
@web.once
def revert(import_session_id: int) -> Response:
    """Take all of it back."""
    session, form = _mine(import_session_id), FlaskForm()
    is_left = request.form.get("leave") == "1"
    if web.attempt(form, lambda: sessions.revert(session, is_edited_left=is_left)) is None:
        return _refused(session, form)
    return web.done(url_for("imports.show", import_session_id=import_session_id))


def _refused(session: ImportSession, form: FlaskForm) -> Response:
    context = _content(session, MultiDict(), form)
    return web.render("imports/show.html", "imports/_import.html", status=422, **context)


@bp.get(f"/<{NUMBER}>/sheets/<{SHEET}>/rejects")
def rejects(import_session_id: int, import_sheet_id: int) -> Response:
    """The rows of a sheet that cannot be read, with their header: mended, they can be brought in again."""
    session = _mine(import_session_id)
    sheet = next(
        (one for one in queries.imports.sheets(import_session_id) if one.import_sheet_id == import_sheet_id),
        None,
    )
    if sheet is None:
        abort(404)
    wanted = RowsWanted(ImportOutcome.UNREADABLE, import_sheet_id)
    rows = queries.imports.rows(import_session_id, wanted, most=1_000_000)
    width = max([len(sheet.headers), *(len(row.cells) for row in rows)])
    head = [*sheet.headers, *[""] * (width - len(sheet.headers)), import_sentences.WRONG]
    lines = (
        [*row.cells, *[""] * (width - len(row.cells)), import_sentences.wrong(row.problems)] for row in rows
    )
    name = f"{session.name.rsplit('.', 1)[0]}-{sheet.name.strip()}-to-mend.csv"
    answer = send_file(csv_lines.file(head, lines), "text/csv", as_attachment=True, download_name=name)
    answer.cache_control.private, answer.cache_control.no_store = True, True
    return answer


web.redraws("imports.show", "imports/_import.html", redrawn)
