"""Follow-ups: promises by the day they are due, and what one does with them."""

import dataclasses
from collections.abc import Callable
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, request, url_for
from flask_wtf import FlaskForm
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from crm import clock, filters, flags, policy, queries, sentences, services, web
from crm.errors import Forbidden
from crm.forms.follow_ups import DayForm, OwnerForm, PromiseForm, SnoozeForm, snooze_days
from crm.models import Interaction
from crm.queries.follow_ups import Whose
from crm.queries.keys import read_number
from crm.queries.promises import Key, Named, Promise, When
from crm.services.follow_ups import Was

bp = Blueprint("follow_ups", __name__, url_prefix="/follow-ups")

ONE = "/<int(max=9223372036854775807):interaction_id>"
UNDO_FOR = 24 * 60 * 60
"""Seconds for which a change may be taken back."""


@bp.get("")
def index() -> Response:
    """Promises in groups by day: mine, a colleague's, everyone's or nobody's."""
    return web.render("follow_ups/index.html", "follow_ups/_content.html", **content(request.args))


def content(args: MultiDict[str, str]) -> dict[str, Any]:
    """Everything that the list shows."""
    me, today = web.person(), web.today()
    whose, when = whose_list(args), _when(args)
    colleagues = queries.users.colleagues()
    counts = queries.follow_ups.counts(whose, today=today)
    after = Key.parse(args.get("after", ""))
    rows, next_key = queries.follow_ups.page(whose, today=today, when=when, after=after)
    changeable = _changeable(rows)
    return {
        "me": me.user_id,
        "who": "me" if whose == me.user_id else str(whose),
        "when": when,
        "is_first_page": after is None,
        "counts": counts,
        "groups": [(group, list(found)) for group, found in groupby(rows, lambda row: row.when(today))],
        "shown": len(rows),
        "next_key": str(next_key) if next_key else "",
        "changeable": changeable,
        "can_move": bool(changeable) and after is None and flags.is_on("bulk-moves"),
        "colleagues": [colleague for colleague in colleagues if colleague.user_id != me.user_id],
        "keeper": next((other.full_name for other in colleagues if other.user_id == whose), ""),
        "lede": sentences.promises(counts),
    }


web.redraws("follow_ups.index", "follow_ups/_content.html", content)


@bp.get(ONE)
def show(interaction_id: int) -> Response:
    """One promise, all that is known of it and what can be done; to htmx only the latter, for the dialog."""
    return _show(interaction_id)


def one(_: MultiDict[str, str], interaction_id: int, refused: PromiseForm | None = None) -> dict[str, Any]:
    """Everything that the page of one promise shows; `refused` is the form that was not accepted."""
    promise, today = queries.follow_ups.get(interaction_id), web.today()
    snooze_form, day_form, owner_form = (
        refused if isinstance(refused, kind) else kind(formdata=None, today=today)
        for kind in (SnoozeForm, DayForm, OwnerForm)
    )
    return {
        "promise": promise,
        "may_change": bool(_changeable([promise])),
        "offers": snooze_days(promise.follow_up_date, today),
        "tomorrow": today + timedelta(days=1),
        "snooze_form": snooze_form,
        "day_form": day_form,
        "owner_form": owner_form,
        "colleagues": [c for c in queries.users.colleagues() if c.user_id != _number(promise.owner)],
        "moves": queries.ledger.moves([interaction_id])[interaction_id],
        "problems": [*refused.form_errors, *refused.version.errors] if refused else [],
    }


web.redraws("follow_ups.show", "follow_ups/_promise.html", one)


@bp.post(f"{ONE}/completion")
@web.once
def complete(interaction_id: int) -> Response:
    """Keep the promise. Whoever comes second is told so and sees the list as it is."""
    record = queries.follow_ups.record(interaction_id)
    form = FlaskForm()
    web.attempt(form, lambda: services.follow_ups.complete(record, by=web.person(), now=clock.now()))
    if form.errors:
        return refused_as_it_is(form)
    web.toast(
        f"Completed {_told(interaction_id)}",
        undo=url_for("follow_ups.reopen", interaction_id=interaction_id),
        link=url_for("interactions.new", follow_up=interaction_id),
        link_text="Log it",
    )
    return web.done(back())


@bp.post(f"{ONE}/reopening")
@web.once
def reopen(interaction_id: int) -> Response:
    """Take a completion back."""
    record = queries.follow_ups.record(interaction_id)
    form = FlaskForm()
    web.attempt(form, lambda: services.follow_ups.reopen(record))
    if form.errors:
        return refused_as_it_is(form)
    web.toast(f"Open again: {_told(interaction_id)}")
    return web.done(back())


@bp.post(f"{ONE}/snooze")
@web.once
def snooze(interaction_id: int) -> Response:
    """Hide it until a day."""
    record, form = _to_change(interaction_id), SnoozeForm(today=web.today())
    return _change(
        form,
        lambda: services.follow_ups.snooze(record, until=form.until.data, seen=form.version.data),
        lambda: f"Snoozed until {said_day(form.until.data)}:",
    )


