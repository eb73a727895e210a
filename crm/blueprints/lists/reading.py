"""A list as people see it: heads, counted chips, what it is narrowed to, a page of rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, url_for
from werkzeug.datastructures import MultiDict

from crm import filters, flags, queries, web
from crm.blueprints.lists.pages import Pages, asker
from crm.forms.lists import Asked, ExportForm
from crm.queries.lists import Choice, Column, Counts, Filter, Listing
from crm.queries.saved_views import View
from crm.queries.schedules import SUBJECTS
from crm.queries.spans import Span
from crm.services.bulk import CHANGES, MOST


@dataclass(frozen=True)
class Chip:
    """A filter that is on: what it says, and the address without it."""

    text: str
    href: str


@dataclass(frozen=True)
class Reading(Pages):
    """The list itself. `new` is the endpoint at which another row is made ("" = nowhere), `new_as` what its
    form begins as, `board` the endpoint of the same rows as a board.
    """

    new: str = ""
    new_as: str = ""
    board: str = ""

    def index(self) -> Response:
        """The list; htmx asks for what is found alone while a search is typed or a filter chosen."""
        is_typing = request.headers.get("HX-Target") == "results"
        context = self.content(request.args, is_typing=is_typing)
        fragment = "lists/_found.html" if is_typing else "lists/_content.html"
        response = web.render("lists/index.html", fragment, **context)
        response.vary.add("HX-Target")
        if web.is_fragment():
            asked: Asked = context["asked"]
            response.headers["HX-Push-Url"] = self.url("index", **asked.address(after=asked.after))
        return response

    def content(self, args: "MultiDict[str, str]", *, is_typing: bool = False) -> dict[str, Any]:
        """What the list shows for these arguments of its address; `is_typing` leaves out what the filters
        offer beside the answers they have.
        """
        me, listing = asker(), self.listing
        views = queries.saved_views.of(listing.name, me.user_id)
        asked = Asked.read(listing, args, asker=me, views=views)
        found = queries.lists.look(listing, asked.wanted(me), after=asked.after)
        counts, following = found.counts, found.following
        offered = queries.lists.choices(listing, asked.filters, only_answered=is_typing)
        key = listing.key.key
        may_change = flags.is_on("bulk-changes")
        return {
            "listing": listing,
            "asked": asked,
            "asker": me,
            "rows": [(getattr(row, key), row) for row in found.rows],
            "counts": counts,
            "heads": [self._head(asked, *column) for column in asked.dressed],
            "columns": asked.dressed[1:],
            "chips": self._chips(asked, counts),
            "narrowed": list(narrowed(asked, offered, self.url)),
            "offered": offered,
            "views": views,
            "view": _shown(views, asked),
            "is_near": found.is_near,
            "changes": {name: CHANGES[name] for name in listing.changes if may_change},
            "is_schedulable": may_change and listing.model in SUBJECTS,
            "is_short": counts.total.is_exact,
            "export_form": ExportForm(formdata=None),
            "query": urlencode(asked.address()),
            "most": MOST,
            "following": following and self.url("index", **asked.address(after=following)),
            "first": asked.after and self.url("index", **asked.address()),
            "here": self.url("index", **asked.address(after=asked.after)),
            "lede": _lede(listing, counts, asked),
            "new_url": self._new(),
            "board_url": self._board(asked),
            "list_url": self.url,
        }

    def _head(self, asked: Asked, column: Column, css: str) -> dict[str, str]:
        """The head of a column as the table component takes it, with the way to its order."""
        order = asked.sorted_by(column)
        href = self.url("index", **asked.address({"sort": order})) if order else ""
        return {
            "label": column.label,
            "class": css,
            "sort": asked.direction(column),
            "href": href,
        }

    def _new(self) -> str:
        """Where another row is made, "" where rows are not made by hand."""
        begins: dict[str, Any] = {"as": self.new_as} if self.new_as else {}
        return url_for(self.new, **begins) if self.new else ""

    def _board(self, asked: Asked) -> str:
        """The same rows as a board, "" where there is none."""
        said: dict[str, Any] = asked.address({"columns": "", self.listing.chips: ""})
        return url_for(self.board, **said) if self.board and flags.is_on("board") else ""

    def _chips(self, asked: Asked, counts: Counts) -> list[tuple[str, str, int | None, bool]]:
        """The counted chips: text, address, how many it leads to, whether it is on."""
        known = self.listing.filter(self.listing.chips)
        if known is None:
            return []
        on = asked.filters.get(known.name, "")
        cases = {"": "All", **{value: case.text for value, case in known.cases.items()}}
        return [
            (
                text,
                self.url("index", **asked.address({known.name: value})),
                counts.chips.get(value),
                value == on,
            )
            for value, text in cases.items()
        ]


def narrowed(
    asked: Asked, offered: Mapping[str, Sequence[Choice]], url: Callable[..., str]
) -> Iterator[Chip]:
    """What is asked of each filter beside the chips, each with the way to ask it no more."""
    for known in asked.listing.filters:
        value = asked.filters.get(known.name)
        if value is None or known.name == asked.listing.chips:
            continue
        texts = {choice.value: choice.text for choice in offered[known.name]}
        texts |= {name: case.text for name, case in known.cases.items()}
        yield Chip(
            f"{known.label}: {texts.get(value) or _said(known, value)}",
            url("index", **asked.address({known.name: ""})),
        )


def _said(known: Filter, value: str) -> str:
    """An answer that is none of the choices, as people say it: a span by its days."""
    span = Span.parse(value) if known.is_span else None
    if span is None:
        return value
    first, last = (filters.day(on, web.today()) for on in (span.since, span.until))
    return first if first == last else f"{first} to {last}"


def _shown(views: list[View], asked: Asked) -> View | None:
    """The view whose filters and columns are those that are shown."""
    columns = tuple(asked.columns_word.split(",")) if asked.columns_word else ()
    return next((view for view in views if (view.query, view.columns) == (asked.query, columns)), None)


def _lede(listing: Listing, counts: Counts, asked: Asked) -> str:
    """The sentence under the heading: how many there are of what is asked."""
    n = counts.total
    said = filters.counted(n.n, listing.noun, listing.nouns) if n.is_exact else f"{n} {listing.nouns}"
    return f"{filters.sentence(said)}{' for “' + asked.search + '”' if asked.search else ' here'}."
