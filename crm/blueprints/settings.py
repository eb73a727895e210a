"""Settings: a person's zone and keys, which news come which way and when, who stands in, what is in doubt."""

from typing import Any

from flask import Blueprint, Response, abort, url_for
from flask.typing import ResponseReturnValue

from crm import clock, policy, queries, services, web
from crm.enums import MailKind, MailState
from crm.forms.settings import CoverForm, LetterForm, NewsForm, PersonForm
from crm.queries.notification_preferences import LETTERS, next_at

bp = Blueprint("settings", __name__, url_prefix="/settings")


@bp.get("")
def index() -> Response:
    """The page, as things are."""
    return _show(PersonForm(formdata=None, obj=web.person()), _news_forms(is_posted=False))


@bp.post("")
@web.once
def save() -> ResponseReturnValue:
    """Keep what was chosen."""
    form, news = PersonForm(), _news_forms(is_posted=True)
    if not all([one.validate() for one in (form, *news.values())]):  # noqa: C419 - each says what is wrong
        return _show(form, news, status=422)
    services.notification_preferences.choose(
        web.person(),
        time_zone=form.time_zone.data,
        has_single_keys=form.has_single_keys.data,
        quiet=form.quiet,
        preferences=[one.preference for one in news.values()],
    )
    web.toast("Saved. It counts from the next mail on.")
    return web.done(url_for("settings.index"))


@bp.post("/cover")
@web.once
def cover() -> ResponseReturnValue:
    """Let somebody stand in."""
    form = CoverForm(_others())
    arranged = None
    if form.validate():
        arranged = web.attempt(
            form,
            lambda: services.covers.arrange(
                web.person(),
                stand_in_id=form.stand_in.data,
                starts_on=form.starts_on.data,
                ends_on=form.ends_on.data,
            ),
        )
    if arranged is None:
        person = PersonForm(formdata=None, obj=web.person())
        return _show(person, _news_forms(is_posted=False), cover=form, status=422)
    stand_in = queries.users.colleague(arranged.stand_in_id)
    web.toast(f"{stand_in.full_name} stands in for you, and is reminded of what you promised.")
    return web.done(url_for("settings.index", _anchor="cover"))


@bp.post("/cover/<int(max=9223372036854775807):cover_id>/removal")
@web.once
def remove_cover(cover_id: int) -> ResponseReturnValue:
    """Nobody stands in after all."""
    arranged = queries.covers.get(cover_id)
    if arranged.user_id != web.person().user_id:
        abort(404)
    services.covers.take_back(arranged)
    web.toast("Taken back. Your follow-ups are yours alone again.")
    return web.done(url_for("settings.index", _anchor="cover"))


def _others() -> list[queries.users.Colleague]:
    return [one for one in queries.users.colleagues() if one.user_id != web.person().user_id]


def _news_forms(*, is_posted: bool) -> dict[MailKind, NewsForm]:
    forms: dict[MailKind, NewsForm] = {}
    for preference in queries.notification_preferences.of(web.person()):
        kind = LetterForm if preference.kind in LETTERS else NewsForm
        forms[preference.kind] = kind(preference) if is_posted else kind(preference, formdata=None)
    return forms


def _show(
    form: PersonForm, news: dict[MailKind, NewsForm], *, cover: CoverForm | None = None, status: int = 200
) -> Response:
    me, now = web.person(), clock.now()
    last = queries.notification_preferences.last_of(me.user_id)
    undelivered = queries.mails.undelivered(
        now=now, to=None if policy.may_see_mail_of_others(me) else me.email
    )
    preferences = {one.kind: one for one in queries.notification_preferences.of(me)}
    letters: list[dict[str, Any]] = [
        {
            "form": news[kind],
            "kind": kind.value,
            "next_at": next_at(preferences[kind], me.time_zone, now=now),
            "last": last.get(kind),
        }
        for kind in LETTERS
    ]
    return web.render(
        "settings/index.html",
        "settings/_form.html" if cover is None else "settings/_cover.html",
        status=status,
        form=form,
        letters=letters,
        news=news,
        cover=cover or CoverForm(_others(), formdata=None),
        absences=queries.covers.of(me.user_id, today=web.today()),
        in_doubt=[letter for letter in undelivered if letter.state is MailState.IN_DOUBT],
        failed=[letter for letter in undelivered if letter.state is MailState.FAILED],
        my_address=me.email,
        two_factor_on_at=me.two_factor_on_at,
    )
