"""The dashboard: panels that each answer one question, at an address of its own and together on one page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, Response, render_template, request, url_for
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from crm import dashboard_sentences, flags, policy, queries, services, web
from crm.enums import Role
from crm.forms.dashboard import KEEP, Arrangement, Asked
from crm.forms.principals import LEVELS
from crm.models import User
from crm.queries.dashboard.frame import Frame
from crm.queries.dashboard.periods import Period
from crm.queries.dashboard.pulses import Momentum, Pulse
from crm.queries.lists.interactions import slug
from crm.queries.spans import Span

bp = Blueprint("dashboard", __name__, url_prefix="/dashboard")

FEW = 5
"""Rows of a panel; the rest is a link to their list."""
PROMISES = 3
"""Promises of each part of the follow-ups."""
SOME = 15
"""Principals of the heatmap; its own page has room for all of them."""
EVERYTHING = 1_000
TOLD = ("engagement", "follow-ups")
"""The panels of which the sentence under the heading tells."""
CARDS = 12
GLIMPSE = 4
"""Products that a card shows."""


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
        self.chosen = [name for name in args.get(KEEP, "").split(",") if name]
        """The filters that were chosen just now."""
        kept = self.asked.kept(self.chosen, self.frame.filters)
        if self.chosen and kept != self.frame.filters:
            services.dashboards.remember(kept, by=self.person.user_id)

    @cached_property
    def pulses(self) -> list[Pulse]:
        return queries.dashboard.pulses.of(self.whose, today=self.today)

    @cached_property
    def owner(self) -> str:
        """Whose rows, as the lists behind the figures name them; "" for everybody's."""
        return "" if self.whose == "everyone" else str(self.whose)

    @cached_property
    def spans(self) -> tuple[Span, Span]:
        """The period that is asked for, and what it is compared with."""
        return queries.dashboard.periods.spans(self.asked.period, today=self.today)

    @staticmethod
    def sunday(monday: date) -> date:
        """The last day of a week."""
        return monday + timedelta(days=6)

    @property
    def books(self) -> list[tuple[str, str]]:
        """Whose dashboards are a click away: their word in addresses, and what people call them."""
        names = {one.value: one.text for one in self.frame.choices.owners}
        other = [(self.asked.whose, names[self.asked.whose])] if self.asked.whose in names else []
        return [("me", "Mine"), ("everyone", "Everyone’s"), *other]

    @property
    def panels(self) -> list["Panel"]:
        """The panels that this person may see and that are not switched off, in their order."""
        return [one for one in self.known if all(map(flags.is_on, flags.places_of(one.address)))]

    @property
    def known(self) -> list["Panel"]:
        """The same with those that are switched off."""
        places = {name: place for place, name in enumerate(self.frame.panels)}
        known = [one for one in PANELS if not one.is_for_managers or policy.may_see_scorecards(self.person)]
        return sorted(known, key=lambda panel: places.get(panel.name, len(places)))

    @property
    def shown(self) -> list["Panel"]:
        return [panel for panel in self.panels if panel.name not in self.frame.hidden]

    def url(self, panel: "Panel", **changes: object) -> str:
        """The address at which a panel stands alone, asking what is asked here but for `changes`."""
        return url_for(panel.address, **self.asked.address(**changes))


@dataclass(frozen=True)
class Panel:
    """One question: its name in addresses and templates, its heading, and how it is answered."""

    name: str
    title: str
    answer: Callable[[Look], dict[str, Any]]
    told_by: str
    """The tables whose changes may change the answer."""
    is_for_managers: bool = False

    @property
    def endpoint(self) -> str:
        return self.name.replace("-", "_")

    @property
    def address(self) -> str:
        return f"dashboard.{self.endpoint}"

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
    look = Look(request.args)
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
    look = Look(MultiDict())
    return web.render("dashboard/arrangement.html", "dashboard/_arrangement.html", look=look)


@bp.post("/arrangement")
@web.once
def arrange() -> Response:
    """Keep the order, and what is shown. The form stays open: there may be more to move."""
    look = Look(MultiDict())
    chosen = Arrangement.read(request.form, [panel.name for panel in look.panels])
    if chosen.panels:  # those that are switched off come back as they were
        off = [panel.name for panel in look.known if panel not in look.panels]
        chosen.panels.extend(off)
        chosen.hidden.extend(name for name in off if name in look.frame.hidden)
    services.dashboards.arrange(chosen.panels, chosen.hidden, by=web.person().user_id)
    form = render_template("dashboard/_arrangement.html", look=Look(MultiDict()))
    return web.done(url_for("dashboard.arrangement"), instead=form)


def _alone(name: str) -> Response:
    """One panel: to htmx as it stands on the page, else on a page of its own with room for all its rows."""
    panel = NAMED[name]
    look = Look(request.args, is_whole=not web.is_fragment())
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
    return url_for("dashboard.index", **{name: value for name, value in said.items() if value or name != "q"})  # type: ignore[arg-type]


