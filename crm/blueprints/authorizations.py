"""How far a distributor has taken a principal on, kept on the page of either."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.datastructures import MultiDict

from crm import clock, queries, record_pages, rights, services, web
from crm.enums import AuthorizationState
from crm.forms import base
from crm.forms.distribution import AuthorizationForm
from crm.models import DistributorPrincipal, Organization
from crm.queries.authorizations import Authorization
from crm.queries.promises import Named

bp = Blueprint("authorizations", __name__, url_prefix="/authorizations")

ONE = "/<int(max=9223372036854775807):distributor_principal_id>"
OF_PRINCIPAL = "/of/<int(max=9223372036854775807):principal_id>"
AT_DISTRIBUTOR = "/at/<int(max=9223372036854775807):organization_id>"


@bp.get(OF_PRINCIPAL)
def new_of_principal(principal_id: int) -> Response:
    """The form for one more distributor of a principal."""
    return _new(_principal(principal_id), _of_principal(None), "principal")


@bp.post(OF_PRINCIPAL)
@web.once
def create_of_principal(principal_id: int) -> Response:
    """Note how far that distributor is with them."""
    known, form = _principal(principal_id), _of_principal(request.form)
    return _create(known, form, "principal", lambda: _begin(form, form.other, principal_id))


@bp.get(AT_DISTRIBUTOR)
def new_at_distributor(organization_id: int) -> Response:
    """The form for one more principal at a distributor."""
    known = _distributor(organization_id)
    return _new(known, _at_distributor(known, None), "distributor")


@bp.post(AT_DISTRIBUTOR)
@web.once
def create_at_distributor(organization_id: int) -> Response:
    """Note how far they are with that principal."""
    known = _distributor(organization_id)
    form = _at_distributor(known, request.form)
    return _create(known, form, "distributor", lambda: _begin(form, organization_id, form.other))


@bp.get(f"{ONE}/edit")
def edit(distributor_principal_id: int) -> Response:
    """The form over one of them; htmx puts it into the row that it stands in."""
    row = _to_change(distributor_principal_id)
    return _page(_form(row, None), _side(), row=row)


@bp.post(ONE)
@web.once
def change(distributor_principal_id: int) -> Response:
    """Save it. Where somebody else saved it meanwhile both values are shown, and the person chooses."""
    row = _to_change(distributor_principal_id)
    record = services.records.take(row.record)
    version = record.version
    form, differences = base.read(lambda posted: _form(row, posted), request.form, version=version)
    if not form.validate():
        return _page(form, _side(), row=row, status=422)
    if differences:
        return record_pages.conflict(
            form,
            differences,
            title=f"{row.principal.name} at {row.distributor.name}",
            version=version,
            newest=queries.history.newest("distributor_principals", distributor_principal_id),
            action=url_for(
                "authorizations.change", distributor_principal_id=distributor_principal_id, side=_side()
            ),
            back_url=_back(row),
            active="principals",
        )
    saved = web.attempt(
        form,
        lambda: services.authorizations.change(record, form.entry, seen=version, today=web.firm_today()),
    )
    if saved is None:
        return _page(form, _side(), row=row, status=422)
    web.toast(f"Saved {row.principal.name} at {row.distributor.name}.")
    return web.done(_back(row))


@bp.post(f"{ONE}/archive")
@web.once
def archive(distributor_principal_id: int) -> Response:
    """The two are not spoken of together any more."""
    row = _to_change(distributor_principal_id)
    services.authorizations.take_off(row.record, now=clock.now())
    undo = url_for("authorizations.put_back", distributor_principal_id=distributor_principal_id, side=_side())
    web.toast(f"Took {row.principal.name} off at {row.distributor.name}.", undo=undo)
    return web.done(_back(row))


@bp.post(f"{ONE}/return")
@web.once
def put_back(distributor_principal_id: int) -> Response:
    """Undo that."""
    row = _theirs(distributor_principal_id)
    form = _form(row, None)
    if web.attempt(form, lambda: services.authorizations.put_back(row.record)) is None:
        web.toast("The two were noted together again since. Nothing was changed.")
    else:
        web.toast(f"{row.principal.name} stands at {row.distributor.name} again.")
    return web.done(_back(row))


def _side() -> str:
    """On the page of which of the two the person is."""
    return "distributor" if request.values.get("side") == "distributor" else "principal"


def _principal(principal_id: int) -> Organization:
    """The principal on whose page a new row is made. Raises `Forbidden` for somebody else's."""
    record = queries.organizations.record(principal_id)
    if not record.is_principal or record.is_archived:
        abort(404)
    record_pages.must_be_allowed(record.owner_id, record.second_owner_id)
    return record


