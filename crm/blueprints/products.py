"""One product: its page, its history, its form. The list of all of them is product_list.py's."""

from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.datastructures import MultiDict

from crm import clock, queries, record_pages, rights, services, web
from crm.enums import Picklist, ProductStatus, RecordKind
from crm.forms import base
from crm.forms.products import ProductForm
from crm.models import Product
from crm.queries.keys import read_number
from crm.queries.products import Profile
from crm.queries.timeline import Place

bp = Blueprint("products", __name__, url_prefix="/products")

ONE = "/<int(max=9223372036854775807):product_id>"


@bp.get(ONE)
def show(product_id: int) -> Response:
    """What it is, who stocks it under which number, what it is proposed for."""
    return web.render("products/show.html", "products/_product.html", **product(request.args, product_id))


def product(args: "MultiDict[str, str]", product_id: int) -> dict[str, Any]:  # noqa: ARG001 - as redrawn
    """What the page of one product shows."""
    today = web.firm_today()
    profile = queries.products.get(product_id)
    is_favorite = services.habits.visit(
        RecordKind.PRODUCT, product_id, by=web.person().user_id, now=clock.now()
    )
    deals, deals_total = queries.products.opportunities(product_id, today=today)
    return {
        "product": profile.product,
        "principal": profile.principal,
        "may_change": record_pages.may_change(*profile.owners),
        "is_favorite": is_favorite,
        "lines": queries.stock.of_product(product_id),
        "verdicts": queries.samples.verdicts(product_id),
        "deals": deals,
        "deals_total": deals_total,
        "firm_today": today,
    }


web.redraws("products.show", "products/_product.html", product)


@bp.get(f"{ONE}/history")
def history(product_id: int) -> Response:
    """Who changed what of it, when, from what to what."""
    before = Place.parse(request.args.get("before", ""))
    profile = queries.products.get(product_id)
    context = record_pages.history("products", product_id, before)
    return web.render("products/history.html", "products/_history.html", product=profile.product, **context)


@bp.get("/new")
def new() -> Response:
    """The form for one more, of the principal that the person comes from."""
    form = _form(None, None)
    asked = request.args.get("principal", "")
    form.principal_id.data = asked if asked in form.principal_id.offered else ""
    form.status.data = ProductStatus.ACTIVE.value
    return _page(form, None)


@bp.post("")
@web.once
def create() -> Response:
    """Add it, then show it."""
    form, added = _form(None, request.form), None
    if form.validate():
        added = web.attempt(form, lambda: services.products.create(form.entry, principal_id=form.maker))
    if added is None:
        return _page(form, None, status=422)
    web.toast(f"{added.name} is on the line card.")
    return web.done(url_for("products.show", product_id=added.product_id))


@bp.get(f"{ONE}/edit")
def edit(product_id: int) -> Response:
    """The form over one of them."""
    profile = _to_change(product_id)
    return _page(_form(profile.product, None), profile)


@bp.post(ONE)
@web.once
def change(product_id: int) -> Response:
    """Save it. Where somebody else saved it meanwhile both values are shown, and the person chooses."""
    profile = _to_change(product_id)
    record = services.records.take(profile.product)
    version = record.version
    form, differences = base.read(lambda posted: _form(record, posted), request.form, version=version)
    if not form.validate():
        return _page(form, profile, status=422)
    here = url_for("products.show", product_id=product_id)
    if differences:
        return record_pages.conflict(
            form,
            differences,
            title=record.name,
            version=version,
            newest=queries.history.newest("products", product_id),
            action=here,
            back_url=here,
            active="products",
        )
    if (
        web.attempt(
            form, lambda: services.products.change(record, form.entry, seen=version, principal_id=form.maker)
        )
        is None
    ):
        return _page(form, profile, status=422)
    web.toast(f"Saved {record.name}.")
    return web.done(here)


@bp.post(f"{ONE}/archive")
@web.once
def archive(product_id: int) -> Response:
    """Take it off the line card; what happened with it stays."""
    record = _to_change(product_id).product
    services.records.archive(record, now=clock.now())
    undo = url_for("trash.restore", kind=RecordKind.PRODUCT.value, record_id=product_id)
    web.toast(f"Archived {record.name}.", undo=undo)
    return web.done(url_for("products.show", product_id=product_id))


def _to_change(product_id: int) -> Profile:
    """The product. `Forbidden` if the person may not change it; 404 with the way out if it is archived."""
    profile = queries.products.get(product_id)
    record_pages.must_be_allowed(*profile.owners)
    if profile.product.is_archived:
        abort(404, "It is archived. Restore it on its page or in the Trash, then change it.")
    return profile


def _form(record: Product | None, posted: "MultiDict[str, str] | None") -> ProductForm:
    """The form over a record, or over none, with what was posted or as the record is."""
    form = ProductForm(
        formdata=posted,
        obj=record,
        makers=() if record and record.principal_id else rights.changeable(queries.products.makers()),
        categories=queries.picklists.words(Picklist.PRODUCT_CATEGORY),
        is_new=record is None,
    )
    if posted is None and record is not None:
        form.remember()
    return form


def _page(form: base.EditForm, profile: Profile | None, *, status: int = 200) -> Response:
    maker = read_number(form["principal_id"].data or "")
    back = (
        url_for("products.show", product_id=profile.product.product_id)
        if profile
        else url_for("line_cards.show", principal_id=maker)
        if maker is not None
        else url_for("products_list.index")
    )
    return web.render(
        "products/form.html",
        "products/_form.html",
        status=status,
        form=form,
        product=profile and profile.product,
        principal=profile and profile.principal,
        back_url=back,
    )
