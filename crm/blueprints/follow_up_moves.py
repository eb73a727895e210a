"""Moving all that is overdue in a list to tomorrow, and back."""

from datetime import timedelta

from flask import Blueprint, Response, request, url_for
from flask_wtf import FlaskForm

from crm import clock, policy, queries, services, web
from crm.blueprints import follow_ups
from crm.filters import counted, sentence
from crm.forms.follow_ups import MoveForm

bp = Blueprint("follow_up_moves", __name__, url_prefix="/follow-ups/moves")


@bp.post("")
@web.once
def create() -> Response:
    """Move exactly what the person saw as overdue to tomorrow; what is not theirs to move stays."""
    me, today, form = web.person(), web.today(), MoveForm()
    tomorrow, team = today + timedelta(days=1), queries.users.team(me.user_id)
    whose = follow_ups.whose_list(request.args)
    moved = form.validate() and web.attempt(
        form,
        lambda: services.follow_up_moves.move_overdue(
            whose,
            to=tomorrow,
            mark=form.mark.data,
            by=me.user_id,
            today=today,
            now=clock.now(),
            may_move=lambda owner_id: policy.may_change(me, owners=(owner_id,), team=team),
        ),
    )
    if not moved:
        return follow_ups.refused_as_it_is(form)
    stay = f" {sentence(counted(moved.left, 'other'))} stay: they are colleagues'." if moved.left else ""
    web.toast(
        f"Moved {counted(moved.moved, 'follow-up')} to {follow_ups.said_day(tomorrow)}.{stay}",
        undo=url_for("follow_up_moves.put_back", job_id=moved.job_id),
    )
    return web.done(follow_ups.back())


@bp.post("/<int(max=9223372036854775807):job_id>/return")
@web.once
def put_back(job_id: int) -> Response:
    """Undo it, but for what was changed since."""
    me, form = web.person(), FlaskForm()
    back = web.attempt(
        form, lambda: services.follow_up_moves.put_back(job_id, by=me.user_id, now=clock.now())
    )
    if back is None:
        return follow_ups.refused_as_it_is(form)
    stay = f" {sentence(counted(back.left, 'other'))} changed since and stay." if back.left else ""
    web.toast(f"{sentence(counted(back.returned, 'follow-up'))} back on the old day.{stay}")
    return web.done(follow_ups.back())
