"""One organization: its page, its history, its form. The list of all of them is organization_list.py's."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from crm import clock, queries, record_pages, record_sentences, services, web
from crm.enums import Picklist, RecordKind
from crm.forms import base
from crm.forms.base import EditForm
from crm.forms.organizations import OrganizationForm
from crm.models import Organization
from crm.queries.keys import read_number
from crm.queries.organizations import Profile
from crm.queries.timeline import Place
from crm.record_pages import Warn

bp = Blueprint("organizations", __name__, url_prefix="/organizations")

ONE = "/<int(max=9223372036854775807):organization_id>"


@bp.get(ONE)
def show(organization_id: int) -> Response:
    """What they are to us, who works there, what is under way, what happened."""
    context = organization(request.args, organization_id)
    return web.render("organizations/show.html", "organizations/_organization.html", **context)


def organization(args: "MultiDict[str, str]", organization_id: int) -> dict[str, Any]:
    """What the page of one organization shows; `before` in its address begins the timeline further back."""
    firm_today = web.firm_today()
    profile = queries.organizations.get(organization_id)
    is_favorite = services.habits.visit(
        RecordKind.ORGANIZATION, organization_id, by=web.person().user_id, now=clock.now()
    )
    people, people_total = queries.organizations.people(organization_id)
    deals, deals_total = queries.organizations.opportunities(organization_id, today=firm_today)
    relatives, relatives_total = queries.organizations.relatives(profile.organization)
    before = Place.parse(args.get("before", ""))
    return {
        "profile": profile,
        "organization": profile.organization,
        "may_change": record_pages.may_change(*_owners(profile.organization)),
        "is_favorite": is_favorite,
        "warnings": list(_warnings(profile)),
        "people": people,
        "people_total": people_total,
        "deals": deals,
        "deals_total": deals_total,
        "relatives": relatives,
        "relatives_total": relatives_total,
        "firm_today": firm_today,
        "before": before,
        **_timeline(organization_id, before),
    }


web.redraws("organizations.show", "organizations/_organization.html", organization)


@bp.get(f"{ONE}/timeline")
def timeline(organization_id: int) -> str:
    """The part of the timeline from a place on, for the button under it; without scripts it is a page."""
    queries.organizations.record(organization_id)
    before = Place.parse(request.args.get("before", ""))
    context = _timeline(organization_id, before) | {"is_next_part": True}
    return render_template("records/_days.html", **context)


@bp.get(f"{ONE}/history")
def history(organization_id: int) -> Response:
    """Who changed what of it, when, from what to what."""
    before = Place.parse(request.args.get("before", ""))
    record = queries.organizations.record(organization_id)
    context = record_pages.history("organizations", organization_id, before)
    return web.render(
        "organizations/history.html", "organizations/_history.html", organization=record, **context
    )


@bp.get("/new")
def new() -> Response:
    """The form for one more, owned by who adds it unless they choose so. `?as=` begins it as a kind."""
    form = _form(None, None)
    form.name.data = request.args.get("name", "")[:255] or None
    form.owner_id.data = str(web.person().user_id)
    form.is_principal.data = request.args.get("as") == "principal"
    form.is_distributor.data = request.args.get("as") == "distributor"
    return _page(form, None)


@bp.post("")
@web.once
def create() -> Response:
    """Add it, then show it."""
    form = _form(None, request.form)
    added = None
    if form.validate():
        added = web.attempt(
            form, lambda: services.organizations.create(form.entry, is_another=form.is_another.data)
        )
    if added is None:
        return _page(form, None, status=422)
    web.toast(f"{added.name} is in the book.")
    return web.done(url_for("organizations.show", organization_id=added.organization_id))


@bp.get(f"{ONE}/edit")
def edit(organization_id: int) -> Response:
    """The form over one of them."""
    record = _to_change(organization_id)
    return _page(_form(record, None), record)


@bp.post(ONE)
@web.once
def change(organization_id: int) -> Response:
    """Save it. Where somebody else saved it meanwhile both values are shown, and the person chooses."""
    record = services.records.take(_to_change(organization_id))
    version = record.version
    form, differences = base.read(lambda posted: _form(record, posted), request.form, version=version)
    if not (form.validate() and record_pages.may_hand_over(form, record)):
        return _page(form, record, status=422)
    here = url_for("organizations.show", organization_id=organization_id)
    if differences:
        return record_pages.conflict(
            form,
            differences,
            title=record.name,
            version=version,
            newest=queries.history.newest("organizations", organization_id),
            action=here,
            back_url=here,
            active="organizations",
        )
    entry = form.entry
    if web.attempt(form, lambda: services.organizations.change(record, entry, seen=version)) is None:
        return _page(form, record, status=422)
    web.toast(f"Saved {record.name}.")
    return web.done(here)


@bp.post("/draft")
def draft() -> Response:
    """The form as it stands, with what the Find button found. Nothing is saved."""
    number = read_number(request.form.get("record", ""))
    record = _to_change(number) if number is not None else None
    return _page(_form(record, request.form), record)


@bp.get("/similar")
def similar() -> str:
    """Those of the book that a name might mean, while it is typed."""
    return render_template(
        "organizations/_similar.html",
        similar=queries.duplicates.organizations(
            request.args.get("name", "").replace("\x00", "")[:255],
            city=request.args.get("city", "").replace("\x00", "")[:255].strip() or None,
            but=read_number(request.args.get("record", "")),
        ),
        record_id=read_number(request.args.get("record", "")),
    )


@bp.get("/suggestions")
def suggestions() -> str:
    """Organizations by a few letters of their name, for a field that suggests while typing."""
    letters = request.args.get("q", "").strip()
    return render_template(
        "records/_suggestions.html", found=queries.organizations.suggest(letters), letters=letters
    )


@bp.post(f"{ONE}/archive")
@web.once
def archive(organization_id: int) -> Response:
    """Take it out of every list; what happened with it stays."""
    record = _to_change(organization_id)
    services.records.archive(record, now=clock.now())
    undo = url_for("trash.restore", kind=RecordKind.ORGANIZATION.value, record_id=organization_id)
    web.toast(f"Archived {record.name}.", undo=undo)
    return web.done(url_for("organizations.show", organization_id=organization_id))


def _to_change(organization_id: int) -> Organization:
    """The row. `Forbidden` if the person may not change it; 404 with the way out if it is archived."""
    record = queries.organizations.record(organization_id)
    record_pages.must_be_allowed(*_owners(record))
    record_pages.must_be_live(record)
    return record


def _owners(record: Organization) -> tuple[int | None, int | None]:
    return record.owner_id, record.second_owner_id


def _form(record: Organization | None, posted: "MultiDict[str, str] | None") -> OrganizationForm:
    """The form over a record, or over none, with what was posted or as the record is."""
    form = OrganizationForm(
        formdata=posted,
        obj=record,
        today=web.firm_today(),
        segments=queries.picklists.words(Picklist.SEGMENT),
        suggested=queries.picklists.words(Picklist.TAG),
        colleagues=[(one.user_id, one.full_name) for one in queries.users.colleagues()],
        distributors=queries.organizations.distributors(),
    )
    parent = queries.organizations.offer(form.parent_organization_id.data)
    form.parent_name = parent.name if parent else ""
    if posted is None and record is not None:
        form.remember()
    return form


def _page(form: EditForm, record: Organization | None, *, status: int = 200) -> Response:
    letters = request.form.get("letters-parent_organization_id", "")
    number = record.organization_id if record else None
    # Who is kept under a name was looked at then; while it is typed anew, /similar looks again.
    name = form["name"].data if record is None or status == 422 else ""
    return web.render(
        "organizations/form.html",
        "organizations/_form.html",
        status=status,
        form=form,
        organization=record,
        parent=queries.organizations.offer(form["parent_organization_id"].data),
        found=queries.organizations.suggest(letters),
        letters=letters,
        similar=queries.duplicates.organizations(name or "", city=form["city"].data, but=number),
        record_id=number,
        is_checked=bool(name) and status == 422,
    )


def _timeline(organization_id: int, before: Place | None) -> dict[str, Any]:
    events, earlier = queries.record_timelines.of_organization(organization_id, before=before)
    return record_pages.timeline(events, earlier, before, "organizations", organization_id=organization_id)


def _warnings(profile: Profile) -> Any:
    one = profile.organization
    if one.is_archived:
        return
    if not profile.contacts_count:
        add = url_for("contacts.new", organization=one.organization_id)
        yield Warn("Nobody who works there is in the book yet.", add, "Add a contact")
    quiet = "" if one.is_principal else record_sentences.quiet(profile, web.firm_today())
    if quiet:
        log = url_for("interactions.new", organization=one.organization_id)
        yield Warn(quiet, log, "Log interaction")
    alone = record_sentences.alone(profile.in_touch)
    if alone:
        yield Warn(alone)
