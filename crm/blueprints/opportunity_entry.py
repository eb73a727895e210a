"""A new opportunity in three steps, plain pages that work without scripts.

What the other steps were told travels hidden in the form, so Back keeps everything and nothing is written
before the end.
"""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from crm import clock, opportunity_pages, queries, services, web
from crm.enums import OpportunityStage
from crm.forms.opportunities import EntryForm
from crm.models import Opportunity
from crm.queries.keys import read_number
from crm.queries.opportunity_entry import Place, Shelf
from crm.services.opportunities import Part
from crm.services.opportunity_names import Brought

bp = Blueprint("opportunity_entry", __name__, url_prefix="/opportunities")

LAST = 3


@bp.get("/new")
def new() -> Response:
    """The first step, prefilled with the record that the person comes from."""
    return _show(EntryForm(_prefilled(request.args), today=web.today()), 1)


@bp.post("/new")
def step() -> Response:
    """From one step to another, or the same one again with what depends on what was chosen. Nothing is saved.

    Only the way forward asks whether what was told can be taken.
    """
    form = EntryForm(request.form, today=web.today())
    here = _number(request.form.get("step"), otherwise=1)
    to = _number(request.form.get("go"), otherwise=here)
    for passed in range(here, to):
        if not _is_sound(form, passed):
            return _show(form, passed, status=422)
    return _show(form, to)


@bp.post("")
@web.once
def create() -> ResponseReturnValue:
    """Bring it in, as one or as one for each principal, then show it."""
    form = EntryForm(request.form, today=web.today())
    made = None
    sound = [_is_sound(form, number) for number in EntryForm.STEPS]  # every step says what is wrong with it
    if all(sound):
        made = web.attempt(form, lambda: _create(form))
    if made is None:
        return _show(form, form.wrong_step() or LAST, status=422)
    web.toast(
        _said(made),
        link=url_for("opportunity_entry.new", organization=form.organization.data),
        link_text="Add another",
    )
    return web.done(url_for("opportunities.show", opportunity_id=made[0].opportunity_id))


def _create(form: EntryForm) -> list[Opportunity]:
    place = queries.opportunity_entry.place(form.organization.data)
    return services.opportunities.create(
        form.facts(),
        _parts(form, place, _brought(form)),
        stage=OpportunityStage(form.stage.data),
        started_on=web.today(),
        by=web.person(),
        now=clock.now(),
    )


def _said(made: list[Opportunity]) -> str:
    if len(made) == 1:
        return f"Added {made[0].name}."
    return f"Added {len(made)} opportunities, one for each principal. This is the first."


def _is_sound(form: EntryForm, number: int) -> bool:
    """Whether a step can be left behind: its fields, and what they name."""
    _offer(form)
    if not form.is_sound(number):
        return False
    checks = {1: _check_whom, 2: _check_what, 3: lambda _: None}
    web.attempt(form, lambda: checks[number](form))
    return not form.errors


def _check_whom(form: EntryForm) -> None:
    services.opportunities.check_whom(form.organization.data, read_number(form.contact.kept or ""))


def _check_what(form: EntryForm) -> None:
    services.opportunity_products.check(form.products.numbers, form.principals.numbers)
    if form.organization.data is not None:
        services.opportunity_products.refuse_twins(form.organization.data, form.products.numbers)


def _show(form: EntryForm, number: int, *, status: int = 200) -> Response:
    context = {1: _whom, 2: _what, 3: _details}[number](form)
    return web.render(
        "opportunities/new.html",
        "opportunities/_entry.html",
        status=status,
        form=form,
        step=number,
        **context,
    )


def _whom(form: EntryForm) -> dict[str, Any]:
    """What the first step shows."""
    letters = request.form.get("letters-organization", "")
    return {"place": _offer(form), "letters": letters, "found": queries.organizations.suggest(letters)}


def _what(form: EntryForm) -> dict[str, Any]:
    """What the second step shows."""
    return opportunity_pages.what(form, request.form.get("letters", ""))


