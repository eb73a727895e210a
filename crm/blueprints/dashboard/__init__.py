"""The dashboard: panels that each answer one question, at an address of its own and together on one page."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, Response, render_template, request, url_for
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from crm import dashboard_sentences, policy, services, web
from crm.blueprints.dashboard.look import Look, Panel
from crm.blueprints.dashboard.panels import NAMED, PANELS
from crm.forms.dashboard import KEEP, Arrangement

bp = Blueprint("dashboard", __name__, url_prefix="/dashboard")

TOLD = ("engagement", "follow-ups")
"""The panels of which the sentence under the heading tells."""


@bp.get("")
def index() -> Response:
    """All panels that the person has not hidden, each with what it found."""
    return web.render("dashboard/index.html", "dashboard/_content.html", **content(request.args))


def content(args: "MultiDict[str, str]") -> dict[str, Any]:
    """What the page shows. A panel that fails leaves the others as they are."""
    look = _look(args)
    found: dict[str, dict[str, Any]] = {}
    return {
        "look": look,
        "parts": [_drawn(panel, look, found) for panel in look.shown],
        "lede": _lede(look, found),
    }


def _lede(look: Look, found: dict[str, dict[str, Any]]) -> str:
    """The sentence under the heading, of what the panels that are shown have found."""
    return dashboard_sentences.lede(
        found.get("engagement", {}).get("pulses"), found.get("follow-ups", {}).get("required"), look.today
    )


web.redraws("dashboard.index", "dashboard/_content.html", content)


@bp.get("/summary")
def summary() -> Response:
    """The sentence under the heading alone: it is asked for again when what it tells of has changed."""
    look = _look(request.args)
    found: dict[str, dict[str, Any]] = {}
    for panel in look.shown:
        if panel.name in TOLD:
            _drawn(panel, look, found)
    return web.render("dashboard/_lede.html", "dashboard/_lede.html", look=look, lede=_lede(look, found))


@bp.get("/engagement")
def engagement() -> Response:
    """What share of the principals is at which level."""
    return _alone("engagement")


@bp.get("/follow-ups")
def follow_ups() -> Response:
    """What is overdue, due today, or kept by nobody."""
    return _alone("follow-ups")


@bp.get("/stale")
def stale() -> Response:
    """Opportunities that have been quiet for too long."""
    return _alone("stale")


@bp.get("/momentum")
def momentum() -> Response:
    """Which principals rise, hold, fall, or are quiet."""
    return _alone("momentum")


@bp.get("/metrics")
def metrics() -> Response:
    """What was done in a period against the one before."""
    return _alone("metrics")


@bp.get("/coverage")
def coverage() -> Response:
    """Touches of each principal in each of the last weeks against its goal."""
    return _alone("coverage")


@bp.get("/principals")
def principals() -> Response:
    """The cards of principals, the coldest first."""
    return _alone("principals")


@bp.get("/scorecards")
@web.only(
    policy.may_see_scorecards, "How each rep does is for managers and admins. Your own figures are on top."
)
def scorecards() -> Response:
    """How each rep does."""
    return _alone("scorecards")


@bp.get("/arrangement")
def arrangement() -> Response:
    """Which panels stand where, and which do not; to htmx only the form, for the dialog."""
    look = _look(MultiDict())
    return web.render("dashboard/arrangement.html", "dashboard/_arrangement.html", look=look)


@bp.post("/arrangement")
@web.once
def arrange() -> Response:
    """Keep the order, and what is shown. The form stays open: there may be more to move."""
    look = _look(MultiDict())
    chosen = Arrangement.read(request.form, [panel.name for panel in look.panels])
    if chosen.panels:  # those that are switched off come back as they were
        off = [panel.name for panel in look.known if panel not in look.panels]
        chosen.panels.extend(off)
        chosen.hidden.extend(name for name in off if name in look.frame.hidden)
    services.dashboards.arrange(chosen.panels, chosen.hidden, by=web.person().user_id)
    form = render_template("dashboard/_arrangement.html", look=_look(MultiDict()))
    return web.done(url_for("dashboard.arrangement"), instead=form)


def _alone(name: str) -> Response:
    """One panel: to htmx as it stands on the page, else on a page of its own with room for all its rows."""
    panel = NAMED[name]
    look = _look(request.args, is_whole=not web.is_fragment())
    part = _drawn(panel, look, {})
    response = web.render("dashboard/panel.html", "dashboard/_part.html", panel=panel, look=look, part=part)
    if web.is_fragment() and look.chosen:
        response.headers["HX-Replace-Url"] = _address_with(look)
    return response


def _address_with(look: Look) -> str:
    """The address of the page that htmx stands on, asking for what was just chosen in one of its panels."""
    said = dict(parse_qsl(urlsplit(request.headers.get("HX-Current-URL", "")).query, keep_blank_values=True))
    now = look.asked.address()
    said |= {name: now.get(name, "") for name in (*look.chosen, "q") if name in request.args}
    said.pop(KEEP, None)
    asked: dict[str, Any] = {name: value for name, value in said.items() if value or name != "q"}
    return url_for("dashboard.index", **asked)


def _drawn(panel: Panel, look: Look, found: dict[str, dict[str, Any]]) -> Markup:
    def draw() -> str:
        found[panel.name] = panel.answer(look)
        return render_template(panel.template, panel=panel, look=look, **found[panel.name])

    return web.alone(draw, lambda: render_template("dashboard/_unknown.html", panel=panel, look=look))


def _look(args: "MultiDict[str, str]", *, is_whole: bool = False) -> Look:
    return Look(args, PANELS, is_whole=is_whole)
