"""Who has a say in an opportunity, kept on its page: added, given another role, made primary, taken off."""

from flask import Blueprint, Response, request, url_for
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from crm import queries, record_pages, services, web
from crm.enums import Picklist
from crm.forms.opportunity_contacts import SayForm
from crm.models import Opportunity, OpportunityContact
from crm.services.opportunity_contacts import Say

bp = Blueprint("opportunity_contacts", __name__, url_prefix="/opportunities")

ALL = "/<int(max=9223372036854775807):opportunity_id>/people"
ONE = f"{ALL}/<int(max=9223372036854775807):contact_id>"


@bp.get(f"{ALL}/new")
def new(opportunity_id: int) -> Response:
    """The form for one more."""
    opportunity = _opportunity(opportunity_id)
    return _page(_form(opportunity, None), opportunity)


@bp.post(ALL)
@web.once
def create(opportunity_id: int) -> Response:
    """Let them have a say."""
    opportunity = _opportunity(opportunity_id)
    form = _form(opportunity, request.form)
    if not form.validate() or not _give(opportunity, form.who, form):
        return _page(form, opportunity, status=422)
    web.toast("Noted who has a say.")
    return web.done(_home(opportunity_id))


@bp.get(f"{ONE}/edit")
def edit(opportunity_id: int, contact_id: int) -> Response:
    """The form over the part of one of them; htmx puts it into the row that it stands in."""
    opportunity = _opportunity(opportunity_id)
    return _page(
        _form(opportunity, None, queries.opportunities.say(opportunity_id, contact_id)),
        opportunity,
        contact_id,
    )


@bp.post(ONE)
@web.once
def change(opportunity_id: int, contact_id: int) -> Response:
    """Save it."""
    opportunity = _opportunity(opportunity_id)
    form = _form(opportunity, request.form, queries.opportunities.say(opportunity_id, contact_id))
    if not form.validate() or not _give(opportunity, contact_id, form):
        return _page(form, opportunity, contact_id, status=422)
    web.toast("Saved who has a say.")
    return web.done(_home(opportunity_id))


@bp.post(f"{ONE}/removal")
@web.once
def remove(opportunity_id: int, contact_id: int) -> Response:
    """They have no say any more."""
    opportunity = _opportunity(opportunity_id)
    was = services.opportunity_contacts.take_away(
        opportunity, queries.opportunities.say(opportunity_id, contact_id)
    )
    undo = url_for(
        "opportunity_contacts.put_back",
        opportunity_id=opportunity_id,
        contact_id=contact_id,
        role=was.role,
        primary=1 if was.is_primary else None,
    )
    web.toast("They have no say in it any more.", undo=undo)
    return web.done(_home(opportunity_id))


@bp.post(f"{ONE}/return")
@web.once
def put_back(opportunity_id: int, contact_id: int) -> Response:
    """Undo that."""
    opportunity, form = _opportunity(opportunity_id), FlaskForm()
    role = request.args.get("role", "")
    say = Say(
        role=role if role in queries.picklists.words(Picklist.CONTACT_ROLE) else None,
        is_primary=bool(request.args.get("primary")),
    )
    web.attempt(form, lambda: services.opportunity_contacts.give(opportunity, contact_id, say))
    problem = next((error for errors in form.errors.values() for error in errors), "")
    web.toast(problem or "They have a say in it again.")
    return web.done(_home(opportunity_id))


def _opportunity(opportunity_id: int) -> Opportunity:
    """The one they have a say in. `Forbidden` for a colleague's, 404 while it is archived."""
    record = queries.opportunities.record(opportunity_id)
    record_pages.must_be_allowed(record.owner_id, record.second_owner_id)
    record_pages.must_be_live(record)
    return record


def _give(opportunity: Opportunity, contact_id: int, form: SayForm) -> bool:
    web.attempt(form, lambda: services.opportunity_contacts.give(opportunity, contact_id, form.say))
    return not form.errors


def _form(
    opportunity: Opportunity,
    posted: "MultiDict[str, str] | None",
    link: OpportunityContact | None = None,
) -> SayForm:
    form = SayForm(formdata=posted, obj=link, is_new=link is None)
    people = [
        person
        for organization in (opportunity.organization_id, opportunity.distributor_id)
        if organization is not None and link is None
        for person in queries.opportunity_entry.people(organization)
    ]
    form.offer(people, queries.picklists.words(Picklist.CONTACT_ROLE))
    return form


def _page(
    form: SayForm, opportunity: Opportunity, contact_id: int | None = None, *, status: int = 200
) -> Response:
    return web.render(
        "opportunity_contacts/form.html",
        "opportunity_contacts/_form.html",
        status=status,
        form=form,
        opportunity=opportunity,
        contact_id=contact_id,
        back_url=_home(opportunity.opportunity_id),
    )


def _home(opportunity_id: int) -> str:
    return url_for("opportunities.show", opportunity_id=opportunity_id, _anchor="people")
