"""One opportunity: its page, its history, its form, and its way from stage to stage."""

import dataclasses
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, request, url_for
from flask_wtf import FlaskForm
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict

from crm import addresses, clock, opportunity_pages, policy, queries, record_pages, services, web
from crm.enums import OpportunityStage, RecordKind
from crm.errors import Forbidden
from crm.forms import base
from crm.forms.opportunities import MoveForm, OpportunityForm
from crm.models import Opportunity
from crm.queries.opportunities import Deal
from crm.queries.timeline import Place
from crm.services.opportunities import Was

bp = Blueprint("opportunities", __name__, url_prefix="/opportunities")

ONE = "/<int(max=9223372036854775807):opportunity_id>"
UNDO_FOR = 24 * 60 * 60
"""Seconds for which a move may be taken back."""


@bp.get(ONE)
def show(opportunity_id: int) -> Response:
    """Where it stands, what it is about, who has a part in it, what happened; the same in a dialog."""
    context = opportunity(request.args, opportunity_id)
    is_dialog = request.headers.get("HX-Target") == "opp-slot"
    fragment = "opportunities/_dialog.html" if is_dialog else "opportunities/_opportunity.html"
    return web.render("opportunities/show.html", fragment, **context)


def opportunity(args: "MultiDict[str, str]", opportunity_id: int) -> dict[str, Any]:
    """What the page of one opportunity shows; `before` in its address begins the timeline further back."""
    today = web.firm_today()
    deal = queries.opportunities.get(opportunity_id)
    is_favorite = services.habits.visit(
        RecordKind.OPPORTUNITY, opportunity_id, by=web.person().user_id, now=clock.now()
    )
    parts = queries.opportunities.parts(opportunity_id, today=today)
    stays = queries.opportunity_stages.stays(opportunity_id)
    before = Place.parse(args.get("before", ""))
    return {
        "deal": deal,
        "opportunity": deal.opportunity,
        "may_change": _may_change(deal),
        "is_favorite": is_favorite,
        "makers": parts.makers,
        "people": parts.people,
        "stays": stays,
        "path": queries.opportunity_stages.path(stays, deal.opportunity.stage, today=today),
        "samples": parts.samples,
        "lapsed": parts.lapsed,
        "promised": queries.opportunities.promised(opportunity_id, today=web.today()),
        "stages": list(OpportunityStage),
        "firm_today": today,
        "before": before,
        **_timeline(opportunity_id, before),
    }


web.redraws("opportunities.show", "opportunities/_opportunity.html", opportunity)


@bp.get(f"{ONE}/timeline")
def timeline(opportunity_id: int) -> str:
    """The part of the timeline from a place on, for the button under it; else the page shows it."""
    record = queries.opportunities.record(opportunity_id)
    before = Place.parse(request.args.get("before", ""))
    return render_template(
        "records/_days.html", **_timeline(record.opportunity_id, before) | {"is_next_part": True}
    )


@bp.get(f"{ONE}/history")
def history(opportunity_id: int) -> Response:
    """Who changed what of it, when, from what to what."""
    record = queries.opportunities.record(opportunity_id)
    before = Place.parse(request.args.get("before", ""))
    context = record_pages.history("opportunities", opportunity_id, before)
    return web.render(
        "opportunities/history.html", "opportunities/_history.html", opportunity=record, **context
    )


@bp.get(f"{ONE}/edit")
def edit(opportunity_id: int) -> Response:
    """The form over one of them."""
    record = _to_change(opportunity_id)
    return _page(_form(record, None), record)


@bp.post(f"{ONE}/draft")
def draft(opportunity_id: int) -> Response:
    """The form as it stands, with what depends on what was chosen. Nothing is saved."""
    record = _to_change(opportunity_id)
    return _page(_form(record, request.form), record)


@bp.post(ONE)
@web.once
def change(opportunity_id: int) -> Response:
    """Save it. Where somebody else saved it meanwhile both values are shown, and the person chooses."""
    record = _to_change(opportunity_id)
    version, here = record.version, _here(opportunity_id)
    form, differences = base.read(lambda posted: _form(record, posted), request.form, version=version)
    if not form.validate() or not _stays_ours(form):
        return _page(form, record, status=422)
    if differences:
        return record_pages.conflict(
            form,
            differences,
            title=record.name,
            version=version,
            newest=queries.history.newest("opportunities", opportunity_id),
            action=here,
            back_url=here,
            active="opportunities",
        )
    web.attempt(form, lambda: _save(record, form, seen=version))
    if form.errors:
        return _page(form, record, status=422)
    web.toast(f"Saved {record.name}.")
    return web.done(here)


