"""Weekly goals: how many interactions each principal should have, by everyone and by single persons."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from crm import policy, queries, services, web
from crm.forms.goals import GoalForm, form_for, shown
from crm.models import ActivityGoal
from crm.queries.principals import Key, Sort

bp = Blueprint("goals", __name__, url_prefix="/admin/goals")

ONE = "/<int(max=9223372036854775807):principal_id>"

MANAGERS = web.only(policy.may_set_goals, "Managers and admins set the weekly goals. Ask one of them.")


@bp.get("")
@MANAGERS
def index() -> Response:
    """Every principal with its goal, by name."""
    return web.render("goals/index.html", "goals/_content.html", **content(request.args))


def content(args: "MultiDict[str, str]") -> dict[str, Any]:
    """What the list shows."""
    search = args.get("q", "").replace("\x00", "").strip()[:100]
    rows, following = queries.principals.page(
        today=web.firm_today(),
        words=search.split(),
        sort=Sort.NAME,
        after=Key.parse(args.get("after", "")),
        limit=50,
    )
    return {
        "rows": rows,
        "own": queries.goals.own_goals([row.principal_id for row in rows]),
        "search": search,
        "default": ActivityGoal.DEFAULT,
        "following": following and url_for("goals.index", q=search or None, after=str(following)),
    }


web.redraws("goals.index", "goals/_content.html", content)


@bp.get(ONE)
@MANAGERS
def edit(principal_id: int) -> Response:
    """The goals of one principal."""
    return _show(principal_id, None)


@bp.post(ONE)
@MANAGERS
@web.once
def change(principal_id: int) -> ResponseReturnValue:
    """Set them, all at once."""
    record = queries.principals.get(principal_id, today=web.firm_today())
    form = form_for(_people())()
    if not form.validate():
        return _show(principal_id, form, status=422)
    services.goals.set_for(principal_id, form.goals)
    goal = queries.goals.of([principal_id])[principal_id]
    web.toast(f"{record.name}: {f'{goal} interactions a week' if goal else 'no weekly goal'} from now on.")
    return web.done(url_for("goals.index"))


def _show(principal_id: int, refused: GoalForm | None, *, status: int = 200) -> Response:
    record = queries.principals.get(principal_id, today=web.firm_today())
    goals = queries.goals.set_for(principal_id)
    form = refused or form_for(_people())(formdata=None, **shown(goals))
    return web.render(
        "goals/edit.html",
        "goals/_form.html",
        status=status,
        record=record,
        form=form,
        default=ActivityGoal.DEFAULT,
    )


def _people() -> Any:
    return queries.users.active()
