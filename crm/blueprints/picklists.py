"""Picklists and tags: the words that forms offer, as admins keep them.

A word that only records have is kept the same way, so what a page does names the word and not its number.
"""

from typing import Any

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from crm import clock, filters, policy, queries, services, web
from crm.enums import Picklist
from crm.forms.picklists import MergeForm, TagForm, WordForm
from crm.queries.picklists import HOLDERS, Kept

bp = Blueprint("picklists", __name__, url_prefix="/admin")

ONE = "/picklists/words/<int(max=9223372036854775807):picklist_value_id>"

ADMINS = web.only(policy.may_keep_words, "Only an admin can change the lists of words. Ask one of them.")


@bp.get("/picklists")
@ADMINS
def index() -> ResponseReturnValue:
    """Lead to the first list."""
    return redirect(_home(Picklist.SEGMENT), 303)


@bp.get("/tags")
@ADMINS
def tags() -> ResponseReturnValue:
    """Lead to the list of tags."""
    return redirect(_home(Picklist.TAG), 303)


@bp.get("/picklists/<picklist>")
@ADMINS
def show(picklist: str) -> Response:
    """The words of one list and how many rows hold each."""
    return web.render("picklists/show.html", "picklists/_content.html", **content(request.args, picklist))


def content(_: "MultiDict[str, str]", picklist: str, refused: FlaskForm | None = None) -> dict[str, Any]:
    """What the page shows; `refused` is the form that was not accepted."""
    known = _known(picklist)
    return {
        "picklist": known,
        "is_tags": known is Picklist.TAG,
        "here": slug(known),
        "lists": [(one, _home(one)) for one in Picklist if one is not Picklist.TAG],
        "holders": HOLDERS[known],
        "words": queries.picklists.kept(known),
        "form": refused or _word_form(known, formdata=None),
    }


web.redraws("picklists.show", "picklists/_content.html", content)


@bp.post("/picklists/<picklist>")
@ADMINS
@web.once
def add(picklist: str) -> ResponseReturnValue:
    """Offer one more word."""
    known = _known(picklist)
    form = _word_form(known)
    word = (
        web.attempt(form, lambda: services.picklists.add(known, form.value.data or ""))
        if form.validate()
        else None
    )
    if word is None:
        context = content(request.args, picklist, form)
        return web.render("picklists/show.html", "picklists/_content.html", status=422, **context)
    web.toast(f"{word.value} is offered from now on.")
    return web.done(_home(known))


@bp.get("/picklists/<picklist>/word")
@ADMINS
def edit(picklist: str) -> Response:
    """One word: rename it, or choose another one that takes its place."""
    known = _known(picklist)
    word = _word(known, request.args.get("word", ""))
    return _show_word(known, word, _word_form(known, formdata=None, value=word.value))


@bp.post("/picklists/<picklist>/name")
@ADMINS
@web.once
def rename(picklist: str) -> ResponseReturnValue:
    """Rename it, on every row that holds it, too."""
    known = _known(picklist)
    word, form = _word(known, request.form.get("word", "")), _word_form(known)
    new = form.value.data or ""
    changed = form.validate() and web.attempt(
        form,
        lambda: services.picklists.rename(word, known, to=new, by=web.person().user_id, now=clock.now()),
    )
    if not changed:
        return _show_word(known, _word(known, word.value), form, status=422)
    web.toast(
        f"{word.value} is {new} now, on {filters.counted(changed.rows, 'record')}.",
        undo=url_for("picklists.put_back", job_id=changed.job_id),
    )
    return web.done(_home(known))


@bp.get("/picklists/<picklist>/merging")
@ADMINS
def confirm(picklist: str) -> Response:
    """What merging a word into another one would change."""
    known = _known(picklist)
    word, into = _word(known, request.args.get("word", "")), request.args.get("into", "")
    form = MergeForm(formdata=None, data={"into": into})
    if into not in _takers(known, word):
        form.into.errors = ("Choose the word that takes its place.",)
        value = _word_form(known, formdata=None, value=word.value)
        return _show_word(known, word, value, merging=form, status=422)
    return _show_merging(known, word, form)


@bp.post("/picklists/<picklist>/merging")
@ADMINS
@web.once
def merge(picklist: str) -> ResponseReturnValue:
    """Do it."""
    known = _known(picklist)
    word, form, into = _word(known, request.form.get("word", "")), MergeForm(), request.form.get("into", "")
    changed = web.attempt(
        form,
        lambda: services.picklists.merge(word, known, into=into, by=web.person().user_id, now=clock.now()),
    )
    if changed is None:
        return _show_merging(known, _word(known, word.value), form, status=422)
    web.toast(
        f"{word.value} is {into} now, on {filters.counted(changed.rows, 'record')}.",
        undo=url_for("picklists.put_back", job_id=changed.job_id),
    )
    return web.done(_home(known))


