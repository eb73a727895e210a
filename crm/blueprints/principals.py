"""Principals: the list, one of them, and its timeline."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, request, send_file, url_for
from werkzeug.datastructures import MultiDict

from crm import clock, csv_lines, filters, principal_sentences, queries, services, web
from crm.blueprints import schedules
from crm.blueprints.schedules import Chosen
from crm.enums import RecordKind
from crm.forms.lists import read_numbers
from crm.forms.principal_interactions import SENTIMENTS, TYPES
from crm.forms.principal_interactions import Filter as InteractionFilter
from crm.forms.principals import LEVELS, SORTS, Filter
from crm.queries.keys import read_number
from crm.queries.lists import ORGANIZATIONS, Asker, Wanted
from crm.queries.principals import NOT_CONTACTED
from crm.queries.products import Line
from crm.queries.timeline import Entry, Key

bp = Blueprint("principals", __name__, url_prefix="/principals")

NUMBER = "int(max=9223372036854775807):principal_id"
"""A number that PostgreSQL can take; any other is nobody's."""

MOST_AT_ONCE = 10_000
"""Principals that are chosen at once."""

EXPORTED = (
    "Principal", "Engagement", "Percent", "Last interaction", "Owner", "This week", "Goal", "Opportunities",
    "Interactions", "Products",
)  # fmt: skip

GLIMPSE = 4
"""Products that a card of the list shows."""

PROMISED = 4
"""Promises that are shown at once; the others of the page start folded."""

OPEN_LINES = 12
"""Products after which the categories of a line card start folded."""


@dataclass(frozen=True)
class Day:
    """The entries of one day of the reader under its heading."""

    heading: str
    entries: list[Entry]


@dataclass(frozen=True)
class Category:
    """The products of one category of a line card."""

    name: str
    lines: list[Line]
    is_open: bool


@bp.get("")
def index() -> Response:
    """The list; htmx asks for it while a search is typed."""
    response = web.render("principals/index.html", "principals/_content.html", **content(request.args))
    if web.is_fragment():
        asked = Filter.read(request.args)
        response.headers["HX-Push-Url"] = url_for("principals.index", **asked.address(after=asked.after))
    return response


def content(args: "MultiDict[str, str]") -> dict[str, Any]:
    """What the list shows for these arguments of its address."""
    asked, today, me = Filter.read(args), web.firm_today(), web.person().user_id
    choices, view = queries.principal_choices.offered_to(me)
    if asked.view and asked.view != view:
        services.dashboards.show_principals(view := asked.view, by=me)
    is_table = view == "table"
    book = asked.book(me=me)
    rows, following = queries.principals.page(
        today=today,
        words=asked.words,
        book=book,
        level=LEVELS.get(asked.level),
        sort=asked.sort,
        after=asked.after,
    )
    ids = [row.principal_id for row in rows]
    shares = queries.principals.levels(today=today, words=asked.words, book=book)
    total = sum(share.principals for share in shares)
    slugs = dict(zip(LEVELS, shares, strict=True))
    return {
        "asked": asked,
        "rows": rows,
        "tallies": queries.principal_weeks.tallies(ids, today=today),
        "glimpses": queries.products.glimpses(ids, each=GLIMPSE),
        "levels": slugs,
        "total": total,
        "found": slugs[asked.level].principals if asked.level else total,
        "sorts": SORTS,
        "choices": choices,
        "is_table": is_table,
        "next_promises": queries.timeline.next_promises(ids, today=web.today()) if is_table else {},
        "ways": [
            (text, icon, url_for("principals.index", **asked.address(view=one)), one == view)
            for one, text, icon in (("cards", "Cards", "layout-grid"), ("table", "Table", "list"))
        ],
        "lede": principal_sentences.of_list(shares),
        "here": url_for("principals.index", **asked.address(after=asked.after)),
        "following": following and url_for("principals.index", **asked.address(after=following)),
    }


@bp.get("/export.csv")
def export() -> Response:
    """The ticked principals, or all of the filter if that is ticked, as a file."""
    chosen = _choose(request.args)
    asked, today = Filter.read(request.args), web.firm_today()
    numbers = set(chosen.wanted.numbers or ())
    rows, _ = queries.principals.page(
        today=today,
        sort=asked.sort,
        limit=MOST_AT_ONCE,
        book=asked.book(me=web.person().user_id),
        words=asked.words,
    )
    rows = [row for row in rows if row.principal_id in numbers]
    tallies = queries.principal_weeks.tallies([row.principal_id for row in rows], today=today)
    lines = (
        (
            row.name, row.level.value if row.level else NOT_CONTACTED, row.percent, row.last_on,
            row.owner_name, tallies.get(row.principal_id, 0), row.goal, row.opportunities_count,
            row.interactions_count, row.products_count,
        )
        for row in rows
    )  # fmt: skip
    return send_file(
        csv_lines.file(EXPORTED, lines),
        "text/csv; charset=utf-8",
        as_attachment=True,
        download_name=f"principals-{today.isoformat()}.csv",
    )


def _choose(args: "MultiDict[str, str]") -> Chosen:
    """The ticked principals, or all of the filter if that is ticked."""
    asked, me, today = Filter.read(args), web.person().user_id, web.firm_today()
    numbers = read_numbers(args.getlist("id"))
    if args.get("all"):
        numbers = queries.principals.numbers(
            today=today,
            words=asked.words,
            book=asked.book(me=me),
            level=LEVELS.get(asked.level),
            limit=MOST_AT_ONCE,
        )
    wanted = Wanted(
        asker=Asker(me, today),
        sort=ORGANIZATIONS.sorts[0],
        is_descending=False,
        filters={"kind": "principal"},
        numbers=numbers,
    )
    return Chosen(wanted, url_for("principals.index", **asked.address(after=asked.after)))