@bp.post(f"{ONE}/date")
@web.once
def reschedule(interaction_id: int) -> Response:
    """Promise it for another day."""
    record, form = _to_change(interaction_id), DayForm(today=web.today())
    return _change(
        form,
        lambda: services.follow_ups.reschedule(record, to=form.date.data, seen=form.version.data),
        lambda: f"Moved to {said_day(form.date.data)}:",
    )


@bp.post(f"{ONE}/owner")
@web.once
def hand_over(interaction_id: int) -> Response:
    """Let a colleague keep it."""
    record, form = _to_change(interaction_id), OwnerForm(today=web.today())
    return _change(
        form,
        lambda: services.follow_ups.hand_over(record, to=form.owner.data, seen=form.version.data),
        lambda: f"{queries.users.colleague(form.owner.data).full_name} keeps it now:",
    )


@bp.post(f"{ONE}/return")
@web.once
def put_back(interaction_id: int) -> Response:
    """Undo a snooze, a move or a handing over; the address is known only to who did it."""
    was, by = _unsealed(request.args.get("was", ""))
    if (was.interaction_id, by) != (interaction_id, web.person().user_id):
        raise Forbidden("Only who did this can take it back.")
    record, form = queries.follow_ups.record(interaction_id), FlaskForm()
    web.attempt(form, lambda: services.follow_ups.put_back(record, was))
    if form.errors:
        return refused_as_it_is(form)
    web.toast(f"As it was: {_told(interaction_id)}")
    return web.done(back())


def whose_list(args: MultiDict[str, str]) -> Whose:
    """Whose promises an address asks for. Raises `NoResultFound` for somebody who is none of us."""
    who = args.get("who", "me")
    if who == "me":
        return web.person().user_id
    if who == "everyone":
        return "everyone"
    if who == "nobody":
        return "nobody"
    number = read_number(who)
    return abort(404) if number is None else queries.users.colleague(number).user_id


def back() -> str:
    """The page that a form without scripts was sent from, or else the list."""
    seen = urlsplit(request.referrer or "")
    try:
        current_app.url_map.bind("").match(seen.path or "/none", method="GET")
    except HTTPException:
        return url_for("follow_ups.index")
    return f"{seen.path}?{seen.query}" if seen.query else seen.path


def refused_as_it_is(form: FlaskForm) -> Response:
    """Nothing was done, for somebody was faster: say so and show everything as it is now."""
    web.toast(next(iter(form.form_errors), "This was not complete. Load the page again."))
    return web.done(back())


def said_day(day: date) -> str:
    """A day as toasts say it: "Wed 25 Nov, tomorrow"."""
    today = web.today()
    return f"{filters.day(day, today)}, {filters.when_day(day, today)}"


def _when(args: MultiDict[str, str]) -> When | None:
    try:
        return When(args.get("when", ""))
    except ValueError:
        return None


def _number(known: Named | None) -> int | None:
    return known.number if known else None


def _changeable(rows: list[Promise]) -> set[int]:
    """Those of the rows that the person may snooze, move and hand over."""
    me = web.person()
    team = queries.users.team(me.user_id)
    return {
        row.interaction_id for row in rows if policy.may_change(me, owners=(_number(row.owner),), team=team)
    }


def _to_change(interaction_id: int) -> Interaction:
    """The row. Raises `Forbidden` if the person may not change it."""
    me, record = web.person(), queries.follow_ups.record(interaction_id)
    if not policy.may_change(me, owners=(record.owner_id,), team=queries.users.team(me.user_id)):
        raise Forbidden("That is a colleague's promise. They, their manager or an admin can change it.")
    return record


def _change(form: PromiseForm, act: Callable[[], Was], say: Callable[[], str]) -> Response:
    """Do it if the form is sound; a refused form comes back with what was chosen beside what is true now."""
    was = web.attempt(form, act) if form.validate() else None
    interaction_id = (request.view_args or {})["interaction_id"]
    if was is None:
        return _show(interaction_id, status=409 if form.version.errors else 422, refused=form)
    undo = url_for("follow_ups.put_back", interaction_id=interaction_id, was=_sealed(was))
    web.toast(f"{say()} {_told(interaction_id)}", undo=undo)
    return web.done(back())


def _show(interaction_id: int, *, status: int = 200, refused: PromiseForm | None = None) -> Response:
    context = one(MultiDict(), interaction_id, refused)
    return web.render("follow_ups/show.html", "follow_ups/_later.html", status=status, **context)


def _told(interaction_id: int) -> str:
    """The promise as the end of a sentence."""
    return f"{queries.follow_ups.get(interaction_id).what.rstrip('.')}."


def _sealed(was: Was) -> str:
    """What an undo needs, signed: nobody can make one up."""
    fields = (web.person().user_id, *dataclasses.astuple(was))
    return str(_seal().dumps([field.isoformat() if isinstance(field, date) else field for field in fields]))


def _unsealed(text: str) -> tuple[Was, int]:
    try:
        by, number, version, due, snoozed, owner, times = _seal().loads(text, max_age=UNDO_FOR)
    except BadData:
        abort(400, "This can no longer be taken back. Open the follow-up and change it there.")
    snoozed_on = date.fromisoformat(snoozed) if snoozed else None
    return Was(number, version, date.fromisoformat(due), snoozed_on, owner, times), by


def _seal() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="follow-up before a change")