@bp.post("/picklists/changes/<int(max=9223372036854775807):job_id>/return")
@ADMINS
@web.once
def put_back(job_id: int) -> ResponseReturnValue:
    """Undo a renaming or a merging, but on rows that were edited since."""
    form = FlaskForm()
    back = web.attempt(
        form, lambda: services.picklists.put_back(job_id, by=web.person().user_id, now=clock.now())
    )
    if back is None:
        web.toast(str(form.form_errors[0]))
        return web.done(url_for("picklists.index"))
    stay = filters.sentence(filters.counted(back.left, "record"))
    web.toast(
        f"{back.value} is back, on {filters.counted(back.returned, 'record')}."
        + (f" {stay} edited since stay{'s' * (back.left == 1)} as now." if back.left else "")
    )
    return web.done(_home(back.picklist))


@bp.post(f"{ONE}/place")
@ADMINS
@web.once
def move(picklist_value_id: int) -> Response:
    """One place up or down in the order in which forms offer the words."""
    word, to = queries.picklists.get(picklist_value_id), request.form.get("to", "")
    if to not in ("up", "down"):
        abort(400, "A word moves up or down. Press one of its arrows.")
    if not services.picklists.move(word, is_up=to == "up"):
        web.toast(f"{word.value} stands there already.")
    return web.done(_home(word.picklist))


@bp.post(f"{ONE}/archiving")
@ADMINS
@web.once
def archive(picklist_value_id: int) -> Response:
    """Offer it no more; rows that hold it keep it."""
    word = services.records.archive(queries.picklists.get(picklist_value_id), now=clock.now())
    undo = url_for("picklists.restore", picklist_value_id=picklist_value_id)
    web.toast(f"{word.value} is no longer offered.", undo=undo)
    return web.done(_home(word.picklist))


@bp.post(f"{ONE}/restoration")
@ADMINS
@web.once
def restore(picklist_value_id: int) -> Response:
    """Offer it again."""
    word = services.picklists.restore(queries.picklists.get(picklist_value_id))
    web.toast(f"{word.value} is offered again.")
    return web.done(_home(word.picklist))


@bp.post(f"{ONE}/removal")
@ADMINS
@web.once
def remove(picklist_value_id: int) -> Response:
    """Take an archived word that no row holds out of its list for good."""
    word, form = queries.picklists.get(picklist_value_id), FlaskForm()
    value, home = word.value, _home(word.picklist)
    web.attempt(form, lambda: services.picklists.remove(word))
    refused = form.form_errors
    web.toast(str(refused[0]) if refused else f"{value} is gone. It can be added again like any other word.")
    return web.done(home)


def slug(picklist: Picklist) -> str:
    """The list as its address names it."""
    return picklist.value.replace(" ", "-")


def _home(picklist: Picklist) -> str:
    return url_for("picklists.show", picklist=slug(picklist))


def _known(text: str) -> Picklist:
    return next((one for one in Picklist if slug(one) == text), None) or abort(404)


def _word(picklist: Picklist, value: str) -> Kept:
    return queries.picklists.find(picklist, value) or abort(404)


def _word_form(picklist: Picklist, **fields: Any) -> WordForm:
    return (TagForm if picklist is Picklist.TAG else WordForm)(**fields)


def _takers(picklist: Picklist, word: Kept) -> list[str]:
    return queries.picklists.takers(word, queries.picklists.kept(picklist))


def _show_word(
    picklist: Picklist, word: Kept, form: WordForm, *, merging: MergeForm | None = None, status: int = 200
) -> Response:
    merging = merging or MergeForm(formdata=None)
    merging.into.offer((value, value) for value in _takers(picklist, word))
    return web.render(
        "picklists/edit.html",
        "picklists/_form.html",
        status=status,
        form=form,
        merging=merging,
        **_about(picklist, word),
    )


def _show_merging(picklist: Picklist, word: Kept, form: MergeForm, *, status: int = 200) -> Response:
    return web.render(
        "picklists/merging.html",
        "picklists/_merging.html",
        status=status,
        form=form,
        into=form.into.data,
        **_about(picklist, word),
    )


def _about(picklist: Picklist, word: Kept) -> dict[str, Any]:
    """What the pages of one word show of it: the rows that hold it, by what they are."""
    moves = [(n, holder.noun, holder.nouns) for holder, n in zip(HOLDERS[picklist], word.uses, strict=True)]
    return {
        "word": word,
        "here": slug(picklist),
        "home": _home(picklist),
        "moves": moves,
        "picklist": picklist,
    }