schedules.add(
    bp, schedules.Source(listing=ORGANIZATIONS, noun="principal", nouns="principals", choose=_choose)
)


@bp.get(f"/<{NUMBER}>")
def show(principal_id: int) -> Response:
    """One principal: how warm, what is promised, what happened, what it makes."""
    context = principal(request.args, principal_id)
    services.habits.visit(RecordKind.ORGANIZATION, principal_id, by=web.person().user_id, now=clock.now())
    return web.render("principals/show.html", "principals/_principal.html", **context)


def principal(args: "MultiDict[str, str]", principal_id: int) -> dict[str, Any]:  # noqa: ARG001 - as redrawn
    """What the page of one principal shows."""
    today = web.firm_today()
    record = queries.principals.get(principal_id, today=today)
    weeks = queries.principal_weeks.strip(principal_id, today=today)
    promised, promised_total = queries.timeline.promises_of_principal(principal_id, today=web.today())
    outlook = queries.principal_outlooks.of(principal_id, today=today)
    explained = principal_sentences.of_level(record.standing, today=today) if record.standing else ("", "")
    headline, rest = (
        principal_sentences.of_weeks(weeks, record.standing, today=today) if record.standing else ("", "")
    )
    return {
        "record": record,
        "weeks": weeks,
        "headline": headline,
        "rest": rest,
        "explained": explained,
        "changes": [(one, principal_sentences.of_change(one.cause)) for one in outlook.changes],
        "week": outlook.week,
        "firm_today": today,
        "categories": list(_categories(outlook.lines)),
        "promised": promised,
        "promised_total": promised_total,
        "promised_at_once": PROMISED,
        **_timeline(principal_id, InteractionFilter.read(MultiDict())),
    }


@bp.get(f"/<{NUMBER}>/interactions")
def interactions(principal_id: int) -> Response:
    """The interactions of a principal, all or some; htmx asks for the next part of them, or narrows them."""
    asked = InteractionFilter.read(request.args)
    if web.is_fragment() and asked.before:
        queries.principals.get(principal_id, today=web.firm_today())  # of nobody there is no next part
        context = _timeline(principal_id, asked) | {"is_next_part": True}
        return web.render("principals/_days.html", "principals/_days.html", **context)
    context = history(request.args, principal_id)
    response = web.render("principals/interactions.html", "principals/_interactions.html", **context)
    if web.is_fragment():
        response.headers["HX-Push-Url"] = context["here"]
    return response


def history(args: "MultiDict[str, str]", principal_id: int) -> dict[str, Any]:
    """What the page of a principal's interactions shows."""
    asked, today = InteractionFilter.read(args), web.firm_today()
    record = queries.principals.get(principal_id, today=today)
    authors = queries.timeline.authors_of_principal(principal_id)
    return {
        "record": record,
        "done": queries.principal_weeks.tallies([principal_id], today=today).get(principal_id, 0),
        "firm_today": today,
        "asked": asked,
        "types": TYPES,
        "sentiments": SENTIMENTS,
        "authors": [("me", "Me"), *((str(number), name) for number, name in authors)],
        "chips": list(_chips(principal_id, asked, dict(authors), today)),
        "here": url_for("principals.interactions", principal_id=principal_id, **asked.address()),
        **_timeline(principal_id, asked),
    }


def _chips(
    principal_id: int, asked: InteractionFilter, authors: Mapping[int, str], today: date
) -> Iterator[tuple[str, str]]:
    """Each filter that is on, as people say it, and the address without it."""
    author = authors.get(read_number(asked.author) or 0, "somebody else")
    said = {
        "type": TYPES[asked.type].value if asked.type else "",
        "author": "Logged by " + ("me" if asked.author == "me" else author) if asked.author else "",
        "sentiment": SENTIMENTS[asked.sentiment].value if asked.sentiment else "",
        "only": "Real contact" if asked.only else "",
        "since": f"From {filters.day(asked.since, today)}" if asked.since else "",
        "until": f"Until {filters.day(asked.until, today)}" if asked.until else "",
    }
    for name, text in said.items():
        if text:
            without = asked.address(**{name: ""})
            yield text, url_for("principals.interactions", principal_id=principal_id, **without)


def _timeline(principal_id: int, asked: InteractionFilter) -> dict[str, Any]:
    """A part of the timeline by days of the reader, and the address of the part before it in time."""
    entries, earlier = queries.timeline.of_principal(
        principal_id, narrow=asked.narrow(me=web.person().user_id), before=asked.before
    )
    later: dict[str, Any] = asked.address(before=earlier)
    return {
        "days": list(_days(entries, before=asked.before)),
        "is_next_part": False,
        "is_narrowed": asked.is_on,
        "earlier": earlier and url_for("principals.interactions", principal_id=principal_id, **later),
    }


def _days(entries: Iterable[Entry], *, before: Key | None) -> Iterator[Day]:
    zone, today = web.person().time_zone, web.today()
    begun: date | None = filters.local_day(before.at, zone) if before else None
    for on, of_day in groupby(entries, key=lambda entry: filters.local_day(entry.at, zone)):
        yield Day(principal_sentences.of_day(on, today, is_continued=on == begun), list(of_day))


def _categories(lines: Iterable[Line]) -> Iterator[Category]:
    shown = 0
    for name, of_category in groupby(lines, key=lambda line: line.category or "Other products"):
        found = list(of_category)
        yield Category(name, found, is_open=shown < OPEN_LINES)
        shown += len(found)


web.redraws("principals.index", "principals/_content.html", content)
web.redraws("principals.show", "principals/_principal.html", principal)
web.redraws("principals.interactions", "principals/_interactions.html", history)
