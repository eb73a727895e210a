"""Records that look like one: the queue, the two side by side, making them one and two again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from crm import clock, policy, queries, record_pages, record_sentences, services, web
from crm.enums import RecordKind
from crm.models import Contact
from crm.queries.duplicates import Place
from crm.queries.keys import read_number
from crm.queries.merges import MODELS, MOST_AT_ONCE, Merge
from crm.services.merges import BOTH, KEEP, OTHER, Part
from crm.services.records import StaleVersion

bp = Blueprint("duplicates", __name__, url_prefix="/duplicates")

ONE = "/<kind>/<int(max=9223372036854775807):record_id>"
TWO = f"{ONE}/<int(max=9223372036854775807):other_id>"
MERGE = "/merges/<int(max=9223372036854775807):merge_log_id>"

PAGES = {
    RecordKind.ORGANIZATION: ("organizations.show", "organization_id"),
    RecordKind.CONTACT: ("contacts.show", "contact_id"),
}
"""The page of a record of each kind."""

CHANGED = "One of the two was changed since you looked. This is how they are now; choose again."


@dataclass(frozen=True)
class Choice:
    """One thing in which the two differ, and whose word is proposed."""

    name: str
    label: str
    keep: str
    other: str
    chosen: str
    may_be_both: bool


@bp.get("")
def index() -> Response:
    """Pairs that look alike, the likeliest first, and what was merged lately."""
    return web.render("duplicates/index.html", "duplicates/_content.html", **content(request.args))


def content(args: "MultiDict[str, str]") -> dict[str, Any]:
    """What the queue shows."""
    kind = _kind_or_none(args.get("kind", "")) or RecordKind.ORGANIZATION
    pairs, following = queries.duplicates.waiting(kind, after=Place.parse(args.get("after", "")))
    me, now = web.person(), clock.now()
    team = queries.users.team(me.user_id)
    return {
        "kind": kind.value,
        "counts": [(one.value, n) for one, n in queries.duplicates.counts().items()],
        "pairs": [
            (
                pair,
                all(policy.may_change(me, owners=side.owners, team=team) for side in (pair.one, pair.other)),
            )
            for pair in pairs
        ],
        "merges": queries.merges.latest(kind, since=now - queries.merges.UNDO_FOR),
        "page_of": page_of,
        "following": following and url_for("duplicates.index", kind=kind.value, after=str(following)),
    }


web.redraws("duplicates.index", "duplicates/_content.html", content)


@bp.get(ONE)
def choose(kind: str, record_id: int) -> Response:
    """Which other record this one is: those that look like it, and those that a part of a name finds."""
    known = _kind(kind)
    record = _to_change(known, record_id)
    letters = request.args.get("q", "").replace("\x00", "").strip()[:100]
    return web.render(
        "duplicates/choose.html",
        "duplicates/_choose.html",
        kind=kind,
        record_id=record_id,
        title=_title(record),
        home=page_of(known, record_id),
        letters=letters,
        found=queries.merges.find(known, letters, but=record_id) if letters else [],
        similar=[] if letters else queries.merges.similar(known, record),
    )


@bp.get(TWO)
def compare(kind: str, record_id: int, other_id: int) -> Response:
    """The two side by side, with a choice a field and what moves. `record_id` is the one that stays."""
    known = _kind(kind)
    return _show(known, *_both(known, record_id, other_id), form=FlaskForm(formdata=None))


@bp.post(TWO)
@web.once
def merge(kind: str, record_id: int, other_id: int) -> Response:
    """Make them one."""
    known = _kind(kind)
    keep, other = _both(known, record_id, other_id)
    form, title, gone = FlaskForm(), _title(keep), _title(other)
    seen = [read_number(request.form.get(name, "")) or 0 for name in ("keep_version", "other_version")]
    choices = _choices(request.form)
    is_much = queries.merges.hung(known, record_id, other_id) > MOST_AT_ONCE
    act = partial(_ask_to_merge, title=f"Merge {gone} into {title}") if is_much else services.merges.merge
    try:
        made = web.attempt(
            form, lambda: act(known, record_id, other_id, choices=choices, seen=(seen[0], seen[1]))
        )
    except StaleVersion:
        form.form_errors.append(CHANGED)
        return _show(known, *_both(known, record_id, other_id), form=form, choices=choices, status=409)
    if made is None:
        return _show(known, *_both(known, record_id, other_id), form=form, choices=choices, status=422)
    if is_much:
        return _look_on(made, f"{gone} becomes a part of {title}.")
    web.toast(f"{gone} is a part of {title} now.", undo=url_for("duplicates.split", merge_log_id=made))
    return web.done(page_of(known, record_id))


def _ask_to_merge(
    kind: RecordKind, keep: int, other: int, *, choices: Mapping[str, str], seen: tuple[int, int], title: str
) -> int:
    me = web.person()
    return services.large_merges.ask(kind, keep, other, choices=choices, seen=seen, title=title, by=me)


def _look_on(job_id: int, told: str) -> Response:
    """To the page of a job, where one sees how far it is."""
    there = url_for("jobs.show", job_id=job_id)
    web.toast(told, link=there, link_text="Look on")
    return web.done(there)


@bp.post(f"{TWO}/distinction")
@web.once
def tell_apart(kind: str, record_id: int, other_id: int) -> Response:
    """They are not the same: the pair leaves the queue for good."""
    known = _kind(kind)
    keep, other = _both(known, record_id, other_id)
    services.duplicates.tell_apart(known, record_id, other_id, by=web.person().user_id, now=clock.now())
    back = url_for("duplicates.doubt", kind=kind, record_id=record_id, other_id=other_id)
    web.toast(f"{_title(keep)} and {_title(other)} are two, and stay two.", undo=back)
    return web.done(url_for("duplicates.index", kind=kind))


@bp.post(f"{TWO}/doubt")
@web.once
def doubt(kind: str, record_id: int, other_id: int) -> Response:
    """Take that back."""
    known = _kind(kind)
    _both(known, record_id, other_id)
    services.duplicates.doubt_again(known, record_id, other_id)
    web.toast("The pair stands in the queue again.")
    return web.done(url_for("duplicates.index", kind=kind))


@bp.post(f"{MERGE}/undoing")
@web.once
def split(merge_log_id: int) -> Response:
    """Make two of a merge again."""
    merged = queries.merges.get(merge_log_id)
    pair = queries.merges.pair(merged.kind, merged.survivor_id, merged.absorbed_id)
    for record in pair:
        record_pages.must_be_allowed(*_owners(record))
    form, now = FlaskForm(), clock.now()
    if queries.merges.moved(merge_log_id) > MOST_AT_ONCE:
        return _split_later(merged, form)
    stay = web.attempt(form, lambda: services.merges.split(merge_log_id, now=now))
    if stay is None:
        return _stands(merged, form)
    web.toast(_said_of(merged, stay), link=page_of(merged.kind, merged.absorbed_id), link_text="Open it")
    return web.done(page_of(merged.kind, merged.survivor_id))


def _split_later(merged: Merge, form: FlaskForm) -> Response:
    """By a job: more rows than one request moves."""
    title, me, now = f"Undo: {merged.absorbed} is a part of {merged.survivor}", web.person(), clock.now()
    number = merged.merge_log_id
    job_id = web.attempt(form, lambda: services.large_merges.ask_back(number, title=title, by=me, now=now))
    if job_id is None:
        return _stands(merged, form)
    return _look_on(job_id, f"{merged.absorbed} will stand by itself again.")


def _stands(merged: Merge, form: FlaskForm) -> Response:
    """The merge stays; why, says the form."""
    web.toast(str(form.form_errors[0]) if form.form_errors else "That cannot be undone as it is now.")
    return web.done(page_of(merged.kind, merged.survivor_id))


def page_of(kind: RecordKind, record_id: int) -> str:
    """The address of the page of a record."""
    endpoint, name = PAGES[kind]
    number: dict[str, Any] = {name: record_id}
    return url_for(endpoint, **number)


def _said_of(merged: Merge, stay: Sequence[str]) -> str:
    told = f"{merged.absorbed} stands by itself again."
    if stay:
        words = ", ".join(record_sentences.label(column) for column in stay)
        told += f" What was edited since stays with {merged.survivor}: {words}."
    return told


def _show(
    kind: RecordKind,
    keep: Any,
    other: Any,
    *,
    form: FlaskForm,
    choices: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    keep_id, other_id = (getattr(one, PAGES[kind][1]) for one in (keep, other))
    hanging = queries.merges.hanging(kind, keep_id, other_id)
    page = render_template(
        "duplicates/compare.html",
        kind=kind.value,
        keep=keep,
        other=other,
        keep_id=keep_id,
        other_id=other_id,
        keep_title=_title(keep),
        other_title=_title(other),
        choices=_differences(kind, keep, other, choices or {}),
        hanging=hanging,
        is_much=sum(one.of_other for one in hanging) > MOST_AT_ONCE,
        is_told_apart=queries.duplicates.is_told_apart(kind, keep_id, other_id),
        form=form,
        page_of=page_of,
        record_kind=kind,
    )
    return make_response(page, status)


def _differences(kind: RecordKind, keep: Any, other: Any, chosen: Mapping[str, str]) -> list[Choice]:
    parts = services.merges.differing(kind, keep, other)
    names = queries.merges.names((keep, other), [column for part in parts for column in part.columns])
    return [
        Choice(
            part.name,
            part.label or record_sentences.label(part.name),
            _words(part, keep, names),
            _words(part, other, names),
            chosen.get(part.name) or services.merges.suggested(part, keep, other),
            part.may_be_both and all(any(services.merges.value_of(part, one)) for one in (keep, other)),
        )
        for part in parts
    ]


def _words(part: Part, row: Any, names: Mapping[tuple[str, int], str]) -> str:
    """What a record says there, in a line each."""
    said = []
    for column in part.columns:
        value = getattr(row, column)
        if value is None or value == "":
            continue
        if column in queries.merges.POINTERS:
            value = names.get((queries.merges.POINTERS[column], value), f"No. {value}")
            value = f"Reports to {value}" if part.name != column and column == "reports_to_id" else value
        elif isinstance(value, date):
            value = f"Left on {value:%b %-d, %Y}" if column == "left_on" else f"{value:%b %-d, %Y}"
        said.append(str(value))
    return (" " if part.name == "name" else "\n").join(said)


def _choices(form: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix("choice-"): value
        for name, value in form.items()
        if name.startswith("choice-") and value in (KEEP, OTHER, BOTH)
    }


def _both(kind: RecordKind, record_id: int, other_id: int) -> tuple[Any, Any]:
    """The two, if the person may change both. 404 with the way out where one is archived."""
    if record_id == other_id:
        abort(404, "That is one record already. Choose the other one.")
    return _to_change(kind, record_id), _to_change(kind, other_id)


def _to_change(kind: RecordKind, record_id: int) -> Any:
    is_contact = kind is RecordKind.CONTACT
    record = (queries.contacts if is_contact else queries.organizations).record(record_id)
    record_pages.must_be_allowed(*_owners(record))
    record_pages.must_be_live(record)
    return record


def _owners(record: Any) -> tuple[int | None, ...]:
    return (record.owner_id,) if isinstance(record, Contact) else (record.owner_id, record.second_owner_id)


def _title(record: Any) -> str:
    return str(record.full_name if isinstance(record, Contact) else record.name)


def _kind(word: str) -> RecordKind:
    return _kind_or_none(word) or abort(404)


def _kind_or_none(word: str) -> RecordKind | None:
    return next((kind for kind in MODELS if kind.value == word), None)