@bp.get(f"{ONE}/stage")
def stage(opportunity_id: int) -> Response:
    """The nine stages to choose from; with `to` in its address the form that moves it there, and asks what
    closing needs.
    """
    deal = queries.opportunities.get(opportunity_id)
    _must_be_allowed(deal.opportunity)
    to, back = _stage(request.args.get("to")), addresses.local(request.args.get("back"))
    if to is None:
        return web.render(
            "opportunities/choose.html",
            "opportunities/_choose.html",
            deal=deal,
            opportunity=deal.opportunity,
            stages=list(OpportunityStage),
            back=back,
        )
    form = _move_form()
    form.stage.data, form.seen.data, form.back.data = to, deal.opportunity.stage, back
    return _moving(deal, form)


@bp.post(f"{ONE}/stage")
@web.once
def move(opportunity_id: int) -> Response:
    """Move it. Closing without a reason answers with the form that asks for it."""
    record = queries.opportunities.record(opportunity_id)
    _must_be_allowed(record)
    form = _move_form()
    was = web.attempt(form, lambda: _move(record, form)) if form.validate() else None
    if was is None:
        return _moving(queries.opportunities.get(opportunity_id), form, status=422)
    back = addresses.local(form.back.data)
    undo = url_for(
        "opportunities.put_back", opportunity_id=opportunity_id, was=_sealed(was), back=back or None
    )
    web.toast(f"{record.name} is now in {record.stage}.", undo=undo)
    return web.done(back or _here(opportunity_id))


@bp.post(f"{ONE}/stage/return")
@web.once
def put_back(opportunity_id: int) -> Response:
    """Undo a move; the address is known only to who made it."""
    was, by = _unsealed(request.args.get("was", ""))
    if (was.opportunity_id, by) != (opportunity_id, web.person().user_id):
        raise Forbidden("Only who moved it can take that back.")
    record = queries.opportunities.record(opportunity_id)
    _must_be_allowed(record)
    form = FlaskForm()
    web.attempt(form, lambda: services.opportunities.undo_move(record, was))
    problem = next(iter(form.form_errors), "")
    web.toast(problem or f"{record.name} is back in {record.stage}.")
    return web.done(addresses.local(request.args.get("back")) or _here(opportunity_id))


@bp.post(f"{ONE}/archive")
@web.once
def archive(opportunity_id: int) -> Response:
    """Take it out of every list; what happened with it stays."""
    record = queries.opportunities.record(opportunity_id)
    _must_be_allowed(record)
    form = FlaskForm()
    web.attempt(form, lambda: services.opportunities.archive(record, now=clock.now()))
    undo = url_for("opportunities.restore", opportunity_id=opportunity_id)
    if form.form_errors:
        web.toast(str(form.form_errors[0]))
    else:
        web.toast(f"Archived {record.name}.", undo=undo)
    return web.done(_here(opportunity_id))


@bp.post(f"{ONE}/restoration")
@web.once
def restore(opportunity_id: int) -> Response:
    """Bring an archived one back."""
    record = queries.opportunities.record(opportunity_id)
    _must_be_allowed(record)
    form = FlaskForm()
    web.attempt(form, lambda: services.opportunities.restore(record))
    problem = next((error for errors in form.errors.values() for error in errors), "")
    web.toast(problem or f"{record.name} is back.")
    return web.done(_here(opportunity_id))


def _to_change(opportunity_id: int) -> Opportunity:
    """The row. Raises `Forbidden` if the person may not change it, 404 while it is archived."""
    record = queries.opportunities.record(opportunity_id)
    _must_be_allowed(record)
    if record.is_archived:
        abort(404, "This opportunity is archived. Restore it first, then edit it.")
    return record


def _save(record: Opportunity, form: OpportunityForm, *, seen: int) -> None:
    services.opportunities.change(
        record,
        form.facts(),
        product_ids=form.products.numbers,
        principal_ids=form.principals.numbers,
        owners=form.owners,
        seen=seen,
    )


def _stays_ours(form: OpportunityForm) -> bool:
    """Nobody gives away what they could not take back: that is a manager's to do."""
    if record_pages.may_change(*form.owners):
        return True
    words = "You could not change it any more. Stay its second owner, or let your manager hand it over."
    form.owner.errors = (*form.owner.errors, words)
    return False


