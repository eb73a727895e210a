"""Logging an interaction: one form as a dialog, a sheet on phones, and a page without scripts."""

from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from crm import addresses, clock, policy, queries, services, web
from crm.db import db
from crm.enums import InteractionType, RecordKind, Sentiment
from crm.errors import Forbidden
from crm.forms.interactions import InteractionForm
from crm.models import Interaction
from crm.queries.keys import read_number
from crm.queries.whom import Subject
from crm.services.interactions import Entry

bp = Blueprint("interactions", __name__, url_prefix="/interactions")

PAGE, FRAGMENT = "interactions/new.html", "interactions/_form.html"
KINDS = ("contact", "opportunity", "organization", "principal")


@bp.get("/new")
def new() -> Response:
    """The form, prefilled with the record that the person comes from."""
    kept = _promise(request.args.get("follow_up"))
    about = next((f"{kind}:{request.args[kind]}" for kind in KINDS if kind in request.args), "")
    if kept is not None and not about:
        about = next((f"{kind}:{key}" for kind in KINDS if (key := getattr(kept, f"{kind}_id", None))), "")
    form = InteractionForm(
        formdata=None,
        today=web.today(),
        about=about,
        back=addresses.local(request.args.get("back", "")),
        happened_on=web.today(),
        follow_up_kept=str(kept.interaction_id) if kept else "",
        keeps=[kept.interaction_id] if kept else [],
    )
    if kept is not None:
        form.opportunity.data = kept.opportunity_id
        form.principals.data = queries.whom.named_principals(kept.interaction_id)
    elif about.startswith("principal:") and (principal := read_number(request.args["principal"])) is not None:
        form.principals.data = [principal]
    return _show(form)


@bp.post("/draft")
def draft() -> Response:
    """The form as it stands, with what depends on whom it was with: asked for when that changes, and by the
    Find button without scripts. Nothing is saved.

    An entry that waited in the browser, and is opened again, is told what is wrong with it.
    """
    form = InteractionForm(today=web.today())
    if _waited():
        form.validate()
    return _show(form, letters=request.form.get("letters", ""))


@bp.get("/subjects")
def subjects() -> str:
    """What can be logged on, by a few letters of its name, for the field that suggests while typing."""
    letters = request.args.get("q", "")
    return render_template(
        "interactions/_subjects.html", subjects=queries.whom.search(letters), letters=letters.strip()
    )


@bp.post("")
@web.once
def create() -> ResponseReturnValue:
    """Log it, then show the page the person stands on as it is now."""
    form = InteractionForm(today=web.today())
    subject = _subject(form)
    interaction = None
    if form.validate() and subject is not None:
        entry = _entry(form, subject)
        interaction = web.attempt(
            form, lambda: services.interactions.log(entry, by=web.person(), now=clock.now())
        )
    if interaction is None:
        return _show(form, status=422)
    undo = url_for("interactions.archive", interaction_id=interaction.interaction_id)
    title = subject.title if subject else ""
    web.toast(f"Logged {_deed(interaction.interaction_type)} with {title.removesuffix('.')}.", undo=undo)
    if request.form.get("next") == "another":
        return _another(form)
    return web.done(addresses.local(form.back.data) or "/")


@bp.post("/<int(max=9223372036854775807):interaction_id>/archive")
@web.once
def archive(interaction_id: int) -> Response:
    """Take a logged interaction back."""
    interaction = db.get_or_404(Interaction, interaction_id)
    owners = (interaction.author_id, interaction.owner_id)
    if not policy.may_change(web.person(), owners=owners, team=queries.users.team(web.person().user_id)):
        raise Forbidden("Only who logged it, their manager or an admin can take it back.")
    form = FlaskForm()
    web.attempt(form, lambda: services.interactions.archive(interaction, now=clock.now()))
    if form.form_errors:
        web.toast(str(form.form_errors[0]))
    else:
        undo = url_for("trash.restore", kind=RecordKind.INTERACTION.value, record_id=interaction_id)
        web.toast("Taken back. It counts no more.", undo=undo)
    return web.done(url_for("interaction_records.show", interaction_id=interaction_id))


