"""How the whole is doing: a page for admins, JSON and figures for machines that bring the token."""

from flask import Blueprint, Response, abort, jsonify, make_response
from flask.typing import ResponseReturnValue

from crm import clock, metrics, policy, queries, watch, web
from crm.errors import Forbidden

bp = Blueprint("ops", __name__)


@bp.get("/ops")
def index() -> ResponseReturnValue:
    """Every sign, the red ones with what to do; the same as JSON for a machine."""
    signs = watch.look(now=clock.now())
    if watch.has_token():
        return jsonify(watch.as_json(signs))
    if not policy.may_see_operations(web.person()):
        raise Forbidden("How the system is doing is for admins. Ask one of them.")
    return web.render("ops/index.html", "ops/_content.html", signs=signs, is_well=queries.ops.is_well(signs))


@bp.get("/metrics")
def figures() -> Response:
    """For Prometheus, with the token; anybody else is told that there is nothing."""
    if not watch.has_token():
        abort(404)
    response = make_response(metrics.page(watch.look(now=clock.now(), is_deep=False)))
    response.mimetype = "text/plain"
    return response
