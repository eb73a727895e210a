"""Jobs: what was asked for and takes long, how far it is, its file; and asking for an export."""

from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response, url_for
from pydantic import Field

from crm import clock, policy, queries, services, web
from crm.api.operations import Answer, operation
from crm.api.records import wanted
from crm.api.schemas import Reading, Writing
from crm.blueprints import jobs as pages
from crm.enums import JobState
from crm.errors import Refused
from crm.queries.jobs import Shown
from crm.queries.lists import LISTS
from crm.services import exports


class Job(Reading):
    """A piece of work. `file` is the address of what it made, until that expires."""

    job_id: int
    kind: str
    title: str
    state: JobState
    rows_done: int
    rows_total: int | None
    figures: dict[str, int]
    last_error: str | None
    requested_by: int | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    file: str | None


class Jobs(Reading):
    """The newest fifty."""

    items: list[Job]


class Export(Writing):
    """A list exactly as its page shows it, or, without `list`, the whole book."""

    list: Literal[tuple(LISTS)] | None = None  # type: ignore[valid-type]
    ending: Literal["csv", "xlsx", "zip"] = "xlsx"
    filters: Annotated[
        dict[Annotated[str, Field(max_length=50)], Annotated[str, Field(max_length=255)]],
        Field(
            max_length=20,
            description="Answers to filters of the list by their names; `q` and `sort` as well.",
        ),
    ] = Field(default_factory=dict)


@operation("GET", "/jobs", noun="jobs", name="list_jobs", answers=Jobs)
def index() -> Jobs:
    """What you asked for, the newest first; an admin sees everybody's."""
    return Jobs(items=[shown(one) for one in queries.jobs.of(_whose())])


@operation("GET", "/jobs/<job_id>", noun="jobs", name="read_job", answers=Job)
def show(job_id: int) -> Job:
    """One job, and how far it is."""
    return shown(queries.jobs.get(job_id, _whose()))


@operation(
    "GET", "/jobs/<job_id>/file", noun="jobs", name="read_file_of_job", media="application/octet-stream"
)
def file(job_id: int) -> Response:
    """The file that a job of yours made."""
    return pages.file(job_id)


@operation("POST", "/jobs/<job_id>/cancellation", noun="jobs", name="cancel_job", answers=Job, status=202)
def cancel(job_id: int) -> Job:
    """Ask for it to end: it stops as soon as the rows it is at are done."""
    services.jobs.cancel(job_id, now=clock.now(), by=_whose())
    return shown(queries.jobs.get(job_id, _whose()))


@operation("POST", "/jobs/<job_id>/attempts", noun="jobs", name="retry_job", answers=Job, status=202)
def retry(job_id: int) -> Job:
    """Let one that failed or was stopped try again."""
    services.jobs.retry(job_id, now=clock.now(), by=_whose())
    return shown(queries.jobs.get(job_id, _whose()))


@operation("POST", "/jobs/<job_id>/return", noun="jobs", name="take_job_back", answers=Job, status=202)
def take_back(job_id: int) -> Answer:
    """Take back all that it did, but for what was edited since: a job of its own."""
    return accepted(services.undoings.ask(job_id, by=web.person().user_id, now=clock.now()))


@operation("GET", "/exports", noun="exports", name="list_exports", answers=Jobs)
def list_exports() -> Jobs:
    """The exports that you asked for, the newest first."""
    return Jobs(items=[shown(one) for one in queries.jobs.of(_whose()) if one.job.kind == exports.KIND])


@operation("POST", "/exports", noun="exports", name="create_export", body=Export, answers=Job, status=202)
def export(said: Export) -> Answer:
    """Have a list, or the whole book, written into a file."""
    me = web.person()
    if said.list is None:
        if said.ending == "csv":
            raise Refused("The whole book is a workbook (xlsx) or a ZIP of CSV files (zip).", field="ending")
        return accepted(exports.ask_book(ending=said.ending, by=me, now=clock.now()))
    if said.ending == "zip":
        raise Refused("A list is a workbook (xlsx) or a CSV file (csv).", field="ending")
    listing = LISTS[said.list]
    question, total = queries.lists.all_of(listing, wanted(listing, said.filters))
    columns = [column for column in listing.all_columns if column.is_default or column is listing.head]
    job_id = exports.ask(
        listing, question, columns, ending=said.ending, by=me, total=total.n if total.is_exact else None
    )
    return accepted(job_id)


def accepted(job_id: int) -> Answer:
    """202 with the job that does it, and its address."""
    one = shown(queries.jobs.get(job_id, _whose()))
    return Answer(one, 202, url_for("api.read_job", job_id=job_id))


def shown(one: Shown) -> Job:
    """A job as scripts see it."""
    job = one.job
    told: dict[str, Any] = {name: getattr(job, name) for name in Job.model_fields if hasattr(job, name)}
    has_file = one.file is not None and one.file.user_id == web.person().user_id
    return Job(
        **told,
        title=one.title,
        figures=one.figures,
        file=url_for("api.read_file_of_job", job_id=job.job_id) if has_file else None,
    )


def _whose() -> int | None:
    me = web.person()
    return None if policy.may_see_jobs_of_others(me) else me.user_id
