"""One contact: their page, their history, their form, how they stand to us, and that they left.

The list of all of them is contact_list.py's.
"""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from crm import clock, queries, record_pages, record_sentences, services, web
from crm.enums import AdvocacyStatus, Picklist, RecordKind
from crm.forms import base
from crm.forms.contacts import AdvocacyForm, ContactForm, LeavingForm
from crm.models import Contact
from crm.queries.keys import read_number
from crm.queries.promises import Named
from crm.queries.timeline import Place

bp = Blueprint("contacts", __name__, url_prefix="/contacts")

ONE = "/<int(max=9223372036854775807):contact_id>"


@bp.get(ONE)
def show(contact_id: int) -> Response:
    """Who they are, how they stand to us, what is under way with them, what happened."""
    return web.render("contacts/show.html", "contacts/_contact.html", **contact(request.args, contact_id))


def contact(
    args: "MultiDict[str, str]", contact_id: int, refused: AdvocacyForm | None = None
) -> dict[str, Any]:
    """What the page of one contact shows; `before` in its address begins the timeline further back."""
    firm_today = web.firm_today()
    profile = queries.contacts.get(contact_id)
    is_favorite = services.habits.visit(
        RecordKind.CONTACT, contact_id, by=web.person().user_id, now=clock.now()
    )
    hearings = queries.contacts.hearings(contact_id)
    deals, deals_total = queries.contacts.opportunities(contact_id, today=firm_today)
    before = Place.parse(args.get("before", ""))
    form = refused or AdvocacyForm(formdata=None, status=profile.contact.advocacy_status)
    form.offer_principals(Named(one.principal_id, one.name) for one in hearings)
    return {
        "profile": profile,
        "contact": profile.contact,
        "may_change": record_pages.may_change(profile.contact.owner_id),
        "is_favorite": is_favorite,
        "in_touch": record_sentences.of_contact(profile, firm_today),
        "hearings": hearings,
        "steps": queries.contacts.steps(contact_id),
        "deals": deals,
        "deals_total": deals_total,
        "advocacy_form": form,
        "firm_today": firm_today,
        "before": before,
        **_timeline(contact_id, before),
    }


web.redraws("contacts.show", "contacts/_contact.html", contact)


@bp.get(f"{ONE}/timeline")
def timeline(contact_id: int) -> str:
    """The part of the timeline from a place on, for the button under it; without scripts it is a page."""
    queries.contacts.record(contact_id)
    before = Place.parse(request.args.get("before", ""))
    return render_template("records/_days.html", **(_timeline(contact_id, before) | {"is_next_part": True}))


@bp.get(f"{ONE}/history")
def history(contact_id: int) -> Response:
    """Who changed what of them, when, from what to what."""
    before = Place.parse(request.args.get("before", ""))
    context = record_pages.history("contacts", contact_id, before)
    record = queries.contacts.record(contact_id)
    return web.render("contacts/history.html", "contacts/_history.html", contact=record, **context)


@bp.get("/new")
def new() -> Response:
    """The form for one more, at the organization that the person comes from."""
    form = _form(None, None, organization_id=read_number(request.args.get("organization", "")))
    form.owner_id.data = str(web.person().user_id)
    return _page(form, None)


@bp.post("")
@web.once
def create() -> Response:
    """Add them, then show them."""
    form, added = _form(None, request.form), None
    if form.validate():
        added = web.attempt(
            form,
            lambda: services.contacts.create(form.entry, by=web.person(), is_another=form.is_another.data),
        )
    if added is None:
        return _page(form, None, status=422)
    web.toast(f"{added.full_name} is in the book.")
    return web.done(url_for("contacts.show", contact_id=added.contact_id))


@bp.get(f"{ONE}/edit")
def edit(contact_id: int) -> Response:
    """The form over one of them."""
    record = _to_change(contact_id)
    return _page(_form(record, None), record)


@bp.post(ONE)
@web.once
def change(contact_id: int) -> Response:
    """Save it. Where somebody else saved it meanwhile both values are shown, and the person chooses."""
    record = services.records.take(_to_change(contact_id))
    version = record.version
    form, differences = base.read(lambda posted: _form(record, posted), request.form, version=version)
    if not (form.validate() and record_pages.may_hand_over(form, record)):
        return _page(form, record, status=422)
    here = url_for("contacts.show", contact_id=contact_id)
    if differences:
        return record_pages.conflict(
            form,
            differences,
            title=record.full_name,
            version=version,
            newest=queries.history.newest("contacts", contact_id),
            action=here,
            back_url=here,
            active="contacts",
        )
    entry = form.entry
    saved = web.attempt(form, lambda: services.contacts.change(record, entry, seen=version, by=web.person()))
    if saved is None:
        return _page(form, record, status=422)
    web.toast(f"Saved {record.full_name}.")
    return web.done(here)


@bp.post("/draft")
def draft() -> Response:
    """The form as it stands, with what depends on where they work. Nothing is saved."""
    number = read_number(request.form.get("record", ""))
    record = _to_change(number) if number is not None else None
    return _page(_form(record, request.form), record)


@bp.get("/similar")
def similar() -> str:
    """Contacts that a name at an organization might mean, while it is typed."""
    name = f"{request.args.get('first_name', '')} {request.args.get('last_name', '')}"
    return render_template(
        "contacts/_similar.html",
        similar=_similar(
            name,
            read_number(request.args.get("organization_id", "")),
            request.args.get("email", ""),
            read_number(request.args.get("record", "")),
        ),
        record_id=read_number(request.args.get("record", "")),
    )


