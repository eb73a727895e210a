"""Samples, kept on the page of their opportunity: sent, on their way, what they said of it.

The list of all of them is sample_list.py's.
"""

from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from crm import clock, queries, record_pages, services, web
from crm.enums import SampleStatus, SampleVerdict
from crm.forms import base
from crm.forms.samples import FeedbackForm, SampleForm, SendForm
from crm.models import Opportunity
from crm.queries.keys import read_number
from crm.queries.promises import Named
from crm.queries.samples import Tasting
from crm.queries.timeline import Place

bp = Blueprint("samples", __name__, url_prefix="/samples")

ONE = "/<int(max=9223372036854775807):sample_id>"
OF = "/of/<int(max=9223372036854775807):opportunity_id>"


@bp.get(OF)
def new(opportunity_id: int) -> Response:
    """The form for what went out: the products of the opportunity, today, and a week until we ask."""
    opportunity = _opportunity(opportunity_id)
    form = _send_form(opportunity, None)
    form.sent_on.data = web.today()
    form.follow_up_on.data = services.samples.ask_on(web.today())
    form.contact_id.data = str(opportunity.primary_contact_id or "")
    return _sending(opportunity, form)


@bp.post(OF)
@web.once
def create(opportunity_id: int) -> Response:
    """Note that they went out, with the promise to ask."""
    opportunity = _opportunity(opportunity_id)
    form, sent = _send_form(opportunity, request.form), None
    if form.validate():
        sent = web.attempt(
            form,
            lambda: services.samples.send(
                opportunity,
                form.sending,
                product_ids=form.products.numbers,
                by=web.person(),
                now=clock.now(),
            ),
        )
    if sent is None:
        return _sending(opportunity, form, status=422)
    web.toast("Noted what was sent. You are reminded to ask.")
    return web.done(_home(opportunity_id))


@bp.get(f"{ONE}/history")
def history(sample_id: int) -> Response:
    """Who changed what of it, when, from what to what."""
    before = Place.parse(request.args.get("before", ""))
    tasting = queries.samples.get(sample_id)
    context = record_pages.history("samples", sample_id, before)
    return web.render(
        "samples/history.html", "samples/_history.html", tasting=tasting, back_url=_back(tasting), **context
    )


@bp.get(f"{ONE}/edit")
def edit(sample_id: int) -> Response:
    """The form over one of them; htmx puts it into the row that it stands in."""
    tasting = _to_change(sample_id)
    return _page(_form(tasting, None), tasting)


@bp.post(ONE)
@web.once
def change(sample_id: int) -> Response:
    """Save it. Where somebody else saved it meanwhile both values are shown, and the person chooses."""
    tasting = _to_change(sample_id)
    record = services.records.take(tasting.record)
    version = record.version
    form, differences = base.read(lambda posted: _form(tasting, posted), request.form, version=version)
    if not form.validate():
        return _page(form, tasting, status=422)
    if differences:
        return record_pages.conflict(
            form,
            differences,
            title=f"{tasting.product.name} for {tasting.opportunity.name}",
            version=version,
            newest=queries.history.newest("samples", sample_id),
            action=url_for("samples.change", sample_id=sample_id),
            back_url=_back(tasting),
            active="samples",
        )
    saved = web.attempt(
        form,
        lambda: services.samples.change(
            record,
            form.entry,
            seen=version,
            on=web.today(),
            by=web.person(),
            now=clock.now(),
            may_move=record_pages.may_change(tasting.promise_owner_id),
        ),
    )
    if saved is None:
        return _page(form, tasting, status=422)
    web.toast(f"Saved the sample of {tasting.product.name}.")
    return web.done(_back(tasting))


@bp.post(f"{ONE}/status")
@web.once
def move(sample_id: int) -> Response:
    """One step on at one tap, or back; what they said has a form of its own."""
    tasting = _to_change(sample_id)
    to, form = _status(request.values.get("status", "")), FlaskForm()
    seen = read_number(request.values.get("seen", ""))
    before = web.attempt(
        form, lambda: services.samples.move(tasting.record, to=to, on=web.today(), seen=seen)
    )
    if before is None:
        web.toast(str(next(iter(form.form_errors), "Nothing was changed. Look at the sample again.")))
    else:
        web.toast(f"{tasting.product.name} is {to}.", undo=_way_back(tasting, before))
    return web.done(_back(tasting))


@bp.get(f"{ONE}/feedback")
def ask(sample_id: int) -> Response:
    """The form for what they said of it; htmx puts it into the row that it stands in."""
    tasting = _to_change(sample_id)
    form = FeedbackForm(formdata=None, data={"feedback": tasting.record.feedback})
    form.verdict.data = request.args.get("verdict") or tasting.record.verdict
    return _hearing(form, tasting)


@bp.post(f"{ONE}/feedback")
@web.once
def hear(sample_id: int) -> Response:
    """Note what they said. That keeps the promise to ask."""
    tasting = _to_change(sample_id)
    form, before = FeedbackForm(), tasting.record.status
    kept = None
    if form.validate():
        kept = web.attempt(
            form,
            lambda: services.samples.hear(
                tasting.record,
                verdict=SampleVerdict(form.verdict.data),
                feedback=form.feedback.data,
                on=web.today(),
                by=web.person(),
                now=clock.now(),
            ),
        )
    if kept is None:
        return _hearing(form, tasting, status=422)
    said = f"{tasting.product.name}: {tasting.record.verdict}."
    undo = _way_back(tasting, before) if before is not SampleStatus.FEEDBACK else None
    web.toast(f"{said} The follow-up is done." if kept else said, undo=undo)
    return web.done(_back(tasting))


