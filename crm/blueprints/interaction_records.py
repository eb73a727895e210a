"""One interaction: what was said, what became of its promise, and putting it right."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from werkzeug.datastructures import MultiDict

from crm import clock, filters, queries, record_pages, services, web
from crm.enums import Picklist
from crm.forms import base
from crm.forms.interaction_corrections import CorrectionForm
from crm.models import Interaction
from crm.queries.timeline import Place

bp = Blueprint("interaction_records", __name__, url_prefix="/interactions")

ONE = "/<int(max=9223372036854775807):interaction_id>"


@bp.get(ONE)
def show(interaction_id: int) -> Response:
    """With whom, about what, what was said, and the promise."""
    context = interaction(request.args, interaction_id)
    return web.render("interactions/show.html", "interactions/_interaction.html", **context)


def interaction(_: "MultiDict[str, str]", interaction_id: int) -> dict[str, Any]:
    """What the page of one interaction shows."""
    profile = queries.interactions.get(interaction_id)
    one = profile.interaction
    return {
        "profile": profile,
        "interaction": one,
        "may_change": record_pages.may_change(one.author_id, one.owner_id),
    }


web.redraws("interaction_records.show", "interactions/_interaction.html", interaction)


@bp.get(f"{ONE}/history")
def history(interaction_id: int) -> Response:
    """Who changed what of it, when, from what to what."""
    before = Place.parse(request.args.get("before", ""))
    one = queries.interactions.record(interaction_id)
    context = record_pages.history("interactions", interaction_id, before)
    return web.render("interactions/history.html", "interactions/_history.html", interaction=one, **context)


@bp.get(f"{ONE}/edit")
def edit(interaction_id: int) -> Response:
    """The form over it."""
    one = _to_change(interaction_id)
    return _page(_form(one, None), one)


@bp.post(ONE)
@web.once
def change(interaction_id: int) -> Response:
    """Save it. Where somebody else saved it meanwhile both values are shown, and the person chooses."""
    one = services.records.take(_to_change(interaction_id))
    version = one.version
    form, differences = base.read(lambda posted: _form(one, posted), request.form, version=version)
    if not form.validate():
        return _page(form, one, status=422)
    here = url_for("interaction_records.show", interaction_id=interaction_id)
    if differences:
        return record_pages.conflict(
            form,
            differences,
            title=filters.sentence(f"{one.interaction_type} of {one.interaction_date:%-d %b %Y}"),
            version=version,
            newest=queries.history.newest("interactions", interaction_id),
            action=here,
            back_url=here,
            active="interactions",
        )
    entry, me = form.entry, web.person()
    done = web.attempt(
        form, lambda: services.interactions.correct(one, entry, by=me, now=clock.now(), seen=version)
    )
    if done is None:
        return _page(form, one, status=422)
    web.toast("Saved. The history keeps what it said before.")
    return web.done(here)


def _to_change(interaction_id: int) -> Interaction:
    """The row. Raises `Forbidden` if the person may not change it."""
    one = queries.interactions.record(interaction_id)
    record_pages.must_be_allowed(one.author_id, one.owner_id)
    return one


def _form(one: Interaction, posted: "MultiDict[str, str] | None") -> CorrectionForm:
    """The form over an interaction, with what was posted or as it is."""
    form = CorrectionForm(
        formdata=posted,
        obj=one,
        today=web.today(),
        activities=queries.picklists.words(Picklist.ACTIVITY, under=one.interaction_type),
    )
    if posted is None:
        form.happened_on.data = filters.local_day(one.interaction_date, web.person().time_zone)
        form.remember()
    return form


def _page(form: CorrectionForm, one: Interaction, *, status: int = 200) -> Response:
    return web.render(
        "interactions/edit.html", "interactions/_edit.html", status=status, form=form, interaction=one
    )