@bp.post(f"{ONE}/advocacy")
@web.once
def advocate(contact_id: int) -> Response:
    """From today on they speak of us, or of one principal, like this."""
    record = _to_change(contact_id)
    form = AdvocacyForm()
    form.offer_principals(Named(one.principal_id, one.name) for one in queries.contacts.hearings(contact_id))
    done = None
    if form.validate():
        done = web.attempt(
            form,
            lambda: services.contacts.advocate(
                record,
                AdvocacyStatus(form.status.data),
                principal_id=read_number(form.principal_id.data),
                note=form.note.data,
                on=web.firm_today(),
                seen=record.version,
            ),
        )
    if done is None:
        context = contact(MultiDict(), contact_id, form)
        return web.render("contacts/show.html", "contacts/_contact.html", status=422, **context)
    of = dict(form.principal_id.choices).get(form.principal_id.data, "") if form.principal_id.data else "us"
    web.toast(f"{record.full_name} is {_article(form.status.data)} of {of} from today on.")
    return web.done(url_for("contacts.show", contact_id=contact_id))


@bp.get(f"{ONE}/leaving")
def leaving(contact_id: int) -> Response:
    """The form for somebody who left, and where they are now."""
    record = _to_change(contact_id)
    return _leaving_page(LeavingForm(formdata=None, today=web.today(), left_on=web.today()), record)


@bp.post(f"{ONE}/leaving")
@web.once
def leave(contact_id: int) -> Response:
    """They left; what happened with them stays where it happened."""
    record = _to_change(contact_id)
    form, left = LeavingForm(today=web.today()), None
    if form.validate():
        left = web.attempt(
            form,
            lambda: services.contacts.leave(
                record,
                on=form.left_on.data,
                to=form.organization_id.data,
                to_new=form.new_organization.data,
                position=form.position.data,
                seen=record.version,
                by=web.person(),
            ),
        )
    if left is None:
        return _leaving_page(form, record, status=422)
    web.toast(f"Noted that {record.full_name} left. Their history stays with them.")
    return web.done(url_for("contacts.show", contact_id=contact_id))


@bp.post(f"{ONE}/leaving/draft")
def draft_leaving(contact_id: int) -> Response:
    """The form as it stands, with what the Find button found. Nothing is saved."""
    return _leaving_page(LeavingForm(today=web.today()), _to_change(contact_id))


@bp.post(f"{ONE}/archive")
@web.once
def archive(contact_id: int) -> Response:
    """Take them out of every list; what happened with them stays."""
    record = _to_change(contact_id)
    services.records.archive(record, now=clock.now())
    undo = url_for("trash.restore", kind=RecordKind.CONTACT.value, record_id=contact_id)
    web.toast(f"Archived {record.full_name}.", undo=undo)
    return web.done(url_for("contacts.show", contact_id=contact_id))


def _to_change(contact_id: int) -> Contact:
    """The row. `Forbidden` if the person may not change it; 404 with the way out if it is archived."""
    record = queries.contacts.record(contact_id)
    record_pages.must_be_allowed(record.owner_id)
    record_pages.must_be_live(record)
    return record


def _form(
    record: Contact | None, posted: "MultiDict[str, str] | None", *, organization_id: int | None = None
) -> ContactForm:
    """The form over a record, or over none, with what was posted or as the record is."""
    form = ContactForm(
        formdata=posted,
        obj=record,
        colleagues=[(one.user_id, one.full_name) for one in queries.users.colleagues()],
    )
    if organization_id is not None:
        form.organization_id.data = organization_id
    chosen = queries.organizations.offer(form.organization_id.data)
    form.organization_name = chosen.name if chosen else ""
    form.offer_superiors(
        queries.contacts.colleagues_of(form.organization_id.data, but=record.contact_id if record else None)
    )
    if posted is None and record is not None:
        form.remember()
    return form


def _page(form: ContactForm, record: Contact | None, *, status: int = 200) -> Response:
    letters = request.form.get("letters-organization_id", "")
    name = f"{form.first_name.data or ''} {form.last_name.data or ''}".strip()
    number = record.contact_id if record else None
    return web.render(
        "contacts/form.html",
        "contacts/_form.html",
        status=status,
        form=form,
        contact=record,
        picked=queries.organizations.offer(form.organization_id.data),
        found=queries.organizations.suggest(letters),
        letters=letters,
        positions=queries.picklists.words(Picklist.POSITION),
        similar=_similar(name, form.organization_id.data, form.email.data, number),
        record_id=number,
        is_checked=status == 422,
    )


def _leaving_page(form: LeavingForm, record: Contact, *, status: int = 200) -> Response:
    letters = request.form.get("letters-organization_id", "")
    return web.render(
        "contacts/leaving.html",
        "contacts/_leaving.html",
        status=status,
        form=form,
        contact=record,
        organization=queries.organizations.offer(record.organization_id),
        picked=queries.organizations.offer(form.organization_id.data),
        found=queries.organizations.suggest(letters),
        letters=letters,
    )


def _similar(name: str, organization_id: int | None, email: str | None, but: int | None) -> Any:
    name, email = name.replace("\x00", "").strip()[:255], (email or "").replace("\x00", "").strip()[:255]
    if len(name) < queries.duplicates.LEAST_LETTERS and not email:
        return []
    return queries.duplicates.contacts(name, organization_id=organization_id, email=email, but=but)


def _timeline(contact_id: int, before: Place | None) -> dict[str, Any]:
    events, earlier = queries.record_timelines.of_contact(contact_id, before=before)
    return record_pages.timeline(events, earlier, before, "contacts", contact_id=contact_id)


def _article(word: str) -> str:
    return f"a {word.lower()}"