def _form(record: Opportunity, posted: "MultiDict[str, str] | None") -> OpportunityForm:
    """The form over a record, with what was posted or as the record is."""
    number = record.opportunity_id
    products = services.opportunity_products.of(record)
    chosen = services.opportunity_products.chosen(record)
    form = OpportunityForm(
        formdata=posted,
        today=web.today(),
        names={},
        data={
            "version": record.version,
            "name": record.name,
            "organization": record.organization_id,
            "contact": record.primary_contact_id,
            "context": record.context,
            "principals": sorted(chosen),
            "products": sorted(products),
            "distributor": record.distributor_id,
            "source": record.source,
            "owner": record.owner_id,
            "second_owner": record.second_owner_id,
            "next_action": record.next_action,
            "expected_close": record.expected_close_on,
            "cases": record.cases_per_week,
            "tags": record.tags,
            "notes": record.notes,
        },
    )
    deal = queries.opportunities.get(number)
    people = queries.opportunity_entry.people(form.organization.data) if form.organization.data else []
    if (
        deal.contact
        and deal.contact.number not in dict(people)
        and form.organization.data == record.organization_id
    ):
        people.append((deal.contact.number, deal.contact.name))
    distributors = queries.organizations.distributors()
    if deal.distributor and deal.distributor not in distributors:
        distributors.append(deal.distributor)
    form.offer(words=queries.opportunity_entry.words(), people=people, distributors=distributors)
    keepers = {one.user_id: one.full_name for one in queries.users.colleagues()}
    keepers |= {one.number: one.name for one in (deal.owner, deal.second_owner) if one}
    form.owner.offer((str(keeper), name) for keeper, name in keepers.items())
    form.second_owner.offer((str(keeper), name) for keeper, name in keepers.items())
    form.names = _names(form, record)
    if posted is None:
        form.remember()
    return form


def _names(form: OpportunityForm, record: Opportunity) -> dict[str, dict[int, str]]:
    """What the numbers of a form stand for, and those of its record, for when two versions are compared."""
    products = set(form.products.numbers) | services.opportunity_products.of(record)
    place = queries.opportunity_entry.place(form.organization.data)
    return {
        "products": {
            item.product_id: item.name
            for shelf in queries.opportunity_entry.shelves(principal_ids=(), chosen=products)
            for item in shelf.items
        },
        "principals": {one.number: one.name for one in queries.opportunity_entry.makers()},
        "organization": {place.organization_id: place.name} if place else {},
    }


def _page(form: OpportunityForm, record: Opportunity, *, status: int = 200) -> Response:
    letters = request.form.get("letters-organization", "")
    return web.render(
        "opportunities/form.html",
        "opportunities/_form.html",
        status=status,
        form=form,
        opportunity=record,
        letters_organization=letters,
        found=queries.organizations.suggest(letters),
        **opportunity_pages.what(form, request.form.get("letters", ""), but=record.opportunity_id),
    )


def _here(opportunity_id: int) -> str:
    return url_for("opportunities.show", opportunity_id=opportunity_id)


def _move(record: Opportunity, form: MoveForm) -> Was:
    return services.opportunities.move(
        record,
        to=OpportunityStage(form.stage.data),
        now=clock.now(),
        reason=form.reason.kept,
        note=form.note.data,
        seen=form.seen_stage,
    )


def _move_form() -> MoveForm:
    return MoveForm(words=queries.opportunity_entry.words())


def _moving(deal: Deal, form: MoveForm, *, status: int = 200) -> Response:
    context = {"deal": deal, "opportunity": deal.opportunity, "form": form}
    return web.render("opportunities/stage.html", "opportunities/_stage.html", status=status, **context)


def _stage(text: str | None) -> OpportunityStage | None:
    try:
        return OpportunityStage(text or "")
    except ValueError:
        return None


def _may_change(deal: Deal) -> bool:
    """As `record_pages.may_change`, without asking for the team: the managers of its owners are known."""
    me = web.person()
    owners = (deal.opportunity.owner_id, deal.opportunity.second_owner_id)
    return policy.may_change(me, owners=owners, team=deal.team_of(me.user_id))


def _must_be_allowed(record: Opportunity) -> None:
    record_pages.must_be_allowed(record.owner_id, record.second_owner_id)


def _timeline(opportunity_id: int, before: Place | None) -> dict[str, Any]:
    events, earlier = queries.record_timelines.of_opportunity(opportunity_id, before=before)
    return record_pages.timeline(events, earlier, before, "opportunities", opportunity_id=opportunity_id)


def _sealed(was: Was) -> str:
    """What an undo needs, signed: nobody can make one up."""
    fields = (web.person().user_id, *dataclasses.astuple(was))
    return str(_seal().dumps([one.isoformat() if isinstance(one, datetime) else one for one in fields]))


def _unsealed(text: str) -> tuple[Was, int]:
    try:
        by, number, version, stage, since, closed, reason, note = _seal().loads(text, max_age=UNDO_FOR)
    except BadData:
        abort(400, "This can no longer be taken back. Open the opportunity and move it there.")
    closed_at = datetime.fromisoformat(closed) if closed else None
    at = datetime.fromisoformat(since)
    return Was(number, version, OpportunityStage(stage), at, closed_at, reason, note), by


def _seal() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="opportunity before a move")
