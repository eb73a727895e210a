"""The pages of a list, the same for every noun: the list itself, its CSV, changes of many rows, saved views.

`of(listing)` makes the blueprint of one; a noun's own module is a line (`organization_list.py`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, abort, request, send_file, url_for
from werkzeug.datastructures import MultiDict

from crm import clock, csv_lines, filters, flags, policy, queries, rights, services, web
from crm.blueprints import schedules
from crm.blueprints.schedules import Chosen, Source
from crm.forms.lists import FORMS, Asked, ExportForm, ManyForm, ViewForm, read_numbers
from crm.queries.lists import MOST_COUNTED, Asker, Choice, Column, Count, Counts, Filter, Listing, Wanted
from crm.queries.saved_views import View
from crm.queries.schedules import SUBJECTS
from crm.queries.spans import Span
from crm.services.bulk import CHANGES, MOST, Changed, Setting

NAMED = 5
"""Rows that the confirmation of a change names."""


@dataclass(frozen=True)
class Chip:
    """A filter that is on: what it says, and the address without it."""

    text: str
    href: str


def of(listing: Listing, *, new: str = "", new_as: str = "", board: str = "") -> Blueprint:
    """The blueprint of one list, at `/<name>`; `new` is the endpoint at which another row is made, `new_as`
    what its form begins as; `board` shows the same rows, asked for the same way, as a board.
    """
    bp = Blueprint(f"{listing.name}_list", __name__, url_prefix=f"/{listing.name}")
    pages = _Pages(listing, bp.name, new, new_as, board)
    bp.get("", endpoint="index")(pages.index)
    bp.get("/export.csv", endpoint="export")(pages.export)
    bp.post("/exports", endpoint="export_all")(web.once(pages.export_all))
    bp.get("/changes/new", endpoint="confirm")(pages.confirm)
    bp.post("/changes", endpoint="change")(web.once(pages.change))
    bp.post("/changes/<int(max=9223372036854775807):job_id>/return", endpoint="put_back")(
        web.once(pages.put_back)
    )
    bp.get("/views/new", endpoint="name_view")(pages.name_view)
    bp.post("/views", endpoint="save_view")(web.once(pages.save_view))
    bp.post("/views/<int(max=9223372036854775807):saved_view_id>/deletion", endpoint="delete_view")(
        web.once(pages.delete_view)
    )
    if listing.model in SUBJECTS:
        schedules.add(
            bp, Source(listing=listing, noun=listing.noun, nouns=listing.nouns, choose=pages.choose)
        )
    web.redraws(f"{bp.name}.index", "lists/_content.html", pages.content)
    return bp


class _Pages:
    """The views of one list."""

    def __init__(self, listing: Listing, blueprint: str, new: str, new_as: str, board: str) -> None:
        self.listing, self.blueprint, self.board = listing, blueprint, board
        self.new = new
        self.new_as: dict[str, Any] = {"as": new_as} if new_as else {}

    def url(self, view: str, /, **arguments: Any) -> str:
        return url_for(f"{self.blueprint}.{view}", **arguments)

    # Reading

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
        asker, listing = _asker(), self.listing
        views = queries.saved_views.of(listing.name, asker.user_id)
        asked = Asked.read(listing, args, asker=asker, views=views)
        found = queries.lists.look(listing, asked.wanted(asker), after=asked.after)
        counts, following = found.counts, found.following
        offered = queries.lists.choices(listing, asked.filters, only_answered=is_typing)
        key = listing.key.key
        may_change = flags.is_on("bulk-changes")
        return {
            "listing": listing,
            "asked": asked,
            "asker": asker,
            "rows": [(getattr(row, key), row) for row in found.rows],
            "counts": counts,
            "heads": [self._head(asked, column) for column in (listing.head, *asked.columns)],
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
            "new_url": url_for(self.new, **self.new_as) if self.new else "",
            "board_url": self._board(asked),
            "list_url": self.url,
        }

    def _head(self, asked: Asked, column: Column) -> dict[str, str]:
        """The head of a column as the table component takes it, with the way to its order."""
        order = asked.sorted_by(column)
        href = self.url("index", **asked.address({"sort": order})) if order else ""
        return {
            "label": column.label,
            "class": asked.css(column),
            "sort": asked.direction(column),
            "href": href,
        }

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

    def export(self) -> Response:
        """Exactly what the list shows, all its pages or only the ticked rows, as a file."""
        listing = self.listing
        asked, wanted, total = self._chosen(request.args)
        if not total.is_exact:
            return self._long_export(total)
        columns = (listing.head, *asked.columns)
        zone = web.person().time_zone
        rows = queries.lists.every(listing, wanted, most=MOST_COUNTED)
        written = csv_lines.file(
            [column.label for column in columns],
            ([services.exports.cell(column.text(row), zone) for column in columns] for row in rows),
        )
        name = f"{listing.name}-{clock.today_for(zone, clock.now()).isoformat()}.csv"
        return send_file(written, "text/csv; charset=utf-8", as_attachment=True, download_name=name)

    def export_all(self) -> Response:
        """The same as a job, however many rows there are: a CSV file or a workbook."""
        form, me = ExportForm(), web.person()
        args = _arguments(form.asked.data or "")
        asked, wanted, total = self._chosen(args)
        job_id = form.validate() and web.attempt(
            form,
            lambda: services.exports.ask(
                self.listing,
                wanted,
                (self.listing.head, *asked.columns),
                ending=form.ending.data,
                by=me,
                total=total.n if total.is_exact else None,
            ),
        )
        if not job_id:
            return self._long_export(total, status=422)
        web.toast(
            f"{filters.sentence(self.listing.nouns)} are being written. We tell you when the file is there.",
            link=url_for("jobs.index"),
            link_text="Look on",
        )
        return web.done(self.url("index", **asked.address()))

    def _long_export(self, total: Count, *, status: int = 200) -> Response:
        """Ask in which kind of file so many rows are to be written."""
        said = request.query_string.decode("utf-8", "ignore") or request.form.get("asked", "")
        return web.render(
            "lists/export.html",
            "lists/_export.html",
            status=status,
            listing=self.listing,
            n=str(total),
            form=ExportForm(data={"asked": said}),
            back=self._back(),
            list_url=self.url,
        )

    def _chosen(self, args: "MultiDict[str, str]") -> tuple[Asked, Wanted, Count]:
        """What is asked for: the rows that are ticked, or all that the list shows with these arguments."""
        asker, listing = _asker(), self.listing
        views = queries.saved_views.of(listing.name, asker.user_id)
        asked = Asked.read(listing, args, asker=asker, views=views)
        ticked = read_numbers(args.getlist("id")) if not args.get("all") else []
        question = replace(asked.wanted(asker), numbers=ticked or None)
        wanted, total = queries.lists.all_of(listing, question)
        return asked, wanted, total

    def choose(self, args: "MultiDict[str, str]") -> Chosen:
        """The ticked rows, or all of the filter if that is ticked."""
        asked, wanted, _ = self._chosen(args)
        if not args.get("all"):
            wanted = replace(wanted, numbers=read_numbers(args.getlist("id")))
        return Chosen(wanted, self.url("index", **asked.address()))

    # Changing many rows

    def confirm(self) -> Response:
        """Which rows, and what is to become of them; the rows are fixed here."""
        name = self._change_named(request.args.get("do", ""))
        if request.args.get("all"):
            _, wanted, total = self._chosen(request.args)
            if total.n > MOST:
                said = request.query_string.decode("utf-8", "ignore")
                form = FORMS[name](
                    formdata=None, data={"asked": said, "seen": total.n if total.is_exact else None}
                )
                return self._confirmation(name, form)
            numbers = queries.lists.keys(self.listing, wanted, most=MOST)
        else:
            numbers = read_numbers(request.args.getlist("id"))
            if len(numbers) > MOST:
                return self._too_many(name, f"{len(numbers):,}")
        form = FORMS[name](formdata=None, data={"ids": ",".join(map(str, numbers))})
        return self._confirmation(name, form)

    def change(self) -> Response:
        """Do it, in this request, and offer to take all of it back."""
        name = self._change_named(request.form.get("do", ""))
        form = FORMS[name]()
        if form.asked.data:
            return self._change_many(name, form)
        if len(form.numbers) > MOST:
            return self._too_many(name, f"{len(form.numbers):,}")
        me, now = web.person(), clock.now()
        team = queries.users.team(me.user_id)
        changed = form.validate() and web.attempt(
            form,
            lambda: services.bulk.change(
                self.listing,
                form.numbers,
                _setting(name, form, now=now),
                by=me.user_id,
                may_change=lambda owners: policy.may_change(me, owners=owners, team=team),
                now=now,
            ),
        )
        if not changed:
            return self._confirmation(name, form, status=422)
        undo = self.url("put_back", job_id=changed.job_id) if changed.job_id else None
        web.toast(_told(self.listing, name, changed), undo=undo)
        return web.done(self._back())

    def _change_many(self, name: str, form: Any) -> Response:
        """Do it as a job: more rows than one request changes."""
        me, now = web.person(), clock.now()
        _, wanted, _ = self._chosen(_arguments(form.asked.data))
        job_id = form.validate() and web.attempt(
            form,
            lambda: services.many_changes.ask(
                self.listing,
                wanted,
                _setting(name, form, now=now),
                title=f"{CHANGES[name]}: {self.listing.nouns}",
                by=me,
                seen=form.seen.data,
            ),
        )
        if not job_id:
            return self._confirmation(name, form, status=422)
        there = url_for("jobs.show", job_id=job_id)
        web.toast(
            f"{filters.sentence(self.listing.nouns)} are being changed.", link=there, link_text="Look on"
        )
        return web.done(there)

    def put_back(self, job_id: int) -> Response:
        """Undo a whole change, but for rows that were edited since."""
        form = ManyForm()
        back = web.attempt(
            form, lambda: services.bulk.put_back(job_id, by=web.person().user_id, now=clock.now())
        )
        if back is None:
            web.toast(str(form.form_errors[0]))
        else:
            n = filters.counted(back.returned, self.listing.noun, self.listing.nouns)
            stay = (
                f" {filters.sentence(filters.words(back.left))} edited since stay as they are."
                if back.left
                else ""
            )
            web.toast(f"{filters.sentence(n)} as before.{stay}")
        return web.done(self._back())

    def _confirmation(self, name: str, form: ManyForm, *, status: int = 200, problem: str = "") -> Response:
        if form.asked.data:
            _, wanted, total = self._chosen(_arguments(form.asked.data))
            form.seen.data = total.n if total.is_exact else None
            first, _ = queries.lists.page(self.listing, wanted, limit=NAMED)
            names, more = [str(self.listing.head.text(row)) for row in first], max(total.n - NAMED, 0)
            who = f"{total} {self.listing.nouns}"
        else:
            rows = queries.lists.existing(self.listing, form.numbers)
            names, more = [text for _, text in rows[:NAMED]], max(len(rows) - NAMED, 0)
            who = filters.counted(len(rows), self.listing.noun, self.listing.nouns)
        if not names and not problem:
            problem = f"No {self.listing.noun} is chosen. Tick some rows of the list first."
        return web.render(
            "lists/confirm.html",
            "lists/_confirm.html",
            status=status,
            listing=self.listing,
            name=name,
            title=CHANGES[name],
            form=form,
            names=names,
            who=who,
            problem=problem,
            more=more,
            colleagues=rights.takers() if name == "owner" else [],
            back=self._back(),
            list_url=self.url,
        )

    def _change_named(self, name: str) -> str:
        return name if name in self.listing.changes else abort(404)

    def _too_many(self, name: str, n: str) -> Response:
        why = f"{n} {self.listing.nouns} are more than the {MOST} that are changed in one go."
        form = FORMS[name](formdata=None)
        return self._confirmation(
            name, form, status=422, problem=f"{why} Narrow the list and do it in parts."
        )

    def _back(self) -> str:
        """The list as it was when the form was opened, or else as it comes."""
        home, said = self.url("index"), request.form.get("back", "")
        if said == home or said.startswith(f"{home}?"):
            return said
        if request.method == "POST":
            return home
        return self.url("index", **Asked.read(self.listing, request.args, asker=_asker()).address())

    # Views

    def name_view(self) -> Response:
        """Ask for the name under which the list is kept as it is."""
        return self._naming(
            ViewForm(formdata=None, data={"asked": request.query_string.decode("utf-8", "ignore")})
        )

    def save_view(self) -> Response:
        """Keep the list as it is."""
        form, asker = ViewForm(), _asker()
        asked = self._asked_by(form, asker)
        view = form.validate() and web.attempt(
            form,
            lambda: services.saved_views.save(
                self.listing.name,
                name=form.name.data or "",
                query=asked.query,
                columns=asked.columns_word.split(",") if asked.columns_word else [],
                is_shared=form.is_shared.data,
                is_default=form.is_default.data,
                by=asker.user_id,
            ),
        )
        if not view:
            return self._naming(form, status=422)
        web.toast(f"View “{view.name}” is kept.")
        return web.done(self.url("index", view=view.saved_view_id))

    def delete_view(self, saved_view_id: int) -> Response:
        """Forget a view; the rows in it stay where they are."""
        view = services.saved_views.delete(saved_view_id, by=web.person().user_id)
        web.toast(f"View “{view.name}” is deleted. What it showed stays.")
        return web.done(self.url("index"))

    def _asked_by(self, form: ViewForm, asker: Asker) -> Asked:
        return Asked.read(self.listing, _arguments(form.asked.data or ""), asker=asker)

    def _naming(self, form: ViewForm, *, status: int = 200) -> Response:
        back = self.url("index", **self._asked_by(form, _asker()).address())
        return web.render(
            "lists/name_view.html",
            "lists/_name_view.html",
            status=status,
            listing=self.listing,
            form=form,
            back=back,
            list_url=self.url,
        )


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


def _asker() -> Asker:
    return Asker(web.person().user_id, web.firm_today())


def _shown(views: list[View], asked: Asked) -> View | None:
    """The view whose filters and columns are those that are shown."""
    columns = tuple(asked.columns_word.split(",")) if asked.columns_word else ()
    return next((view for view in views if (view.query, view.columns) == (asked.query, columns)), None)


def _lede(listing: Listing, counts: Counts, asked: Asked) -> str:
    """The sentence under the heading: how many there are of what is asked."""
    n = counts.total
    said = filters.counted(n.n, listing.noun, listing.nouns) if n.is_exact else f"{n} {listing.nouns}"
    return f"{filters.sentence(said)}{' for “' + asked.search + '”' if asked.search else ' here'}."


def _arguments(query: str) -> "MultiDict[str, str]":
    return MultiDict(parse_qsl(query))


def _setting(name: str, form: Any, *, now: datetime) -> Setting:
    """What the form asks to be done."""
    bulk = services.bulk
    if name == "owner":
        return bulk.hand_over(to=form.value, takers={taker.user_id for taker in rights.takers()})
    if name == "tags":
        return bulk.untag(form.value) if form.how.data == "remove" else bulk.tag(form.value)
    if name == "priority":
        return bulk.rank(form.value)
    if name == "focus":
        return bulk.focus(form.value, today=web.firm_today())
    return bulk.archive(now=now)


def _told(listing: Listing, name: str, changed: Changed) -> str:
    """What was done, and what was not and why."""
    done = {
        "owner": "Changed the owner of",
        "tags": "Changed the tags of",
        "priority": "Changed the priority of",
        "focus": "Changed the weekly focus of",
        "archive": "Archived",
    }[name]
    rest = (
        (changed.same, "had it already.", "had it already."),
        (changed.others, "stays: it is a colleague's.", "stay: they are colleagues'."),
        (changed.gone, "is archived or gone.", "are archived or gone."),
    )
    said = [f"{done} {filters.counted(changed.changed, listing.noun, listing.nouns)}."]
    said += [f"{filters.sentence(filters.words(n))} {one if n == 1 else more}" for n, one, more in rest if n]
    return " ".join(said)