def _drawn(panel: Panel, look: Look, found: dict[str, dict[str, Any]]) -> Markup:
    def draw() -> str:
        found[panel.name] = panel.answer(look)
        return render_template(panel.template, panel=panel, look=look, **found[panel.name])

    return web.alone(draw, lambda: render_template("dashboard/_unknown.html", panel=panel, look=look))


def _engagement(look: Look) -> dict[str, Any]:
    return {"pulses": look.pulses, "shares": queries.dashboard.pulses.shares(look.pulses)}


def _follow_ups(look: Look) -> dict[str, Any]:
    required = queries.follow_ups.required(look.whose, today=web.today(), at_most=PROMISES)
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


def _metrics(look: Look) -> dict[str, Any]:
    found = queries.dashboard.metrics.of(look.whose, *look.spans)
    return {
        "periods": PERIODS,
        "against": dashboard_sentences.against(*look.spans),
        "figures": [
            (
                "Interactions",
                found.total,
                *_behind(look, "interactions_list", owner=look.owner, only="touches"),
            ),
            *(
                (
                    kind.value,
                    pair,
                    *_behind(look, "interactions_list", type=slug(kind), owner=look.owner, only="touches"),
                )
                for kind, pair in found.interactions.items()
            ),
            *(
                (
                    f"Opportunities {step}",
                    pair,
                    *_behind(look, "opportunities_list", span=step.value, owner=look.owner),
                )
                for step, pair in found.steps.items()
            ),
            (
                "Opportunities sampled",
                found.sampled,
                *_behind(look, "opportunities_list", span="sampled", owner=look.owner),
            ),
            (
                "Follow-ups kept",
                found.kept,
                *_behind(look, "interactions_list", span="kept", keeper=look.owner),
            ),
        ],
    }


def _behind(look: Look, blueprint: str, *, span: str = "", **asked: str) -> list[str]:
    """The lists behind a figure, for this period and for the one before. `span` is the filter that takes all
    of a period; without it the list is asked for the days from and until.
    """
    said: dict[str, Any] = {name: value for name, value in asked.items() if value}
    days = [
        {span: str(one)} if span else {"since": one.since.isoformat(), "until": one.until.isoformat()}
        for one in look.spans
    ]
    return [url_for(f"{blueprint}.index", **(said | one)) for one in days]


def _coverage(look: Look) -> dict[str, Any]:
    most = EVERYTHING if look.is_whole else SOME
    rows, total = queries.dashboard.coverage.of(look.whose, today=look.today, at_most=most)
    return {
        "rows": rows,
        "total": total,
        "mondays": queries.dashboard.coverage.mondays(look.today),
        "sentence": dashboard_sentences.coverage(rows),
    }


def _principals(look: Look) -> dict[str, Any]:
    asked = look.asked
    cards, total = queries.dashboard.cards.of(
        today=look.today,
        words=asked.words,
        book=asked.book(look.person),
        level=LEVELS.get(asked.level),
        at_most=CARDS,
        each=GLIMPSE,
    )
    return {"cards": cards, "total": total, "levels": LEVEL_WORDS}


def _scorecards(look: Look) -> dict[str, Any]:
    """A manager's own team; for an admin, and for a manager nobody reports to, every rep."""
    team = look.frame.team
    everyone = len(team) == 1 or look.person.role is Role.ADMIN
    span, _ = look.spans
    return {
        "rows": queries.dashboard.scorecards.of(None if everyone else team, span, today=look.today),
        "span": span,
        "over": dashboard_sentences.over(span),
    }


PERIODS = {
    Period.WEEK: "This week",
    Period.FOUR_WEEKS: "4 weeks",
    Period.MONTH: "This month",
    Period.QUARTER: "This quarter",
}
"""What can be chosen, as people call it."""

LEVEL_WORDS = {slug: word.removesuffix(" Engagement") for slug, word in LEVELS.items()}

PANELS = (
    Panel("engagement", "Engagement", _engagement, "interactions organizations"),
    Panel("metrics", "Activity", _metrics, "interactions opportunities samples"),
    Panel("follow-ups", "Follow-ups required", _follow_ups, "interactions"),
    Panel("stale", "Stale opportunities", _stale, "interactions opportunities"),
    Panel("momentum", "Momentum", _momentum, "interactions organizations"),
    Panel("principals", "Principals", _principals, "interactions organizations opportunities products"),
    Panel("coverage", "Coverage", _coverage, "interactions organizations activity_goals"),
    Panel(
        "scorecards",
        "Scorecards",
        _scorecards,
        "interactions opportunities organizations",
        is_for_managers=True,
    ),
)
"""Every panel there is, in the order in which they come."""

NAMED = {panel.name: panel for panel in PANELS}
