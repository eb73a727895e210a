"""The board of opportunities: their stages side by side. It is asked what the list is asked.

What is done on it is done by the opportunity's own addresses; this page only shows where each one stands.
"""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from crm import queries, rights, web
from crm.blueprints import lists
from crm.enums import OpportunityStage
from crm.filters import sentence, words
from crm.forms.lists import Asked
from crm.queries.keys import read_number
from crm.queries.lists import OPPORTUNITIES, Asker, Count
from crm.queries.opportunity_board import MOST_SHOWN, PAGE, SLUGS, STAGES, Card, Counts, Part, Place
from crm.queries.opportunity_stages import QUIET_AFTER

bp = Blueprint("opportunity_board", __name__, url_prefix="/opportunities/board")

SLUG_OF = {stage: slug for slug, stage in SLUGS.items()}

IN_REACH = ("principal", "context", "owner")
"""Filters that stand beside the search; the others are folded."""

Shown = dict[OpportunityStage, int]
"""How many cards of a column are shown, where it is not the first page of them."""


@dataclass(frozen=True)
class Column:
    """One stage of the board. The cards come with whether the person may move them."""

    stage: OpportunityStage
    slug: str
    n: Count
    cards: list[tuple[Card, bool]]
    limit: int | None
    """Days after which one in it is stale."""
    more: str
    """What the way to more cards says; "" = all are here."""
    more_url: str
    """The board with more of them."""
    part_url: str
    """Those that follow, alone; "" where the list is the better place."""
    shown_word: str
    """How an address says so many of them."""


@bp.get("")
def show() -> Response:
    """The board; htmx asks for it while a search is typed or a filter chosen."""
    context = board(request.args)
    response = web.render("opportunity_board/show.html", "opportunity_board/_content.html", **context)
    if web.is_fragment():
        response.headers["HX-Push-Url"] = context["here"]
    return response


def board(args: "MultiDict[str, str]") -> dict[str, Any]:
    """What the board shows for these arguments of its address."""
    asked, asker, shown = _asked(args), _asker(), _shown(args)
    wanted = asked.wanted(asker)
    counts = queries.opportunity_board.counts(wanted)
    parts = queries.opportunity_board.columns(wanted, shown)
    offered = queries.lists.choices(OPPORTUNITIES, asked.filters)
    may_move = {
        card.opportunity_id: may
        for card, may in rights.with_rights([card for part in parts.values() for card in part.cards])
    }
    return {
        "listing": OPPORTUNITIES,
        "asked": asked,
        "offered": offered,
        "in_reach": IN_REACH,
        "is_more_asked": any(name not in IN_REACH for name in asked.filters),
        "orders": [order for order in asked.orders if order[0].endswith(OPPORTUNITIES.sorts[0].name)],
        "narrowed": list(lists.narrowed(asked, offered, _url)),
        "columns": [
            _column(asked, shown, counts.of[stage], stage, parts[stage], may_move) for stage in STAGES
        ],
        "found": sum(len(part.cards) for part in parts.values()),
        "lede": _lede(counts),
        "firm_today": asker.today,
        "back": quote(_url("index", **_said(asked), shown=_shown_words(shown)), safe=""),
        "here": _url("index", **_said(asked), shown=_shown_words(shown)),
        "list_here": url_for("opportunities_list.index", **_said(asked)),
    }


web.redraws("opportunity_board.show", "opportunity_board/_content.html", board)


@bp.get("/<stage>")
def column(stage: str) -> str:
    """The cards of a column from a place on, for the button under it; else the board shows it."""
    at, after = SLUGS.get(stage) or abort(404), Place.parse(request.args.get("after", "")) or abort(404)
    asked, asker, shown = _asked(request.args), _asker(), _shown(request.args)
    part = queries.opportunity_board.more(asked.wanted(asker), at, after=after)
    may_move = {card.opportunity_id: may for card, may in rights.with_rights(part.cards)}
    n = Count(read_number(request.args.get("of", "")) or 0)
    shown[at] = shown.get(at, PAGE) + PAGE
    return render_template(
        "opportunity_board/_cards.html",
        column=_column(asked, shown, n, at, part, may_move),
        firm_today=asker.today,
        back=quote(_url("index", **_said(asked), shown=_shown_words(shown)), safe=""),
        is_next_part=True,
    )


def _column(
    asked: Asked, shown: Shown, n: Count, stage: OpportunityStage, part: Part, may_move: dict[int, bool]
) -> Column:
    here = min(shown.get(stage, PAGE), MOST_SHOWN)
    then = here + PAGE
    slug, is_full = SLUG_OF[stage], then > MOST_SHOWN
    more_url = _url("index", **_said(asked), shown=_shown_words({**shown, stage: then}))
    part_url = url_for(
        "opportunity_board.column",
        stage=slug,
        after=str(part.following),
        of=n.n,
        shown=_shown_words({**shown, stage: here}),
        **_said(asked),
    )
    if is_full:
        more_url = url_for("opportunities_list.index", **_said(asked) | {"stage": slug})
    left = n.n - here
    return Column(
        stage=stage,
        slug=slug,
        n=n,
        cards=[(card, may_move[card.opportunity_id]) for card in part.cards],
        limit=QUIET_AFTER.get(stage),
        more="" if part.following is None else "See all in the list" if is_full else _more(left, n),
        more_url=more_url,
        part_url="" if is_full else part_url,
        shown_word=f"{slug}.{then}",
    )


def _more(left: int, n: Count) -> str:
    """What leads to more cards: how many there are, if not too many to count."""
    return f"Show {min(left, PAGE)} more" if n.is_exact and 0 < left <= PAGE else f"Show {PAGE} more"


def _asked(args: "MultiDict[str, str]") -> Asked:
    """What the address asks of the list, in one of the orders of a column."""
    asked = Asked.read(OPPORTUNITIES, args, asker=_asker())
    first = OPPORTUNITIES.sorts[0]
    if asked.sort is not first:
        asked = replace(asked, sort=first, is_descending=first.is_descending)
    return asked


def _said(asked: Asked) -> dict[str, Any]:
    """What is asked, as an address says it; columns are the list's alone."""
    return dict(asked.address({"columns": ""}))


def _asker() -> Asker:
    return Asker(web.person().user_id, web.firm_today())


def _shown(args: "MultiDict[str, str]") -> Shown:
    """How many cards of which columns an address asks for: `shown=new-lead.16`."""
    found: Shown = {}
    for word in args.getlist("shown"):
        slug, _, n = word.partition(".")
        stage, number = SLUGS.get(slug), read_number(n)
        if stage is not None and number is not None and number > PAGE:
            found[stage] = min(number, MOST_SHOWN)
    return found


def _shown_words(shown: Shown) -> list[str]:
    return [f"{SLUG_OF[stage]}.{n}" for stage, n in shown.items() if n > PAGE]


def _url(_: str, **said: Any) -> str:
    """The board asked for this."""
    return url_for("opportunity_board.show", **said)


def _lede(counts: Counts) -> str:
    """How it stands: "36 open. Nine moved this week, three have gone stale." """
    if not counts.open.n:
        return "Nothing is open here."
    moved = f"{_n(counts.moved)} moved this week" if counts.moved.n else "nothing moved this week"
    stale = counts.stale
    gone = f"{_n(stale)} {'has' if stale.n == 1 else 'have'} gone stale" if stale.n else "none has gone stale"
    return f"{sentence(_n(counts.open))} open. {sentence(moved)}, {gone}."


def _n(count: Count) -> str:
    return words(count.n) if count.is_exact else str(count)
