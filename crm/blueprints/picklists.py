"""Picklists: the words that forms offer, as admins keep them."""

from typing import Any

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from crm import clock, policy, queries, services, web
from crm.enums import Picklist
from crm.forms.picklists import WordForm
from crm.models import PicklistValue

bp = Blueprint("picklists", __name__, url_prefix="/admin/picklists")

ONE = "/words/<int(max=9223372036854775807):picklist_value_id>"

ADMINS = web.only(policy.may_keep_words, "Only an admin can change the lists of words. Ask one of them.")


@bp.get("")
@ADMINS
def index() -> ResponseReturnValue:
    """Lead to the first list."""
    return redirect(url_for("picklists.show", picklist=slug(Picklist.SEGMENT)), 303)


@bp.get("/<picklist>")
@ADMINS
def show(picklist: str) -> Response:
    """The words of one list and how many rows hold each."""
    return web.render("picklists/show.html", "picklists/_content.html", **content(request.args, picklist))


def content(_: "MultiDict[str, str]", picklist: str, refused: FlaskForm | None = None) -> dict[str, Any]:
    """What the page shows; `refused` is the form that was not accepted."""
    known = _known(picklist)
    return {
        "picklist": known,
        "here": slug(known),
        "lists": [(one, url_for("picklists.show", picklist=slug(one))) for one in Picklist],
        "words": queries.picklists.kept(known),
        "form": refused or WordForm(formdata=None),
    }


web.redraws("picklists.show", "picklists/_content.html", content)


@bp.post("/<picklist>")
@ADMINS
@web.once
def add(picklist: str) -> ResponseReturnValue:
    """Offer one more word."""
    known, form = _known(picklist), WordForm()
    word = (
        web.attempt(form, lambda: services.picklists.add(known, form.value.data or ""))
        if form.validate()
        else None
    )
    if word is None:
        context = content(request.args, picklist, form)
        return web.render("picklists/show.html", "picklists/_content.html", status=422, **context)
    web.toast(f"{word.value} is offered from now on.")
    return web.done(url_for("picklists.show", picklist=picklist))


@bp.get(ONE)
@ADMINS
def edit(picklist_value_id: int) -> Response:
    """The form to rename a word."""
    word = queries.picklists.get(picklist_value_id)
    return _show_word(word, WordForm(formdata=None, value=word.value))


@bp.post(ONE)
@ADMINS
@web.once
def rename(picklist_value_id: int) -> ResponseReturnValue:
    """Rename it, on every row that holds it, too."""
    word, form = queries.picklists.get(picklist_value_id), WordForm()
    was, new = word.value, form.value.data or ""
    rows = web.attempt(form, lambda: services.picklists.rename(word, to=new)) if form.validate() else None
    if rows is None:
        return _show_word(queries.picklists.get(picklist_value_id), form, status=422)
    web.toast(f"{was} is {new} now, on {rows} record{'s' * (rows != 1)}.")
    return web.done(url_for("picklists.show", picklist=slug(word.picklist)))


@bp.post(f"{ONE}/archiving")
@ADMINS
@web.once
def archive(picklist_value_id: int) -> Response:
    """Offer it no more; rows that hold it keep it."""
    word = services.records.archive(queries.picklists.get(picklist_value_id), now=clock.now())
    undo = url_for("picklists.restore", picklist_value_id=picklist_value_id)
    web.toast(f"{word.value} is no longer offered.", undo=undo)
    return web.done(url_for("picklists.show", picklist=slug(word.picklist)))


@bp.post(f"{ONE}/restoration")
@ADMINS
@web.once
def restore(picklist_value_id: int) -> Response:
    """Offer it again."""
    word = services.picklists.restore(queries.picklists.get(picklist_value_id))
    web.toast(f"{word.value} is offered again.")
    return web.done(url_for("picklists.show", picklist=slug(word.picklist)))


def slug(picklist: Picklist) -> str:
    """The list as its address names it."""
    return picklist.value.replace(" ", "-")


def _known(text: str) -> Picklist:
    return next((one for one in Picklist if slug(one) == text), None) or abort(404)


def _show_word(word: PicklistValue, form: WordForm, *, status: int = 200) -> Response:
    return web.render(
        "picklists/edit.html",
        "picklists/_form.html",
        status=status,
        word=word,
        uses=next(one.uses for one in queries.picklists.kept(word.picklist) if one.word is word),
        home=url_for("picklists.show", picklist=slug(word.picklist)),
        form=form,
    )
