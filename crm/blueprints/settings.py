"""Settings: a person's zone and keys, which mail comes when, what came last and what is in doubt."""

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue

from crm import clock, policy, queries, services, web
from crm.enums import MailState
from crm.forms.settings import MailForm, PersonForm
from crm.queries.notification_preferences import next_at

bp = Blueprint("settings", __name__, url_prefix="/settings")


@bp.get("")
def index() -> Response:
    """The page, as things are."""
    return _show(PersonForm(formdata=None, obj=web.person()), _mail_forms(is_posted=False))


@bp.post("")
@web.once
def save() -> ResponseReturnValue:
    """Keep what was chosen."""
    form, mails = PersonForm(), _mail_forms(is_posted=True)
    if not all([one.validate() for one in (form, *mails)]):  # noqa: C419 - each says what is wrong with it
        return _show(form, mails, status=422)
    services.notification_preferences.choose(
        web.person(),
        time_zone=form.time_zone.data,
        has_single_keys=form.has_single_keys.data,
        mails=[one.preference for one in mails],
    )
    web.toast("Saved. It counts from the next mail on.")
    return web.done(url_for("settings.index"))


def _mail_forms(*, is_posted: bool) -> list[MailForm]:
    preferences = queries.notification_preferences.of(web.person())
    return [
        MailForm(preference) if is_posted else MailForm(preference, formdata=None)
        for preference in preferences
    ]


def _show(form: PersonForm, mails: list[MailForm], *, status: int = 200) -> Response:
    me, now = web.person(), clock.now()
    last = queries.notification_preferences.last_of(me.user_id)
    undelivered = queries.mails.undelivered(
        now=now, to=None if policy.may_see_mail_of_others(me) else me.email
    )
    return web.render(
        "settings/index.html",
        "settings/_form.html",
        status=status,
        form=form,
        mails=[
            {
                "form": one,
                "kind": preference.kind.value,
                "next_at": next_at(preference, me.time_zone, now=now),
                "last": last.get(preference.kind),
            }
            for one, preference in zip(mails, queries.notification_preferences.of(me), strict=True)
        ],
        in_doubt=[letter for letter in undelivered if letter.state is MailState.IN_DOUBT],
        failed=[letter for letter in undelivered if letter.state is MailState.FAILED],
        my_address=me.email,
    )
