"""Features: what an admin switches on and off on the running system."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from crm import policy, queries, services, web
from crm.enums import Role
from crm.forms.flags import OFF, ON, SOME, SwitchForm
from crm.queries.flags import KNOWN, Switch

bp = Blueprint("flags", __name__, url_prefix="/admin/flags")

ADMINS = web.only(policy.may_switch_features, "Only an admin can switch features. Ask one of them.")


@bp.get("")
@ADMINS
def index() -> Response:
    """Every feature that can be switched."""
    return web.render("flags/index.html", "flags/_content.html", **content(request.args))


def content(_: "MultiDict[str, str]", refused: SwitchForm | None = None) -> dict[str, Any]:
    """What the page shows; `refused` is the form that was not accepted."""
    switches, history = queries.flags.switches().values(), queries.flags.history()
    people = _people()
    forms = {switch.name: _form(switch, people) for switch in switches}
    if refused is not None:
        forms[refused.feature] = refused
    return {
        "features": [
            (switch, KNOWN[switch.name], forms[switch.name], history[switch.name]) for switch in switches
        ],
        "on": sum(switch.is_on for switch in switches),
    }


web.redraws("flags.index", "flags/_content.html", content)


@bp.post("/<name>")
@ADMINS
@web.once
def change(name: str) -> ResponseReturnValue:
    """Switch one."""
    if name not in KNOWN:
        abort(404)
    form = SwitchForm(name, _people())
    if not form.validate():
        context = content(request.args, form)
        return web.render("flags/index.html", "flags/_content.html", status=422, **context)
    chosen: dict[str, Any] = {}
    if form.state.data == SOME:
        chosen = {
            "roles": [Role(role) for role in form.roles.data or ()],
            "people": form.people.data or (),
            "percent": form.percent.data or 0,
        }
    services.flags.switch(name, is_on=form.state.data != OFF, **chosen)
    web.toast(f"{name} is {queries.flags.switches()[name].said} from the next page on.")
    return web.done(url_for("flags.index"))


def _people() -> list[tuple[int, str]]:
    """Everybody whom a feature may be on for."""
    return [(one.user_id, one.full_name) for one in queries.users.colleagues()]


def _form(switch: Switch, offered: Sequence[tuple[int, str]]) -> SwitchForm:
    state = (ON if switch.is_for_all else SOME) if switch.is_on else OFF
    return SwitchForm(
        switch.name,
        offered,
        formdata=None,
        state=state,
        roles=[role.value for role in switch.roles],
        people=sorted(switch.people),
        percent=switch.percent or None,
    )