def _distributor(organization_id: int) -> Organization:
    """The distributor on whose page a new row is made; whose principals it may name the form knows."""
    record = queries.organizations.record(organization_id)
    if not record.is_distributor or record.is_archived:
        abort(404)
    return record


def _to_change(distributor_principal_id: int) -> Authorization:
    """The row. `Forbidden` if the person may not change it; 404 if it was taken off."""
    row = _theirs(distributor_principal_id)
    if row.record.is_archived:
        abort(404, "It was taken off. Note it once more on the page of the principal or the distributor.")
    return row


def _theirs(distributor_principal_id: int) -> Authorization:
    row = queries.authorizations.get(distributor_principal_id, today=web.firm_today())
    record_pages.must_be_allowed(*row.owners)
    return row


def _of_principal(posted: "MultiDict[str, str] | None") -> AuthorizationForm:
    distributors = queries.organizations.distributors()
    return AuthorizationForm(formdata=posted, distributors=distributors, asks="distributor_id")


def _at_distributor(known: Organization, posted: "MultiDict[str, str] | None") -> AuthorizationForm:
    makers = rights.changeable(queries.products.makers())
    return AuthorizationForm(
        formdata=posted,
        principals=[Named(one.principal_id, one.name) for one in makers],
        buyers=queries.authorizations.buyers(known.organization_id),
        asks="principal_id",
    )


def _new(known: Organization, form: AuthorizationForm, side: str) -> Response:
    form.state.data = AuthorizationState.TARGET.value
    form.since_on.data = web.firm_today()
    return _page(form, side, known=known)


def _begin(form: AuthorizationForm, distributor_id: int, principal_id: int) -> DistributorPrincipal:
    return services.authorizations.begin(
        form.entry, distributor_id=distributor_id, principal_id=principal_id, today=web.firm_today()
    )


def _create(
    known: Organization, form: AuthorizationForm, side: str, begin: Callable[[], DistributorPrincipal]
) -> Response:
    if not form.validate() or web.attempt(form, begin) is None:
        return _page(form, side, known=known, status=422)
    web.toast(f"Noted for {known.name}.")
    return web.done(_home(known.organization_id, side))


def _form(row: Authorization, posted: "MultiDict[str, str] | None") -> AuthorizationForm:
    buyers = queries.authorizations.buyers(row.record.distributor_id, but=row.record.buyer_contact_id)
    form = AuthorizationForm(formdata=posted, obj=row.record, buyers=buyers)
    if posted is None:
        form.remember()
    return form


def _page(
    form: base.EditForm,
    side: str,
    *,
    known: Organization | None = None,
    row: Authorization | None = None,
    status: int = 200,
) -> Response:
    return web.render(
        "authorizations/form.html",
        "authorizations/_form.html",
        status=status,
        form=form,
        known=known,
        row=row,
        side=side,
        back_url=_back(row) if row else _home(known.organization_id if known else 0, side),
    )


def _home(number: int, side: str, anchor: str | None = None) -> str:
    if side == "distributor":
        return url_for("distributors.show", organization_id=number, _anchor=anchor)
    return url_for("principal_distributors.show", principal_id=number, _anchor=anchor)


def _back(row: Authorization) -> str:
    """The row on the page that the person came from."""
    number = row.distributor.number if _side() == "distributor" else row.principal.number
    return _home(number, _side(), f"authorization-{row.record.distributor_principal_id}")
