"""Access tokens: a person's own, made and revoked in the settings; an admin sees and revokes everybody's."""

from datetime import timedelta

from flask import Blueprint, Response, abort, g, url_for
from flask.typing import ResponseReturnValue

from crm import clock, policy, queries, services, web
from crm.enums import TokenKind
from crm.forms.tokens import TokenForm

bp = Blueprint("tokens", __name__, url_prefix="/settings/tokens")


@bp.get("")
def index() -> Response:
    """Those that are good, and the form for one more."""
    return _show(TokenForm(formdata=None))


@bp.post("")
@web.once
def create() -> Response:
    """Make it, and tell its secret this once."""
    form, me = TokenForm(), web.person()
    made = None
    if form.validate():
        days = timedelta(days=int(form.days.data)) if form.days.data else None
        made = web.attempt(
            form,
            lambda: services.tokens.make(
                me,
                name=form.name.data,
                scopes=form.scopes,
                expires_at=clock.now() + days if days else None,
                by=me,
            ),
        )
    if made is None:
        return _show(form, status=422)
    g.location = url_for("tokens.index")
    return _show(TokenForm(formdata=None), secret=made[1])


@bp.post("/<int(max=9223372036854775807):api_token_id>/revocation")
@web.once
def revoke(api_token_id: int) -> ResponseReturnValue:
    """It opens nothing from now on."""
    token, me = queries.tokens.get(api_token_id), web.person()
    if token.user_id != me.user_id and not policy.may_revoke_tokens_of_others(me):
        abort(404)
    services.tokens.revoke(token, now=clock.now())
    web.toast(f"Revoked {token.name}. Nothing comes in by it any more.")
    return web.done(url_for("tokens.index"))


@bp.post("/calendar")
@web.once
def make_calendar() -> Response:
    """Give the calendar of my follow-ups an address, and tell it this once; one from before ends."""
    secret = services.tokens.make_calendar(web.person(), now=clock.now())
    g.location = url_for("tokens.index")
    return _show(TokenForm(formdata=None), calendar=url_for("calendar.show", key=secret, _external=True))


@bp.post("/calendar/end")
@web.once
def end_calendar() -> ResponseReturnValue:
    """The calendar has no address any more."""
    for token in queries.tokens.calendars(web.person().user_id):
        services.tokens.revoke(token, now=clock.now())
    web.toast("The address is gone. Take the calendar out of your program, too.")
    return web.done(url_for("tokens.index"))


def _show(form: TokenForm, *, secret: str = "", calendar: str = "", status: int = 200) -> Response:
    me, now = web.person(), clock.now()
    tokens = queries.tokens.of(me.user_id)
    sees_all = policy.may_revoke_tokens_of_others(me)
    return web.render(
        "tokens/index.html",
        "tokens/_tokens.html",
        status=status,
        form=form,
        secret=secret,
        calendar=calendar,
        mine=[one for one in tokens if one.kind is not TokenKind.CALENDAR],
        has_calendar=any(one.kind is TokenKind.CALENDAR for one in tokens),
        others=[one for one in queries.tokens.everybodys() if one[0].user_id != me.user_id]
        if sees_all
        else [],
        sees_all=sees_all,
        now=now,
    )
