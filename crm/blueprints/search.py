"""The search of everything: a page of its own, and what the palette shows while somebody types."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from crm import addresses, queries, web
from crm.forms.search import Asked, Deed
from crm.highlights import highlighter
from crm.queries.search import LEAST_LETTERS, MOST_LETTERS, Hit, Kind

bp = Blueprint("search", __name__, url_prefix="/search")
bp.app_context_processor(
    lambda: {"is_there": addresses.is_there, "of_new_opportunity": addresses.of_new_opportunity}
)

ON_PAGE, IN_PALETTE = 20, 5
"""Hits of each kind."""

LOOKED_AT_LAST = 8

TITLES = {
    Kind.PRINCIPAL: "Principals",
    Kind.OPPORTUNITY: "Opportunities",
    Kind.CONTACT: "Contacts",
    Kind.ORGANIZATION: "Organizations",
    Kind.DISTRIBUTOR: "Distributors",
    Kind.PRODUCT: "Products",
}


@dataclass(frozen=True)
class Found:
    """A hit as a page shows it."""

    hit: Hit
    title: Markup
    """With what was typed in bold."""
    href: str
    log_href: str
    """"" where nobody would log on it; the same for the next."""
    propose_href: str


@dataclass(frozen=True)
class Group:
    """The hits of one kind. Where more were found than are shown, `all_href` leads to the list of them."""

    title: str
    found: list[Found]
    is_more: bool
    all_href: str


@bp.get("")
def index() -> Response:
    """Everything that is called so; htmx asks for it while a search is typed."""
    context = content(request.args)
    response = web.render("search/index.html", "search/_content.html", **context)
    if web.is_fragment():
        response.headers["HX-Push-Url"] = url_for("search.index", **({"q": q} if (q := context["q"]) else {}))
    return response


def content(args: "MultiDict[str, str]") -> dict[str, Any]:
    """What the search page shows for these arguments of its address."""
    q = queries.search.clean(args.get("q", ""))
    groups = _groups(q, most=ON_PAGE)
    return {
        "q": q,
        "most_letters": MOST_LETTERS,
        "is_short": len(q) < LEAST_LETTERS,
        "groups": groups,
        "shown": sum(len(group.found) for group in groups),
        "is_more": any(group.is_more for group in groups),
        "is_near": bool(groups) and groups[0].found[0].hit.is_near,
        "recents": [] if q else _recents(ON_PAGE),
    }


web.redraws("search.index", "search/_content.html", content)


@bp.get("/palette")
def palette() -> ResponseReturnValue:
    """What there is to choose for the letters typed so far: records, and what can be done with the best.

    Without letters: what the person looked at last.
    """
    if not web.is_fragment():
        return redirect(url_for("search.index", q=request.args.get("q", "")), 303)
    asked = Asked.read(request.args.get("q", ""))
    groups = [] if asked.deed is Deed.GO else _groups(asked.letters, most=IN_PALETTE)
    return render_template(
        "search/_palette.html",
        letters=asked.letters,
        is_to_log=asked.deed is Deed.LOG,
        is_to_propose=asked.deed is Deed.PROPOSE,
        is_to_go=asked.deed is Deed.GO,
        is_short=len(asked.letters) < LEAST_LETTERS,
        groups=groups,
        recents=[] if asked.letters or asked.deed is Deed.GO else _recents(LOOKED_AT_LAST),
        best=_best(groups),
    )


def _groups(letters: str, *, most: int) -> list[Group]:
    """What is found, by kinds, the kind with the best hit first; `most` of each."""
    hits = queries.search.find(
        letters, kinds=addresses.kinds_with_pages(), each=most + 1, today=web.firm_today()
    )
    groups = []
    for kind, of_kind in groupby(hits, key=lambda hit: hit.kind):
        found = list(_found(of_kind, letters.split()))
        is_more = len(found) > most
        all_of_them = addresses.of_list(kind, letters) if is_more else ""
        groups.append(Group(TITLES[kind], found[:most], is_more, all_of_them))
    return groups


def _recents(most: int) -> list[Found]:
    hits = queries.search.recent(
        web.person().user_id, kinds=addresses.kinds_with_pages(), most=most, today=web.firm_today()
    )
    return list(_found(hits, ()))


def _found(hits: Iterable[Hit], words: Iterable[str]) -> Iterable[Found]:
    highlight = highlighter(words)
    for hit in hits:
        yield Found(
            hit,
            highlight(hit.title),
            href=addresses.of_record(hit.kind, hit.record_id),
            log_href=addresses.to_log_on(hit.kind, hit.record_id),
            propose_href=addresses.of_new_opportunity(hit.kind, hit.record_id),
        )


def _best(groups: list[Group]) -> Found | None:
    """The first that something can be done with."""
    every = (found for group in groups for found in group.found)
    return next((found for found in every if found.log_href or found.propose_href), None)