def _another(form: InteractionForm) -> Response:
    """Saved; here is an empty form for the next one."""
    again = url_for("interactions.new", back=addresses.local(form.back.data))
    if not web.is_fragment():
        return web.done(again)
    empty = InteractionForm(formdata=None, today=web.today(), happened_on=web.today(), back=form.back.data)
    return web.done(again, instead=render_template(FRAGMENT, **_context(empty)))


def _show(form: InteractionForm, *, status: int = 200, letters: str = "") -> Response:
    return web.render(PAGE, FRAGMENT, status=status, **_context(form, letters=letters, entry_key=_waited()))


def _context(form: InteractionForm, *, letters: str = "", entry_key: str | None = None) -> dict[str, object]:
    subject = queries.whom.get(form.about.data or "")
    named = list(form.principals.data or [])
    if subject is not None and subject.is_at_principal and request.method == "GET":
        named = sorted({*named, subject.organization_id or 0})
        form.principals.data = named
    if subject is not None and subject.kind == "opportunity":
        form.opportunity.data = subject.subject_id
    me, asked = web.person().user_id, read_number(form.follow_up_kept.data or "")
    promises = queries.follow_ups.keepable(subject, asked=asked, of_user=me)
    if asked is not None and asked not in (promise.interaction_id for promise in promises):
        # The talk was with somebody else after all: what the promise had brought along goes with it.
        form.follow_up_kept.data = ""
        brought = queries.whom.named_principals(asked)
        named = form.principals.data = [number for number in named if number not in brought]
    form.offer(
        opportunities=queries.whom.open_opportunities(subject),
        principals=queries.whom.principals(subject, of_user=me, named=named),
        promises=promises,
    )
    return {
        "form": form,
        "subject": subject,
        "letters": letters,
        "found": queries.whom.search(letters),
        "promises": promises,
        "entry_key": entry_key,
    }


def _waited() -> str | None:
    """The request key of an entry that waited in the browser and from which the form was opened; or None. It
    goes on under that key, so that it arrives once, also if it had arrived before.
    """
    try:
        return str(UUID(request.form.get("entry", "")))
    except ValueError:
        return None


def _subject(form: InteractionForm) -> Subject | None:
    """Whom the form names. One that leads to nobody (any more) is taken out, so that the form asks anew."""
    subject = queries.whom.get(form.about.data or "")
    if subject is None:
        form.about.data = ""
        form.about.raw_data = [""]
    return subject


def _entry(form: InteractionForm, subject: Subject) -> Entry:
    number = subject.subject_id
    opportunity_id = number if subject.kind == "opportunity" else form.opportunity.data
    return Entry(
        interaction_type=InteractionType(form.interaction_type.data),
        contact_id=number if subject.kind == "contact" else None,
        organization_id=number if subject.kind in ("organization", "principal") else None,
        opportunity_id=opportunity_id,
        principal_ids=form.principals.data or (),
        notes=form.notes.data,
        sentiment=Sentiment(form.sentiment.data),
        happened_on=form.happened_on.data,
        follow_up_on=form.follow_up_on,
        follow_up_note=form.follow_up_note.data,
        keeps=form.keeps.data or (),
    )


def _promise(number: str | None) -> Interaction | None:
    """The promise of that number that an entry can keep, open or completed and not logged yet; or None."""
    known = read_number(number or "")
    interaction = None if known is None else db.session.get(Interaction, known)
    return interaction if interaction is not None and interaction.is_keepable else None


def _deed(kind: InteractionType) -> str:
    """An interaction of that type in running text."""
    return {
        InteractionType.EMAIL: "an e-mail",
        InteractionType.PHONE_CALL: "a call",
        InteractionType.MEETING: "a meeting",
        InteractionType.DEMO_SAMPLED: "a tasting",
        InteractionType.FOLLOW_UP: "a follow-up",
        InteractionType.NOTE: "a note",
    }[kind]