def _details(form: EntryForm) -> dict[str, Any]:
    """What the third step shows: the details, and what will be added."""
    place = _offer(form)
    if place and "distributor" not in form.said:
        form.distributor.data = str(place.usual_distributor_id or "")
    brought = _brought(form)
    proposal = _proposal(form, place, brought)
    if not form.name.data or form.name.data == form.proposed.data:
        form.name.data = proposal
    form.proposed.data = proposal
    shelves = {shelf.principal_id: shelf for shelf in _chosen(form)}
    return {
        "place": place,
        "brought": brought,
        "shelves": shelves,
        "split": _parts(form, place, brought, is_split=True),
        "twins": _twins(form),
        "lapsed": queries.opportunities.lapses(
            read_number(form.distributor.data or ""),
            [one.principal_id for one in brought],
            today=web.firm_today(),
        ),
        "through": dict(form.distributor.choices).get(form.distributor.data, ""),
        "firm_today": web.firm_today(),
        "contact": dict(form.contact.choices).get(form.contact.data, ""),
    }


def _offer(form: EntryForm) -> Place | None:
    """Fill what can be chosen; the organization that was chosen comes back."""
    place = queries.opportunity_entry.place(form.organization.data)
    form.offer(
        words=queries.opportunity_entry.words(),
        people=queries.opportunity_entry.people(place.organization_id) if place else (),
        distributors=queries.organizations.distributors(),
    )
    return place


def _chosen(form: EntryForm) -> list[Shelf]:
    return queries.opportunity_entry.shelves(principal_ids=(), chosen=form.products.numbers)


def _brought(form: EntryForm) -> list[Brought]:
    """The principals of the entry by name: those of its products, and those chosen without one."""
    with_products = {
        shelf.principal_id: Brought(shelf.principal_id, shelf.name, [item.product_id for item in shelf.items])
        for shelf in _chosen(form)
    }
    makers = queries.opportunity_entry.makers()
    alone = {
        maker.number: Brought(maker.number, maker.name, ())
        for maker in makers
        if maker.number in form.principals.numbers
    }
    return sorted((alone | with_products).values(), key=lambda one: (one.name.casefold(), one.principal_id))


def _parts(
    form: EntryForm, place: Place | None, brought: list[Brought], *, is_split: bool | None = None
) -> list[Part]:
    return services.opportunity_names.parts(
        form.name.data or "",
        place.name if place else "",
        brought,
        context=form.context.kept,
        on=web.today(),
        is_split=form.is_split if is_split is None else is_split,
    )


def _proposal(form: EntryForm, place: Place | None, brought: list[Brought]) -> str:
    return services.opportunity_names.propose(
        place.name if place else "", brought, context=form.context.kept, on=web.today()
    )


def _twins(form: EntryForm) -> list[Any]:
    if form.organization.data is None:
        return []
    return list(queries.opportunity_twins.of(form.organization.data, form.products.numbers))


def _prefilled(args: "MultiDict[str, str]") -> "MultiDict[str, str]":
    """What an address says of the record that the person comes from."""
    said: MultiDict[str, str] = MultiDict()
    numbers = {
        kind: read_number(args.get(kind, "")) for kind in ("organization", "contact", "principal", "product")
    }
    organization, contact = numbers["organization"], numbers["contact"]
    if contact is not None and organization is None:
        organization = queries.opportunity_entry.organization_of_contact(contact)
    wanted = {
        "organization": organization,
        "contact": contact,
        "principals": numbers["principal"],
        "products": numbers["product"],
    }
    for name, number in wanted.items():
        if number is not None:
            said.add(name, str(number))
    said.add(
        "origin", next((f"{kind}:{number}" for kind, number in numbers.items() if number is not None), "")
    )
    return said


def _number(text: str | None, *, otherwise: int) -> int:
    number = read_number(text or "")
    return number if number in EntryForm.STEPS else otherwise
