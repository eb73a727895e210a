"""Exports and jobs: what a person asked for, how far it is, what became of it. An admin sees everybody's."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, send_file, url_for
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import RadioField, SelectChoice

from crm import clock, filters, flags, frame, policy, queries, services, web
from crm.config import Settings
from crm.models import Job
from crm.queries.jobs import Shown
from crm.queries.lists import LISTS
from crm.services.sheets import FORMATS

bp = Blueprint("jobs", __name__, url_prefix="/jobs")

NUMBER = "int(max=9223372036854775807):job_id"


class BookForm(FlaskForm):
    """In which kind of file the whole book is taken along."""

    ending = RadioField(
        "Kind of file",
        choices=[
            SelectChoice("xlsx", "Spreadsheet, a sheet for each list"),
            SelectChoice("zip", "CSV files in a ZIP"),
        ],
        default="xlsx",
    )


@bp.get("")
def index() -> Response:
    """Everything newest first; htmx asks again every two seconds while something runs."""
    context = content(MultiDict())
    response = web.render("jobs/index.html", "jobs/_content.html", **context)
    if web.is_fragment():
        if not context["running"]:
            _say_what_ended()
        response.set_data(
            response.get_data(as_text=True)
            + render_template("layouts/_badges.html", is_out_of_band=True)
            + render_template("layouts/_toasts.html", is_out_of_band=True)
        )
    return response


def content(args: "MultiDict[str, str]") -> dict[str, Any]:  # noqa: ARG001 - as redrawn
    """What the page shows."""
    shown = queries.jobs.of(_whose())
    running = [one for one in shown if one.is_underway]
    return {
        "running": [(one, said(one)) for one in running],
        "over": [one for one in shown if not one.is_underway],
        "form": BookForm(formdata=None),
        "sees_all": policy.may_see_jobs_of_others(web.person()),
        "me": web.person().user_id,
        "found": found,
        "now": clock.now(),
    }


def said(one: Shown) -> str:
    """How far it is: rows done of all, how fast, how long still."""
    job = one.job
    if job.cancel_asked_at:
        return "Stops as soon as the rows it is at are done."
    if job.state == "planned" and not flags.is_work_on(job.kind):
        return "Waits: this is switched off for now, and goes on when an admin switches it on again."
    if job.started_at is None or job.state == "planned":
        return (
            "Waits for its turn." if not job.last_error else "Something went wrong; it tries again shortly."
        )
    if not job.rows_done:
        return "Looks for the first rows."
    of = f" of {job.rows_total:,}" if job.rows_total is not None else ""
    words = [f"Row {job.rows_done:,}{of}"]
    pace = one.pace(clock.now())
    if pace is not None:
        words.append(f"{max(round(pace.per_second), 1):,} a second")
        if pace.left is not None:
            words.append(f"about {_time(pace.left)} left")
    return ", ".join(words) + "."


def found(one: Shown) -> str:
    """What became of it, in figures."""
    if one.job.state == "failed":
        return one.job.last_error or ""
    told = (
        f"{filters.figure(n)} {'row' if n == 1 and name == 'rows' else name}"
        for name, n in one.figures.items()
    )
    return ", ".join(told)


@bp.get(f"/<{NUMBER}>")
def show(job_id: int) -> Response:
    """One job, with the rows that it left as they were and why."""
    context = one_of(MultiDict(), job_id)
    services.notifications.read_of(f"/jobs/{job_id}", by=web.person().user_id, now=clock.now())
    frame.count_anew()
    return web.render("jobs/show.html", "jobs/_job.html", **context)


def one_of(args: "MultiDict[str, str]", job_id: int) -> dict[str, Any]:  # noqa: ARG001 - as redrawn
    """What the page of one job shows."""
    one = queries.jobs.get(job_id, _whose())
    return {
        "one": one,
        "told": said(one) if one.is_underway else found(one),
        "left": _left(one.job),
        "reasons": (reasons := queries.jobs.reasons(one.job)),
        "left_total": sum(n for _, n in reasons),
        "most_left": queries.jobs.MOST_LEFT,
        "me": web.person().user_id,
        "now": clock.now(),
    }


def _left(job: Job) -> list[tuple[int, str, str]]:
    """The rows that it left: their places, their names as far as their list still has them, and why."""
    left = queries.jobs.left(job)
    listing = LISTS.get(job.asked.get("list", ""))
    names = dict(queries.lists.existing(listing, [key for _, key, _ in left])) if listing and left else {}
    return [(place, names.get(key, f"No. {key}"), reason) for place, key, reason in left]


@bp.get(f"/<{NUMBER}>/file")
def file(job_id: int) -> Response:
    """The file that a job made, for whoever asked for it."""
    known = queries.jobs.file(job_id, web.person().user_id)
    settings: Settings = current_app.config["SETTINGS"]
    path = (settings.data_dir / known.path).resolve()
    if not path.is_file():
        abort(404)
    _, kind = FORMATS[Path(known.name).suffix.removeprefix(".")]
    answer = send_file(path, kind, as_attachment=True, download_name=known.name, etag=known.sha256)
    answer.cache_control.private, answer.cache_control.no_store = True, True
    return answer


@bp.post("/exports")
@web.once
def export() -> Response:
    """Take the whole book along."""
    form, me = BookForm(), web.person()
    job_id = form.validate() and web.attempt(
        form, lambda: services.exports.ask_book(ending=form.ending.data, by=me, now=clock.now())
    )
    if not job_id:
        abort(422, "Choose one of the kinds of file.")
    web.toast("The whole book is being written. We tell you when it is done.")
    return web.done(url_for("jobs.index"))


@bp.post(f"/<{NUMBER}>/cancellation")
@web.once
def cancel(job_id: int) -> Response:
    """Ask for it to end."""
    form = FlaskForm()
    is_over = web.attempt(form, lambda: services.jobs.cancel(job_id, now=clock.now(), by=_whose()))
    if is_over is None:
        web.toast(str(form.form_errors[0]))
    else:
        web.toast(
            "Stopped before it began." if is_over else "It stops as soon as the rows it is at are done."
        )
    return web.done(url_for("jobs.index"))


@bp.post(f"/<{NUMBER}>/attempts")
@web.once
def retry(job_id: int) -> Response:
    """Let it try again."""
    form = FlaskForm()

    def act() -> bool:
        services.jobs.retry(job_id, now=clock.now(), by=_whose())
        return True

    is_on = web.attempt(form, act)
    web.toast("It waits for its turn again." if is_on else str(form.form_errors[0]))
    return web.done(url_for("jobs.index"))


@bp.post(f"/<{NUMBER}>/return")
@web.once
def put_back(job_id: int) -> Response:
    """Take back all that it did."""
    form, me = FlaskForm(), web.person()
    undoing = web.attempt(form, lambda: services.undoings.ask(job_id, by=me.user_id, now=clock.now()))
    if undoing is None:
        web.toast(str(form.form_errors[0]))
        return web.done(url_for("jobs.show", job_id=job_id))
    return web.done(url_for("jobs.show", job_id=undoing))


def _say_what_ended() -> None:
    """The page was looking on, and nothing runs any more."""
    news = next(iter(queries.notifications.of(web.person().user_id)), None)
    if news is not None and news.read_at is None:
        web.toast(news.subject, link=news.link, link_text="Look at it")


def _whose() -> int | None:
    """Whose jobs the person sees: their own; None = everybody's."""
    me = web.person()
    return None if policy.may_see_jobs_of_others(me) else me.user_id


def _time(left: timedelta) -> str:
    seconds = max(round(left.total_seconds()), 1)
    if seconds < 90:
        return filters.counted(seconds, "second")
    return filters.counted(round(seconds / 60), "minute")


web.redraws("jobs.index", "jobs/_content.html", content)
web.redraws("jobs.show", "jobs/_job.html", one_of)
