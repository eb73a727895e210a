"""The dashboard: panels that each answer one question, at an address of its own and together on one page."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from crm import dashboard_sentences, policy, queries, services, web
from crm.forms.dashboard import KEEP, Asked
from crm.models import User
from crm.queries.dashboard.frame import Frame
from crm.queries.dashboard.pulses import Momentum, Pulse

bp = Blueprint("dashboard", __name__, url_prefix="/dashboard")

FEW = 5
"""Rows of a panel; the rest is a link to their list."""


class Look:
    """Who looks at which book, and what several panels share: it is asked for once, when first needed."""

    def __init__(self, args: "MultiDict[str, str]", *, is_whole: bool = False) -> None:
        self.person: User = web.person()
        self.frame: Frame = queries.dashboard.frame.of(self.person.user_id)
        self.asked = Asked.read(args, self.person, self.frame)
        self.whose = self.asked.whose_for(self.person)
        self.today = web.firm_today()
        self.is_whole = is_whole
        """Whether a panel stands alone on a page and has room for all of its rows."""
        if args.get(KEEP) and self.asked.kept != self.frame.filters:
            services.dashboards.remember(self.asked.kept, by=self.person.user_id)

    @cached_property
    def pulses(self) -> list[Pulse]:
        return queries.dashboard.pulses.of(self.whose, today=self.today)

    @cached_property
    def owner(self) -> str:
        """Whose rows, as the lists behind the figures name them; "" for everybody's."""
        return "" if self.whose == "everyone" else str(self.whose)

    @property
    def books(self) -> list[tuple[str, str]]:
        """Whose dashboards are a click away: their word in addresses, and what people call them."""
        names = {one.value: one.text for one in self.frame.choices.owners}
        other = [(self.asked.whose, names[self.asked.whose])] if self.asked.whose in names else []
        return [("me", "Mine"), ("everyone", "Everyone’s"), *other]

    @property
    def panels(self) -> list["Panel"]:
        """The panels that this person may see, in their order."""
        places = {name: place for place, name in enumerate(self.frame.panels)}
        known = [one for one in PANELS if not one.is_for_managers or policy.may_see_scorecards(self.person)]
        return sorted(known, key=lambda panel: places.get(panel.name, len(places)))

    @property
    def shown(self) -> list["Panel"]:
        return [panel for panel in self.panels if panel.name not in self.frame.hidden]

    def url(self, panel: "Panel", **changes: object) -> str:
        """The address at which a panel stands alone, asking what is asked here but for `changes`."""
        return url_for(f"dashboard.{panel.endpoint}", **self.asked.address(**changes))


@dataclass(frozen=True)
class Panel:
    """One question: its name in addresses and templates, its heading, and how it is answered."""

    name: str
    title: str
    answer: Callable[[Look], dict[str, Any]]
    is_for_managers: bool = False

    @property
    def endpoint(self) -> str:
        return self.name.replace("-", "_")

    @property
    def template(self) -> str:
        return f"dashboard/_{self.endpoint}.html"


@bp.get("")
def index() -> Response:
    """All panels that the person has not hidden, each with what it found."""
    return web.render("dashboard/index.html", "dashboard/_content.html", **content(request.args))


def content(args: "MultiDict[str, str]") -> dict[str, Any]:
    """What the page shows. A panel that fails leaves the others as they are."""
    look = Look(args)
    found: dict[str, dict[str, Any]] = {}
    return {
        "look": look,
        "parts": [_drawn(panel, look, found) for panel in look.shown],
        "lede": dashboard_sentences.lede(
            found.get("engagement", {}).get("pulses"), found.get("follow-ups", {}).get("required"), look.today
        ),
    }


web.redraws("dashboard.index", "dashboard/_content.html", content)


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


def _alone(name: str) -> Response:
    """One panel: to htmx as it stands on the page, else on a page of its own with room for all its rows."""
    panel = NAMED[name]
    look = Look(request.args, is_whole=not web.is_fragment())
    part = _drawn(panel, look, {})
    response = web.render("dashboard/panel.html", "dashboard/_part.html", panel=panel, look=look, part=part)
    if web.is_fragment() and request.args.get(KEEP):
        response.headers["HX-Replace-Url"] = url_for("dashboard.index", **look.asked.address())
    return response


def _drawn(panel: Panel, look: Look, found: dict[str, dict[str, Any]]) -> Markup:
    def draw() -> str:
        found[panel.name] = panel.answer(look)
        return render_template(panel.template, panel=panel, look=look, **found[panel.name])

    return web.alone(draw, lambda: render_template("dashboard/_unknown.html", panel=panel, look=look))


def _engagement(look: Look) -> dict[str, Any]:
    return {"pulses": look.pulses, "shares": queries.dashboard.pulses.shares(look.pulses)}


def _follow_ups(look: Look) -> dict[str, Any]:
    required = queries.follow_ups.required(look.whose, today=web.today(), at_most=FEW)
    shown: set[int] = set()
    parts = []
    for name, (rows, total) in (
        ("overdue", required.overdue),
        ("today", required.today),
        ("unkept", required.unkept),
    ):
        fresh = [row for row in rows if row.interaction_id not in shown]
        shown |= {row.interaction_id for row in fresh}
        parts.append((name, fresh, total))
    return {
        "required": required,
        "parts": parts,
        "who": "everyone" if look.whose == "everyone" else str(look.whose),
        "changeable": {
            row.interaction_id
            for _, rows, _ in parts
            for row in rows
            if policy.may_change(
                look.person, owners=(row.owner.number if row.owner else None,), team=look.frame.team
            )
        },
    }


def _stale(look: Look) -> dict[str, Any]:
    rows, total = queries.dashboard.stale.of(look.whose, today=look.today, at_most=FEW)
    return {"rows": rows, "total": total}


def _momentum(look: Look) -> dict[str, Any]:
    groups = {one: [pulse for pulse in look.pulses if pulse.momentum is one] for one in Momentum}
    this_week, last_week = queries.dashboard.pulses.weeks(look.today)
    return {
        "groups": groups,
        "this_week": this_week,
        "last_week": last_week,
        "few": None if look.is_whole else FEW,
    }


PANELS = (
    Panel("engagement", "Engagement", _engagement),
    Panel("follow-ups", "Follow-ups required", _follow_ups),
    Panel("stale", "Stale opportunities", _stale),
    Panel("momentum", "Momentum", _momentum),
)
"""Every panel there is, in the order in which they come."""

NAMED = {panel.name: panel for panel in PANELS}
