"""The panels of the dashboard: each one question, and how it is answered."""

from typing import Any

from flask import url_for

from crm import dashboard_sentences, policy, queries, web
from crm.blueprints.dashboard.look import Look, Panel
from crm.enums import Role
from crm.forms.principals import LEVELS
from crm.queries.dashboard.periods import Period
from crm.queries.dashboard.pulses import Momentum
from crm.queries.lists.interactions import slug

FEW = 5
"""Rows of a panel; the rest is a link to their list."""
PROMISES = 3
"""Promises of each part of the follow-ups."""
SOME = 15
"""Principals of the heatmap; its own page has room for all of them."""
EVERYTHING = 1_000
CARDS = 12
GLIMPSE = 4
"""Products that a card shows."""
PERIODS = {
    Period.WEEK: "This week",
    Period.FOUR_WEEKS: "4 weeks",
    Period.MONTH: "This month",
    Period.QUARTER: "This quarter",
}
"""What can be chosen, as people call it."""

LEVEL_WORDS = {slug: word.removesuffix(" Engagement") for slug, word in LEVELS.items()}


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