@bp.post(f"{ONE}/archive")
@web.once
def archive(sample_id: int) -> Response:
    """It stands in no list any more."""
    tasting = _to_change(sample_id)
    services.samples.archive(tasting.record, by=web.person(), now=clock.now())
    undo = url_for("samples.put_back", sample_id=sample_id)
    web.toast(f"Archived the sample of {tasting.product.name}.", undo=undo)
    return web.done(_home(tasting.opportunity.number))


@bp.post(f"{ONE}/return")
@web.once
def put_back(sample_id: int) -> Response:
    """Undo that."""
    tasting, form = _theirs(sample_id), FlaskForm()
    if web.attempt(form, lambda: services.samples.put_back(tasting.record)) is None:
        web.toast("Its follow-up is gone, so it stays archived. Note it once more on the opportunity.")
    else:
        web.toast(f"The sample of {tasting.product.name} is back.")
    return web.done(_back(tasting))


def _opportunity(opportunity_id: int) -> Opportunity:
    """The one for which something goes out. `Forbidden` for a colleague's, 404 while it is archived."""
    record = queries.opportunities.record(opportunity_id)
    record_pages.must_be_allowed(record.owner_id, record.second_owner_id)
    record_pages.must_be_live(record)
    return record


def _to_change(sample_id: int) -> Tasting:
    """The sample. `Forbidden` if the person may not change it; 404 if it or its opportunity is archived."""
    tasting = _theirs(sample_id)
    if tasting.record.is_archived or tasting.is_opportunity_archived:
        abort(404, "It is archived. Note it once more on the page of the opportunity.")
    return tasting


def _theirs(sample_id: int) -> Tasting:
    tasting = queries.samples.get(sample_id)
    record_pages.must_be_allowed(*tasting.owners)
    return tasting


def _people(opportunity_id: int, kept: Named | None = None) -> list[tuple[int, str]]:
    """Who may have got it: the people of the organization, the opportunity's contact, and who got it."""
    deal = queries.opportunities.get(opportunity_id)
    people = queries.opportunity_entry.people(deal.organization.number) if deal.organization else []
    for known in (deal.contact, kept):
        if known is not None and known.number not in dict(people):
            people.append((known.number, known.name))
    return people


def _send_form(opportunity: Opportunity, posted: "MultiDict[str, str] | None") -> SendForm:
    return SendForm(formdata=posted, people=_people(opportunity.opportunity_id), today=web.today())


def _sending(opportunity: Opportunity, form: SendForm, *, status: int = 200) -> Response:
    makers = queries.opportunities.parts(opportunity.opportunity_id, today=web.firm_today()).makers
    about = [line.product_id for maker in makers for line in maker.lines]
    if not form.is_submitted() and len(about) == 1:
        form.products.data = about
    shelves = queries.opportunity_entry.shelves(
        principal_ids=[maker.principal_id for maker in makers], chosen=about
    )
    return web.render(
        "samples/new.html",
        "samples/_new.html",
        status=status,
        form=form,
        opportunity=opportunity,
        about=[item for shelf in shelves for item in shelf.items if item.product_id in about],
        others=[
            (shelf.name, items)
            for shelf in shelves
            if (items := [item for item in shelf.items if item.product_id not in about])
        ],
    )


def _form(tasting: Tasting, posted: "MultiDict[str, str] | None") -> SampleForm:
    record = tasting.record
    kept: dict[str, Any] = {name: getattr(record, name) for name in SampleForm.FIELDS[:-1]}
    form = SampleForm(
        formdata=posted,
        people=_people(record.opportunity_id, tasting.contact),
        today=web.today(),
        data=kept | {"version": record.version, "follow_up_on": tasting.promised_on},
    )
    if posted is None:
        form.remember()
    return form


def _page(form: base.EditForm, tasting: Tasting, *, status: int = 200) -> Response:
    return web.render(
        "samples/edit.html",
        "samples/_edit.html",
        status=status,
        form=form,
        tasting=tasting,
        back_url=_back(tasting),
    )


def _hearing(form: FeedbackForm, tasting: Tasting, *, status: int = 200) -> Response:
    return web.render(
        "samples/feedback.html",
        "samples/_feedback.html",
        status=status,
        form=form,
        tasting=tasting,
        back_url=_back(tasting),
    )


def _status(text: str) -> SampleStatus:
    try:
        return SampleStatus(text)
    except ValueError:
        abort(400, "That is no step of a sample. Load the page again and press one of its buttons.")


def _way_back(tasting: Tasting, before: SampleStatus) -> str:
    """The address that takes a step back, as long as nobody changed the sample since."""
    return url_for(
        "samples.move",
        sample_id=tasting.record.sample_id,
        status=before.value,
        seen=tasting.record.version,
    )


def _home(opportunity_id: int) -> str:
    return url_for("opportunities.show", opportunity_id=opportunity_id, _anchor="samples")


def _back(tasting: Tasting) -> str:
    """The row on the page of the opportunity."""
    anchor = f"sample-{tasting.record.sample_id}"
    return url_for("opportunities.show", opportunity_id=tasting.opportunity.number, _anchor=anchor)
