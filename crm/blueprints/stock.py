"""A product at a distributor, kept on the page of either: under which number, since when, primary or not."""

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.datastructures import MultiDict

from crm import clock, queries, record_pages, services, web
from crm.enums import StockStatus
from crm.forms import base
from crm.forms.distribution import StockForm
from crm.models import ProductDistributor
from crm.queries.products import Profile
from crm.queries.stock import Line

bp = Blueprint("stock", __name__, url_prefix="/stock")

ONE = "/<int(max=9223372036854775807):product_distributor_id>"
OF_PRODUCT = "/of/<int(max=9223372036854775807):product_id>"


@bp.get(OF_PRODUCT)
def new(product_id: int) -> Response:
    """The form for one more distributor of a product."""
    profile = _product(product_id)
    form = _form(None, None)
    form.status.data = StockStatus.STOCKED.value
    return _page(form, profile=profile)


@bp.post(OF_PRODUCT)
@web.once
def create(product_id: int) -> Response:
    """Note that they have it."""
    profile = _product(product_id)
    form, added = _form(None, request.form), None
    if form.validate():
        added = web.attempt(
            form,
            lambda: services.stock.add(profile.product, form.entry, distributor_id=form.distributor),
        )
    if added is None:
        return _page(form, profile=profile, status=422)
    web.toast(f"Noted who stocks {profile.product.name}.")
    return web.done(url_for("products.show", product_id=product_id, _anchor="stock"))


@bp.get(f"{ONE}/edit")
def edit(product_distributor_id: int) -> Response:
    """The form over one line; htmx puts it into the row that it stands in."""
    line = _to_change(product_distributor_id)
    return _page(_form(line.record, None), line=line)


@bp.post(ONE)
@web.once
def change(product_distributor_id: int) -> Response:
    """Save it. Where somebody else saved it meanwhile both values are shown, and the person chooses."""
    line = _to_change(product_distributor_id)
    record = services.records.take(line.record)
    version = record.version
    form, differences = base.read(lambda posted: _form(record, posted), request.form, version=version)
    if not form.validate():
        return _page(form, line=line, status=422)
    if differences:
        return record_pages.conflict(
            form,
            differences,
            title=f"{line.product.name} at {line.distributor.name}",
            version=version,
            newest=queries.history.newest("product_distributors", product_distributor_id),
            action=url_for("stock.change", product_distributor_id=product_distributor_id, side=_side()),
            back_url=_back(line),
            active="products",
        )
    if web.attempt(form, lambda: services.stock.change(record, form.entry, seen=version)) is None:
        return _page(form, line=line, status=422)
    web.toast(f"Saved {line.product.name} at {line.distributor.name}.")
    return web.done(_back(line))


@bp.post(f"{ONE}/archive")
@web.once
def archive(product_distributor_id: int) -> Response:
    """They have it no more."""
    line = _to_change(product_distributor_id)
    services.stock.take_off(line.record, now=clock.now())
    undo = url_for("stock.put_back", product_distributor_id=product_distributor_id, side=_side())
    web.toast(f"{line.distributor.name} has {line.product.name} no more.", undo=undo)
    return web.done(_back(line))


@bp.post(f"{ONE}/return")
@web.once
def put_back(product_distributor_id: int) -> Response:
    """Undo that."""
    line = _theirs(product_distributor_id)
    form = _form(line.record, None)
    if web.attempt(form, lambda: services.stock.put_back(line.record)) is None:
        web.toast(f"{line.distributor.name} has {line.product.name} again already. Nothing was changed.")
    else:
        web.toast(f"{line.distributor.name} has {line.product.name} again.")
    return web.done(_back(line))


def _product(product_id: int) -> Profile:
    """The product that a new line is for. Raises `Forbidden` if the person may not change it."""
    profile = queries.products.get(product_id)
    record_pages.must_be_allowed(*profile.owners)
    if profile.product.is_archived:
        abort(404, "The product is archived. Restore it on its page or in the Trash first.")
    return profile


def _to_change(product_distributor_id: int) -> Line:
    """The line. `Forbidden` if the person may not change it; 404 if it was taken off."""
    line = _theirs(product_distributor_id)
    if line.record.is_archived:
        abort(404, "It was taken off. Note it once more on the page of the product.")
    return line


def _theirs(product_distributor_id: int) -> Line:
    line = queries.stock.get(product_distributor_id)
    record_pages.must_be_allowed(*line.owners)
    return line


def _form(record: ProductDistributor | None, posted: "MultiDict[str, str] | None") -> StockForm:
    distributors = queries.organizations.distributors() if record is None else None
    form = StockForm(formdata=posted, obj=record, distributors=distributors)
    if posted is None and record is not None:
        form.remember()
    return form


def _page(
    form: base.EditForm, *, profile: Profile | None = None, line: Line | None = None, status: int = 200
) -> Response:
    product_id = profile.product.product_id if profile else line.product.number if line else 0
    return web.render(
        "stock/form.html",
        "stock/_form.html",
        status=status,
        form=form,
        line=line,
        product_id=product_id,
        product_name=profile.product.name if profile else line.product.name if line else "",
        side=_side(),
        back_url=_back(line) if line else url_for("products.show", product_id=product_id, _anchor="stock"),
    )


def _side() -> str:
    """On the page of which of the two the person is."""
    return "distributor" if request.values.get("side") == "distributor" else "product"


def _back(line: Line) -> str:
    """The row on the page that the person came from."""
    anchor = f"stock-{line.record.product_distributor_id}"
    if _side() == "distributor":
        return url_for("distributors.show", organization_id=line.distributor.number, _anchor=anchor)
    return url_for("products.show", product_id=line.product.number, _anchor=anchor)
